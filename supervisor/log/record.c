/*
 * Records out of lines. Pure but for the clock. Invariant: what a logger is handed is printable text on one line,
 * whatever came.
 */
#include "record.h"

#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "../../common/utf8.h"
#include "../../common/walltime.h"

static const struct {
	const char *name;
	enum record_type type;
} types[] = {
	{"record", RECORD_LINE}, {"lost", RECORD_LOST}, {"reopen", RECORD_REOPEN}, {"bye", RECORD_BYE},
	{"leave", RECORD_LEAVE}};

static const struct {
	const char *key;
	size_t offset;
	bool optional; /* null, or not there */
} texts[] = {
	{"level", offsetof(struct log_fields, level), false},
	{"event", offsetof(struct log_fields, event), false},
	{"subsystem", offsetof(struct log_fields, subsystem), false},
	{"text", offsetof(struct log_fields, text), false},
	{"check", offsetof(struct log_fields, check), true},
	{"from", offsetof(struct log_fields, from), true},
	{"to", offsetof(struct log_fields, to), true},
	{"file", offsetof(struct log_fields, file), true},
	{"function", offsetof(struct log_fields, function), true},
};
_Static_assert(sizeof(texts) / sizeof(texts[0]) == RECORD_TEXTS, "each has its place");

static bool
texts_read(struct record *record)
{
	for (size_t i = 0; i < RECORD_TEXTS; i++) {
		const json_t *value = json_object_get(record->map, texts[i].key);

		if ((value == NULL || json_is_null(value)) && texts[i].optional)
			continue;
		if (!json_is_string(value) || (record->texts[i] = strdup(json_string_value(value))) == NULL)
			return false;
		utf8_sanitise(record->texts[i]);
		memcpy((char *)&record->fields + texts[i].offset, &record->texts[i], sizeof(record->texts[i]));
	}
	return true;
}

static bool
line_read(struct record *record, int pid)
{
	const json_t *at = json_object_get(record->map, "at"), *line = json_object_get(record->map, "line");

	record->fields = (struct log_fields){.at_us = json_integer_value(at), .pid = pid, .file = "", .function = ""};
	if (json_is_integer(line) && json_integer_value(line) >= 0 && json_integer_value(line) <= INT_MAX)
		record->fields.line = (unsigned)json_integer_value(line);
	return json_is_integer(at) && record->fields.at_us >= 0 && record->fields.at_us <= RECORD_LATEST_US &&
	    texts_read(record);
}

static bool
record_fill(struct record *record, int pid)
{
	switch (record->type) {
	case RECORD_LINE:
		return line_read(record, pid);
	case RECORD_LOST:
		record->count = json_integer_value(json_object_get(record->map, "count"));
		return record->count > 0;
	case RECORD_BAD:
		return false;
	case RECORD_REOPEN:
	case RECORD_BYE:
	case RECORD_LEAVE:
		break;
	}
	return true;
}

void
record_read(struct record *record, const char *line, size_t length, int pid)
{
	const char *name;

	*record = (struct record){.map = json_loadb(line, length, 0, NULL)};
	if ((name = json_string_value(json_object_get(record->map, "type"))) == NULL)
		return;
	for (size_t i = 0; i < sizeof(types) / sizeof(types[0]); i++)
		if (strcmp(types[i].name, name) == 0)
			record->type = types[i].type;
	if (!record_fill(record, pid))
		record->type = RECORD_BAD;
}

void
record_clear(struct record *record)
{
	for (size_t i = 0; i < RECORD_TEXTS; i++)
		free(record->texts[i]);
	json_decref(record->map);
	*record = (struct record){0};
}

void
record_own(struct log_fields *fields, const struct log_source *where, int pid, const char *text)
{
	*fields = (struct log_fields){.at_us = walltime_now_us(), .level = "warning",
	    .event = "error", .subsystem = "logging", .text = text, .file = where->file, .function = where->function,
	    .line = where->line, .pid = pid};
}

const char *
record_lost_text(char text[static RECORD_LOST_SIZE], uint64_t count, const char *reason)
{
	snprintf(text, RECORD_LOST_SIZE, "%llu line%s lost: %s", (unsigned long long)count, count == 1 ? " was" : "s were",
	    reason);
	return text;
}
