/*
 * Loggers: their decoding and what their tables cannot say. Touches memory only. Invariant: a logger without a finding
 * has a destination, a format and kinds of lines that it writes, whatever it leaves out.
 */
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "../common/log.h"
#include "../common/log_format.h"
#include "config_internal.h"
#include "decode.h"

#define FORMATTER_EXACHECK "exacheck" /* a name, not a format */
#define SOCKET_PATH_MAX 107 /* see unix(7) */
#define SYSLOG_PORT 514

struct decoding {
	struct diagnostics *diagnostics;
	const struct place *place;
	const struct node *map;
	struct logger_options *logger;
};

static void decoding_report(const struct decoding *, enum severity, const char *, const char *, ...)
    __attribute__((format(printf, 4, 5)));

/* A finding about a key of the logger. */
static void
decoding_report(const struct decoding *decoding, enum severity severity, const char *key, const char *format, ...)
{
	const struct place place = {.parent = decoding->place, .key = key};
	char text[OPTION_ERROR_SIZE];
	va_list ap;

	va_start(ap, format);
	vsnprintf(text, sizeof(text), format, ap);
	va_end(ap);
	place_report(decoding->diagnostics, severity, &place, node_for(decoding->map, key), "%s", text);
}

static bool
is_socket(const struct logger_options *logger)
{
	return *logger->destination == '/';
}

static void
socket_check(const struct decoding *decoding)
{
	struct logger_options *logger = decoding->logger;
	const char *idle = logger->port != SYSLOG_PORT ? "port" : "protocol";

	if (logger->format == -1)
		logger->format = is_socket(logger) ? LOGGER_RFC3164 : LOGGER_RFC5424;
	if (!is_socket(logger))
		return;
	if (strlen(logger->destination) > SOCKET_PATH_MAX)
		decoding_report(decoding, SEVERITY_ERROR, "destination", "must be a path of at most %d bytes, got %zu",
		    SOCKET_PATH_MAX, strlen(logger->destination));
	if (logger->port != SYSLOG_PORT || logger->protocol != LOGGER_UDP)
		decoding_report(decoding, SEVERITY_WARNING, idle, "has no effect: destination is a socket of this machine");
}

static void (*const kind_checks[])(const struct decoding *) = {
	[LOGGER_FILE] = NULL,
	[LOGGER_SYSLOG] = socket_check,
};

static void
formatter_check(const struct decoding *decoding)
{
	const char *text = decoding->logger->formatter;
	char error[LOG_FORMAT_ERROR_SIZE];
	struct log_format *format;

	if (text == NULL || strcmp(text, FORMATTER_EXACHECK) == 0)
		return;
	if ((format = log_format_compile(text, error)) == NULL)
		decoding_report(decoding, SEVERITY_ERROR, "formatter", "%s", error);
	log_format_free(format);
}

static bool
list_has(const struct string_list *list, const char *text)
{
	for (size_t i = 0; i < list->count; i++)
		if (strcmp(list->items[i], text) == 0)
			return true;
	return false;
}

/*
 * Dumps of data are for files that people read: as ExaCheck, others go without. One that is to have nothing else keeps
 * the word, so that the list is not empty.
 */
static void
datadump_drop(const struct decoding *decoding)
{
	struct logger_options *logger = decoding->logger;
	struct string_list *events = &logger->events;
	size_t kept = 0;

	if (!list_has(events, "datadump") || (!logger->structured && logger->method != LOGGER_SYSLOG))
		return;
	decoding_report(decoding, SEVERITY_WARNING, "events",
	    "datadump is left out: it is for files that are not structured");
	if (events->count == 1)
		return;
	for (size_t i = 0; i < events->count; i++)
		if (strcmp(events->items[i], "datadump") != 0)
			events->items[kept++] = events->items[i];
		else
			free(events->items[i]);
	events->count = kept;
}

/* Kinds of lines that are of one level, below which the logger may be. */
static void
levels_check(const struct decoding *decoding)
{
	static const struct {
		const char *event, *name;
		int level;
	} needed[] = {{"debug", "debug", LOG_LEVEL_DEBUG}, {"datadump", "trace", LOG_LEVEL_TRACE}};

	for (size_t i = 0; i < sizeof(needed) / sizeof(needed[0]); i++)
		if (list_has(&decoding->logger->events, needed[i].event) && decoding->logger->level < needed[i].level)
			decoding_report(decoding, SEVERITY_WARNING, "events", "%s has no effect: its lines are of level %s, which level "
			    "does not let through", needed[i].event, needed[i].name);
}

