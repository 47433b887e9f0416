/*
 * Python `re` syntax to PCRE2 syntax. Internal to pattern*.c.
 */
#ifndef EXACHECK_PATTERN_TRANSLATE_H
#define EXACHECK_PATTERN_TRANSLATE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct translation {
	char *text;	  /* PCRE2 pattern, NUL-terminated */
	size_t length;	  /* bytes of text */
	uint32_t *origin; /* for each byte of text: the offset in the Python pattern that it comes from */
	uint32_t options; /* PCRE2 compile options that the pattern's own flags ask for */
	bool ascii_only;  /* (?a): \d, \w, \s and \b know ASCII only */
	bool bytes;	  /* every character of the pattern is one byte, so that it can be matched on bytes */
};

/* Translate; false with the reason in error (OPTION_ERROR_SIZE bytes), nothing is to be freed then. */
bool pattern_translate(const char *pattern, struct translation *, char *error);
void translation_free(struct translation *);

#endif
