/*
 * Printable UTF-8. Pure. Invariant: what comes out is never longer than what went in.
 */
#include "utf8.h"

#include <stddef.h>
#include <stdint.h>
#include <string.h>

/* The length of the UTF-8 sequence at text, and its character; 0: no valid sequence begins here. */
static size_t
sequence_read(const unsigned char *text, uint32_t *character)
{
	static const struct {
		unsigned char mask, lead; /* of the first byte */
		size_t length;
		uint32_t least; /* smaller characters have a shorter form */
	} forms[] = {{0x80, 0x00, 1, 0}, {0xe0, 0xc0, 2, 0x80}, {0xf0, 0xe0, 3, 0x800}, {0xf8, 0xf0, 4, 0x10000}};

	for (size_t i = 0; i < sizeof(forms) / sizeof(forms[0]); i++) {
		if ((text[0] & forms[i].mask) != forms[i].lead)
			continue;
		*character = text[0] & (unsigned char)~forms[i].mask;
		for (size_t at = 1; at < forms[i].length; at++) {
			if ((text[at] & 0xc0) != 0x80) /* the terminating NUL as well */
				return 0;
			*character = *character << 6 | (text[at] & 0x3f);
		}
		if (*character < forms[i].least || *character > 0x10ffff || (*character >= 0xd800 && *character <= 0xdfff))
			return 0;
		return forms[i].length;
	}
	return 0;
}

bool
utf8_is_valid(const char *text)
{
	const unsigned char *at = (const unsigned char *)text;
	uint32_t character;

	while (*at != '\0') {
		size_t length = sequence_read(at, &character);

		if (length == 0)
			return false;
		at += length;
	}
	return true;
}

void
utf8_sanitise(char *text)
{
	const unsigned char *from = (const unsigned char *)text;
	uint32_t character;
	size_t length;

	while (*from != '\0') {
		length = sequence_read(from, &character);
		if (length == 0 || character < 0x20 || (character >= 0x7f && character <= 0x9f)) {
			*text++ = '?';
			from += length == 0 ? 1 : length;
			continue;
		}
		memmove(text, from, length);
		text += length;
		from += length;
	}
	*text = '\0';
}
