/*
 * "Did you mean": the nearest of some names.
 */
#ifndef EXACHECK_SUGGEST_H
#define EXACHECK_SUGGEST_H

#include <stddef.h>

/*
 * The candidate that word is probably a misspelling of, or NULL. names: called with 0, 1, … until it
 * returns NULL.
 */
const char *suggest(const char *word, const char *(*names)(const void *context, size_t index), const void *context);

/* To follow a message: "; did you mean NAME?", or, NULL, nothing. Returns text. */
#define SUGGEST_TEXT_SIZE 256
const char *suggest_format(const char *name, char text[static SUGGEST_TEXT_SIZE]);

#endif
