/*
 * The disable file: while it exists the check is not run. Looked at by the worker only, because a path on
 * a dead file system may block.
 */
#ifndef EXACHECK_DISABLE_H
#define EXACHECK_DISABLE_H

#include <stdbool.h>

/*
 * Start watching path's directory with inotify(7), so that the file's coming and going wakes poll(2).
 * Returns the descriptor to poll for POLLIN, or -1 where the directory cannot be watched (it does not
 * exist, no permission): then the file is noticed at the next interval.
 */
int disable_watch(const char *path);

/* Read away what made the descriptor ready. */
void disable_drain(int watch);

/*
 * Whether the file exists now. Returns false with errno and leaves *exists alone when that cannot be told: no
 * permission on the way to it, a file system that fails.
 */
bool disable_look(const char *path, bool *exists);

#endif
