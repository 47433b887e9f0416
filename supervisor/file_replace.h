/*
 * A small file of the runtime directory, replaced as a whole. Nothing is synced to the disk, which could hold up the
 * checks.
 */
#ifndef EXACHECK_FILE_REPLACE_H
#define EXACHECK_FILE_REPLACE_H

#include <stdbool.h>
#include <stddef.h>

/*
 * Put a file with these bytes (mode 0600) in the place of path; until it is whole it is new_path, in the same directory.
 * False with errno: path is as it was, and there is no new_path.
 */
bool file_replace(const char *path, const char *new_path, const char *bytes, size_t length);

#endif
