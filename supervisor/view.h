/*
 * The running exacheck as those see it who only look: control, exacheck-web. And its parts as JSON, one map a thing.
 * Nothing of it changes anything. The fields are documented in exacheck-ctl(8).
 */
#ifndef EXACHECK_VIEW_H
#define EXACHECK_VIEW_H

#include <jansson.h>
#include <stddef.h>
#include <stdint.h>

#include "../common/monotime.h"

struct addresses;
struct channel;
struct checks;
struct config;
struct events;
struct ledger;
struct loggers;
struct notifier;
struct route;

/* What the supervisor counts itself. */
struct view_counts {
	uint64_t reloads[3]; /* by enum reload_result */
	unsigned upgrades, refusals; /* of upgrades */
};

/* The caller fills it in; all of it outlives it. */
struct view {
	struct config *const *config; /* that is in force */
	const struct checks *checks;
	const struct ledger *ledger;
	const struct channel *channel;
	const struct events *events;
	const struct view_counts *counts;
	monotime_t started; /* since when this program runs */
	const struct loggers *loggers; /* NULL: there are none; as of */
	const struct notifier *notifier;
	const struct addresses *addresses;
};

enum view_detail {
	VIEW_BRIEF,
	VIEW_FULL, /* with the last executions, counts and durations, and rules */
	VIEW_FEED, /* the same without rules, with `news`, those executions that results.fed does not count, not `recent` */
};

/*
 * A map as a line of text with its newline and with its type first. The first returns its length, 0: there is no memory;
 * if it is above size, the line is not there. The second is malloc'd and takes the map; NULL: it is, or no memory.
 */
size_t view_line_format(char *line, size_t size, const char *type, const json_t *map);
char *view_line(const char *type, json_t *map);

/* exacheck itself; a check or a group, by its rank; a route; an event. NULL: out of memory. */
json_t *view_exacheck(const struct view *);
json_t *view_node(const struct view *, size_t rank, enum view_detail, monotime_t now);
json_t *view_route(const struct view *, const struct route *);
struct events_one;
json_t *view_event(const struct events_one *);
/* What an operator said of a node; null: nothing. */
struct override;
json_t *view_override(const struct override *);
/* The changes of a node that are kept, the oldest first: a list. */
json_t *view_history(const struct view *, size_t rank);

#endif
