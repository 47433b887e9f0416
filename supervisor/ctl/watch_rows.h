/*
 * What `status --watch` shows of a status: which nodes, in which order.
 */
#ifndef EXACHECK_CTL_WATCH_ROWS_H
#define EXACHECK_CTL_WATCH_ROWS_H

#include <stdbool.h>

#include "nodes_table.h"
#include "status.h"

struct watch_order {
	size_t column; /* NODES_COLUMNS: as in the configuration */
	bool reverse;
};

/*
 * Those that hold filter ("": all) in their name, state or prefixes, whatever the case, in this order: a table that is
 * yet to be laid out. The caller frees it.
 */
struct table *watch_rows(const struct status *, const char *filter, const struct watch_order *);

#endif
