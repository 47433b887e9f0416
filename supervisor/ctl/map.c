/*
 * Reading maps. Touches what it is given.
 */
#include "map.h"

#include <stdlib.h>
#include <string.h>

#include "ctl.h"
#include "moment.h"
#include "screen.h"

#define NUMBER_MAX 1e12 /* no time or duration of ours is greater, in whatever unit */

const char *
map_text(const json_t *map, const char *key)
{
	return json_string_value(json_object_get(map, key));
}

json_t *
map_map(const json_t *map, const char *key)
{
	json_t *value = json_object_get(map, key);

	return json_is_object(value) ? value : NULL;
}

json_t *
map_list(const json_t *map, const char *key)
{
	static json_t *empty;
	json_t *value = json_object_get(map, key);

	if (json_is_array(value))
		return value;
	if (empty == NULL)
		empty = ctl_whole(json_array());
	return empty;
}

const char *
map_word(const json_t *map, const char *key)
{
	const char *text = map_text(map, key);

	return text != NULL ? text : "";
}

bool
map_is(const json_t *map, const char *key, const char *text)
{
	return strcmp(map_word(map, key), text) == 0;
}

double
map_number(const json_t *map, const char *key)
{
	double number = json_number_value(json_object_get(map, key));

	return number > -NUMBER_MAX && number < NUMBER_MAX ? number : 0;
}

int64_t
map_integer(const json_t *map, const char *key)
{
	return json_integer_value(json_object_get(map, key));
}

bool
map_true(const json_t *map, const char *key)
{
	return json_is_true(json_object_get(map, key));
}

int64_t
map_moment(const json_t *map, const char *key)
{
	return moment_parse(map_text(map, key));
}

/* Whether there is anything in it that may need cleaning: most texts are plain. */
static bool
text_is_plain(const char *text)
{
	for (; *text != '\0'; text++)
		if (*text < 0x20 || *text > 0x7e)
			return false;
	return true;
}

static void
text_clean(json_t *value)
{
	char *text;

	if (text_is_plain(json_string_value(value)))
		return;
	text = ctl_whole(strdup(json_string_value(value)));
	screen_clean(text);
	if (json_string_set(value, text) != 0)
		ctl_no_memory();
	free(text);
}

void
map_clean(json_t *value)
{
	const char *key;
	json_t *inner;
	size_t i;

	if (json_is_string(value))
		text_clean(value);
	json_array_foreach(value, i, inner)
		map_clean(inner);
	if (json_is_object(value))
		json_object_foreach(value, key, inner)
			map_clean(inner);
}
