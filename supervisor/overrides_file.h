/*
 * The text of the file of overrides: a line of JSON that says how many there are, and one for each. Pure but for memory
 * and the clocks.
 */
#ifndef EXACHECK_OVERRIDES_FILE_H
#define EXACHECK_OVERRIDES_FILE_H

#include <stdbool.h>
#include <stddef.h>

#include "override.h"

struct checks;

/* How many nodes are overridden. */
size_t overrides_count(const struct checks *);

/* The text for the overrides that there are, malloc'd; "": there are none. NULL: out of memory. */
char *overrides_encode(const struct checks *, size_t *length);

/* Number of overrides that the first line promises. False: it is no file of overrides that this version knows. */
bool overrides_decode_head(const char *line, size_t length, size_t *count);

/*
 * One override, and its node's name, malloc'd; both are the caller's. False, with a text in error: it is none, or out of
 * memory.
 */
bool overrides_decode(const char *line, size_t length, char **name, struct override *,
    char error[static STATE_ERROR_SIZE]);

#endif
