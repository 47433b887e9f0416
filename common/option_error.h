/*
 * The wording of refusals: one line in a fixed buffer, and the user's own text made safe to show in it.
 */
#ifndef EXACHECK_OPTION_ERROR_H
#define EXACHECK_OPTION_ERROR_H

#include <stdbool.h>

#include "option.h"

#define OPTION_QUOTE_SIZE 64

/* Format the reason of a refusal, cut to size. Returns false, always: `return option_error(...)`. */
bool option_error(char error[static OPTION_ERROR_SIZE], const char *format, ...) __attribute__((format(printf, 2, 3)));

/*
 * How many bytes of the user's text a message may show, `most` at most: of a URL no more than its scheme, as what
 * follows may be secret, wherever it was written by mistake.
 */
size_t option_shown(const char *text, size_t most);

/*
 * The user's text for a message: a number as it is, anything else in double quotes; cut, with everything
 * unprintable replaced. Returns quoted.
 */
const char *option_quote(const char *text, char quoted[static OPTION_QUOTE_SIZE]);

#endif
