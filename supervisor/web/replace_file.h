/*
 * Files that others read at any time: they see what was there before, or all of what is new.
 */
#ifndef EXACHECK_WEB_REPLACE_FILE_H
#define EXACHECK_WEB_REPLACE_FILE_H

#include <stdbool.h>
#include <stddef.h>

/*
 * Put these bytes in the place of the file of this name in an open directory, by way of another one beside it that
 * begins with a dot. Readable for everybody as far as umask(2) permits. False: nothing has changed, see errno.
 */
bool replace_file(int directory, const char *name, const void *data, size_t length);

/*
 * Write them over the file that is there, which must be a regular one. Ten times as fast, for where time is short: a
 * reader may see old bytes after the new ones for a moment. False: see errno; the file may be half of each.
 */
bool overwrite_file(int directory, const char *name, const void *data, size_t length);

#endif
