/*
 * ExaBGP's configuration file: statements of words that end with ; { or }, as its tokeniser has them. Touches memory, and
 * the files that options name. Invariant: text that is no such statement is said to be none, with its line.
 */
#include "healthcheck_conf.h"

#include <stdlib.h>
#include <string.h>

#include "healthcheck_options.h"
#include "healthcheck_words.h"

#define WHERE_SIZE 4608	/* the longest path, and a name */
#define NAME_MAX_SHOWN 128

struct reader {
	struct importing *importing;
	const char *path, *at;
	unsigned line;
	struct healthcheck_words words; /* of the statement */
	int depth, process_depth;	/* of blocks; of the process block that it is in, 0: none */
	char *process;			/* its name */
	unsigned found;			/* healthchecks */
	bool valid;
};

static bool
line_opens_block(const char *line, size_t length)
{
	static const char *const blocks[] = {"process", "neighbor", "group", "template"};
	size_t word;

	while (length > 0 && (*line == ' ' || *line == '\t')) {
		line++;
		length--;
	}
	for (word = 0; word < length && strchr(" \t{=", line[word]) == NULL; word++)
		;
	for (size_t i = 0; i < sizeof(blocks) / sizeof(blocks[0]); i++)
		if (strlen(blocks[i]) == word && strncmp(blocks[i], line, word) == 0)
			return memchr(line, '{', length) != NULL && memchr(line, '=', length) == NULL;
	return false;
}

bool
healthcheck_conf_is(const char *text)
{
	for (size_t length; *text != '\0'; text += length + (text[length] != '\0')) {
		length = strcspn(text, "\r\n");
		if (line_opens_block(text, length))
			return true;
	}
	return false;
}

static const char *
base_of(const char *path)
{
	const char *slash = strrchr(path, '/');

	return slash == NULL ? path : slash + 1;
}

int
healthcheck_command_options(int argc, char *const *argv)
{
	static const char *const programs[] = {"exabgp-healthcheck", "healthcheck.py", "exabgp.application.healthcheck"};

	bool exabgp = false; /* was named */

	for (int i = 0; i < argc; i++) {
		const char *base = base_of(argv[i]);

		if (strcmp(base, "healthcheck") == 0 && (exabgp || i == 0))
			return i + 1;
		for (size_t j = 0; j < sizeof(programs) / sizeof(programs[0]); j++)
			if (strcmp(base, programs[j]) == 0)
				return i + 1;
		exabgp |= strncmp(base, "exabgp", 6) == 0;
	}
	return 0;
}

