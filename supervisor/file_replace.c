/*
 * Replacing a file. Touches the two paths it is given. Invariant: what is at the path is whole, before and after.
 */
#include "file_replace.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <unistd.h>

static bool
bytes_write(const char *path, const char *bytes, size_t length)
{
	int fd, error = 0;
	ssize_t written;

	unlink(path);
	if ((fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0600)) == -1)
		return false;
	if ((written = write(fd, bytes, length)) != (ssize_t)length)
		error = written == -1 ? errno : ENOSPC;
	close(fd);
	errno = error;
	return error == 0;
}

bool
file_replace(const char *path, const char *new_path, const char *bytes, size_t length)
{
	bool replaced = bytes_write(new_path, bytes, length) && rename(new_path, path) == 0;
	int error = errno;

	if (!replaced)
		unlink(new_path);
	errno = error;
	return replaced;
}
