/*
 * Between the files of the reader of INI files: what is read becomes sections, keys and values.
 */
#ifndef EXACHECK_INI_INTERNAL_H
#define EXACHECK_INI_INTERNAL_H

#include "ini.h"

/* Each names something new or finds it; the text is copied. NULL: IMPORT_WRONG is noted: too many, or no memory. */
struct ini_section *ini_section_make(struct ini *, const char *name, size_t length, const char *place);
struct ini_key *ini_key_make(struct ini *, struct ini_section *, const char *name, size_t length, const char *place);
struct ini_value *ini_value_make(struct ini *, struct ini_key *, const char *text, size_t length, const char *place);
/* Add to a value, after a newline. */
bool ini_value_extend(struct ini *, struct ini_value *, const char *text, size_t length);
void ini_values_clear(struct ini_key *);

#endif
