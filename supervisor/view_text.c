/*
 * What the maps of the view are made with, and their lines. Touches nothing. Invariant: what there is no memory for makes
 * the whole fail; jansson's own buffers would leave a key out.
 */
#include "view.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "../common/walltime.h"
#include "view_internal.h"

#define LINE_USUAL 1024 /* bytes that are enough for many lines */

bool
view_put(json_t *map, const char *key, json_t *value)
{
	return value != NULL && json_object_set_new(map, key, value) == 0;
}

bool
view_put_text(json_t *map, const char *key, const char *text)
{
	return view_put(map, key, text != NULL ? json_string(text) : json_null());
}

bool
view_put_time(json_t *map, const char *key, monotime_t point)
{
	char text[WALLTIME_SIZE];

	return view_put_text(map, key, point.ns == MONOTIME_NEVER.ns ? NULL : walltime_format(point, text));
}

json_t *
view_whole(json_t *map, bool whole)
{
	if (whole)
		return map;
	json_decref(map);
	return NULL;
}

json_t *
view_seconds(int64_t ns)
{
	return json_real((double)ns / NS_PER_SECOND);
}

size_t
view_line_format(char *line, size_t size, const char *type, const json_t *map)
{
	size_t head = (size_t)snprintf(line, size, "{\"type\":\"%s\"", type), length;

	if (head + 1 >= size ||
	    (length = json_dumpb(map, line + head, size - head - 1, JSON_COMPACT | JSON_REAL_PRECISION(9))) == 0)
		return 0;
	if (head + length + 1 > size)
		return head + length + 1;
	if (length == 2) /* nothing but the brackets: only the end is wanted */
		memmove(line + head, line + head + 1, --length);
	else
		line[head] = ',';
	line[head + length] = '\n';
	return head + length + 1;
}

char *
view_line(const char *type, json_t *map)
{
	char *line = NULL, *more;
	size_t length = LINE_USUAL, room = 0;

	while (map != NULL && length > room) {
		room = length;
		more = realloc(line, room + 1);
		length = more != NULL ? view_line_format(more, room, type, map) : 0;
		if (more != NULL)
			line = more;
	}
	json_decref(map);
	if (line != NULL && length > 0) {
		line[length] = '\0';
		return line;
	}
	free(line);
	return NULL;
}
