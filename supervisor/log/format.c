/*
 * What the lines of loggers look like. Pure, but for the time zone. Invariant: one record is one line.
 */
#include "format.h"

#include <jansson.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "../../common/json_dump.h"

#define EXACHECKS_OWN "exacheck" /* a formatter by this name */
#define COOKIE "@cee:" /* what follows is JSON, for rsyslog and others */

#define TEXT_OF_FILE "{time:YYYY-MM-DD HH:mm:ss.SSS} | {level: <8} | {process} | {extra[check_name]} | " \
	"{file.path}:{line} | {function} | {extra[event]} | {extra[subsystem]} | {message}"
#define TEXT_OF_SYSLOG "{message}"
#define STAMP "{time:YYYY-MM-DDTHH:mm:ss.SSS[Z]!UTC}"
#define STAMP_3164 "{time:%b %e %H:%M:%S}"

/* ExaCheck's pairs: names, and what makes their values. */
static const struct {
	const char *name, *format;
} pairs[] = {
	{"date", "{time:YYYY-MM-DD}"},
	{"time", "{time:HH:mm:ss.SSS}"},
	{"level", "{level}"},
	{"pid", "{process}"},
	{"check_name", "{extra[check_name]}"},
	{"file", "{file.path}"},
	{"line", "{line}"},
	{"function", "{function}"},
	{"event", "{extra[event]}"},
	{"subsystem", "{extra[subsystem]}"},
	{"message", "{message}"},
};
#define PAIRS (sizeof(pairs) / sizeof(pairs[0]))

enum shape { SHAPE_TEXT, SHAPE_PAIRS, SHAPE_JSON };

struct format {
	enum shape shape;
	const char *prefix;
	bool named; /* the text begins with the check's name, as on standard error: nothing else of the line has it */
	struct log_format *text; /* the line, or the message of JSON */
	struct log_format *time; /* of JSON, as of everything that is for machines */
	struct log_format *stamp; /* of a syslog message */
	struct log_format *pairs[PAIRS];
};

static bool
is_5424(const struct logger_setup *setup)
{
	return setup->format != NULL && strcmp(setup->format, "rfc5424") == 0;
}

/* Of a syslog message: RFC 5424 has structured data of its own. */
static enum shape
shape_of(const struct logger_setup *setup, bool syslog, bool own)
{
	if (!setup->structured)
		return SHAPE_TEXT;
	if (own)
		return SHAPE_PAIRS;
	return syslog && is_5424(setup) ? SHAPE_TEXT : SHAPE_JSON;
}

static bool
pairs_compile(struct format *format, char error[static LOG_FORMAT_ERROR_SIZE])
{
	for (size_t i = 0; i < PAIRS; i++)
		if ((format->pairs[i] = log_format_compile(pairs[i].format, error)) == NULL)
			return false;
	return true;
}

/* What its text is made of, without a structure. */
static const char *
text_of(const struct logger_setup *setup, enum shape shape, bool syslog, bool own)
{
	if (own)
		return TEXT_OF_FILE;
	if (setup->formatter != NULL)
		return setup->formatter;
	return syslog || shape == SHAPE_JSON ? TEXT_OF_SYSLOG : TEXT_OF_FILE;
}

struct format *
format_new(const struct logger_setup *setup, char error[static LOG_FORMAT_ERROR_SIZE])
{
	struct format *format = calloc(1, sizeof(*format));
	bool syslog = strcmp(setup->method, "syslog") == 0;
	bool own = setup->formatter != NULL && strcmp(setup->formatter, EXACHECKS_OWN) == 0;

	if (format == NULL) {
		snprintf(error, LOG_FORMAT_ERROR_SIZE, "out of memory");
		return NULL;
	}
	format->shape = shape_of(setup, syslog, own);
	format->prefix = syslog && format->shape == SHAPE_JSON ? COOKIE : "";
	format->named = syslog && !setup->structured && setup->formatter == NULL;
	if ((format->text = log_format_compile(text_of(setup, format->shape, syslog, own), error)) == NULL ||
	    (format->time = log_format_compile(STAMP, error)) == NULL ||
	    (format->stamp = log_format_compile(is_5424(setup) ? STAMP : STAMP_3164, error)) == NULL ||
	    !pairs_compile(format, error)) {
		format_free(format);
		return NULL;
	}
	return format;
}

void
format_free(struct format *format)
{
	if (format == NULL)
		return;
	log_format_free(format->text);
	log_format_free(format->time);
	log_format_free(format->stamp);
	for (size_t i = 0; i < PAIRS; i++)
		log_format_free(format->pairs[i]);
	free(format);
}

/* The map, whatever of it could not be had for want of memory: NULL. Steals text and time, which may be NULL. */
static json_t *
json_map(const struct log_fields *fields, char *text, char *time)
{
	json_t *map = NULL;

	if (text != NULL && time != NULL)
		map = json_pack("{s:s, s:s, s:i, s:s*, s:s, s:s, s:s, s:s*, s:s*, s:s, s:I, s:s}", "time", time,
		    "level", fields->level, "pid", fields->pid, "check", fields->check, "event", fields->event,
		    "subsystem", fields->subsystem, "message", text, "from", fields->from, "to", fields->to,
		    "file", fields->file, "line", (json_int_t)fields->line, "function", fields->function);
	free(text);
	free(time);
	return map;
}

/* The text with something before it; frees it. NULL: out of memory, or there is no text. */
static char *
prefixed(const char *prefix, const char *mark, char *text)
{
	char *line = NULL;

	if (text != NULL && asprintf(&line, "%s%s%s", prefix, mark, text) == -1)
		line = NULL;
	free(text);
	return line;
}

static char *
json_line(const struct format *format, const struct log_fields *fields)
{
	json_t *map = json_map(fields, log_format_line(format->text, fields), log_format_line(format->time, fields));
	char *json = json_dump(map, JSON_COMPACT);

	json_decref(map);
	return *format->prefix == '\0' ? json : prefixed(format->prefix, "", json);
}

static void
quoted_print(const char *text, FILE *stream)
{
	putc('"', stream);
	for (; *text != '\0'; text++) {
		if (*text == '"' || *text == '\\')
			putc('\\', stream);
		putc(*text, stream);
	}
	putc('"', stream);
}

static bool
pair_print(const struct format *format, size_t pair, const struct log_fields *fields, FILE *stream)
{
	char *value = log_format_line(format->pairs[pair], fields);

	if (value == NULL)
		return false;
	fprintf(stream, "%s\"%s\"=", pair > 0 ? " " : "", pairs[pair].name);
	quoted_print(value, stream);
	free(value);
	return true;
}

static char *
pairs_line(const struct format *format, const struct log_fields *fields)
{
	char *line = NULL;
	size_t length;
	bool printed = true;
	FILE *stream = open_memstream(&line, &length);

	if (stream == NULL)
		return NULL;
	for (size_t i = 0; i < PAIRS && printed; i++)
		printed = pair_print(format, i, fields, stream);
	printed = printed && ferror(stream) == 0;
	if (fclose(stream) == EOF || !printed) {
		free(line);
		return NULL;
	}
	return line;
}

char *
format_line(const struct format *format, const struct log_fields *fields)
{
	if (format->shape == SHAPE_JSON)
		return json_line(format, fields);
	if (format->shape == SHAPE_PAIRS)
		return pairs_line(format, fields);
	if (format->named && fields->check != NULL)
		return prefixed(fields->check, ": ", log_format_line(format->text, fields));
	return log_format_line(format->text, fields);
}

char *
format_stamp(const struct format *format, const struct log_fields *fields)
{
	return log_format_line(format->stamp, fields);
}
