/*
 * The file of a log. Touches this file, and makes its directory. Invariant: what is appended are whole lines, each
 * begun on a line of its own, also after one that was torn by a crash.
 */
#include "sink.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <unistd.h>

#include "path.h"

#define FLAGS (O_APPEND | O_CLOEXEC | O_NOCTTY | O_NONBLOCK) /* not waiting for the reader of a pipe */

bool
sink_redirected(const struct sink *sink, const char *path)
{
	char *now = path_resolve(path);
	bool redirected = now != NULL && strcmp(now, sink->path) != 0;

	free(now);
	return redirected;
}

bool
sink_init(struct sink *sink, const char *path)
{
	*sink = (struct sink){.fd = -1, .path = path_resolve(path)};
	if (sink->path != NULL && (sink->directory = path_directory(sink->path)) != NULL)
		return true;
	sink_clear(sink);
	return false;
}

void
sink_clear(struct sink *sink)
{
	sink_close(sink);
	free(sink->path);
	free(sink->directory);
	*sink = (struct sink){.fd = -1};
}

int
sink_directory(struct sink *sink, bool confined)
{
	char *path = strdup(sink->directory), *above;
	struct stat status;
	int fd = -1;

	path_make(sink->directory);
	while (path != NULL && (fd = path_open(path, O_PATH | O_DIRECTORY | O_CLOEXEC, 0)) == -1 && strcmp(path, "/") != 0) {
		above = path_directory(path);
		free(path);
		path = above;
	}
	if (confined && fd != -1 && strcmp(path, sink->directory) == 0 && fstat(fd, &status) == 0) {
		sink->device = status.st_dev;
		sink->inode = status.st_ino;
	}
	free(path);
	return fd;
}

bool
sink_displaced(const struct sink *sink)
{
	struct stat status;

	if (sink->inode == 0)
		return false;
	if (stat(sink->directory, &status) == -1)
		return errno == ENOENT || errno == ENOTDIR;
	return status.st_dev != sink->device || status.st_ino != sink->inode;
}

static bool
ends_within_line(int fd, off_t size)
{
	char last;

	return size > 0 && pread(fd, &last, 1, size - 1) == 1 && last != '\n';
}

/*
 * For reading as well, to see how it ends, if that may be. O_CREAT also for one that is there: so the kernel refuses what
 * another user has put where everybody may (proc(5), protected_regular).
 */
static int
file_open(const char *path, mode_t mode)
{
	int fd = path_open(path, O_RDWR | O_CREAT | FLAGS, mode);

	if (fd == -1 && errno == EACCES)
		fd = path_open(path, O_WRONLY | O_CREAT | FLAGS, mode);
	return fd;
}

bool
sink_open(struct sink *sink, mode_t mode)
{
	struct stat status;
	int fd = file_open(sink->path, mode), old;

	if (fd == -1 && errno == ENOENT) {
		path_make(sink->directory);
		fd = file_open(sink->path, mode);
	}
	if (fd == -1 || fstat(fd, &status) == -1) {
		int error = errno;

		if (fd != -1)
			close(fd);
		sink_close(sink);
		errno = error;
		return false;
	}
	old = sink->fd;
	sink->fd = fd;
	sink->regular = S_ISREG(status.st_mode);
	sink->torn = sink->regular && ends_within_line(fd, status.st_size);
	sink->owned = false;
	sink_lock(sink);
	if (old != -1)
		close(old);
	return true;
}

void
sink_close(struct sink *sink)
{
	/* a child that compresses has this descriptor, too, and with it the lock */
	if (sink->owned)
		flock(sink->fd, LOCK_UN);
	if (sink->fd != -1)
		close(sink->fd);
	sink->fd = -1;
	sink->owned = false;
}

bool
sink_lock(struct sink *sink)
{
	/* where there are no locks, nobody has one */
	if (!sink->owned && sink->fd != -1 && sink->regular)
		sink->owned = flock(sink->fd, LOCK_EX | LOCK_NB) == 0 || (errno != EWOULDBLOCK && errno != EINTR);
	return sink->owned;
}

bool
sink_moved(const struct sink *sink)
{
	struct stat there, here;

	if (fstat(sink->fd, &here) == -1)
		return true;
	if (stat(sink->path, &there) == -1)
		return errno == ENOENT || errno == ENOTDIR;
	return there.st_dev != here.st_dev || there.st_ino != here.st_ino;
}

bool
sink_unlinked(const struct sink *sink)
{
	struct stat status;

	return fstat(sink->fd, &status) == 0 && status.st_nlink == 0;
}

off_t
sink_size(const struct sink *sink)
{
	struct stat status;

	return sink->regular && fstat(sink->fd, &status) == 0 ? status.st_size : 0;
}

/* All of it, or as much as could be, with errno. */
static size_t
write_all(int fd, const char *data, size_t length)
{
	size_t done = 0;

	while (done < length) {
		ssize_t written = write(fd, data + done, length - done);

		if (written == -1 && errno == EINTR)
			continue;
		if (written == -1)
			break;
		done += (size_t)written;
	}
	return done;
}

/* Of so many bytes those of whole lines. */
static size_t
whole(const char *lines, size_t bytes)
{
	const char *newline = bytes > 0 ? memrchr(lines, '\n', bytes) : NULL;

	return newline == NULL ? 0 : (size_t)(newline - lines) + 1;
}

/* The begin of a line, of so many bytes, stands at the end: take it back, if nobody else has written behind it. */
static void
tail_take_back(struct sink *sink, off_t end, size_t bytes)
{
	if (sink_size(sink) != end || ftruncate(sink->fd, end - (off_t)bytes) == -1)
		sink->torn = true;
}

size_t
sink_write(struct sink *sink, const char *lines, size_t bytes)
{
	off_t before = sink_size(sink);
	size_t done, kept;
	int error;

	if (sink->torn) {
		if (write(sink->fd, "\n", 1) != 1)
			return 0;
		sink->torn = false;
		before++;
	}
	done = write_all(sink->fd, lines, bytes);
	if (done == bytes || !sink->regular)
		return done;
	error = errno;
	kept = whole(lines, done);
	if (done > kept)
		tail_take_back(sink, before + (off_t)done, done - kept);
	errno = error;
	return kept;
}
