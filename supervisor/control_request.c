/*
 * Requests of control clients, as bytes. Touches memory only. Invariant: what is out of range, of the wrong type or not
 * known is refused; nothing is guessed.
 */
#include "control_request.h"

#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "../common/log.h"
#include "../common/monotime.h"
#include "override.h"

#define NAMES_MAX 4096
#define NAME_LENGTH_MAX 255 /* bytes: more than a name has, as a pattern takes time by its length */

static bool
take_names(struct control_request *request, const json_t *value)
{
	size_t i;
	json_t *name;

	if (!json_is_array(value) || json_array_size(value) > NAMES_MAX)
		return false;
	json_array_foreach(value, i, name) {
		if (!json_is_string(name) || json_string_length(name) == 0 || json_string_length(name) > NAME_LENGTH_MAX)
			return false;
	}
	request->names = value;
	return true;
}

static bool
take_detail(struct control_request *request, const json_t *value)
{
	const char *text = json_string_value(value);

	if (text == NULL || (strcmp(text, "brief") != 0 && strcmp(text, "full") != 0))
		return false;
	request->full = strcmp(text, "full") == 0;
	return true;
}

static bool
take_since(struct control_request *request, const json_t *value)
{
	if (!json_is_integer(value) || json_integer_value(value) < 0)
		return false;
	request->since = (uint64_t)json_integer_value(value);
	return true;
}

static bool
take_follow(struct control_request *request, const json_t *value)
{
	request->follow = json_is_true(value);
	return json_is_boolean(value);
}

static bool
take_for(struct control_request *request, const json_t *value)
{
	double seconds = json_number_value(value);

	if (!json_is_number(value) || !isfinite(seconds) || seconds <= 0 || seconds > OVERRIDE_TIME_MAX_S)
		return false;
	request->for_ns = (int64_t)(seconds * NS_PER_SECOND);
	if (request->for_ns == 0)
		request->for_ns = 1;
	return true;
}

/* One line of text; UTF-8 is what jansson takes. */
static bool
take_reason(struct control_request *request, const json_t *value)
{
	const char *text = json_string_value(value);

	if (text == NULL || *text == '\0' || json_string_length(value) > OVERRIDE_REASON_MAX)
		return false;
	for (const unsigned char *c = (const unsigned char *)text; *c != '\0'; c++)
		if (*c < 0x20 || *c == 0x7f)
			return false;
	request->reason = text;
	return true;
}

static bool
take_dry_run(struct control_request *request, const json_t *value)
{
	request->dry_run = json_is_true(value);
	return json_is_boolean(value);
}

static bool
take_level(struct control_request *request, const json_t *value)
{
	const char *text = json_string_value(value);

	for (int level = 0; text != NULL && level < LOG_LEVELS; level++)
		if (strcmp(text, log_level_name((enum log_level)level)) == 0)
			request->level = level;
	return request->level != -1;
}

static bool
take_target(struct control_request *request, const json_t *value)
{
	request->target = json_string_value(value);
	return request->target != NULL && *request->target != '\0' && json_string_length(value) <= NAME_LENGTH_MAX;
}

static const struct {
	const char *name, *what;
	enum control_field field;
	bool (*take)(struct control_request *, const json_t *);
} fields[] = {
	{"names", "a list of at most 4096 texts of 1 to 255 bytes", FIELD_NAMES, take_names},
	{"detail", "\"brief\" or \"full\"", FIELD_DETAIL, take_detail},
	{"since", "the number of an event", FIELD_SINCE, take_since},
	{"follow", "true or false", FIELD_FOLLOW, take_follow},
	{"for_s", "a number of seconds above 0, at most ten years", FIELD_FOR, take_for},
	{"reason", "a text of one line and at most 200 bytes", FIELD_REASON, take_reason},
	{"dry_run", "true or false", FIELD_DRY_RUN, take_dry_run},
	{"level", "one of error, warning, info, success, debug, trace", FIELD_LEVEL, take_level},
	{"target", "a text of 1 to 255 bytes", FIELD_TARGET, take_target},
};
#define FIELDS (sizeof(fields) / sizeof(fields[0]))

/* One of the map. False: there is no such field, or not with this value. */
static bool
field_take(struct control_request *request, const char *key, const json_t *value,
    char problem[static CONTROL_PROBLEM_SIZE])
{
	for (size_t i = 0; i < FIELDS; i++) {
		if (strcmp(fields[i].name, key) != 0)
			continue;
		request->said |= fields[i].field;
		if (fields[i].take(request, value))
			return true;
		snprintf(problem, CONTROL_PROBLEM_SIZE, "\"%s\" must be %s", key, fields[i].what);
		return false;
	}
	if (strcmp(key, "protocol") == 0 || strcmp(key, "command") == 0)
		return true;
	snprintf(problem, CONTROL_PROBLEM_SIZE, "unknown field \"%.60s\"", key);
	return false;
}

static enum control_parse
fields_take(struct control_request *request, char problem[static CONTROL_PROBLEM_SIZE])
{
	const json_t *protocol = json_object_get(request->map, "protocol");
	const char *key;
	json_t *value;

	if (!json_is_integer(protocol)) {
		snprintf(problem, CONTROL_PROBLEM_SIZE, "\"protocol\" must be a number, such as %d", CONTROL_PROTOCOL);
		return PARSE_BAD;
	}
	if (json_integer_value(protocol) != CONTROL_PROTOCOL) {
		snprintf(problem, CONTROL_PROBLEM_SIZE, "protocol %lld is asked for, but this exacheck speaks protocol %d",
		    (long long)json_integer_value(protocol), CONTROL_PROTOCOL);
		return PARSE_PROTOCOL;
	}
	if ((request->command = json_string_value(json_object_get(request->map, "command"))) == NULL) {
		snprintf(problem, CONTROL_PROBLEM_SIZE, "\"command\" must be the name of a command");
		return PARSE_BAD;
	}
	json_object_foreach(request->map, key, value) {
		if (!field_take(request, key, value, problem))
			return PARSE_BAD;
	}
	return PARSE_OK;
}

enum control_parse
control_request_parse(struct control_request *request, const char *line, size_t length,
    char problem[static CONTROL_PROBLEM_SIZE])
{
	json_error_t error;

	*request = (struct control_request){.level = -1};
	errno = 0; /* jansson has no word for it */
	if ((request->map = json_loadb(line, length, JSON_REJECT_DUPLICATES, &error)) == NULL) {
		snprintf(problem, CONTROL_PROBLEM_SIZE, "not a line of JSON: %s (byte %d)", error.text, error.position);
		return errno == ENOMEM ? PARSE_MEMORY : PARSE_BAD;
	}
	if (json_is_object(request->map))
		return fields_take(request, problem);
	snprintf(problem, CONTROL_PROBLEM_SIZE, "a request is a JSON object");
	return PARSE_BAD;
}

bool
control_request_permit(const struct control_request *request, unsigned permitted,
    char problem[static CONTROL_PROBLEM_SIZE])
{
	for (size_t i = 0; i < FIELDS; i++)
		if ((request->said & (unsigned)fields[i].field & ~permitted) != 0) {
			snprintf(problem, CONTROL_PROBLEM_SIZE, "\"%s\" has no meaning for %.60s", fields[i].name,
			    request->command);
			return false;
		}
	return true;
}

void
control_request_clear(struct control_request *request)
{
	json_decref(request->map);
	*request = (struct control_request){.level = -1};
}
