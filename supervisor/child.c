/*
 * Asks the kernel about children, and tells of their ends. Invariant: reaps none.
 */
#include "child.h"

#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "../common/log.h"

bool
child_exists(pid_t pid)
{
	siginfo_t info;

	return pid > 0 && waitid(P_PID, (id_t)pid, &info, WEXITED | WNOHANG | WNOWAIT) == 0;
}

bool
children_left(void)
{
	siginfo_t info;

	return waitid(P_ALL, 0, &info, WEXITED | WNOHANG | WNOWAIT) == 0;
}

void
children_kill(void)
{
	char path[64];
	FILE *file;
	int pid;

	snprintf(path, sizeof(path), "/proc/self/task/%d/children", (int)getpid());
	if ((file = fopen(path, "re")) == NULL)
		return;
	while (fscanf(file, "%d", &pid) == 1)
		kill(pid, SIGKILL); /* not reaped while we read, so the number is still its own */
	fclose(file);
}

void
child_log_end(const char *name, pid_t pid, int status)
{
	const char *signal_name;

	if (!WIFSIGNALED(status)) {
		log_line(LOG_LEVEL_DEBUG, name, "process %d ended with status %d", (int)pid, WEXITSTATUS(status));
		return;
	}
	if (WTERMSIG(status) == SIGSYS) {
		log_line(LOG_LEVEL_ERROR, name, "process %d ended by SIGSYS: its sandbox stopped a system call that no check needs",
		    (int)pid);
		return;
	}
	signal_name = sigabbrev_np(WTERMSIG(status));
	log_line(WTERMSIG(status) == SIGKILL ? LOG_LEVEL_DEBUG : LOG_LEVEL_WARNING, name, "process %d ended by SIG%s",
	    (int)pid, signal_name != NULL ? signal_name : " of no name");
}

bool
child_report_valid(pid_t pid, int error)
{
	return pid >= 0 && (pid == 0) == (error != 0);
}
