/*
 * Paths of logs, in directories that may be others' while this process has root's rights: whoever owns one can put a
 * symbolic link there, and lines would go to whatever file it names.
 */
#ifndef EXACHECK_LOG_PATH_H
#define EXACHECK_LOG_PATH_H

#include <sys/types.h>

/* Of the path what comes before the last slash; the caller's. NULL: out of memory. */
char *path_directory(const char *path);

/*
 * Where the path leads, absolute and without symbolic links, so that two ways to one file are known as such; malloc'd.
 * What it leads to may be yet to be made. Links are followed that are root's or this user's; at another one it stays as
 * it is, and path_open refuses it. NULL: out of memory.
 */
char *path_resolve(const char *path);

/* As open(2), of a path that leads over no symbolic link: ELOOP where it does. */
int path_open(const char *path, int flags, mode_t mode);

/* Make the directory, and those above it, as far as possible; nothing behind a symbolic link. */
void path_make(const char *directory);

#endif
