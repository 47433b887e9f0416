/*
 * Watching files through their directories. Touches its inotify(7) descriptor only. Invariant: a watch that can tell
 * nothing any more is ended.
 */
#include "path_watch.h"

#include <bsd/string.h>
#include <errno.h>
#include <libgen.h>
#include <stdint.h>
#include <string.h>
#include <sys/inotify.h>
#include <sys/stat.h>
#include <unistd.h>

#include "../common/log.h"

#define COMING_AND_GOING (IN_CREATE | IN_DELETE | IN_MOVED_FROM | IN_MOVED_TO)
/* Of the directory itself; the last two come unasked for. */
#define GONE (IN_DELETE_SELF | IN_MOVE_SELF | IN_IGNORED | IN_UNMOUNT)

bool
path_is_missing(int error)
{
	return error == ENOENT || error == ENOTDIR;
}

/* Most likely too many watches of this user's. */
static void
watch_complain(const char *path, int error)
{
	static bool told;

	if (path_is_missing(error) || told)
		return;
	told = true;
	log_info("cannot watch the directory of %s (%s): a change is noticed only at the next execution",
	    path, error == EMFILE ? "more than fs.inotify.max_user_instances" : strerror(error));
}

/* A link on the way to it may lead to another directory by now, of which the old one tells nothing. */
static bool
is_watched(const struct path_watch *watch, const struct stat *directory)
{
	return watch->device == directory->st_dev && watch->inode == directory->st_ino;
}

void
path_watch_begin(struct path_watch *watch, const char *path, bool written)
{
	uint32_t mask = COMING_AND_GOING | IN_DELETE_SELF | IN_MOVE_SELF | IN_ONLYDIR | (written ? IN_CLOSE_WRITE : 0);
	char copy[PATH_MAX], *directory;
	struct stat status = {0};
	int error;

	strlcpy(copy, path, sizeof(copy));
	strlcpy(watch->name, basename(copy), sizeof(watch->name));
	strlcpy(copy, path, sizeof(copy));
	directory = dirname(copy);
	if (stat(directory, &status) == 0 && watch->fd != -1 && !is_watched(watch, &status))
		path_watch_end(watch);
	if (watch->fd != -1)
		return;
	watch->device = status.st_dev;
	watch->inode = status.st_ino;
	if ((watch->fd = inotify_init1(IN_NONBLOCK | IN_CLOEXEC)) != -1 &&
	    inotify_add_watch(watch->fd, directory, mask) != -1)
		return;
	error = errno;
	path_watch_end(watch);
	watch_complain(path, error);
}

/* One event: about the file? One that stands for others that were lost (IN_Q_OVERFLOW) may be. */
static bool
event_concerns(struct path_watch *watch, const struct inotify_event *event, const char *name)
{
	if ((event->mask & GONE) != 0) {
		path_watch_end(watch);
		return true;
	}
	return (event->mask & IN_Q_OVERFLOW) != 0 || (event->len > 0 && strcmp(name, watch->name) == 0);
}

bool
path_watch_read(struct path_watch *watch)
{
	_Alignas(struct inotify_event) char events[4096];
	struct inotify_event event;
	ssize_t length = read(watch->fd, events, sizeof(events));
	bool concerns = false;

	for (ssize_t at = 0; at + (ssize_t)sizeof(event) <= length; at += (ssize_t)(sizeof(event) + event.len)) {
		memcpy(&event, events + at, sizeof(event));
		concerns |= event_concerns(watch, &event, events + at + sizeof(event));
	}
	return concerns;
}

void
path_watch_end(struct path_watch *watch)
{
	if (watch->fd != -1)
		close(watch->fd);
	watch->fd = -1;
}

bool
path_look(const char *path, bool *exists)
{
	struct stat status;
	bool found = stat(path, &status) == 0;

	if (!found && !path_is_missing(errno))
		return false;
	*exists = found;
	return true;
}
