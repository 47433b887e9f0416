/*
 * Notices: reading them, and who holds them. Touches memory only. Invariant: a notice is whole and printable, or there
 * is none.
 */
#include "notice.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "../../common/utf8.h"

#define TEXT_MAX 4096 /* bytes of any text; the rest is cut */

static const char *const effect_names[NOTICE_EFFECTS] = {
	[NOTICE_ANNOUNCED] = "announced",
	[NOTICE_WITHDREW] = "withdrew",
	[NOTICE_DRAINING] = "draining",
	[NOTICE_GUARDED] = "guarded",
};

static const struct {
	const char *key;
	size_t offset;
	bool required;
} texts[] = {
	{"subsystem", offsetof(struct notice, subsystem), false},
	{"check", offsetof(struct notice, check), false},
	{"from", offsetof(struct notice, from), false},
	{"to", offsetof(struct notice, to), false},
	{"text", offsetof(struct notice, text), true},
	{"cause", offsetof(struct notice, cause), false},
	{"attributes", offsetof(struct notice, attributes), false},
	{"nexthop", offsetof(struct notice, nexthop), false},
	{"file", offsetof(struct notice, file), false},
	{"function", offsetof(struct notice, function), false},
};

static const struct {
	const char *key;
	size_t offset;
	int64_t absent; /* what it is when it is not said */
} numbers[] = {
	{"at", offsetof(struct notice, at_us), 0},
	{"line", offsetof(struct notice, line), 0},
	{"metric", offsetof(struct notice, metric), -1},
	{"since", offsetof(struct notice, since_us), 0},
	{"kept", offsetof(struct notice, kept), 0},
	{"prefix_count", offsetof(struct notice, prefix_count), 0},
};

static const struct {
	const char *key;
	size_t offset;
} flags[] = {
	{"group", offsetof(struct notice, group)},
	{"restored", offsetof(struct notice, restored)},
};

const char *
notice_effect_name(enum notice_effect effect)
{
	return effect_names[effect];
}

static char **
text_of(struct notice *notice, size_t i)
{
	return (char **)((char *)notice + texts[i].offset);
}

static bool
failed(char error[static NOTICE_ERROR_SIZE], const char *key, const char *problem)
{
	snprintf(error, NOTICE_ERROR_SIZE, "%s: %s", key, problem);
	return false;
}

/* A copy that can be shown; NULL: out of memory. */
static char *
text_copy(const char *text)
{
	char *copy = strndup(text, TEXT_MAX);

	if (copy != NULL)
		utf8_sanitise(copy);
	return copy;
}

static bool
texts_read(struct notice *notice, const json_t *map, char error[static NOTICE_ERROR_SIZE])
{
	for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
		const json_t *value = json_object_get(map, texts[i].key);

		if ((value == NULL || json_is_null(value)) && !texts[i].required)
			continue;
		if (!json_is_string(value))
			return failed(error, texts[i].key, "no text");
		if ((*text_of(notice, i) = text_copy(json_string_value(value))) == NULL)
			return failed(error, texts[i].key, "out of memory");
	}
	return (notice->from == NULL) == (notice->to == NULL) || failed(error, "from, to", "one without the other");
}

static bool
values_read(struct notice *notice, const json_t *map, char error[static NOTICE_ERROR_SIZE])
{
	for (size_t i = 0; i < sizeof(numbers) / sizeof(numbers[0]); i++) {
		const json_t *value = json_object_get(map, numbers[i].key);
		int64_t *number = (int64_t *)((char *)notice + numbers[i].offset);

		*number = json_is_integer(value) ? json_integer_value(value) : numbers[i].absent;
		if ((value != NULL && !json_is_null(value) && !json_is_integer(value)) || *number < numbers[i].absent ||
		    *number > INT64_MAX / 1000)
			return failed(error, numbers[i].key, "no such number");
	}
	for (size_t i = 0; i < sizeof(flags) / sizeof(flags[0]); i++) {
		const json_t *value = json_object_get(map, flags[i].key);

		if (value != NULL && !json_is_boolean(value))
			return failed(error, flags[i].key, "neither true nor false");
		*(bool *)((char *)notice + flags[i].offset) = json_is_true(value);
	}
	return true;
}

/* The place of a word among names, of which the first ones may be nobody's; null and none are the first place. */
static bool
word_read(const json_t *map, const char *key, const char *const *names, unsigned count, unsigned *place)
{
	const json_t *value = json_object_get(map, key);
	const char *word = json_string_value(value);

	*place = 0;
	if (value == NULL || json_is_null(value))
		return names[0] == NULL;
	for (unsigned i = 0; word != NULL && i < count; i++) {
		*place = i;
		if (names[i] != NULL && strcmp(names[i], word) == 0)
			return true;
	}
	return false;
}

