/*
 * The directories on which a path depends, watched by inotify(7).
 */
#ifndef EXACHECK_WATCH_PATH_H
#define EXACHECK_WATCH_PATH_H

#include <stdbool.h>

struct watch_path; /* one watched path */

enum watch_news {
	WATCH_NOTHING,
	WATCH_WRITING = 1, /* the file is being written to */
	WATCH_WRITTEN = 2, /* whoever wrote to it has closed it */
	WATCH_MOVED = 4,   /* the path may lead elsewhere: follow it again */
};

/* path (copied): absolute. NULL with errno: no memory, no inotify. */
struct watch_path *watch_path_new(const char *path);
void watch_path_free(struct watch_path *);

/* To wait on for reading. */
int watch_path_fd(const struct watch_path *);

/*
 * Watch every directory on the way to the file, through every symbolic link, as they are now; where the path ends
 * early, up to there. False with errno: not all of them can be watched.
 */
bool watch_path_follow(struct watch_path *);

/* What has happened since the last call: bits of enum watch_news. Does not block. */
unsigned watch_path_news(struct watch_path *);

#endif
