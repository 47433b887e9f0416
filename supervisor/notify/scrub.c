/*
 * Scrubbing. Pure. Invariant: a text becomes no longer.
 */
#include "scrub.h"

#include <ctype.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#define PIECE_MIN 4

/* What pieces are made of: all but what divides the parts of any URL; letters and digits. */
static bool
in_part(char c)
{
	return c != '\0' && strchr("/?#&;=:@, ", c) == NULL;
}

static bool
in_word(char c)
{
	return c != '\0' && (isalnum((unsigned char)c) || (unsigned char)c >= 0x80 || c == '%');
}

static void
piece_cover(char *text, const char *piece, size_t length)
{
	if (length < PIECE_MIN)
		return;
	/* never at the end of the text: there a piece with a NUL in it would be found, and beyond */
	for (size_t left = strlen(text); left >= length; left--, text++)
		if (strncasecmp(text, piece, length) == 0)
			memset(text, '*', length);
}

static int
digit(char c)
{
	return isdigit((unsigned char)c) ? c - '0' : tolower((unsigned char)c) - 'a' + 10;
}

/* Percent-encoding taken away; what was encoded is part of the piece, whatever it is. */
static void
decoded_cover(char *text, const char *piece, size_t length)
{
	char decoded[512];
	size_t count = 0;

	for (size_t i = 0; i < length && count < sizeof(decoded); i++) {
		const unsigned char *c = (const unsigned char *)piece + i;

		decoded[count] = piece[i];
		if (*c == '%' && i + 2 < length && isxdigit(c[1]) && isxdigit(c[2])) {
			decoded[count] = (char)(digit(piece[i + 1]) * 16 + digit(piece[i + 2]));
			i += 2;
		}
		count++;
	}
	piece_cover(text, decoded, count);
}

static void
pieces_cover(char *text, const char *url, bool (*in_piece)(char))
{
	while (*url != '\0') {
		size_t length = 0;

		while (in_piece(url[length]))
			length++;
		piece_cover(text, url, length);
		if (memchr(url, '%', length) != NULL)
			decoded_cover(text, url, length);
		url += length + (length == 0);
	}
}

void
scrub_url(char *text, const char *url)
{
	const char *start = strstr(url, "://");

	if (start != NULL)
		url = start + 3;
	/* the larger first: of what is covered nothing is found any more */
	piece_cover(text, url, strlen(url));
	pieces_cover(text, url, in_part);
	pieces_cover(text, url, in_word);
}
