/*
 * Statements of ExaBGP's configuration file, as its tokeniser has them. Touches memory only. Invariant: text that is no
 * statement is said to be none, with its line.
 */
#include "healthcheck_statements.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

bool
statements_begin(struct statements *statements, struct importing *importing, const char *path, const char *text)
{
	*statements = (struct statements){.importing = importing, .path = path, .at = text, .line = 1, .valid = true};
	if ((statements->word = malloc(strlen(text) + 1)) == NULL)
		import_note(importing, IMPORT_WRONG, path, "out of memory");
	return statements->word != NULL;
}

void
statements_end(struct statements *statements)
{
	healthcheck_words_free(&statements->words);
	free(statements->word);
}

void
statements_refuse(struct statements *statements, const char *format, ...)
{
	char place[STATEMENTS_PLACE_SIZE], text[256];
	va_list arguments;

	va_start(arguments, format);
	vsnprintf(text, sizeof(text), format, arguments);
	va_end(arguments);
	snprintf(place, sizeof(place), "%s:%u", statements->path, statements->line);
	import_note(statements->importing, IMPORT_WRONG, place, "%s", text);
	statements->valid = false;
}

/* The character after a backslash. */
static char
unescape(char c)
{
	static const char from[] = "bfnrt", to[] = "\b\f\n\r\t";
	const char *found = c == '\0' ? NULL : strchr(from, c);

	return found == NULL ? c : to[found - from];
}

/*
 * Read the characters of one word to where it ends, into a buffer as long as all that is left. Quotes may begin within it
 * and end it; the other kind of quote in them is nothing special. False: they do not end.
 */
static bool
word_scan(struct statements *statements, char *word, size_t *length)
{
	char quote = '\0';

	for (*length = 0; *statements->at != '\0'; statements->at++) {
		char c = *statements->at;

		if (c == '\\' && statements->at[1] != '\0' && statements->at[1] != '\n') {
			word[(*length)++] = unescape(*++statements->at);
		} else if (quote == '\0' && strchr(" \t\r\n;{},[]#\\", c) != NULL) {
			return true;
		} else if (c == '\n') {
			return false;
		} else if (c == quote) {
			statements->at++;
			return true;
		} else if (quote == '\0' && (c == '"' || c == '\'')) {
			quote = c;
		} else {
			word[(*length)++] = c;
		}
	}
	return quote == '\0';
}

/* Blanks, comments and backslashes at the ends of lines. */
static void
blanks_skip(struct statements *statements)
{
	for (;; statements->at++) {
		if (*statements->at == '#')
			statements->at += strcspn(statements->at, "\n");
		if (*statements->at == '\n')
			statements->line++;
		else if (*statements->at == '\0' || strchr(" \t\r\\", *statements->at) == NULL)
			return;
	}
}

char
statements_next(struct statements *statements)
{
	char *word = statements->word;
	size_t length;

	healthcheck_words_free(&statements->words);
	for (;;) {
		blanks_skip(statements);
		if (*statements->at == '\0' || strchr(";{}", *statements->at) != NULL)
			return *statements->at == '\0' ? '\0' : *statements->at++;
		if (strchr(",[]", *statements->at) != NULL) {
			word[0] = *statements->at++;
			length = 1;
		} else if (!word_scan(statements, word, &length)) {
			statements_refuse(statements, "a quote is not closed on its line");
			return '\0';
		}
		word[length] = '\0';
		if (!healthcheck_words_add(statements->importing, &statements->words, word, length, statements->line)) {
			statements->valid = false;
			return '\0';
		}
	}
}
