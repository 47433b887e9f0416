/*
 * Refusals. Pure: writes to the caller's buffers only. Invariant: what comes out is one printable line.
 */
#include "option_error.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "utf8.h"

/* What is shown of the user's text: room for the quotes, the dots and the NUL. */
#define SHOWN_MAX (OPTION_QUOTE_SIZE - 6)

bool
option_error(char error[static OPTION_ERROR_SIZE], const char *format, ...)
{
	va_list args;

	va_start(args, format);
	vsnprintf(error, OPTION_ERROR_SIZE, format, args);
	va_end(args);
	utf8_sanitise(error);
	return false;
}

size_t
option_shown(const char *text, size_t most)
{
	const char *scheme = strstr(text, "://");
	size_t length = scheme != NULL ? (size_t)(scheme - text) + strlen("://") : strlen(text);

	return length < most ? length : most;
}

const char *
option_quote(const char *text, char quoted[static OPTION_QUOTE_SIZE])
{
	size_t length = strlen(text);
	bool number = length > 0 && strspn(text, "0123456789+-.eE") == length;
	size_t shown = option_shown(text, SHOWN_MAX);
	const char *mark = number ? "" : "\"";

	snprintf(quoted, OPTION_QUOTE_SIZE, "%s%.*s%s%s", mark, (int)shown, text, mark,
	    shown < length ? "..." : "");
	utf8_sanitise(quoted);
	return quoted;
}
