/*
 * The table of checks and groups.
 */
#ifndef EXACHECK_CTL_NODES_TABLE_H
#define EXACHECK_CTL_NODES_TABLE_H

#include <jansson.h>
#include <stdint.h>

#include "table.h"

enum { NODES_NAME, NODES_STATE, NODES_SINCE, NODES_LAST, NODES_NEXT, NODES_PREFIXES, NODES_ANNOUNCED, NODES_COLUMNS };

/* Empty; the caller frees it. */
struct table *nodes_table_new(void);
/* A further row. now: the moment of which the map tells. */
void nodes_table_add(struct table *, const json_t *node, int64_t now);
const char *nodes_table_title(size_t column);

#endif
