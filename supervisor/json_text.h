/*
 * JSON is YAML but for two details, which are bridged here on the text so that positions stay true.
 */
#ifndef EXACHECK_JSON_TEXT_H
#define EXACHECK_JSON_TEXT_H

#include <stdbool.h>
#include <stddef.h>

/* Whether the path ends in .json, in any case. */
bool json_text_is(const char *path);

/*
 * JSON text as YAML, malloc'd; *length is read and set. Tabs outside strings become blanks; a surrogate
 * pair in a string (RFC 8259, section 7) becomes one escape. NULL: out of memory.
 */
char *json_text_to_yaml(const char *text, size_t *length);

#endif
