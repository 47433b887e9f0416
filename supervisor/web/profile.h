/*
 * What exacheck-web may still do once it serves: with its clients, and in its directories.
 */
#ifndef EXACHECK_WEB_PROFILE_H
#define EXACHECK_WEB_PROFILE_H

#include <stdbool.h>
#include <stddef.h>

#include "../helpers/cage.h"

/*
 * Enter the sandbox as cage_enter does. directories: count open descriptors of those below which files are written.
 */
bool profile_enter(const struct cage_identity *, const int *directories, size_t count, char *report, size_t size);

#endif
