/*
 * Lines by type. Touches memory only. Invariant: what is returned is all there, or nothing is.
 */
#include "line.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static bool
failed(char error[static NOTICE_ERROR_SIZE], const char *problem)
{
	snprintf(error, NOTICE_ERROR_SIZE, "%s", problem);
	return false;
}

static bool
notice_line(const json_t *map, struct line *line, char error[static NOTICE_ERROR_SIZE])
{
	line->notice = notice_read(map, error);
	return line->notice != NULL;
}

static bool
lost_line(const json_t *map, struct line *line, char error[static NOTICE_ERROR_SIZE])
{
	const json_t *count = json_object_get(map, "count");

	if (!json_is_integer(count) || json_integer_value(count) <= 0)
		return failed(error, "count: no number above 0");
	line->count = (uint64_t)json_integer_value(count);
	return true;
}

static bool
test_line(const json_t *map, struct line *line, char error[static NOTICE_ERROR_SIZE])
{
	const json_t *id = json_object_get(map, "id"), *target = json_object_get(map, "target");

	if (!json_is_integer(id))
		return failed(error, "id: no number");
	if (target != NULL && !json_is_null(target) && !json_is_string(target))
		return failed(error, "target: no text");
	line->id = json_integer_value(id);
	if (json_is_string(target) && (line->target = strdup(json_string_value(target))) == NULL)
		return failed(error, "out of memory");
	return true;
}

static const struct {
	const char *name;
	bool (*read)(const json_t *map, struct line *, char error[static NOTICE_ERROR_SIZE]); /* NULL: there is no more */
} types[LINE_TYPES] = {
	[LINE_NOTICE] = {"notice", notice_line},
	[LINE_LOST] = {"lost", lost_line},
	[LINE_TEST] = {"test", test_line},
	[LINE_BYE] = {"bye", NULL},
	[LINE_LEAVE] = {"leave", NULL},
};

bool
line_read(const char *text, size_t length, struct line *line, char error[static NOTICE_ERROR_SIZE])
{
	json_t *map = json_loadb(text, length, 0, NULL);
	const char *type = json_string_value(json_object_get(map, "type"));
	bool read = false;
	size_t i = 0;

	*line = (struct line){0};
	while (type != NULL && i < LINE_TYPES && strcmp(types[i].name, type) != 0)
		i++;
	if (type == NULL || i == LINE_TYPES) {
		failed(error, map == NULL ? "no JSON, or out of memory" : "type: no such type");
	} else {
		line->type = (enum line_type)i;
		read = types[i].read == NULL || types[i].read(map, line, error);
	}
	json_decref(map);
	return read;
}
