/*
 * Healthchecks that processes of ExaBGP's configuration file run. Touches memory, and the files that options name.
 * Invariant: every process is imported, or said to be left alone.
 */
#include "healthcheck_conf.h"

#include <stdlib.h>
#include <string.h>

#include "healthcheck_note.h"
#include "healthcheck_options.h"
#include "healthcheck_peers.h"
#include "healthcheck_statements.h"

#define NAME_MAX_SHOWN 128

struct reader {
	struct importing *importing;
	const struct peers *peers;
	struct statements statements;
	int depth, process_depth; /* of blocks; of the process block that it is in, 0: none */
	char *process;		  /* its name */
	unsigned found;		  /* healthchecks */
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

	bool exabgp = false; /* was named, or what can stand for it */

	for (int i = 0; i < argc; i++) {
		const char *base = base_of(argv[i]);

		if (strcmp(base, "healthcheck") == 0 && (exabgp || i == 0))
			return i + 1;
		for (size_t j = 0; j < sizeof(programs) / sizeof(programs[0]); j++)
			if (strcmp(base, programs[j]) == 0)
				return i + 1;
		exabgp |= strncmp(base, "exabgp", 6) == 0 || strcmp(base, "exacheck") == 0;
	}
	return 0;
}

/* Words that say no more than that Python is to execute the healthcheck. */
static bool
is_plain(const char *word)
{
	static const char *const beginnings[] = {"python", "pypy", "exabgp", "exacheck"};
	const char *base = base_of(word);

	if (*word != '-' && strchr(word, '=') != NULL)
		return false;
	for (size_t i = 0; i < sizeof(beginnings) / sizeof(beginnings[0]); i++)
		if (strncmp(base, beginnings[i], strlen(beginnings[i])) == 0)
			return true;
	return *word == '-' || strcmp(base, "env") == 0;
}

void
healthcheck_command_note(struct importing *importing, int first, char *const *argv)
{
	int i = 0;

	while (i < first - 1 && is_plain(argv[i]))
		i++;
	if (i < first - 1)
		import_note(importing, IMPORT_LOST, NULL, "is run by means of %.128s, of which nothing is kept: the user, network, "
		    "environment or limits that it is for have to be those of exacheck", argv[i]);
}

/* Neighbors by the api blocks that name the process: those that do not must not hear of its routes. */
static bool
neighbors_find(struct reader *reader, struct healthcheck_options *options)
{
	struct string_list addresses = {0};
	bool all;

	if (reader->peers->uncertain || reader->peers->count == 0 || options->neighbors.count > 0)
		return true;
	if (!peers_of(reader->peers, reader->process, &addresses, &all)) {
		string_list_free(&addresses);
		return false;
	}
	if (addresses.count == 0)
		healthcheck_note(reader->importing, options, IMPORT_LOST, "neighbor",
		    "no neighbor's api block names the process: nobody hears of its routes there, all neighbors do here");
	if (all)
		string_list_free(&addresses);
	options->neighbors = addresses;
	return true;
}

/* A program that is not ours to replace, or one such as a shell that is told to run ours. */
static void
other_note(struct reader *reader, int argc, char *const *argv)
{
	for (int i = 1; i < argc; i++) {
		if (strstr(argv[i], "exabgp") == NULL || strstr(argv[i], "healthcheck") == NULL)
			continue;
		import_note(reader->importing, IMPORT_LOST, NULL,
		    "has %s run what may be ExaBGP's healthcheck, which is not imported: import its options by themselves",
		    argv[0]);
		return;
	}
	import_note(reader->importing, IMPORT_DIFFERS, NULL, "does not run ExaBGP's healthcheck and is left alone: %s",
	    argc > 0 ? argv[0] : "");
}

/* What a process runs: words from the second on. */
static void
run_import(struct reader *reader, int argc, char **argv)
{
	struct healthcheck_options options;
	int first = healthcheck_command_options(argc, argv);

	if (first == 0) {
		other_note(reader, argc, argv);
		return;
	}
	reader->found++;
	healthcheck_command_note(reader->importing, first, argv);
	if (!healthcheck_options_parse(reader->importing, argc - first, argv + first, &options))
		return;
	if ((options.name == NULL && (options.name = strdup(reader->process)) == NULL) || !neighbors_find(reader, &options))
		import_note(reader->importing, IMPORT_WRONG, NULL, "out of memory");
	else
		healthcheck_import(reader->importing, &options);
	healthcheck_options_free(&options);
}

static void
run_take(struct reader *reader)
{
	const struct healthcheck_words *words = &reader->statements.words;
	char where[STATEMENTS_PLACE_SIZE], **argv = calloc(words->count + 1, sizeof(*argv));

	if (argv == NULL) {
		statements_refuse(&reader->statements, "out of memory");
		return;
	}
	for (size_t i = 1; i < words->count; i++)
		argv[i - 1] = words->items[i].text;
	snprintf(where, sizeof(where), "%s:%u: process %.*s", reader->statements.path, words->items[0].line, NAME_MAX_SHOWN,
	    reader->process);
	import_within(reader->importing, where);
	run_import(reader, (int)words->count - 1, argv);
	import_within(reader->importing, NULL);
	free(argv);
}

static void
block_open(struct reader *reader)
{
	const struct healthcheck_words *words = &reader->statements.words;

	reader->depth++;
	if (reader->process_depth > 0 || words->count < 2 || strcmp(words->items[0].text, "process") != 0)
		return;
	reader->process_depth = reader->depth;
	free(reader->process);
	if ((reader->process = strdup(words->items[1].text)) == NULL)
		statements_refuse(&reader->statements, "out of memory");
}

static void
statement_take(struct reader *reader, char end)
{
	const struct healthcheck_words *words = &reader->statements.words;

	if (end == '{')
		block_open(reader);
	else if (end == '}' && reader->depth-- == reader->process_depth)
		reader->process_depth = 0;
	else if (end == ';' && reader->process_depth > 0 && words->count > 0 && strcmp(words->items[0].text, "run") == 0)
		run_take(reader);
}

/* What a file that is right in itself has. */
static void
processes_import(struct reader *reader)
{
	const char *path = reader->statements.path;
	char end;

	while (reader->statements.valid && (end = statements_next(&reader->statements)) != '\0')
		statement_take(reader, end);
	if (reader->found == 0)
		import_note(reader->importing, IMPORT_WRONG, path, "none of its processes runs ExaBGP's healthcheck");
	else
		import_note(reader->importing, IMPORT_DIFFERS, path,
		    "one process takes the place of %u, see the head of the configuration: name it in the api blocks of neighbors%s",
		    reader->found, reader->peers->uncertain ?
		    "; routes that only some of its neighbors are to have need the key neighbors" : "");
}

void
healthcheck_conf_import(struct importing *importing, const char *path, const char *text)
{
	struct peers peers;
	struct reader reader = {.importing = importing, .peers = &peers};

	if (peers_read(importing, path, text, &peers) && statements_begin(&reader.statements, importing, path, text)) {
		processes_import(&reader);
		statements_end(&reader.statements);
	}
	free(reader.process);
	peers_free(&peers);
}
