/*
 * Command lines as argparse reads them. Touches the file of --config. Invariant: every word is an option, the value of
 * one, or is said to be neither.
 */
#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#include "../../common/option_error.h"
#include "../suggest.h"
#include "healthcheck_options.h"
#include "healthcheck_value.h"
#include "healthcheck_words.h"

#define CANDIDATES_SIZE 160

struct parser {
	struct importing *importing;
	struct healthcheck_options *options;
	const struct healthcheck_words *words;
	const char *path;			   /* of the file that words with a line are from */
	const struct healthcheck_option *log_way;  /* the one that was given */
	size_t end;				   /* of words that may be options: where "--" is */
	bool valid;
};

enum meaning_kind { MEANING_VALUE, MEANING_OPTION, MEANING_UNKNOWN, MEANING_AMBIGUOUS };

/* What a word is when nothing is known of those around it. */
struct meaning {
	enum meaning_kind kind;
	const struct healthcheck_option *option;
	const char *value; /* the rest of the word; NULL: there is none */
	bool letter;	   /* option is a letter that others may follow: value begins with them, or is its value */
	char candidates[CANDIDATES_SIZE]; /* of MEANING_AMBIGUOUS */
};

/* Whether a name, length bytes without dashes, is the beginning of one of the option's, or all of it. */
static const char *
name_matches(const struct healthcheck_option *option, const char *name, size_t length, bool whole)
{
	for (size_t i = 0; i < sizeof(option->names) / sizeof(option->names[0]); i++)
		if (option->names[i] != NULL && strncmp(option->names[i], name, length) == 0 &&
		    (!whole || option->names[i][length] == '\0'))
			return option->names[i];
	return NULL;
}

/* The option that is called just so, with its dashes, in length bytes. NULL: none is. */
static const struct healthcheck_option *
option_called(const char *word, size_t length)
{
	bool is_long = length > 2 && word[1] == '-';
	const struct healthcheck_option *option = healthcheck_option_table;

	for (; option->names[0] != NULL; option++) {
		if (is_long ? name_matches(option, word + 2, length - 2, true) != NULL :
		    option->letters != NULL && strlen(option->letters) == length - 1 &&
		    strncmp(option->letters, word + 1, length - 1) == 0)
			return option;
	}
	return NULL;
}

/*
 * The option whose name begins so. Of several the one that every version has, if it is one: newer options are
 * none in the version that the command line was written for.
 */
static void
option_begun(const char *name, size_t length, struct meaning *meaning)
{
	const struct healthcheck_option *found[2] = {NULL};
	size_t counts[2] = {0}, used = 0;
	bool settled;

	for (const struct healthcheck_option *option = healthcheck_option_table; option->names[0] != NULL; option++) {
		const char *match = name_matches(option, name, length, false);
		bool newer = option->since != NULL;

		if (match == NULL)
			continue;
		counts[newer]++;
		found[newer] = option;
		if (used < sizeof(meaning->candidates))
			used += (size_t)snprintf(meaning->candidates + used, sizeof(meaning->candidates) - used, "%s--%s",
			    used > 0 ? ", " : "", match);
	}
	settled = counts[0] == 1 || (counts[0] == 0 && counts[1] == 1);
	meaning->option = counts[0] == 1 ? found[0] : found[1];
	meaning->kind = settled ? MEANING_OPTION : counts[0] + counts[1] > 0 ? MEANING_AMBIGUOUS : MEANING_UNKNOWN;
}

/* -5, -.5, -1.5 */
static bool
is_negative_number(const char *word)
{
	size_t whole, part = 0;

	word++;
	word += whole = strspn(word, "0123456789");
	if (*word == '.')
		part = strspn(word + 1, "0123456789");
	return part > 0 ? word[1 + part] == '\0' : whole > 0 && *word == '\0';
}

static void
meaning_find(const char *word, struct meaning *meaning)
{
	size_t length = strcspn(word, "=");

	*meaning = (struct meaning){.kind = MEANING_VALUE};
	if (word[0] != '-' || word[1] == '\0')
		return;
	meaning->kind = MEANING_OPTION;
	if (word[length] == '=')
		meaning->value = word + length + 1;
	if ((meaning->option = option_called(word, length)) != NULL)
		return;
	if (word[1] == '-') {
		option_begun(word + 2, length - 2, meaning);
	} else if ((meaning->option = option_called(word, 2)) != NULL) {
		meaning->letter = true;
		meaning->value = word + 2;
	} else {
		meaning->kind = MEANING_UNKNOWN;
	}
	if (meaning->kind == MEANING_UNKNOWN && (is_negative_number(word) || strchr(word, ' ') != NULL))
		meaning->kind = MEANING_VALUE;
}

/* Where an option or another word stands: "--ip", "web.conf:3: ip". */
static const char *
place_format(const struct parser *parser, size_t at, const char *name, char *place, size_t size)
{
	const struct healthcheck_word *word = &parser->words->items[at];

	if (word->line > 0)
		snprintf(place, size, "%s:%u: %s", parser->path, word->line, name);
	else
		snprintf(place, size, "--%s", name);
	return place;
}