static void __attribute__((format(printf, 2, 3)))
reader_refuse(struct reader *reader, const char *format, ...)
{
	char place[WHERE_SIZE], text[256];
	va_list arguments;

	va_start(arguments, format);
	vsnprintf(text, sizeof(text), format, arguments);
	va_end(arguments);
	snprintf(place, sizeof(place), "%s:%u", reader->path, reader->line);
	import_note(reader->importing, IMPORT_WRONG, place, "%s", text);
	reader->valid = false;
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
word_scan(struct reader *reader, char *word, size_t *length)
{
	char quote = '\0';

	for (*length = 0; *reader->at != '\0'; reader->at++) {
		char c = *reader->at;

		if (c == '\\' && reader->at[1] != '\0' && reader->at[1] != '\n') {
			word[(*length)++] = unescape(*++reader->at);
		} else if (quote == '\0' && strchr(" \t\r\n;{},[]#\\", c) != NULL) {
			return true;
		} else if (c == '\n') {
			return false;
		} else if (c == quote) {
			reader->at++;
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
blanks_skip(struct reader *reader)
{
	for (;; reader->at++) {
		if (*reader->at == '#')
			reader->at += strcspn(reader->at, "\n");
		if (*reader->at == '\n')
			reader->line++;
		else if (*reader->at == '\0' || strchr(" \t\r\\", *reader->at) == NULL)
			return;
	}
}

/* Read the words of a statement. Returns what ends it, NUL: the end of the file, or something is wrong. */
static char
statement_read(struct reader *reader, char *word)
{
	size_t length;

	healthcheck_words_free(&reader->words);
	for (;;) {
		blanks_skip(reader);
		if (*reader->at == '\0' || strchr(";{}", *reader->at) != NULL)
			return *reader->at == '\0' ? '\0' : *reader->at++;
		if (strchr(",[]", *reader->at) != NULL) {
			word[0] = *reader->at++;
			length = 1;
		} else if (!word_scan(reader, word, &length)) {
			reader_refuse(reader, "a quote is not closed on its line");
			return '\0';
		}
		if (!healthcheck_words_add(reader->importing, &reader->words, word, length, reader->line)) {
			reader->valid = false;
			return '\0';
		}
	}
}

/* What a process runs: words from the second on. */
static void
run_import(struct reader *reader, int argc, char **argv)
{
	struct healthcheck_options options;
	int first = healthcheck_command_options(argc, argv);

	if (first == 0) {
		import_note(reader->importing, IMPORT_DIFFERS, NULL,
		    "does not run ExaBGP's healthcheck and is left alone: %s", argc > 0 ? argv[0] : "");
		return;
	}
	reader->found++;
	if (!healthcheck_options_parse(reader->importing, argc - first, argv + first, &options))
		return;
	if (options.name == NULL && (options.name = strdup(reader->process)) == NULL)
		import_note(reader->importing, IMPORT_WRONG, NULL, "out of memory");
	else
		healthcheck_import(reader->importing, &options);
	healthcheck_options_free(&options);
}

static void
run_take(struct reader *reader)
{
	const struct healthcheck_words *words = &reader->words;
	char where[WHERE_SIZE], **argv = calloc(words->count + 1, sizeof(*argv));

	if (argv == NULL) {
		reader_refuse(reader, "out of memory");
		return;
	}
	for (size_t i = 1; i < words->count; i++)
		argv[i - 1] = words->items[i].text;
	snprintf(where, sizeof(where), "%s:%u: process %.*s", reader->path, words->items[0].line, NAME_MAX_SHOWN,
	    reader->process);
	import_within(reader->importing, where);
	run_import(reader, (int)words->count - 1, argv);
	import_within(reader->importing, NULL);
	free(argv);
}

static void
block_open(struct reader *reader)
{
	const struct healthcheck_words *words = &reader->words;

	reader->depth++;
	if (reader->process_depth > 0 || words->count < 2 || strcmp(words->items[0].text, "process") != 0)
		return;
	reader->process_depth = reader->depth;
	free(reader->process);
	if ((reader->process = strdup(words->items[1].text)) == NULL)
		reader_refuse(reader, "out of memory");
}

static void
block_close(struct reader *reader)
{
	if (reader->depth == 0)
		reader_refuse(reader, "this } closes nothing");
	else if (reader->depth-- == reader->process_depth)
		reader->process_depth = 0;
}

static void
statement_take(struct reader *reader, char end)
{
	const struct healthcheck_words *words = &reader->words;

	if (end == '{')
		block_open(reader);
	else if (end == '}')
		block_close(reader);
	else if (reader->process_depth > 0 && words->count > 0 && strcmp(words->items[0].text, "run") == 0)
		run_take(reader);
}

void
healthcheck_conf_import(struct importing *importing, const char *path, const char *text)
{
	struct reader reader = {.importing = importing, .path = path, .at = text, .line = 1, .valid = true};
	char *word = malloc(strlen(text) + 1), end;

	if (word == NULL) {
		import_note(importing, IMPORT_WRONG, path, "out of memory");
		return;
	}
	while (reader.valid && (end = statement_read(&reader, word)) != '\0')
		statement_take(&reader, end);
	if (reader.valid && (reader.depth > 0 || reader.words.count > 0))
		reader_refuse(&reader, "the file ends within a block or statement");
	if (reader.valid && reader.found == 0)
		import_note(importing, IMPORT_WRONG, path, "none of its processes runs ExaBGP's healthcheck");
	if (reader.valid && reader.found > 0)
		import_note(importing, IMPORT_DIFFERS, path,
		    "one process, exacheck, takes the place of %u: name it in the `api` blocks of neighbors in place of these; "
		    "routes that only some of its neighbors are to have need the key neighbors", reader.found);
	healthcheck_words_free(&reader.words);
	free(reader.process);
	free(word);
}
