/*
 * The frame of syslog messages. Pure. Invariant: whatever a record holds, the header has the parts that
 * it must have, in their places.
 */
#include "format_syslog.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "../../common/utf8.h"

#define HOST_MAX 255 /* bytes, RFC 5424 section 6 */
#define PROGRAM "exacheck"
#define ELEMENT "exacheck@32473" /* the enterprise number for documentation, RFC 5612: ExaCheck has none */
#define BYTE_ORDER_MARK "\xef\xbb\xbf"
#define FACILITIES 24

/* RFC 5424 section 6.2.1 */
static const struct {
	const char *level;
	int severity;
} severities[] = {{"error", 3}, {"warning", 4}, {"success", 5}, {"info", 6}, {"debug", 7}, {"trace", 7}};

/* The parameters of our element, RFC 5424 section 6.3.3; their order is ours. */
static const struct {
	const char *name;
	size_t offset; /* of the value, in struct log_fields; NULL there: it is left out */
} parameters[] = {
	{"check", offsetof(struct log_fields, check)},
	{"event", offsetof(struct log_fields, event)},
	{"subsystem", offsetof(struct log_fields, subsystem)},
	{"from", offsetof(struct log_fields, from)},
	{"to", offsetof(struct log_fields, to)},
};

static int
priority_of(const struct logger_setup *setup, const char *level)
{
	int facility = setup->facility >= 0 && setup->facility < FACILITIES ? setup->facility : 0;

	for (size_t i = 0; i < sizeof(severities) / sizeof(severities[0]); i++)
		if (strcmp(severities[i].level, level) == 0)
			return facility * 8 + severities[i].severity;
	return facility * 8 + 7;
}

/* The name of this machine: printable ASCII without spaces, as both formats demand. */
static const char *
host_clean(const struct logger_setup *setup, char host[static HOST_MAX + 1])
{
	size_t length = 0;

	for (const char *at = setup->host != NULL ? setup->host : ""; *at != '\0' && length < HOST_MAX; at++)
		host[length++] = *at > ' ' && *at < 0x7f ? *at : '-';
	if (length == 0)
		host[length++] = '-';
	host[length] = '\0';
	return host;
}

static bool
ascii_only(const char *text)
{
	while (*text != '\0')
		if ((*text++ & 0x80) != 0)
			return false;
	return true;
}

static void
element_print(const struct log_fields *fields, FILE *stream)
{
	fputs("[" ELEMENT, stream);
	for (size_t i = 0; i < sizeof(parameters) / sizeof(parameters[0]); i++) {
		const char *value = *(const char *const *)(const void *)((const char *)fields + parameters[i].offset);

		if (value == NULL)
			continue;
		fprintf(stream, " %s=\"", parameters[i].name);
		for (; *value != '\0'; value++) {
			if (strchr("\"\\]", *value) != NULL)
				putc('\\', stream);
			putc(*value, stream);
		}
		putc('"', stream);
	}
	putc(']', stream);
}

/* What stands before the text. */
static void
header_print(const struct logger_setup *setup, const struct log_fields *fields, bool local, const char *stamp, FILE *stream)
{
	char host[HOST_MAX + 1];

	fprintf(stream, "<%d>", priority_of(setup, fields->level));
	if (strcmp(setup->format, "rfc5424") != 0) {
		fprintf(stream, "%s %s%s" PROGRAM "[%d]: ", stamp, local ? "" : host_clean(setup, host), local ? "" : " ",
		    fields->pid);
		return;
	}
	fprintf(stream, "1 %s %s " PROGRAM " %d %s ", stamp, host_clean(setup, host), fields->pid, fields->event);
	if (setup->structured)
		element_print(fields, stream);
	else
		putc('-', stream);
	putc(' ', stream);
}

/* A text of RFC 5424 says that it is UTF-8 by a mark before it. */
static char *
message_make(const struct logger_setup *setup, const struct log_fields *fields, bool local, const char *stamp,
    const char *text)
{
	bool marked = strcmp(setup->format, "rfc5424") == 0 && !ascii_only(text), failed;
	char *message = NULL;
	size_t length;
	FILE *stream = open_memstream(&message, &length);

	if (stream == NULL)
		return NULL;
	header_print(setup, fields, local, stamp, stream);
	fprintf(stream, "%s%s", marked ? BYTE_ORDER_MARK : "", text);
	failed = ferror(stream) != 0;
	if (fclose(stream) == EOF || failed || message == NULL) {
		free(message);
		return NULL;
	}
	utf8_sanitise(message);
	return message;
}

char *
format_syslog(const struct format *format, const struct logger_setup *setup, const struct log_fields *fields, bool local)
{
	char *stamp = format_stamp(format, fields), *text = format_line(format, fields);
	char *message = stamp != NULL && text != NULL ? message_make(setup, fields, local, stamp, text) : NULL;

	free(stamp);
	free(text);
	return message;
}
