/*
 * The guard: failures must not withdraw too much (fail-static). Pure, as node.h. Both rules are off unless configured,
 * and are asked only before a node that has come down withdraws; disabling, draining, reloads and the end are none of
 * its business, nor is a group that is down without a failure: none of its members is, some are disabled.
 *
 * A node's withdraw loses the routes that are announced now and would not be if this node wanted them withdrawn: a route
 * that another node wants announced is not lost. A withdraw that loses nothing is permitted. Else it is refused
 * - when the node is a member of a group with keep_last, or that group itself, and no route of the group and its members
 *   would stay announced;
 * - when the routes lost would be more than max_withdraw of all: lost is what withdraws of failing nodes lost in the last
 *   `window`, of nodes that still wish to withdraw, and what this one would lose; all is what is announced now, and
 *   what was lost.
 * What is refused is asked for again, in the order in which it was refused, whenever anything has changed and when
 * something lost is older than the window.
 */
#ifndef EXACHECK_GUARD_H
#define EXACHECK_GUARD_H

#include <bsd/sys/queue.h>
#include <stdbool.h>
#include <stddef.h>

#include "../common/monotime.h"
#include "config.h"

struct node;
struct nodes;

TAILQ_HEAD(node_queue, node);

struct guard {
	const struct guard_options *options; /* NULL: no limit */
	struct node_queue guarded; /* in the order of being refused */
	size_t count;		   /* of these */
	struct node_queue losses;  /* nodes with lost routes, the oldest first */
	size_t lost;		   /* their routes */
	/* When everything guarded was last refused: another answer needs another state of the ledger, or of the books. */
	uint64_t refused_at; /* ledger_changes */
	bool changed;	     /* the books, or the rules, since then */
	/* Whether a group with keep_last forbids this: would it and its members be without a route? NULL: none does. */
	bool (*keeps_last)(void *context, const struct node *);
	/* Whether it is down without a failure. NULL: none is. */
	bool (*willed)(void *context, const struct node *);
	void *context;
};

void guard_init(struct guard *);

/*
 * Other limits, which outlive the guard or the next call of this. What was lost counts on, unless there was no limit
 * then, or there is none now; a longer window brings nothing back.
 */
void guard_reconfigure(struct nodes *, const struct guard_options *, monotime_t now);

/* Whether the node may withdraw now; if so, what it loses is counted. */
bool guard_permits(struct nodes *, struct node *, monotime_t now);

/* The node is guarded from now on, or not any more. */
void guard_hold(struct nodes *, struct node *, monotime_t now);
void guard_let(struct nodes *, struct node *);
/* What it lost is not lost any more. */
void guard_forget(struct nodes *, struct node *);
/* Put a restored node where it belongs, by guarded_at and lost_at. */
void guard_restore(struct nodes *, struct node *);

/* Ask again for everything that was refused, if the ledger, the books or the limits are others than at the last time. */
void guard_review(struct nodes *, monotime_t now);
/* The next review asks, whatever these are: something is held that was not asked for, or may be willed by now. */
void guard_ask_again(struct nodes *);
/* When losses are to be forgotten while something is refused; MONOTIME_NEVER: nothing is. */
monotime_t guard_next(const struct nodes *);

#endif
