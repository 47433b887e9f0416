/*
 * Small helpers of whoever makes JSON for the view: each takes what it is given. False, or NULL: out of memory.
 */
#ifndef EXACHECK_VIEW_INTERNAL_H
#define EXACHECK_VIEW_INTERNAL_H

#include <jansson.h>
#include <stdbool.h>
#include <stdint.h>

#include "../common/monotime.h"
#include "config.h"

/* text NULL, and a time that is NEVER: null. */
bool view_put(json_t *map, const char *key, json_t *value);
bool view_put_text(json_t *map, const char *key, const char *text);
bool view_put_time(json_t *map, const char *key, monotime_t);

/* The value if it is whole; otherwise it is freed, and NULL returned. */
json_t *view_whole(json_t *value, bool whole);

/* A duration in seconds. */
json_t *view_seconds(int64_t ns);

/* The routes of a node, short: a list. announced: how many of them are. */
struct node;
struct view;
json_t *view_node_routes(const struct view *, const struct node *, size_t *announced);

/* What a change of the node's state does; options: of a check, NULL: it is a group. */
json_t *view_rules(const struct node_config *, const struct check_options *);

#endif
