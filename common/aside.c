/*
 * fork, wait, judge. Invariant: no child is left when it returns.
 */
#include "aside.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

static _Noreturn void
child_run(bool (*work)(void *), void *context, unsigned limit_s)
{
	sigset_t alarm_set;
	int null = open("/dev/null", O_RDWR);

	/* a crash in a library may have words of its own, and standard output is ExaBGP's */
	if (null == -1 || dup2(null, STDIN_FILENO) == -1 || dup2(null, STDOUT_FILENO) == -1 ||
	    dup2(null, STDERR_FILENO) == -1)
		_exit(1);
	signal(SIGALRM, SIG_DFL);
	sigemptyset(&alarm_set);
	sigaddset(&alarm_set, SIGALRM);
	sigprocmask(SIG_UNBLOCK, &alarm_set, NULL);
	alarm(limit_s);
	_exit(work(context) ? 0 : 1);
}

bool
aside_run(bool (*work)(void *), void *context, unsigned limit_s)
{
	pid_t child = fork();
	int status;

	if (child == -1)
		return false;
	if (child == 0)
		child_run(work, context, limit_s);
	while (waitpid(child, &status, 0) == -1)
		if (errno != EINTR)
			return false;
	errno = 0;
	return WIFEXITED(status) && WEXITSTATUS(status) == 0;
}