/* Set what the defaults cannot, and look at what is there. */
static void
logger_check(const struct decoding *decoding)
{
	struct logger_options *logger = decoding->logger;

	list_words_check(decoding->diagnostics, decoding->place, decoding->map, "events", &logger->events);
	list_words_check(decoding->diagnostics, decoding->place, decoding->map, "subsystems", &logger->subsystems);
	list_unique(decoding->diagnostics, decoding->place, decoding->map, "checks", &logger->checks);
	datadump_drop(decoding);
	levels_check(decoding);
	formatter_check(decoding);
	if (kind_checks[logger->method] != NULL)
		kind_checks[logger->method](decoding);
}

static void
logger_decode(const struct decoding *decoding)
{
	static const char *const also[] = {"method", NULL};
	struct diagnostics *diagnostics = decoding->diagnostics;
	size_t errors = diagnostics_count(diagnostics, SEVERITY_ERROR);
	struct logger_options *logger = decoding->logger;
	const struct option *table;

	if (!decode_expect(diagnostics, decoding->place, decoding->map, NODE_MAPPING) ||
	    !decode_option(diagnostics, decoding->place, decoding->map, &logger_method_option, logger))
		return;
	table = logger_kinds[logger->method].table;
	if (!options_set_defaults(table, logger)) {
		place_report(diagnostics, SEVERITY_ERROR, decoding->place, decoding->map, "out of memory");
		return;
	}
	decode_options(diagnostics, decoding->place, decoding->map, table, also, logger);
	if (diagnostics_count(diagnostics, SEVERITY_ERROR) == errors)
		logger_check(decoding);
}

/* What two loggers with one file must agree on. */
static void
file_compare(const struct decoding *decoding, const struct logger_options *other, size_t number)
{
	static const char *const keys[] = {"size", "count", "compress", "compression_format"};
	const struct logger_options *logger = decoding->logger;
	const struct option *table = logger_kinds[LOGGER_FILE].table;

	/* one with findings may have none */
	if (logger->method != LOGGER_FILE || other->method != LOGGER_FILE || other->destination == NULL ||
	    strcmp(logger->destination, other->destination) != 0)
		return;
	for (size_t i = 0; i < sizeof(keys) / sizeof(keys[0]); i++) {
		const struct option *option = option_find(table, keys[i]);

		if (!option_equal(option, option_at_const(option, logger), option_at_const(option, other)))
			decoding_report(decoding, SEVERITY_ERROR, keys[i], "must be that of logging[%zu], which writes the same file",
			    number + 1);
	}
}

static void
loggers_compare(const struct decoding *decoding, const struct config *config)
{
	for (size_t i = 0; &config->loggers[i] < decoding->logger; i++)
		file_compare(decoding, &config->loggers[i], i);
}

bool
loggers_decode(struct diagnostics *diagnostics, const struct node *root, struct config *config)
{
	const struct place place = {.key = "logging"};
	const struct node *list;

	if (!list_find(diagnostics, root, "logging", LOGGERS_MAX, &list) || list == NULL)
		return true;
	if ((config->loggers = calloc(list->count + 1, sizeof(*config->loggers))) == NULL)
		return false;
	for (size_t i = 0; i < list->count; i++) {
		struct place item = {.parent = &place, .number = i + 1};
		const struct decoding decoding = {diagnostics, &item, list->items[i], &config->loggers[i]};
		size_t errors = diagnostics_count(diagnostics, SEVERITY_ERROR);

		config->logger_count++;
		logger_decode(&decoding);
		if (diagnostics_count(diagnostics, SEVERITY_ERROR) == errors)
			loggers_compare(&decoding, config);
	}
	return true;
}

void
config_loggers_free(struct config *config)
{
	for (size_t i = 0; i < config->logger_count; i++)
		options_free(logger_kinds[config->loggers[i].method].table, &config->loggers[i]);
	free(config->loggers);
}

bool
loggers_equal(const struct config *a, const struct config *b)
{
	if (a->logger_count != b->logger_count)
		return false;
	for (size_t i = 0; i < a->logger_count; i++)
		if (a->loggers[i].method != b->loggers[i].method ||
		    !options_equal(logger_kinds[a->loggers[i].method].table, &a->loggers[i], &b->loggers[i]))
			return false;
	return true;
}
