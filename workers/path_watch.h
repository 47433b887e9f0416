/*
 * Files that may come and go: told by inotify(7), and by looking. In workers only, because a path on a dead file
 * system may block.
 */
#ifndef EXACHECK_PATH_WATCH_H
#define EXACHECK_PATH_WATCH_H

#include <limits.h>
#include <stdbool.h>
#include <sys/types.h>

struct path_watch {
	int fd; /* to poll for POLLIN; -1: nothing is watched */
	char name[NAME_MAX + 1];
	dev_t device; /* of the directory, as its inode */
	ino_t inode;
};

#define PATH_WATCH_NONE {.fd = -1}

/*
 * Watch path's directory, unless that very one is watched, so that the file's coming and going, being replaced and
 * (written) having been written wakes poll(2). Nothing is watched where the directory does not exist or cannot be
 * watched, the latter said in the log, once: then the file is noticed only when it is looked at.
 */
void path_watch_begin(struct path_watch *, const char *path, bool written);

/*
 * The descriptor is ready: read. Returns whether it is about the file, or about all that is watched: a directory that
 * is not there any more is not watched any more.
 */
bool path_watch_read(struct path_watch *);

void path_watch_end(struct path_watch *);

/*
 * Whether the file exists now. Returns false with errno and leaves *exists alone when that cannot be told: no
 * permission on the way to it, a file system that fails.
 */
bool path_look(const char *path, bool *exists);

/* Whether this errno says that a file is not there, and nothing worse. */
bool path_is_missing(int error);

#endif
