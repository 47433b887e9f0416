/*
 * A formatter of the configuration: refused with a reason, or it makes one printable line of every record.
 */
#include <stdlib.h>
#include <string.h>

#include "../../common/log_format.h"
#include "../../common/utf8.h"
#include "fuzz.h"

/* Lines for it: the usual, and what has least and most. */
static const struct log_fields records[] = {
	{.at_us = INT64_C(1769900399123456), .level = "success", .event = "withdraw", .subsystem = "healthcheck",
	    .check = "web", .from = "up", .to = "down", .text = "gr\xc3\xbc\xc3\x9f", .file = "supervisor/transition.c",
	    .function = "transition_log", .line = 12, .pid = 4711},
	{.at_us = INT64_MIN, .level = "", .event = "", .subsystem = "", .text = "", .file = "", .function = ""},
	{.at_us = INT64_MAX, .level = "trace", .event = "datadump", .subsystem = "master", .text = "\xf0\x9f\x98\x80",
	    .file = "/", .function = "f", .line = UINT32_MAX, .pid = INT32_MAX},
};

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char *text = malloc(size + 1), error[LOG_FORMAT_ERROR_SIZE] = "";
	struct log_format *format;

	FUZZ_ASSERT(text != NULL);
	/* not strndup(3), of which a sanitizer thinks that it reads one byte more */
	if (size > 0)
		memcpy(text, data, size);
	text[size] = '\0';
	utf8_sanitise(text); /* as the configuration's reader leaves it */
	format = log_format_compile(text, error);
	FUZZ_ASSERT((format == NULL) == (*error != '\0'));
	fuzz_assert_utf8(error);
	for (size_t i = 0; i < sizeof(records) / sizeof(records[0]) && format != NULL; i++) {
		char *line = log_format_line(format, &records[i]);

		FUZZ_ASSERT(line != NULL && strchr(line, '\n') == NULL);
		fuzz_assert_utf8(line);
		free(line);
	}
	log_format_free(format);
	free(text);
	return 0;
}
