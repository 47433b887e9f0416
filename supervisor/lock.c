/*
 * The lock on the runtime directory. Touches the directory and its file "lock", which is its owner's alone: whoever
 * could read it could lock it, and keep exacheck from its journal. Invariant: the process that holds the lock opens and
 * closes the file nowhere else.
 */
#include "lock.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "../common/monotime.h"

#define POLL_NS (20 * NS_PER_MILLISECOND)

static bool
lock_path(const char *directory, char path[static PATH_MAX])
{
	if (snprintf(path, PATH_MAX, "%s/lock", directory) < PATH_MAX)
		return true;
	errno = ENAMETOOLONG;
	return false;
}

/* ExaBGP's umask would leave a directory that nobody can enter. */
static bool
directory_make(const char *directory)
{
	mode_t mask = umask(022);
	bool made = mkdir(directory, 0755) == 0 || errno == EEXIST;
	int error = errno;

	umask(mask);
	errno = error;
	return made;
}

static bool
lock_try(int fd)
{
	struct flock lock = {.l_type = F_WRLCK, .l_whence = SEEK_SET};

	if (fcntl(fd, F_SETLK, &lock) == 0)
		return true;
	if (errno == EACCES)
		errno = EAGAIN;
	return false;
}

int
lock_take(const char *directory, int64_t patience_ns)
{
	const struct timespec pause = monotime_timespec(POLL_NS);
	monotime_t deadline = monotime_add(monotime_now(), patience_ns);
	char path[PATH_MAX];
	int fd, error;

	if (!lock_path(directory, path) || !directory_make(directory))
		return -1;
	fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK, 0600);
	if (fd == -1)
		return -1;
	while (!lock_try(fd)) {
		if (errno != EAGAIN || !monotime_before(monotime_now(), deadline)) {
			error = errno;
			close(fd);
			errno = error;
			return -1;
		}
		nanosleep(&pause, NULL);
	}
	return fd;
}

bool
lock_in_place(int fd, const char *directory)
{
	struct stat ours, there;
	char path[PATH_MAX];

	if (!lock_path(directory, path))
		return false;
	/* to take it again, and close the first descriptor, would give up what is only out of sight for a moment */
	if (fstat(fd, &ours) == -1)
		return true;
	if (lstat(path, &there) == -1)
		return errno != ENOENT && errno != ENOTDIR;
	return ours.st_dev == there.st_dev && ours.st_ino == there.st_ino;
}

pid_t
lock_holder(const char *directory)
{
	struct flock lock = {.l_type = F_WRLCK, .l_whence = SEEK_SET};
	char path[PATH_MAX];
	int fd, error;
	bool asked;

	if (!lock_path(directory, path))
		return -1;
	fd = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK); /* enough to ask */
	if (fd == -1)
		return errno == ENOENT ? 0 : -1;
	asked = fcntl(fd, F_GETLK, &lock) == 0;
	error = errno;
	close(fd);
	errno = error;
	if (!asked)
		return -1;
	return lock.l_type == F_UNLCK ? 0 : lock.l_pid;
}
