/*
 * The words of a command line, and those that stand in its place in a configuration file of ExaBGP's healthcheck.
 */
#ifndef EXACHECK_HEALTHCHECK_WORDS_H
#define EXACHECK_HEALTHCHECK_WORDS_H

#include <stdbool.h>
#include <stddef.h>

#include "importing.h"

struct healthcheck_word {
	char *text;
	unsigned line; /* of the file; 0: of the command line */
};

struct healthcheck_words {
	struct healthcheck_word *items;
	size_t count, size;
};

/* Add a copy of length bytes of text. False: out of memory, noted. */
bool healthcheck_words_add(struct importing *, struct healthcheck_words *, const char *text, size_t length,
    unsigned line);
void healthcheck_words_free(struct healthcheck_words *);

/*
 * Add what a file says: of each line `long-option = value`, or `long-option`, the words --long-option and value. False:
 * it cannot be read, or memory is short; noted.
 */
bool healthcheck_words_read(struct importing *, struct healthcheck_words *, const char *path);

/* The whole of a text file, malloc'd. NULL: it cannot be read, is none or is too large, or memory is short; noted. */
char *healthcheck_file_read(struct importing *, const char *path);

#endif
