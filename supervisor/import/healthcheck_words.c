/*
 * Words of a command line and of a file. Touches the file. Invariant: a line of the file is at most two words, and both
 * know where they come from.
 */
#include "healthcheck_words.h"

#include <ctype.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define FILE_MAX (1024 * 1024) /* bytes: of options nobody writes more */

bool
healthcheck_words_add(struct importing *importing, struct healthcheck_words *words, const char *text, size_t length,
    unsigned line)
{
	struct healthcheck_word *items;
	size_t size = words->size == 0 ? 64 : words->size * 2;
	char *copy;

	if (words->count == words->size) {
		if ((items = reallocarray(words->items, size, sizeof(*items))) == NULL)
			goto short_of_memory;
		words->items = items;
		words->size = size;
	}
	if ((copy = strndup(text, length)) == NULL)
		goto short_of_memory;
	words->items[words->count++] = (struct healthcheck_word){copy, line};
	return true;
short_of_memory:
	import_note(importing, IMPORT_WRONG, NULL, "out of memory");
	return false;
}

void
healthcheck_words_free(struct healthcheck_words *words)
{
	for (size_t i = 0; i < words->count; i++)
		free(words->items[i].text);
	free(words->items);
	*words = (struct healthcheck_words){0};
}

char *
healthcheck_file_read(struct importing *importing, const char *path)
{
	char *text = malloc(FILE_MAX + 2), *fit;
	FILE *file = fopen(path, "re");
	size_t length = 0;
	const char *problem = NULL;

	if (text == NULL)
		problem = "out of memory";
	else if (file == NULL)
		problem = strerror(errno);
	else if ((length = fread(text, 1, FILE_MAX + 1, file), ferror(file)))
		problem = strerror(errno);
	else if (length > FILE_MAX)
		problem = "is larger than 1 MiB";
	else if (memchr(text, '\0', length) != NULL)
		problem = "is no text file: there is a NUL in it";
	if (file != NULL)
		fclose(file);
	if (problem != NULL) {
		import_note(importing, IMPORT_WRONG, path, "%s", problem);
		free(text);
		return NULL;
	}
	text[length] = '\0';
	return (fit = realloc(text, length + 1)) != NULL ? fit : text;
}

/* Blanks around a text are left out of it. */
static void
strip(const char **text, size_t *length)
{
	while (*length > 0 && isspace((unsigned char)**text)) {
		(*text)++;
		(*length)--;
	}
	while (*length > 0 && isspace((unsigned char)(*text)[*length - 1]))
		(*length)--;
}

static bool
line_add(struct importing *importing, struct healthcheck_words *words, const char *text, size_t length, unsigned line)
{
	const char *equals, *value;
	struct healthcheck_word *word;
	size_t value_length;
	char *dashed;

	strip(&text, &length);
	if (length == 0 || *text == '#')
		return true;
	equals = memchr(text, '=', length);
	value = equals == NULL ? text + length : equals + 1;
	value_length = length - (size_t)(value - text);
	length = equals == NULL ? length : (size_t)(equals - text);
	strip(&text, &length);
	strip(&value, &value_length);
	if (!healthcheck_words_add(importing, words, text, length, line))
		return false;
	word = &words->items[words->count - 1];
	if (asprintf(&dashed, "--%s", word->text) == -1) {
		import_note(importing, IMPORT_WRONG, NULL, "out of memory");
		return false;
	}
	free(word->text);
	word->text = dashed;
	return equals == NULL || healthcheck_words_add(importing, words, value, value_length, line);
}

bool
healthcheck_words_read(struct importing *importing, struct healthcheck_words *words, const char *path)
{
	char *text = healthcheck_file_read(importing, path);
	const char *at = text;
	bool added = text != NULL;

	for (unsigned line = 1; added && *at != '\0'; line++) {
		size_t length = strcspn(at, "\r\n");

		added = line_add(importing, words, at, length, line);
		at += length;
		at += at[0] == '\r' && at[1] == '\n' ? 2 : *at != '\0';
	}
	free(text);
	return added;
}
