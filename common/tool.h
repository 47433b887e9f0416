/*
 * Programs of others that exacheck executes: where they are looked for, so that who checks a configuration finds the one
 * that is executed.
 */
#ifndef EXACHECK_TOOL_H
#define EXACHECK_TOOL_H

#include <stdbool.h>

#define TOOL_PATH_SIZE 64

/* NULL-terminated: what the system brings; and what an administrator may have installed beside it. */
extern const char *const tool_directories_system[];
extern const char *const tool_directories_local[];

/* Find it there, in this order. False: it is not there, or its name is too long. */
bool tool_find(const char *const *directories, const char *name, char path[static TOOL_PATH_SIZE]);

#endif
