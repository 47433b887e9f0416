/*
 * Logs in an imported configuration.
 */
#ifndef EXACHECK_IMPORT_LOG_H
#define EXACHECK_IMPORT_LOG_H

#include "importing.h"

/* An item at the end of "logging"; a level of debug lets through what is only of that level. May be NULL: no memory. */
json_t *import_add_log(struct importing *, const char *method, const char *destination, const char *level);
/* The item with this destination; NULL: none. */
json_t *import_log_find(struct importing *, const char *destination);

#endif
