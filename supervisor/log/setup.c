/*
 * The setup as its map has it. Pure. Invariant: a setup is whole, or there is none.
 */
#include "setup.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* A key of a logger, and where it goes. */
struct key {
	const char *name;
	enum { KEY_TEXT, KEY_TEXT_OR_NULL, KEY_NAMES, KEY_BOOLEAN, KEY_INTEGER } type;
	size_t offset;
	int64_t least, most; /* of an integer, which is stored as int64_t */
};

/* Integers that a logger_setup has in other types are read into these. */
struct reading {
	struct logger_setup logger;
	char *level;
	int64_t port, facility;
};

#define TEXT(MEMBER, TYPE) {#MEMBER, TYPE, offsetof(struct reading, logger.MEMBER), 0, 0}

static const struct key keys_all[] = {
	TEXT(method, KEY_TEXT), {"level", KEY_TEXT, offsetof(struct reading, level), 0, 0},
	TEXT(formatter, KEY_TEXT_OR_NULL), TEXT(events, KEY_NAMES), TEXT(subsystems, KEY_NAMES), TEXT(checks, KEY_NAMES),
	TEXT(structured, KEY_BOOLEAN), TEXT(destination, KEY_TEXT), {.name = NULL}};

static const struct key keys_file[] = {
	{"size", KEY_INTEGER, offsetof(struct reading, logger.size), 1, INT64_MAX},
	{"count", KEY_INTEGER, offsetof(struct reading, logger.count), 0, INT64_MAX},
	TEXT(compress, KEY_BOOLEAN), TEXT(compression_format, KEY_TEXT), {.name = NULL}};

static const struct key keys_syslog[] = {
	{"port", KEY_INTEGER, offsetof(struct reading, port), 0, UINT16_MAX},
	TEXT(protocol, KEY_TEXT), TEXT(format, KEY_TEXT),
	{"facility", KEY_INTEGER, offsetof(struct reading, facility), 0, 23}, {.name = NULL}};

/* Which keys there are, by the method. */
static const struct {
	const char *method;
	const struct key *keys;
} methods[] = {{"file", keys_file}, {"syslog", keys_syslog}};

enum log_level
log_setup_level(const char *name)
{
	enum log_level level = 0;

	while (level < LOG_LEVELS && strcmp(log_level_name(level), name) != 0)
		level++;
	return level;
}

static int
names_compare(const void *a, const void *b)
{
	return strcmp(*(char *const *)a, *(char *const *)b);
}

static void
names_free(struct names *names)
{
	for (size_t i = 0; i < names->count; i++)
		free(names->names[i]);
	free(names->names);
	*names = (struct names){0};
}

static bool
names_read(struct names *names, const json_t *list)
{
	const json_t *value;
	size_t i;

	if (!json_is_array(list) || (names->names = calloc(json_array_size(list) + 1, sizeof(names->names[0]))) == NULL)
		return false;
	json_array_foreach(list, i, value) {
		if (!json_is_string(value) || (names->names[i] = strdup(json_string_value(value))) == NULL)
			return false;
		names->count++;
	}
	if (names->count > 0)
		qsort(names->names, names->count, sizeof(names->names[0]), names_compare);
	return true;
}

static bool
text_read(char **text, const json_t *value)
{
	return json_is_string(value) && (*text = strdup(json_string_value(value))) != NULL;
}

static bool
integer_read(int64_t *integer, const json_t *value, const struct key *key)
{
	*integer = json_integer_value(value);
	return json_is_integer(value) && *integer >= key->least && *integer <= key->most;
}

static bool
key_read(struct reading *reading, const struct key *key, const json_t *value)
{
	char *member = (char *)reading + key->offset;

	switch (key->type) {
	case KEY_TEXT_OR_NULL:
		return json_is_null(value) || text_read((char **)(void *)member, value);
	case KEY_TEXT:
		return text_read((char **)(void *)member, value);
	case KEY_NAMES:
		return names_read((struct names *)(void *)member, value);
	case KEY_BOOLEAN:
		*(bool *)member = json_is_true(value);
		return json_is_boolean(value);
	case KEY_INTEGER:
		return integer_read((int64_t *)(void *)member, value, key);
	}
	return false;
}

static bool
keys_read(struct reading *reading, const struct key *key, const json_t *map, char error[static SETUP_ERROR_SIZE])
{
	for (; key->name != NULL; key++)
		if (!key_read(reading, key, json_object_get(map, key->name))) {
			snprintf(error, SETUP_ERROR_SIZE, "the setup of a logger has no right %s", key->name);
			return false;
		}
	return true;
}

static bool
logger_read(struct reading *reading, const json_t *map, char error[static SETUP_ERROR_SIZE])
{
	struct logger_setup *logger = &reading->logger;
	size_t i = 0;

	if (!keys_read(reading, keys_all, map, error))
		return false;
	while (i < sizeof(methods) / sizeof(methods[0]) && strcmp(methods[i].method, logger->method) != 0)
		i++;
	logger->level = log_setup_level(reading->level);
	if (i == sizeof(methods) / sizeof(methods[0]) || logger->level == LOG_LEVELS) {
		snprintf(error, SETUP_ERROR_SIZE, "the setup of a logger has an unknown method or level");
		return false;
	}
	if (!keys_read(reading, methods[i].keys, map, error))
		return false;
	logger->port = (uint16_t)reading->port;
	logger->facility = (int)reading->facility;
	return true;
}

static bool
loggers_read(struct log_setup *setup, const json_t *list, char error[static SETUP_ERROR_SIZE])
{
	const json_t *map;
	size_t i;

	if ((setup->loggers = calloc(json_array_size(list) + 1, sizeof(setup->loggers[0]))) == NULL) {
		snprintf(error, SETUP_ERROR_SIZE, "out of memory");
		return false;
	}
	json_array_foreach(list, i, map) {
		struct reading reading = {.logger = {.pid = setup->pid, .host = setup->host}};
		bool read = logger_read(&reading, map, error);

		free(reading.level);
		setup->loggers[setup->count++] = reading.logger;
		if (!read)
			return false;
	}
	return true;
}

bool
log_setup_read(struct log_setup *setup, const json_t *map, char error[static SETUP_ERROR_SIZE])
{
	const json_t *pid = json_object_get(map, "pid"), *loggers = json_object_get(map, "loggers");

	*setup = (struct log_setup){.pid = (int)json_integer_value(pid)};
	snprintf(error, SETUP_ERROR_SIZE, "the setup has no right pid, host or loggers");
	if (json_is_integer(pid) && json_is_array(loggers) && text_read(&setup->host, json_object_get(map, "host")) &&
	    loggers_read(setup, loggers, error))
		return true;
	log_setup_free(setup);
	return false;
}

void
log_setup_free(struct log_setup *setup)
{
	for (size_t i = 0; i < setup->count; i++) {
		struct logger_setup *logger = &setup->loggers[i];
		char *const texts[] = {logger->method, logger->formatter, logger->destination, logger->compression_format,
		    logger->protocol, logger->format};

		for (size_t k = 0; k < sizeof(texts) / sizeof(texts[0]); k++)
			free(texts[k]);
		names_free(&logger->events);
		names_free(&logger->subsystems);
		names_free(&logger->checks);
	}
	free(setup->loggers);
	free(setup->host);
	*setup = (struct log_setup){0};
}
