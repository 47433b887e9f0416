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

/* NULL: there is no /proc. */
static FILE *
children_open(void)
{
	char path[64];

	snprintf(path, sizeof(path), "/proc/self/task/%d/children", (int)getpid());
	return fopen(path, "re");
}

/* The next one that is not among these; 0: there is none. */
static pid_t
children_next(FILE *file, const pid_t *but, size_t count)
{
	int pid;

	while (fscanf(file, "%d", &pid) == 1) {
		size_t i = 0;

		while (i < count && but[i] != pid)
			i++;
		if (i == count)
			return pid;
	}
	return 0;
}

bool
children_left(const pid_t *but, size_t count)
{
	siginfo_t info;
	FILE *file;
	bool left;

	if (waitid(P_ALL, 0, &info, WEXITED | WNOHANG | WNOWAIT) == -1)
		return false;
	if (count == 0 || (file = children_open()) == NULL)
		return true;
	left = children_next(file, but, count) > 0;
	fclose(file);
	return left;
}

void
children_kill(const pid_t *but, size_t count)
{
	FILE *file = children_open();
	pid_t pid;

	if (file == NULL)
		return;
	while ((pid = children_next(file, but, count)) > 0)
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
