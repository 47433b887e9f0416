/*
 * Values of INI files as what they are to be. What is missing, or is something else, is noted as IMPORT_WRONG with its
 * place.
 */
#ifndef EXACHECK_INI_GET_H
#define EXACHECK_INI_GET_H

#include <stdint.h>

#include "ini.h"

/* fallback: for a key that is missing; NULL: it is required. malloc'd; NULL: a note says why. */
char *ini_get(const struct ini *, const struct ini_section *, const char *key, const char *fallback);
/* As ini_get, of an absolute path. */
char *ini_get_path(const struct ini *, const struct ini_section *, const char *key, const char *fallback);

/* False: a note says why. more_than: the number must be greater. */
bool ini_get_number(const struct ini *, const struct ini_section *, const char *key, const char *fallback,
    double more_than, double *value);
bool ini_get_whole(const struct ini *, const struct ini_section *, const char *key, const char *fallback, int64_t least,
    int64_t most, int64_t *value);
/* 1, yes, true, on; 0, no, false, off; in any case. */
bool ini_get_flag(const struct ini *, const struct ini_section *, const char *key, const char *fallback, bool *value);

/* Where the key is, for notes: its value's place, else the section's. */
const char *ini_where(const struct ini *, const struct ini_section *, const char *key);

/* Space for the name of a check. */
#define INI_NAME_SIZE 256
/*
 * The name of a section as that of a check: what the name of a check cannot have in it becomes '_', and a name that a
 * check has already gets a number. That it is another name is noted.
 */
void ini_name(const struct ini *, const struct ini_section *, char name[static INI_NAME_SIZE]);

#endif
