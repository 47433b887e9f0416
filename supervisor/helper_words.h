/*
 * What a helper says: words, lines of a few printable characters. Whatever else it says is a defect.
 */
#ifndef EXACHECK_HELPER_WORDS_H
#define EXACHECK_HELPER_WORDS_H

#include <stdbool.h>
#include <stddef.h>

#include "ratelimit.h"

#define HELPER_WORDS_MAX 200 /* bytes of a line, with its newline */

struct helper_words {
	char text[HELPER_WORDS_MAX + 1]; /* the beginning of a line */
	size_t length;
	struct ratelimit rate;
};

struct helper_listener {
	const char *name, *subsystem;  /* see helper.h */
	bool (*hear)(void *context, const char *word); /* words of its own; NULL: it has none */
	void *context;
};

enum helper_words_end { HELPER_WORDS_NONE /* for now */, HELPER_WORDS_CLOSED, HELPER_WORDS_BAD };

/* Somebody else speaks from now on. */
void helper_words_begin(struct helper_words *);

/* Read what there is on this descriptor, which does not block: words are logged, or heard. */
enum helper_words_end helper_words_read(struct helper_words *, int fd, const struct helper_listener *);

#endif
