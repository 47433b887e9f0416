/*
 * What exacheck makes of command lines of ExaBGP's healthcheck, for comparison with what argparse does. Reads a JSON list of
 * words a line from standard input and writes a line for each: the options, or {"error": what is wrong with it}.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "dump.h"

#define WORDS_MAX 256

static json_t *
words_parse(int argc, char **argv)
{
	struct importing *importing = importing_new();
	struct healthcheck_options options;
	json_t *result = json_object();
	char *text = NULL;
	size_t size;
	FILE *notes;

	if (healthcheck_options_parse(importing, argc, argv, &options)) {
		json_decref(result);
		result = options_dump(&options, false);
		healthcheck_options_free(&options);
	} else if ((notes = open_memstream(&text, &size)) != NULL) {
		import_notes_print(importing, notes);
		fclose(notes);
		json_object_set_new(result, "error", json_string(text));
		free(text);
	}
	importing_free(importing);
	return result;
}

static json_t *
line_parse(const json_t *line)
{
	char *words[WORDS_MAX];
	int count = 0;
	json_t *word, *result;
	size_t i;

	json_array_foreach(line, i, word)
		if (count < WORDS_MAX - 1)
			words[count++] = strdup(json_string_value(word));
	words[count] = NULL;
	result = words_parse(count, words);
	while (count > 0)
		free(words[--count]);
	return result;
}

int
main(void)
{
	json_t *line, *result;
	json_error_t error;

	while ((line = json_loadf(stdin, JSON_DISABLE_EOF_CHECK, &error)) != NULL) {
		result = line_parse(line);
		json_dumpf(result, stdout, JSON_COMPACT);
		putchar('\n');
		json_decref(result);
		json_decref(line);
	}
	return fflush(stdout) == EOF;
}
