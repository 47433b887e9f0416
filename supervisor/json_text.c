/*
 * JSON text to YAML text. Touches memory only.
 * Invariant: lines stay lines, and the result is never longer than the input.
 */
#include "json_text.h"

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

bool
json_text_is(const char *path)
{
	size_t length = strlen(path);

	return length >= 5 && strcasecmp(path + length - 5, ".json") == 0;
}

/* The value of \uXXXX at text, -1: none there. */
static int32_t
unit_parse(const char *text, size_t left)
{
	int32_t unit = 0;

	if (left < 6 || text[0] != '\\' || text[1] != 'u')
		return -1;
	for (size_t i = 2; i < 6; i++) {
		static const char digits[] = "0123456789abcdef";
		const char *digit = text[i] == '\0' ? NULL : strchr(digits, text[i] | 0x20);

		if (digit == NULL)
			return -1;
		unit = unit * 16 + (int32_t)(digit - digits);
	}
	return unit;
}

/* One escape sequence of a string: copy it, or make one of a surrogate pair. Returns the bytes read. */
static size_t
escape_copy(const char *from, size_t left, char *to, size_t *written)
{
	int32_t high = unit_parse(from, left), low = -1;
	size_t length = left < 2 ? left : 2;
	char escape[16];

	if (high >= 0xd800 && high <= 0xdbff && left > 6)
		low = unit_parse(from + 6, left - 6);
	if (low >= 0xdc00 && low <= 0xdfff) {
		*written = (size_t)snprintf(escape, sizeof(escape), "\\U%08x",
		    (unsigned)(0x10000 + ((high - 0xd800) << 10) + (low - 0xdc00)));
		memcpy(to, escape, *written);
		return 12;
	}
	memcpy(to, from, length);
	*written = length;
	return length;
}

char *
json_text_to_yaml(const char *text, size_t *length)
{
	char *yaml = malloc(*length + 1);
	size_t in = 0, out = 0, written;
	bool in_string = false;

	if (yaml == NULL)
		return NULL;
	while (in < *length) {
		if (in_string && text[in] == '\\') {
			in += escape_copy(text + in, *length - in, yaml + out, &written);
			out += written;
			continue;
		}
		if (text[in] == '"')
			in_string = !in_string;
		yaml[out++] = !in_string && text[in] == '\t' ? ' ' : text[in];
		in++;
	}
	yaml[out] = '\0';
	*length = out;
	return yaml;
}