#define PLACE_SIZE 4352 /* the longest path, and more */

static void __attribute__((format(printf, 4, 5)))
word_refuse(struct parser *parser, size_t at, const struct healthcheck_option *option, const char *format, ...)
{
	char place[PLACE_SIZE], text[OPTION_ERROR_SIZE * 2];
	const struct healthcheck_word *word = &parser->words->items[at];
	va_list arguments;

	parser->valid = false;
	va_start(arguments, format);
	vsnprintf(text, sizeof(text), format, arguments);
	va_end(arguments);
	if (option != NULL)
		place_format(parser, at, option->names[0], place, sizeof(place));
	else if (word->line > 0)
		snprintf(place, sizeof(place), "%s:%u", parser->path, word->line);
	import_note(parser->importing, IMPORT_WRONG, option != NULL || word->line > 0 ? place : NULL, "%s", text);
}

static bool
is_value(const struct parser *parser, size_t at)
{
	struct meaning meaning;

	/* argparse takes no value across --, nor -- for one */
	if (at >= parser->end)
		return false;
	meaning_find(parser->words->items[at].text, &meaning);
	return meaning.kind == MEANING_VALUE;
}

/* Names of options for suggest(), as the user writes them. */
static const char *
candidate_name(const void *context, size_t index)
{
	size_t options = 0;

	(void)context;
	while (healthcheck_option_table[options].names[0] != NULL)
		options++;
	if (index < options)
		return healthcheck_option_table[index].names[0];
	return index == options ? healthcheck_option_named("command")->names[1] : NULL;
}

static void
unknown_refuse(struct parser *parser, size_t at)
{
	char quoted[OPTION_QUOTE_SIZE], name[64], suggestion[SUGGEST_TEXT_SIZE], dashed[64];
	const char *word = parser->words->items[at].text, *meant;

	word += parser->words->items[at].line > 0 ? 2 : 0;
	snprintf(name, sizeof(name), "%.*s", (int)strcspn(word, "="), word);
	if ((meant = suggest(name + strspn(name, "-"), candidate_name, NULL)) != NULL && parser->words->items[at].line == 0) {
		snprintf(dashed, sizeof(dashed), "--%s", meant);
		meant = dashed;
	}
	word_refuse(parser, at, NULL, "%s is no option of ExaBGP's healthcheck%s", option_quote(name, quoted),
	    suggest_format(meant, suggestion));
}

/* Returns the next word: what follows a name that is none was meant for it. */
static size_t
name_refuse(struct parser *parser, size_t at, const struct meaning *meaning)
{
	if (meaning->kind == MEANING_AMBIGUOUS)
		word_refuse(parser, at, NULL, "%s may be one of %s", parser->words->items[at].text, meaning->candidates);
	else
		unknown_refuse(parser, at);
	return at + 1 + (meaning->value == NULL && is_value(parser, at + 1));
}

/* A word that is neither an option nor the value of one. */
static void
stray_refuse(struct parser *parser, size_t at)
{
	const struct healthcheck_word *word = &parser->words->items[at];
	char quoted[OPTION_QUOTE_SIZE];
	struct meaning meaning;

	if (word->line == 0) {
		word_refuse(parser, at, NULL, "%s belongs to no option: a value with blanks in it needs quotes around it",
		    option_quote(word->text, quoted));
		return;
	}
	/* of a line it is the option itself, which has blanks in it, or what follows the = */
	if (at == 0 || word[-1].line != word->line) {
		unknown_refuse(parser, at);
		return;
	}
	meaning_find(word[-1].text, &meaning);
	word_refuse(parser, at, meaning.option, "takes no value, got %s", option_quote(word->text, quoted));
}

/* Of the ways to log one only may be given; its default, by leaving the value out, does not count there either. */
static void
log_way_check(struct parser *parser, size_t at, const struct healthcheck_option *option, const char *value)
{
	if (!option->log_way || (option->kind == HEALTHCHECK_OPTIONAL && value == NULL))
		return;
	if (parser->log_way != NULL && parser->log_way != option)
		word_refuse(parser, at, option, "does not go together with --%s", parser->log_way->names[0]);
	else
		parser->log_way = option;
}

static void
option_take(struct parser *parser, size_t at, const struct healthcheck_option *option, const char *value)
{
	char **place = &parser->options->places[option - healthcheck_option_table], text[PLACE_SIZE];
	char error[OPTION_ERROR_SIZE];

	log_way_check(parser, at, option, value);
	if (option->offset == offsetof(struct healthcheck_options, config) && parser->words->items[at].line > 0)
		import_note(parser->importing, IMPORT_DIFFERS, place_format(parser, at, option->names[0], text, sizeof(text)),
		    "in a file names no further one: it is not read, nor is it there");
	/* whoever is running, or about to, cannot show it instead */
	if (option->offset == offsetof(struct healthcheck_options, help) && parser->words->items[at].line > 0)
		word_refuse(parser, at, option, "is for the command line");
	free(*place);
	if ((*place = strdup(place_format(parser, at, option->names[0], text, sizeof(text)))) == NULL)
		word_refuse(parser, at, option, "out of memory");
	if (value == NULL && option->kind == HEALTHCHECK_OPTIONAL)
		value = option->fallback;
	if (!healthcheck_value_take(option, value, parser->options, error))
		word_refuse(parser, at, option, "%s", error);
}