static bool
words_read(struct notice *notice, const json_t *map, char error[static NOTICE_ERROR_SIZE])
{
	const char *level_names[LOG_LEVELS], *event_names[LOG_EVENTS] = {NULL}, *fault_names[LOG_FAULTS];
	unsigned level, event, fault, effect;

	for (unsigned i = 0; i < LOG_LEVELS; i++)
		level_names[i] = log_level_name((enum log_level)i);
	for (unsigned i = LOG_EVENT_USUAL + 1; i < LOG_EVENTS; i++)
		event_names[i] = log_event_name((enum log_event)i);
	for (unsigned i = 0; i < LOG_FAULTS; i++)
		fault_names[i] = log_fault_name((enum log_fault)i);
	if (!word_read(map, "level", level_names, LOG_LEVELS, &level))
		return failed(error, "level", "no such level");
	if (!word_read(map, "event", event_names, LOG_EVENTS, &event) || event == LOG_EVENT_USUAL)
		return failed(error, "event", "no such event");
	if (!word_read(map, "fault", fault_names, LOG_FAULTS, &fault))
		return failed(error, "fault", "no such fault");
	if (!word_read(map, "effect", effect_names, NOTICE_EFFECTS, &effect))
		return failed(error, "effect", "no such effect");
	notice->level = (enum log_level)level;
	notice->event = (enum log_event)event;
	notice->fault = (enum log_fault)fault;
	notice->effect = (enum notice_effect)effect;
	return true;
}

static bool
prefixes_read(struct notice *notice, const json_t *map, char error[static NOTICE_ERROR_SIZE])
{
	const json_t *list = json_object_get(map, "prefixes");
	size_t held = json_array_size(list) < NOTICE_PREFIXES_MAX ? json_array_size(list) : NOTICE_PREFIXES_MAX;

	if (list != NULL && !json_is_null(list) && !json_is_array(list))
		return failed(error, "prefixes", "no list");
	if (json_array_size(list) > (size_t)notice->prefix_count)
		notice->prefix_count = (int64_t)json_array_size(list);
	if (held > 0 && (notice->prefixes = calloc(held, sizeof(notice->prefixes[0]))) == NULL)
		return failed(error, "prefixes", "out of memory");
	for (size_t i = 0; i < held; i++) {
		const char *prefix = json_string_value(json_array_get(list, i));

		if (prefix == NULL)
			return failed(error, "prefixes", "no list of texts");
		if ((notice->prefixes[i] = text_copy(prefix)) == NULL)
			return failed(error, "prefixes", "out of memory");
		notice->prefixes_held++;
	}
	return true;
}

struct notice *
notice_read(const json_t *map, char error[static NOTICE_ERROR_SIZE])
{
	struct notice *notice = calloc(1, sizeof(*notice));

	if (notice == NULL) {
		failed(error, "notice", "out of memory");
		return NULL;
	}
	notice->holders = 1;
	if (texts_read(notice, map, error) && values_read(notice, map, error) && words_read(notice, map, error) &&
	    prefixes_read(notice, map, error))
		return notice;
	notice_release(notice);
	return NULL;
}

struct notice *
notice_own(enum log_level level, enum log_fault fault, int64_t at_us, const char *text)
{
	struct notice *notice = calloc(1, sizeof(*notice));

	if (notice == NULL)
		return NULL;
	*notice = (struct notice){.holders = 1, .at_us = at_us, .level = level, .fault = fault, .metric = -1,
	    .event = level <= LOG_LEVEL_WARNING ? LOG_EVENT_ERROR : LOG_EVENT_INFO};
	notice->subsystem = strdup("master");
	if ((notice->text = text_copy(text)) != NULL && notice->subsystem != NULL)
		return notice;
	notice_release(notice);
	return NULL;
}

struct notice *
notice_hold(struct notice *notice)
{
	notice->holders++;
	return notice;
}

void
notice_release(struct notice *notice)
{
	if (notice == NULL || --notice->holders > 0)
		return;
	for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++)
		free(*text_of(notice, i));
	for (size_t i = 0; i < notice->prefixes_held; i++)
		free(notice->prefixes[i]);
	free(notice->prefixes);
	free(notice);
}

enum notice_kind
notice_kind(const struct notice *notice)
{
	static const struct {
		const char *state;
		enum notice_kind kind;
	} states[] = {{"down", NOTICE_DOWN}, {"up", NOTICE_UP}, {"disabled", NOTICE_DISABLED}};

	if (notice->to != NULL && strcmp(notice->from, notice->to) != 0)
		for (size_t i = 0; i < sizeof(states) / sizeof(states[0]); i++)
			if (strcmp(notice->to, states[i].state) == 0)
				return states[i].kind;
	if (notice->effect != NOTICE_NOTHING)
		return NOTICE_ROUTES;
	if (notice->event != LOG_EVENT_ERROR)
		return NOTICE_INFO;
	return notice->level == LOG_LEVEL_WARNING ? NOTICE_WARNING : NOTICE_ERROR;
}
