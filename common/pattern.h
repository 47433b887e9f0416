/*
 * Response patterns: Python `re` syntax on PCRE2, with bounded matching. Where the two dialects differ
 * the pattern is translated or refused, never silently given another meaning.
 */
#ifndef EXACHECK_PATTERN_H
#define EXACHECK_PATTERN_H

#include <stdbool.h>
#include <stddef.h>

struct pattern; /* a compiled pattern and its match memory */

enum pattern_match { PATTERN_MATCH, PATTERN_NO_MATCH, PATTERN_LIMIT };

/* Whether text is an acceptable pattern; the reason and where in error (OPTION_ERROR_SIZE bytes). */
bool pattern_check(const char *text, char *error);

/* Compile; NULL with the reason in error. The caller frees with pattern_free. */
struct pattern *pattern_compile(const char *text, char *error);
void pattern_free(struct pattern *);

/*
 * anchored: match at the subject's start only (Python re.match), else search. subject: `length` bytes,
 * any bytes allowed (UTF-8 where valid, else bytes). PATTERN_LIMIT: a match or depth limit was hit.
 */
enum pattern_match pattern_match(struct pattern *, const char *subject, size_t length, bool anchored);

#endif