/* Flags may share a word, -da, and the last letter may have a value, -di5. False: the word is used up. */
static bool
letters_take(struct parser *parser, size_t at, struct meaning *meaning)
{
	const char letter[] = {'-', meaning->value == NULL ? '\0' : *meaning->value, '\0'};
	const struct healthcheck_option *next;
	char quoted[OPTION_QUOTE_SIZE];

	option_take(parser, at, meaning->option, NULL);
	if (meaning->value == NULL)
		return false;
	if (!meaning->letter || letter[1] == '\0' || (next = option_called(letter, 2)) == NULL) {
		word_refuse(parser, at, meaning->option, "takes no value, got %s", option_quote(meaning->value, quoted));
		return false;
	}
	meaning->option = next;
	meaning->value = meaning->value[1] == '\0' ? NULL : meaning->value + 1;
	return true;
}

/* Take an option with all that belongs to it. Returns the next word. */
static size_t
word_take(struct parser *parser, size_t at, struct meaning *meaning)
{
	while (meaning->option->kind == HEALTHCHECK_FLAG)
		if (!letters_take(parser, at, meaning))
			return at + 1;
	if (meaning->value != NULL) {
		option_take(parser, at, meaning->option, meaning->value);
		return at + 1;
	}
	if (is_value(parser, at + 1)) {
		option_take(parser, at, meaning->option, parser->words->items[at + 1].text);
		return at + 2;
	}
	if (meaning->option->kind == HEALTHCHECK_OPTIONAL)
		option_take(parser, at, meaning->option, NULL);
	else
		word_refuse(parser, at, meaning->option, "needs a value%s", at + 1 < parser->end &&
		    parser->words->items[at + 1].line == parser->words->items[at].line ?
		    "; one that begins with - is joined to it: --option=VALUE" : "");
	return at + 1;
}

static bool
defaults_set(struct parser *parser)
{
	char error[OPTION_ERROR_SIZE];

	for (const struct healthcheck_option *option = healthcheck_option_table; option->names[0] != NULL; option++) {
		if (option->fallback == NULL || healthcheck_value_take(option, option->fallback, parser->options, error))
			continue;
		import_note(parser->importing, IMPORT_WRONG, option->names[0], "%s", error);
		return false;
	}
	return true;
}

/* Words into options, which own nothing before. */
static bool
words_parse(struct importing *importing, const struct healthcheck_words *words, const char *path,
    struct healthcheck_options *options)
{
	struct parser parser = {.importing = importing, .options = options, .words = words, .path = path, .valid = true};
	struct meaning meaning;
	size_t at = 0;

	while (parser.end < words->count && strcmp(words->items[parser.end].text, "--") != 0)
		parser.end++;
	parser.valid = defaults_set(&parser);
	while (at < words->count) {
		meaning_find(words->items[at].text, &meaning);
		if (at >= parser.end || meaning.kind == MEANING_VALUE)
			stray_refuse(&parser, at++);
		else if (meaning.kind == MEANING_OPTION)
			at = word_take(&parser, at, &meaning);
		else
			at = name_refuse(&parser, at, &meaning);
	}
	return parser.valid;
}

/* The file's words stand before those of the command line, which must be right without them too. */
static bool
words_read(struct importing *importing, int argc, char **argv, struct healthcheck_options *options)
{
	struct healthcheck_words words = {0};
	struct healthcheck_options read = {0};
	bool valid = options->config == NULL || healthcheck_words_read(importing, &words, options->config);

	for (int i = 0; valid && i < argc; i++)
		valid = healthcheck_words_add(importing, &words, argv[i], strlen(argv[i]), 0);
	if (valid) {
		valid = words_parse(importing, &words, options->config, &read);
		healthcheck_options_free(options);
		*options = read;
	}
	healthcheck_words_free(&words);
	return valid;
}

bool
healthcheck_options_read(struct importing *importing, int argc, char **argv, struct healthcheck_options *options)
{
	memset(options, 0, sizeof(*options));
	return words_read(importing, argc, argv, options) &&
	    (options->config == NULL || options->help || words_read(importing, argc, argv, options));
}

bool
healthcheck_options_parse(struct importing *importing, int argc, char **argv, struct healthcheck_options *options)
{
	bool valid = healthcheck_options_read(importing, argc, argv, options);

	if (!valid)
		healthcheck_options_free(options);
	return valid;
}
