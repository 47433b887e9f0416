/*
 * What exacheck-log is told, line by line. Whatever comes, what a logger writes of it is one line of printable text,
 * in every format; and one without events writes nothing.
 */
#include <stdlib.h>
#include <string.h>

#include "../../supervisor/log/filter.h"
#include "../../supervisor/log/format.h"
#include "../../supervisor/log/record.h"
#include "fuzz.h"

static char pairs[] = "exacheck";
static char own[] = "{time:YYYY-MM-DD HH:mm:ss.SSS} {level: <8} {extra[check_name]} {function}:{line} {message:.20}";
static char method_file[] = "file", method_syslog[] = "syslog", rfc5424[] = "rfc5424", rfc3164[] = "rfc3164";
static char udp[] = "udp", destination[] = "/dev/log", host[] = "node1";

static const struct logger_setup loggers[] = {
	{.method = method_file},
	{.method = method_file, .structured = true},
	{.method = method_file, .formatter = pairs, .structured = true},
	{.method = method_file, .formatter = own},
	{.method = method_syslog, .format = rfc5424, .protocol = udp, .destination = destination, .host = host},
	{.method = method_syslog, .format = rfc3164, .protocol = udp, .destination = destination, .host = host,
	    .structured = true},
};
#define LOGGERS (sizeof(loggers) / sizeof(loggers[0]))

static struct format *formats[LOGGERS];

static void
formats_make(void)
{
	char error[LOG_FORMAT_ERROR_SIZE];

	for (size_t i = 0; i < LOGGERS; i++)
		if (formats[i] == NULL)
			FUZZ_ASSERT((formats[i] = format_new(&loggers[i], error)) != NULL);
}

static void
line_take(const char *line, size_t length)
{
	struct record record;

	record_read(&record, line, length, 1);
	FUZZ_ASSERT(record.type != RECORD_LOST || record.count > 0);
	for (size_t i = 0; i < LOGGERS && record.type == RECORD_LINE; i++) {
		char *text = format_line(formats[i], &record.fields);

		FUZZ_ASSERT(text != NULL && strchr(text, '\n') == NULL);
		fuzz_assert_utf8(text);
		free(text);
		FUZZ_ASSERT(!filter_wants(&loggers[i], &record.fields)); /* one without events */
	}
	record_clear(&record);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const char *text = (const char *)data, *end = text + size, *newline;

	formats_make();
	for (; text < end; text = newline + 1) {
		if ((newline = memchr(text, '\n', (size_t)(end - text))) == NULL)
			newline = end;
		line_take(text, (size_t)(newline - text));
	}
	return 0;
}
