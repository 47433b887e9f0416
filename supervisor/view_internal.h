/*
 * Small helpers of whoever makes JSON for the view: each takes what it is given. False, or NULL: out of memory.
 */
#ifndef EXACHECK_VIEW_INTERNAL_H
#define EXACHECK_VIEW_INTERNAL_H

#include <jansson.h>
#include <stdbool.h>

#include "../common/monotime.h"
#include "config.h"

/* text NULL, and a time that is NEVER: null. */
bool view_put(json_t *map, const char *key, json_t *value);
bool view_put_text(json_t *map, const char *key, const char *text);
bool view_put_time(json_t *map, const char *key, monotime_t);

/* The value if it is whole; otherwise it is freed, and NULL returned. */
json_t *view_whole(json_t *value, bool whole);

/* What a change of the node's state does; options: of a check, NULL: it is a group. */
json_t *view_rules(const struct node_config *, const struct check_options *);

#endif
