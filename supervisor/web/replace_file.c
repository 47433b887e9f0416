/*
 * A file in the place of another. Touches the directory that it is given. Invariant: what has the name is complete.
 */
#include "replace_file.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

#define FLAGS (O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC)
#define MODE 0644

static bool
write_all(int fd, const char *data, size_t length)
{
	while (length > 0) {
		ssize_t written = write(fd, data, length);

		if (written == -1 && errno == EINTR)
			continue;
		if (written == -1)
			return false;
		data += written;
		length -= (size_t)written;
	}
	return true;
}

bool
replace_file(int directory, const char *name, const void *data, size_t length)
{
	char beside[NAME_MAX + 1];
	bool whole;
	int fd, error;

	if (snprintf(beside, sizeof(beside), ".%s.new", name) >= (int)sizeof(beside)) {
		errno = ENAMETOOLONG;
		return false;
	}
	/* left by one that was killed, or put there by somebody: it is not followed, nor written to */
	if ((fd = openat(directory, beside, FLAGS, MODE)) == -1 && errno == EEXIST && unlinkat(directory, beside, 0) == 0)
		fd = openat(directory, beside, FLAGS, MODE);
	if (fd == -1)
		return false;
	whole = write_all(fd, data, length);
	error = errno;
	/* some file systems tell only now that there is no room */
	if (close(fd) == -1 && whole) {
		whole = false;
		error = errno;
	}
	if (whole && renameat(directory, beside, directory, name) == 0)
		return true;
	if (whole)
		error = errno;
	unlinkat(directory, beside, 0);
	errno = error;
	return false;
}

bool
overwrite_file(int directory, const char *name, const void *data, size_t length)
{
	/* not waiting for the reader of a pipe that somebody has put there */
	int fd = openat(directory, name, O_WRONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC), error;
	bool whole;

	if (fd == -1)
		return false;
	whole = write_all(fd, data, length) && ftruncate(fd, (off_t)length) == 0;
	error = errno;
	close(fd);
	errno = error;
	return whole;
}
