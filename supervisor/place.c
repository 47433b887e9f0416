/*
 * Places of a document as text. Touches memory only.
 * Invariant: keys and names of the file are cut, so that the text always fits.
 */
#include "place.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "../common/option_error.h"

#define WORD_MAX 60 /* bytes shown of a key or a name */

static size_t
place_append(const struct place *place, char *text, size_t size)
{
	size_t length;
	int more;

	if (place == NULL)
		return 0;
	length = place_append(place->parent, text, size);
	if (place->key != NULL)
		more = snprintf(text + length, size - length, "%s%.*s", length > 0 ? "." : "",
		    (int)option_shown(place->key, WORD_MAX), place->key);
	else if (place->name != NULL)
		more = snprintf(text + length, size - length, "[%zu] (%.*s)", place->number,
		    (int)option_shown(place->name, WORD_MAX), place->name);
	else
		more = snprintf(text + length, size - length, "[%zu]", place->number);
	if (more > 0)
		length += (size_t)more;
	return length < size ? length : size - 1;
}

const char *
place_format(const struct place *place, char text[static PLACE_TEXT_SIZE])
{
	text[0] = '\0';
	place_append(place, text, PLACE_TEXT_SIZE);
	return text;
}

void
place_report(struct diagnostics *diagnostics, enum severity severity, const struct place *place,
    const struct node *node, const char *format, ...)
{
	char where[PLACE_TEXT_SIZE], *message;
	va_list ap;
	int length;

	va_start(ap, format);
	length = vasprintf(&message, format, ap);
	va_end(ap);
	place_format(place, where);
	diagnostic_add(diagnostics, severity, node->line, node->column, *where != '\0' ? where : NULL, "%s",
	    length == -1 ? "out of memory" : message);
	if (length != -1)
		free(message);
}
