/*
 * Signals without what was inherited. Touches this process's signals only. Invariant: none is left out.
 */
#include "signals_default.h"

#include <signal.h>
#include <stddef.h>

void
signals_default(void)
{
	sigset_t none;

	for (int number = 1; number < NSIG; number++)
		signal(number, SIG_DFL);
	sigemptyset(&none);
	sigprocmask(SIG_SETMASK, &none, NULL);
}
