/*
 * "Did you mean": the nearest of some names. Touches memory only.
 * Invariant: cost is bounded however long the word is.
 */
#include "suggest.h"

#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#define WORD_MAX 40 /* no name is longer */

static size_t
min3(size_t a, size_t b, size_t c)
{
	size_t ab = a < b ? a : b;

	return ab < c ? ab : c;
}

/* Case and `-` for `_` are no difference. */
static char
fold(char c)
{
	if (c >= 'A' && c <= 'Z')
		return (char)(c | 0x20);
	return c == '-' ? '_' : c;
}

/* Edits (insert, remove, replace, swap of neighbours) between two words of at most WORD_MAX bytes. */
static size_t
distance(const char *a, const char *b)
{
	size_t rows[3][WORD_MAX + 1], a_length = strlen(a), b_length = strlen(b);
	size_t *before = rows[0], *previous = rows[1], *row = rows[2], *reuse;

	for (size_t j = 0; j <= b_length; j++)
		previous[j] = j;
	memcpy(before, previous, sizeof(rows[0]));
	for (size_t i = 1; i <= a_length; i++) {
		row[0] = i;
		for (size_t j = 1; j <= b_length; j++) {
			bool same = fold(a[i - 1]) == fold(b[j - 1]);

			row[j] = min3(previous[j] + 1, row[j - 1] + 1, previous[j - 1] + !same);
			if (i > 1 && j > 1 && fold(a[i - 1]) == fold(b[j - 2]) && fold(a[i - 2]) == fold(b[j - 1]) &&
			    before[j - 2] + 1 < row[j])
				row[j] = before[j - 2] + 1;
		}
		reuse = before;
		before = previous;
		previous = row;
		row = reuse;
	}
	return previous[b_length];
}

const char *
suggest(const char *word, const char *(*names)(const void *, size_t), const void *context)
{
	size_t nearest = strlen(word) <= 3 ? 1 : strlen(word) <= 8 ? 2 : 3, edits;
	const char *name, *best = NULL;

	if (strlen(word) > WORD_MAX)
		return NULL;
	for (size_t i = 0; (name = names(context, i)) != NULL; i++) {
		if (strlen(name) > WORD_MAX)
			continue;
		edits = distance(word, name);
		if (edits < nearest || (edits == nearest && best == NULL && edits < strlen(name))) {
			nearest = edits;
			best = name;
		}
	}
	return best;
}

const char *
suggest_format(const char *name, char text[static SUGGEST_TEXT_SIZE])
{
	snprintf(text, SUGGEST_TEXT_SIZE, "%s%s%s", name != NULL ? "; did you mean " : "", name != NULL ? name : "",
	    name != NULL ? "?" : "");
	return text;
}
