/*
 * ExaBGP's configuration file as statements: words that end with ; { or }.
 */
#ifndef EXACHECK_HEALTHCHECK_STATEMENTS_H
#define EXACHECK_HEALTHCHECK_STATEMENTS_H

#include <stdbool.h>

#include "healthcheck_words.h"

#define STATEMENTS_PLACE_SIZE 4608 /* the longest path, and a name */

struct statements {
	struct importing *importing;
	const char *path, *at;
	char *word; /* room for one */
	unsigned line;
	struct healthcheck_words words; /* of the statement that was read last */
	bool valid;
};

/* path, for messages, and text must outlive it. False: out of memory, noted. */
bool statements_begin(struct statements *, struct importing *, const char *path, const char *text);
void statements_end(struct statements *);

/* Read one. Returns what ends it; NUL: the end of the file, with words if it ends within one, or it is not valid, noted. */
char statements_next(struct statements *);

/* Note, with the line that it has come to, that the file cannot be read. */
void statements_refuse(struct statements *, const char *format, ...) __attribute__((format(printf, 2, 3)));

#endif
