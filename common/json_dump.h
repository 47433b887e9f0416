/*
 * JSON as text, whole or not at all. For programs that link jansson.
 */
#ifndef EXACHECK_JSON_DUMP_H
#define EXACHECK_JSON_DUMP_H

#include <jansson.h>

/*
 * As json_dumps(3), for free(3): but that one, without memory for some of the text, may leave out a key and say nothing.
 * NULL: out of memory, or value is NULL.
 */
char *json_dump(const json_t *value, size_t flags);

#endif
