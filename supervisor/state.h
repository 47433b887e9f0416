/*
 * The state that one exacheck hands to the next at an upgrade: lines of JSON, each a map of one kind, in a file that
 * has no name. Fields are described by tables, which write and read alike: what a reader does not know it ignores, and
 * what is missing keeps the value that it had.
 */
#ifndef EXACHECK_STATE_H
#define EXACHECK_STATE_H

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include "../common/monotime.h"

#ifndef STATE_VERSION
#define STATE_VERSION 2 /* another one is not understood */
#endif
#define STATE_ERROR_SIZE 256

enum state_type { STATE_BOOL, STATE_INT, STATE_UNSIGNED, STATE_INT64, STATE_SIZE, STATE_TIME };

struct state_field {
	const char *name; /* NULL: end of the table */
	enum state_type type;
	size_t offset;
	unsigned limit; /* of an enum: its values lie below; 0: any */
};

/* enums are unsigned ints */
#define STATE_TYPE(MEMBER)                                                                                     \
	_Generic((MEMBER), bool: STATE_BOOL, int: STATE_INT, unsigned: STATE_UNSIGNED, int64_t: STATE_INT64, \
	    size_t: STATE_SIZE, monotime_t: STATE_TIME)
#define STATE_ENUM(STRUCT, MEMBER, LIMIT) \
	{#MEMBER, STATE_TYPE(((STRUCT *)NULL)->MEMBER), offsetof(STRUCT, MEMBER), (LIMIT)}
#define STATE_FIELD(STRUCT, MEMBER) STATE_ENUM(STRUCT, MEMBER, 0)
#define STATE_END {NULL, STATE_BOOL, 0, 0}

/* The fields of a struct as a new map. NULL: out of memory. */
json_t *state_save(const struct state_field *, const void *base);

/* Set the fields that the map has. False, with a text in error, when one is not of its type, or out of range. */
bool state_load(const struct state_field *, void *base, const json_t *map, char error[static STATE_ERROR_SIZE]);

/* A text of the map, which owns it; NULL: there is none. */
const char *state_text(const json_t *map, const char *key);

/* Put a value into a map, of which it becomes a part. False: out of memory, as a value of NULL is. */
bool state_put(json_t *map, const char *key, json_t *value);
bool state_put_text(json_t *map, const char *key, const char *text); /* NULL: is left out */

/* Write a line; takes the map. False: it is NULL, out of memory, or the file cannot be written. */
bool state_write(FILE *, const char *kind, json_t *map);

/* A reader of lines of a kind. False: with a text in error. */
struct state_reader {
	const char *kind; /* NULL: end of the table */
	bool (*read)(void *context, const json_t *map, char error[static STATE_ERROR_SIZE]);
};

/*
 * Give each line from the beginning on to the reader of its kind; kinds without a reader are passed over. False, with a
 * text in error: a reader said so, a line is no state, or the file cannot be read or has no end.
 */
bool state_read(int fd, const struct state_reader *, void *context, char error[static STATE_ERROR_SIZE]);

/*
 * A file in memory for the state. It lives without a name and cannot be executed: foreign code must not find in it a
 * way around the confinement. To be made before that. -1 with errno.
 */
int state_file_new(void);
/* What it is on kernels before 6.3: on a file system that Landlock sees, unlike the one behind memfd_create(2). */
int state_file_old(void);

#endif
