/*
 * Overrides as values. Touches memory, and the clock for dates. Invariant: by and reason are one line of printable text
 * each, of bounded length, wherever they came from.
 */
#include "override.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "../common/utf8.h"
#include "../common/walltime.h"

static const char *const kind_names[OVERRIDE_KINDS] = {[OVERRIDE_DISABLE] = "disable", [OVERRIDE_DRAIN] = "drain"};

static const struct state_field override_fields[] = {
	STATE_ENUM(struct override, kind, OVERRIDE_KINDS),
	STATE_FIELD(struct override, set),
	STATE_FIELD(struct override, until),
	STATE_END,
};

const char *
override_kind_name(enum override_kind kind)
{
	return kind_names[kind];
}

enum override_kind
override_kind_named(const char *name)
{
	for (enum override_kind kind = OVERRIDE_DISABLE; name != NULL && kind < OVERRIDE_KINDS; kind++)
		if (strcmp(name, kind_names[kind]) == 0)
			return kind;
	return OVERRIDE_NONE;
}

/* At most so many bytes of it, no character in part. NULL: out of memory. */
static char *
line_copy(const char *text, size_t max)
{
	size_t length = strnlen(text, max + 1);
	char *copy;

	if (length > max)
		for (length = max; length > 0 && ((unsigned char)text[length] & 0xc0) == 0x80; length--)
			;
	if ((copy = calloc(1, length + 1)) == NULL)
		return NULL;
	memcpy(copy, text, length);
	utf8_sanitise(copy);
	return copy;
}

bool
override_set_texts(struct override *override, const char *by, const char *reason)
{
	override->by = line_copy(by, OVERRIDE_BY_MAX);
	override->reason = reason != NULL && *reason != '\0' ? line_copy(reason, OVERRIDE_REASON_MAX) : NULL;
	if (override->by != NULL && (override->reason != NULL || reason == NULL || *reason == '\0'))
		return true;
	override_clear(override);
	return false;
}

void
override_clear(struct override *override)
{
	free(override->by);
	free(override->reason);
	*override = (struct override){.kind = OVERRIDE_NONE};
}

void
override_replace(struct override *override, struct override *by)
{
	override_clear(override);
	*override = *by;
	*by = (struct override){.kind = OVERRIDE_NONE};
}

const char *
override_describe(const struct override *override, char text[static OVERRIDE_TEXT_SIZE])
{
	static const char *const participles[OVERRIDE_KINDS] = {"not overridden", "disabled", "drained"};
	char until[WALLTIME_SIZE];
	bool ends = override->until.ns != MONOTIME_NEVER.ns, none = override->kind == OVERRIDE_NONE;

	snprintf(text, OVERRIDE_TEXT_SIZE, "%s%s%s%s%s%s%s", participles[override->kind], none ? "" : " by ",
	    none ? "" : override->by, none || !ends ? "" : " until ",
	    none || !ends ? "" : walltime_format(override->until, until), override->reason != NULL ? ": " : "",
	    override->reason != NULL ? override->reason : "");
	return text;
}

json_t *
override_save(const struct override *override)
{
	json_t *map;

	if (override->kind == OVERRIDE_NONE)
		return json_null();
	map = state_save(override_fields, override);
	if (map != NULL && state_put_text(map, "by", override->by) && state_put_text(map, "reason", override->reason))
		return map;
	json_decref(map);
	return NULL;
}

/* One of which a date can be made. */
static bool
time_possible(monotime_t time)
{
	return time.ns > -INT64_MAX / 2 && time.ns < INT64_MAX / 2;
}

bool
override_load(struct override *override, const json_t *map, char error[static STATE_ERROR_SIZE])
{
	struct override loaded = {.until = MONOTIME_NEVER};

	*override = (struct override){.kind = OVERRIDE_NONE};
	if (map == NULL || json_is_null(map))
		return true;
	if (!state_load(override_fields, &loaded, map, error))
		return false;
	if (loaded.kind == OVERRIDE_NONE || state_text(map, "by") == NULL || !time_possible(loaded.set) ||
	    (loaded.until.ns != MONOTIME_NEVER.ns && !time_possible(loaded.until))) {
		snprintf(error, STATE_ERROR_SIZE, "an override without its kind, of nobody, or of no time");
		return false;
	}
	if (!override_set_texts(&loaded, state_text(map, "by"), state_text(map, "reason"))) {
		snprintf(error, STATE_ERROR_SIZE, "out of memory");
		return false;
	}
	*override = loaded;
	return true;
}
