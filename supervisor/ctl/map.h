/*
 * What JSON maps of exacheck hold, read without trust: a value that is not there, or of another type, is none.
 */
#ifndef EXACHECK_CTL_MAP_H
#define EXACHECK_CTL_MAP_H

#include <jansson.h>
#include <stdbool.h>
#include <stdint.h>

/* NULL: there is none. Both live as long as the map. */
const char *map_text(const json_t *map, const char *key);
json_t *map_map(const json_t *map, const char *key);
/* An array; one that is empty if there is none. */
json_t *map_list(const json_t *map, const char *key);
/* "" if there is none. */
const char *map_word(const json_t *map, const char *key);
bool map_is(const json_t *map, const char *key, const char *text);
/* 0 if it is out of all proportion, too. */
double map_number(const json_t *map, const char *key);
int64_t map_integer(const json_t *map, const char *key);
bool map_true(const json_t *map, const char *key);
/* Of a moment (moment.h); NONE: there is none. */
int64_t map_moment(const json_t *map, const char *key);

/* Clean (screen.h) every text in it, however deep. */
void map_clean(json_t *value);

#endif
