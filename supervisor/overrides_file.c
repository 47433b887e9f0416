/*
 * Overrides as lines of JSON. Touches memory and the clocks. Invariant: what is written is read again as it was, however
 * the clock on the wall has been set meanwhile, but for the time that this says has passed.
 */
#include "overrides_file.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "../common/json_dump.h"
#include "../common/walltime.h"
#include "checks.h"

#define VERSION 1

/* Before 1970, or so far after it, no date of ours can be: there may be no such point of time. */
#define DATE_MAX_MS (INT64_C(100) * 366 * 86400 * 1000)

static bool
line_write(FILE *file, json_t *map)
{
	char *text = json_dump(map, JSON_COMPACT);
	bool written = text != NULL && fputs(text, file) != EOF && fputc('\n', file) != EOF;

	free(text);
	json_decref(map);
	return written;
}

/* NEVER is left out. */
static bool
date_put(json_t *map, const char *key, monotime_t point)
{
	return point.ns == MONOTIME_NEVER.ns ||
	    state_put(map, key, json_integer(walltime_ns(point) / NS_PER_MILLISECOND));
}

static json_t *
override_encode(const struct node *node)
{
	const struct override *override = &node->override;
	json_t *map = json_object();

	if (map != NULL && state_put_text(map, "name", node->config->name) &&
	    state_put_text(map, "kind", override_kind_name(override->kind)) && state_put_text(map, "by", override->by) &&
	    state_put_text(map, "reason", override->reason) && date_put(map, "set_ms", override->set) &&
	    date_put(map, "until_ms", override->until))
		return map;
	json_decref(map);
	return NULL;
}

size_t
overrides_count(const struct checks *checks)
{
	size_t count = 0;

	for (size_t rank = 0; rank < checks_node_count(checks); rank++)
		count += checks_node(checks, rank)->override.kind != OVERRIDE_NONE;
	return count;
}

static bool
overrides_write(const struct checks *checks, FILE *file)
{
	size_t count = overrides_count(checks);
	bool written = count == 0 || line_write(file, json_pack("{sisI}", "exacheck_overrides", VERSION, "count",
	    (json_int_t)count));

	for (size_t rank = 0; written && rank < checks_node_count(checks); rank++)
		if (checks_node(checks, rank)->override.kind != OVERRIDE_NONE)
			written = line_write(file, override_encode(checks_node(checks, rank)));
	return written;
}

char *
overrides_encode(const struct checks *checks, size_t *length)
{
	char *text = NULL;
	FILE *file = open_memstream(&text, length);
	bool written = file != NULL && overrides_write(checks, file);

	if (file != NULL && fclose(file) == 0 && written)
		return text;
	free(text);
	return NULL;
}

bool
overrides_decode_head(const char *line, size_t length, size_t *count)
{
	json_t *map = json_loadb(line, length, 0, NULL);
	json_int_t number = json_integer_value(json_object_get(map, "count"));
	bool known = json_integer_value(json_object_get(map, "exacheck_overrides")) == VERSION && number >= 0;

	json_decref(map);
	*count = known ? (size_t)number : 0;
	return known;
}

/* One that is left out stays as it is. False: it is no date. */
static bool
date_read(const json_t *map, const char *key, monotime_t *point)
{
	const json_t *date = json_object_get(map, key);
	json_int_t ms = json_integer_value(date);

	if (date == NULL)
		return true;
	if (!json_is_integer(date) || ms < 0 || ms > DATE_MAX_MS)
		return false;
	*point = walltime_point(ms * NS_PER_MILLISECOND);
	return true;
}

static bool
map_decode(const json_t *map, char **name, struct override *override, char error[static STATE_ERROR_SIZE])
{
	override->kind = override_kind_named(state_text(map, "kind"));
	override->until = MONOTIME_NEVER;
	if (override->kind == OVERRIDE_NONE || state_text(map, "name") == NULL || state_text(map, "by") == NULL)
		snprintf(error, STATE_ERROR_SIZE, "it lacks a name, a kind that is known, or who it is by");
	else if (!date_read(map, "set_ms", &override->set) || !date_read(map, "until_ms", &override->until))
		snprintf(error, STATE_ERROR_SIZE, "its dates are none");
	else if ((*name = strdup(state_text(map, "name"))) == NULL ||
	    !override_set_texts(override, state_text(map, "by"), state_text(map, "reason")))
		snprintf(error, STATE_ERROR_SIZE, "out of memory");
	else
		return true;
	free(*name);
	*name = NULL;
	override_clear(override);
	return false;
}

bool
overrides_decode(const char *line, size_t length, char **name, struct override *override,
    char error[static STATE_ERROR_SIZE])
{
	json_error_t problem = {.text = ""};
	json_t *map = json_loadb(line, length, 0, &problem);
	bool decoded = false;

	*name = NULL;
	*override = (struct override){.kind = OVERRIDE_NONE};
	if (map == NULL)
		snprintf(error, STATE_ERROR_SIZE, "%s", problem.text);
	else
		decoded = map_decode(map, name, override, error);
	json_decref(map);
	return decoded;
}
