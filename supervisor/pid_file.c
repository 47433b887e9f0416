/*
 * The process's number in a file. Touches that file. Invariant: what is another process's is not removed, and what is no
 * regular file is neither waited for nor replaced.
 */
#include "pid_file.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define TEXT_SIZE 16

static size_t
text_make(char text[static TEXT_SIZE])
{
	return (size_t)snprintf(text, TEXT_SIZE, "%d\n", (int)getpid());
}

/* A file, not a link that somebody may have put there for root to follow. */
static int
file_open(const char *path, int flags)
{
	int fd = open(path, flags | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY, 0644);
	struct stat st;

	if (fd == -1 || (fstat(fd, &st) == 0 && S_ISREG(st.st_mode)))
		return fd;
	close(fd);
	errno = EINVAL;
	return -1;
}

bool
pid_file_write(const char *path)
{
	char text[TEXT_SIZE];
	size_t length = text_make(text);
	int fd = file_open(path, O_WRONLY | O_CREAT), error;
	bool written;

	if (fd == -1)
		return false;
	errno = ENOSPC;
	written = ftruncate(fd, 0) == 0 && write(fd, text, length) == (ssize_t)length;
	error = errno;
	close(fd);
	errno = error;
	return written;
}

void
pid_file_remove(const char *path)
{
	char text[TEXT_SIZE], found[TEXT_SIZE];
	size_t length = text_make(text);
	int fd = file_open(path, O_RDONLY);

	if (fd == -1)
		return;
	if (read(fd, found, sizeof(found)) == (ssize_t)length && memcmp(found, text, length) == 0)
		unlink(path);
	close(fd);
}
