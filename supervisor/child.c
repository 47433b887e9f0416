/*
 * Asks the kernel about children. Invariant: reaps none.
 */
#include "child.h"

#include <sys/wait.h>

bool
child_exists(pid_t pid)
{
	siginfo_t info;

	return pid > 0 && waitid(P_PID, (id_t)pid, &info, WEXITED | WNOHANG | WNOWAIT) == 0;
}

bool
child_report_valid(pid_t pid, int error)
{
	return pid >= 0 && (pid == 0) == (error != 0);
}
