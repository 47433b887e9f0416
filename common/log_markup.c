/*
 * Tags of colours and styles. Pure. Invariant: text never becomes longer.
 */
#include "log_markup.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "option_error.h"

#define LIGHT "light-"
#define SHADE_MAX 255

static const char *const styles[] = {"b", "d", "n", "h", "i", "l", "s", "u", "v", "bold", "dim", "normal", "hide", "italic",
	"blink", "strike", "underline", "reverse", "lvl", "level", NULL};
static const char *const colours[] = {"black", "red", "green", "yellow", "blue", "magenta", "cyan", "white", NULL};
static const char *const colour_letters[] = {"k", "r", "g", "y", "e", "m", "c", "w", NULL};

typedef int comparison(const char *, const char *);

static bool
listed(const char *const *list, const char *word, comparison *compare)
{
	for (; *list != NULL; list++)
		if (compare(*list, word) == 0)
			return true;
	return false;
}

/* The name of a colour, or its letter, or a light one. */
static bool
colour_named(const char *word, comparison *compare)
{
	if (listed(colours, word, compare) || listed(colour_letters, word, compare))
		return true;
	if (strncasecmp(word, LIGHT, strlen(LIGHT)) == 0)
		return listed(colours, word + strlen(LIGHT), compare);
	return (*word == 'l' || *word == 'L') && listed(colour_letters, word + 1, compare);
}

/* Text is of the foreground in small letters, of the background in capitals, and not mixed. */
static bool
colour_of_one_case(const char *word)
{
	bool small = false, capital = false;

	for (const char *at = word; *at != '\0'; at++) {
		small |= islower((unsigned char)*at) != 0;
		capital |= isupper((unsigned char)*at) != 0;
	}
	return small != capital && colour_named(word, strcasecmp);
}

/* Shades of 0 to 255, so many of them. */
static bool
shades_are(const char *text, int count)
{
	for (; count > 0; count--) {
		size_t digits = strspn(text, "0123456789");

		if (digits == 0 || digits > 3 || atoi(text) > SHADE_MAX)
			return false;
		text += digits;
		if (*text != (count > 1 ? ',' : '\0'))
			return false;
		text++;
	}
	return true;
}

static bool
tag_known(const char *tag)
{
	size_t length;

	if (listed(styles, tag, strcmp) || colour_of_one_case(tag))
		return true;
	if (strncmp(tag, "fg ", 3) != 0 && strncmp(tag, "bg ", 3) != 0)
		return false;
	tag += 3;
	length = strlen(tag);
	if (*tag == '#')
		return (length == 4 || length == 7) && strspn(tag + 1, "0123456789abcdefABCDEF") == length - 1;
	return colour_named(tag, strcasecmp) || shades_are(tag, 1) || shades_are(tag, 3);
}

/* What lies between < and > at text: a tag. Returns where it ends, after the >; NULL: that is no tag. */
static const char *
tag_end(const char *text)
{
	if (*text++ != '<')
		return NULL;
	if (*text == '/')
		text++;
	if (strncmp(text, "fg ", 3) == 0 || strncmp(text, "bg ", 3) == 0)
		text += 3;
	while (*text != '\0' && strchr("<> \t\n", *text) == NULL)
		text++;
	return *text == '>' ? text + 1 : NULL;
}

static bool
tag_refuse(char error[static LOG_FORMAT_ERROR_SIZE], const char *tag, const char *why)
{
	char quoted[OPTION_QUOTE_SIZE];

	snprintf(error, LOG_FORMAT_ERROR_SIZE, "%s: %s", option_quote(tag, quoted), why);
	return false;
}

/* name: without < and >, and modified here. */
static bool
tag_apply(struct log_markup *markup, char *name, char error[static LOG_FORMAT_ERROR_SIZE])
{
	const char *last = markup->depth > 0 ? markup->open[markup->depth - 1] : NULL;

	if (*name == '/') {
		if (last == NULL || (name[1] != '\0' && strcmp(name + 1, last) != 0))
			return tag_refuse(error, name, "closes a tag that is not the last one opened");
		markup->depth--;
		return true;
	}
	if (strlen(name) >= LOG_MARKUP_TAG_SIZE || !tag_known(name))
		return tag_refuse(error, name, "is no colour and no style (where it is text, put a backslash before the <)");
	if (markup->depth == LOG_MARKUP_DEPTH_MAX)
		return tag_refuse(error, name, "too many tags are open");
	strcpy(markup->open[markup->depth++], name);
	return true;
}

bool
log_markup_strip(struct log_markup *markup, char *text, char error[static LOG_FORMAT_ERROR_SIZE])
{
	char *to = text;

	while (*text != '\0') {
		bool escaped = text[0] == '\\' && text[1] == '<';
		const char *end = tag_end(text + escaped);
		char *name = text + 1;

		if (end == NULL) {
			*to++ = *text++;
			continue;
		}
		if (escaped) {
			memmove(to, text + 1, (size_t)(end - text - 1));
			to += end - text - 1;
		}
		text += end - text;
		if (escaped)
			continue;
		text[-1] = '\0';
		if (!tag_apply(markup, name, error))
			return false;
	}
	*to = '\0';
	return true;
}

bool
log_markup_end(const struct log_markup *markup, char error[static LOG_FORMAT_ERROR_SIZE])
{
	return markup->depth == 0 || tag_refuse(error, markup->open[0], "this tag is not closed");
}
