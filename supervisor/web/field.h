/*
 * Fields of the maps that the supervisor makes (view.h).
 */
#ifndef EXACHECK_WEB_FIELD_H
#define EXACHECK_WEB_FIELD_H

#include <jansson.h>
#include <stdbool.h>
#include <string.h>

/* A text of the map's; NULL: it is none, or the map is no map. */
static inline const char *
field_text(const json_t *map, const char *key)
{
	return json_string_value(json_object_get(map, key));
}

/* Whether it is this text. */
static inline bool
field_is(const json_t *map, const char *key, const char *text)
{
	const char *value = field_text(map, key);

	return value != NULL && strcmp(value, text) == 0;
}

#endif
