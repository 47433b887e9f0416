/*
 * What exacheck-web is told: lines of JSON, made when there is room for them, of what has changed since they were made last.
 */
#ifndef EXACHECK_FEED_LINES_H
#define EXACHECK_FEED_LINES_H

#include "../common/monotime.h"
#include "log_limit.h"
#include "view.h"

struct evbuffer;

struct feed_lines {
	const struct view *view;
	struct checks *checks;
	bool order_due; /* the set of nodes is to be told, or their order */
	bool all_due;	/* every node is to be told */
	json_t *told;	/* of exacheck itself, without what always changes */
	monotime_t told_at;
	/* A pass over all nodes: */
	size_t next;	/* the rank of the one that comes next; from the number of nodes on: it is over */
	bool all;	/* each is told, whatever happened */
	monotime_t pass_at, all_at; /* when this one, and the last of all, began */
	uint64_t news, news_before; /* of the ledger, when this one and the one before began */
	monotime_t complained; /* of memory */
};

/* Both outlive it. Freed by feed_lines_clear. */
void feed_lines_init(struct feed_lines *, const struct view *, struct checks *);
void feed_lines_clear(struct feed_lines *);

/* Somebody listens who knows nothing. */
void feed_lines_begin(struct feed_lines *);

/* The set of nodes may be another. */
void feed_lines_reloaded(struct feed_lines *);

/*
 * Add what is to be told now, a few nodes at most. Returns when there will be more, which may be now. What there is no
 * memory for comes the next time.
 */
monotime_t feed_lines_write(struct feed_lines *, struct evbuffer *, monotime_t now);

#endif
