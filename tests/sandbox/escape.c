/*
 * A worker that tries to get out: prepared as the real one (workers/METHOD.c, compiled a second time with its
 * worker_method renamed), so that it has exactly that check's sandbox, but for an execution it makes the one attempt
 * that the check's name says. Touches what the test that named it says and nothing else.
 */
#include "escape.h"

#include <errno.h>
#include <fcntl.h>
#include <seccomp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "../../workers/method.h"

extern const struct check_method ESCAPE_METHOD;

#define SEARCHES 100
#define SEARCH_PAUSE_MS 50
#define EXECUTE_PAUSE_MS 300 /* for the supervisor to learn of the worker that may be about to die */

extern const struct worker_method real_worker_method;

static struct aim aim;

/*
 * As in a kernel without a mechanism, for this method's processes alone: a file "without" beside the program names the
 * system call, in numbers, and the errno that it then gives. Returns false when there is such a file and it cannot be
 * done.
 */
static bool
kernel_reduce(void)
{
	char path[4096];
	ssize_t length = readlink("/proc/self/exe", path, sizeof(path) - sizeof("without"));
	scmp_filter_ctx filter;
	unsigned call, error;
	FILE *file;
	bool done;

	path[length > 0 ? length : 0] = '\0';
	if (strrchr(path, '/') == NULL)
		return false;
	strcpy(strrchr(path, '/') + 1, "without");
	if ((file = fopen(path, "re")) == NULL)
		return true;
	done = fscanf(file, "%u %u", &call, &error) == 2 && (filter = seccomp_init(SCMP_ACT_ALLOW)) != NULL &&
	    seccomp_rule_add(filter, SCMP_ACT_ERRNO(error), (int)call, 0) == 0 && seccomp_load(filter) == 0;
	fclose(file);
	return done;
}

static void
preload(void)
{
	if (!kernel_reduce())
		_exit(1);
	if (real_worker_method.preload != NULL)
		real_worker_method.preload();
}

/* Read a file of /proc/PID; returns false when there is none. */
static bool
proc_read(pid_t pid, const char *name, char *text, size_t size)
{
	char path[64];
	ssize_t length;
	int fd;

	snprintf(path, sizeof(path), "/proc/%d/%s", (int)pid, name);
	if ((fd = open(path, O_RDONLY | O_CLOEXEC)) == -1)
		return false;
	length = read(fd, text, size - 1);
	close(fd);
	if (length <= 0)
		return false;
	text[length] = '\0';
	return true;
}

/* Workers and spawners are children of the supervisor's, as this process is; other runs have some of their own. */
static bool
is_sibling(pid_t pid, const char *title)
{
	char text[512];
	const char *end;

	return proc_read(pid, "cmdline", text, sizeof(text)) && strstr(text, title) != NULL &&
	    proc_read(pid, "stat", text, sizeof(text)) && (end = strrchr(text, ')')) != NULL &&
	    strtol(end + strlen(") S "), NULL, 10) == getppid();
}

/* The process with this title among those of this run; 0: none. */
static pid_t
process_find(const char *title)
{
	const struct timespec pause = {.tv_nsec = SEARCH_PAUSE_MS * 1000000L};
	char name[64], text[4096], *rest, *word;
	pid_t pid;

	snprintf(name, sizeof(name), "task/%d/children", (int)getppid());
	for (int search = 0; search < SEARCHES; search++) {
		rest = proc_read(getppid(), name, text, sizeof(text)) ? text : NULL;
		while ((word = strsep(&rest, " ")) != NULL)
			if ((pid = (pid_t)strtol(word, NULL, 10)) > 0 && pid != getpid() && is_sibling(pid, title))
				return pid;
		nanosleep(&pause, NULL);
	}
	return 0;
}

/* Before the sandbox: "supervisor", "spawner" and "worker:NAME" are looked up. Returns false when there is none. */
static bool
target_find(void)
{
	const char *last = "";
	char title[300];

	for (size_t i = 1; i <= WORDS_MAX; i++)
		if (aim.words[i][0] != '\0')
			last = aim.words[i];
	if (strcmp(last, "supervisor") == 0)
		aim.pid = getppid();
	else if (strcmp(last, "spawner") == 0)
		aim.pid = process_find("ExaCheck Spawner [");
	else if (strncmp(last, "worker:", strlen("worker:")) == 0) {
		snprintf(title, sizeof(title), "ExaCheck Worker [%s]", last + strlen("worker:"));
		aim.pid = process_find(title);
	} else
		return true;
	return aim.pid != 0;
}

static bool
prepare(const void *args, const char *name, char *error)
{
	char *rest = aim.text, *word;

	if (real_worker_method.prepare != NULL && !real_worker_method.prepare(args, name, error))
		return false;
	snprintf(aim.text, sizeof(aim.text), "%s", name);
	for (size_t i = 0; i <= WORDS_MAX; i++)
		aim.words[i] = (word = strsep(&rest, " ")) != NULL ? word : "";
	if (target_find())
		return true;
	snprintf(error, OPTION_ERROR_SIZE, "no process to aim at");
	return false;
}

static void
execute(const void *args, monotime_t deadline, struct result *result)
{
	const struct timespec pause = {.tv_nsec = EXECUTE_PAUSE_MS * 1000000L};
	int error;

	(void)args;
	(void)deadline;
	nanosleep(&pause, NULL);
	error = attempt(&aim);
	if (error == 0)
		result_fail(result, REASON_PROTOCOL, "escaped");
	else if (error == -1)
		result_error(result, REASON_LOCAL, "no such attempt: %s", aim.words[0]);
	else
		result_pass(result, "contained: %s", strerrorname_np(error));
}

const struct worker_method worker_method = {
	.method = &ESCAPE_METHOD,
	.preload = preload,
	.prepare = prepare,
	.execute = execute,
};
