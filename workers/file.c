/*
 * The file method: whether a file exists, how old it is, what it holds. Reads one file, at most CONTENT_MAX
 * bytes of it, and never waits for a writer of a FIFO. A dead network file system can block it: the worker's
 * timer and lease bound that.
 */
#include <errno.h>
#include <fcntl.h>
#include <libgen.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "../common/methods/file.h"
#include "../common/pattern.h"
#include "method.h"
#include "path_watch.h"

#define CONTENT_MAX (1024 * 1024) /* bytes that the pattern sees */

static struct pattern *pattern; /* of `contains`, or NULL */
static char *parent;		/* the directory that holds the file */
static struct path_watch watch = PATH_WATCH_NONE;

static bool
file_prepare(const void *args, const char *name, char *error)
{
	const struct file_args *file = args;
	char *copy = strdup(file->path);

	(void)name;
	if (copy != NULL)
		parent = strdup(dirname(copy)); /* dirname answers with a part of its argument or a constant */
	free(copy);
	if (parent == NULL) {
		snprintf(error, OPTION_ERROR_SIZE, "out of memory");
		return false;
	}
	return file->contains == NULL || (pattern = pattern_compile(file->contains, error)) != NULL;
}

/* Something other than "it is not there" kept us from looking. */
static void
file_errno(struct result *result, int error, const char *what, const char *path)
{
	char text[RESULT_TEXT_SIZE];

	snprintf(text, sizeof(text), "%s %s", what, path);
	result_errno(result, error, text);
	result->code = RESULT_ERROR;
	if (result->reason != REASON_PERMISSION)
		result->reason = REASON_LOCAL;
}

/* Without a readable directory "it does not exist" would be a guess. */
static bool
parent_readable(const struct file_args *args, struct result *result)
{
	if (faccessat(AT_FDCWD, parent, R_OK | X_OK, AT_EACCESS) == 0)
		return true;
	if (!path_is_missing(errno))
		file_errno(result, errno, "directory", parent);
	else if (args->exists)
		result_fail(result, REASON_MISSING, "%s does not exist, nor does its directory", args->path);
	else
		result_error(result, REASON_MISSING, "directory %s does not exist", parent);
	return false;
}

/* By the wall clock, as the file's time is; a time in the future is not old. */
static int64_t
age_ns(const struct stat *status)
{
	struct timespec now;
	int64_t seconds;

	clock_gettime(CLOCK_REALTIME, &now);
	seconds = (int64_t)now.tv_sec - status->st_mtim.tv_sec;
	if (seconds > INT64_MAX / NS_PER_SECOND - 1)
		return INT64_MAX;
	return seconds < 0 ? 0 : seconds * NS_PER_SECOND + now.tv_nsec - status->st_mtim.tv_nsec;
}

/* Read up to CONTENT_MAX bytes. Returns -1 with errno. */
static ssize_t
content_read(int fd, char *content)
{
	size_t length = 0;
	ssize_t got;

	while (length < CONTENT_MAX) {
		if ((got = read(fd, content + length, CONTENT_MAX - length)) == 0)
			break;
		if (got > 0)
			length += (size_t)got;
		else if (errno != EINTR)
			return -1;
	}
	return (ssize_t)length;
}

static void
content_match(const struct file_args *args, const char *content, size_t length, struct result *result)
{
	switch (pattern_match(pattern, content, length, false)) {
	case PATTERN_MATCH:
		result_pass(result, "%s exists and matches", args->path);
		break;
	case PATTERN_NO_MATCH:
		result_fail(result, REASON_PATTERN, "%s does not match in its first %zu bytes", args->path, length);
		break;
	case PATTERN_LIMIT:
		result_error(result, REASON_PATTERN_LIMIT, "pattern takes too long on %s", args->path);
		break;
	}
}

static void
file_content(const struct file_args *args, struct result *result)
{
	struct stat status;
	ssize_t length;
	char *content;
	int fd;

	if ((fd = open(args->path, O_RDONLY | O_NONBLOCK | O_CLOEXEC | O_NOCTTY)) == -1) {
		if (path_is_missing(errno))
			result_fail(result, REASON_MISSING, "%s does not exist", args->path);
		else
			file_errno(result, errno, "open", args->path);
		return;
	}
	if (fstat(fd, &status) == -1) {
		file_errno(result, errno, "stat", args->path);
	} else if (!S_ISREG(status.st_mode)) {
		result_fail(result, REASON_PATTERN, "%s is not a regular file: its content is not read", args->path);
	} else if ((content = malloc(CONTENT_MAX)) == NULL) {
		result_error(result, REASON_LOCAL, "out of memory");
	} else {
		if ((length = content_read(fd, content)) == -1)
			file_errno(result, errno, "read", args->path);
		else
			content_match(args, content, (size_t)length, result);
		free(content);
	}
	close(fd);
}

static void
file_execute(const void *args, monotime_t deadline, struct result *result)
{
	const struct file_args *file = args;
	struct stat status;
	int64_t age;

	(void)deadline; /* nothing here can be told to give up */
	if (!parent_readable(file, result))
		return;
	if (stat(file->path, &status) == -1) {
		if (!path_is_missing(errno))
			file_errno(result, errno, "stat", file->path);
		else if (file->exists)
			result_fail(result, REASON_MISSING, "%s does not exist", file->path);
		else
			result_pass(result, "%s does not exist", file->path);
		return;
	}
	if (!file->exists) {
		result_fail(result, REASON_PRESENT, "%s exists", file->path);
		return;
	}
	age = age_ns(&status);
	if (file->max_age_ns != OPTION_UNSET && age > file->max_age_ns)
		result_fail(result, REASON_AGE, "%s was last modified %lld s ago", file->path, (long long)(age / NS_PER_SECOND));
	else if (pattern != NULL)
		file_content(file, result);
	else
		result_pass(result, "%s exists", file->path);
}

/* What is written into it matters only where its content or its age is looked at. */
static void
file_arm(const void *args)
{
	const struct file_args *file = args;

	path_watch_begin(&watch, file->path, file->contains != NULL || file->max_age_ns != OPTION_UNSET);
}

static size_t
file_descriptors(struct pollfd *fds)
{
	if (watch.fd == -1)
		return 0;
	fds[0] = (struct pollfd){.fd = watch.fd, .events = POLLIN};
	return 1;
}

static bool
file_changed(const struct pollfd *fds, size_t count)
{
	(void)fds;
	(void)count;
	return path_watch_read(&watch);
}

static void
file_release(void)
{
	path_watch_end(&watch);
}

static const struct method_lookout file_lookout = {
	.arm = file_arm,
	.descriptors = file_descriptors,
	.changed = file_changed,
	.release = file_release,
};

const struct worker_method worker_method = {
	.method = &method_file,
	.prepare = file_prepare,
	.execute = file_execute,
	.lookout = &file_lookout,
};
