/*
 * From the words of a command to the text of one for a shell. Touches memory and the stream that it writes to.
 * Invariant: a shell makes of the text the words that shlex makes of the command, and nothing else.
 */
#include "anycast_command.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#define BLANKS " \t\r\n" /* shlex's */

/* One word, of which quotes and backslashes are gone. */
struct word {
	const char *start; /* in the command */
	char *text;
	size_t length;
};

static void
word_add(struct word *word, char character)
{
	word->text[word->length++] = character;
	word->text[word->length] = '\0';
}

/* at is behind the opening quote. Returns what is behind the closing one; NULL: there is none. */
static const char *
quoted_take(struct word *word, const char *at, char quote)
{
	for (; *at != quote; at++) {
		if (*at == '\\' && quote == '"' && (at[1] == '"' || at[1] == '\\'))
			at++;
		if (*at == '\0')
			return NULL;
		word_add(word, *at);
	}
	return at + 1;
}

/* Returns what follows the word; NULL: *problem. */
static const char *
word_take(struct word *word, const char *at, const char **problem)
{
	word->start = at;
	word->length = 0;
	word->text[0] = '\0';
	while (*at != '\0' && strchr(BLANKS, *at) == NULL) {
		if (*at == '\'' || *at == '"') {
			if ((at = quoted_take(word, at + 1, *at)) == NULL) {
				*problem = "has a quote that does not end";
				return NULL;
			}
			continue;
		}
		if (*at == '\\' && *++at == '\0') {
			*problem = "ends with a backslash";
			return NULL;
		}
		word_add(word, *at++);
	}
	return at;
}

/* Of such words a shell makes nothing else; in the first one it takes NAME=VALUE for a variable. */
static bool
is_plain(const struct word *word, bool first)
{
	static const char plain[] = "=abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_@%+:,./-";

	return word->length > 0 && strspn(word->text, first ? plain + 1 : plain) == word->length;
}

static void
word_write(FILE *file, const struct word *word, bool first)
{
	if (is_plain(word, first)) {
		fputs(word->text, file);
		return;
	}
	putc('\'', file);
	for (const char *at = word->text; *at != '\0'; at++)
		if (*at == '\'')
			fputs("'\\''", file);
		else
			putc(*at, file);
	putc('\'', file);
}

/* What only a shell knows; with quotes it was not meant for one. */
static bool
is_for_shell(const struct word *word)
{
	return word->length > 0 && strncmp(word->start, word->text, word->length) == 0 &&
	    (strspn(word->text, "|&;<>") == word->length || strncmp(word->text, "2>", 2) == 0 ||
	    strstr(word->text, "$(") != NULL);
}

const char *
anycast_command_write(FILE *file, const char *text, const char **meant)
{
	struct word word = {.text = malloc(strlen(text) + 1)};
	const char *problem = NULL;
	bool first = true;

	*meant = NULL;
	if (word.text == NULL)
		return "needs more memory than there is";
	for (text += strspn(text, BLANKS); text != NULL && *text != '\0'; first = false) {
		if ((text = word_take(&word, text, &problem)) == NULL)
			break;
		if (!first)
			putc(' ', file);
		word_write(file, &word, first);
		if (is_for_shell(&word) && *meant == NULL)
			*meant = word.start;
		text += strspn(text, BLANKS);
	}
	if (problem == NULL && first)
		problem = "is empty";
	free(word.text);
	return problem;
}
