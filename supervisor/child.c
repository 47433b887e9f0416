/*
 * Asks the kernel about children, and tells of their ends. Invariant: reaps none.
 */
#include "child.h"

#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>


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

enum log_level
child_end(int status, char text[static CHILD_END_SIZE])
{
	const char *name;

	if (!WIFSIGNALED(status)) {
		snprintf(text, CHILD_END_SIZE, "ended with status %d", WEXITSTATUS(status));
		return LOG_LEVEL_DEBUG;
	}
	if (WTERMSIG(status) == SIGSYS) {
		snprintf(text, CHILD_END_SIZE, "ended by SIGSYS: its sandbox stopped a system call that no check needs");
		return LOG_LEVEL_ERROR;
	}
	name = sigabbrev_np(WTERMSIG(status));
	snprintf(text, CHILD_END_SIZE, "ended by SIG%s", name != NULL ? name : " of no name");
	return WTERMSIG(status) == SIGKILL ? LOG_LEVEL_DEBUG : LOG_LEVEL_WARNING;
}

void
child_log_end(const char *name, pid_t pid, int status)
{
	char text[CHILD_END_SIZE];
	enum log_level level = child_end(status, text);

	log_line(level, name, "process %d %s", (int)pid, text);
}

bool
child_report_valid(pid_t pid, int error)
{
	return pid >= 0 && (pid == 0) == (error != 0);
}
