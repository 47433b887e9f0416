/*
 * What all nodes share: the ledger, the timers, the guard, and who hears of changes. Pure, as node.h.
 */
#ifndef EXACHECK_NODES_H
#define EXACHECK_NODES_H

#include "guard.h"
#include "node.h"

RB_HEAD(node_timers, node);

struct nodes {
	struct ledger *ledger;
	struct node_timers timers; /* of timed nodes, by due and owner */
	struct guard guard;
	/*
	 * Called with every change, after its effects; may call node_found of nodes that no change of theirs leads back
	 * here from: a group's, for a change of a check.
	 */
	void (*changed)(void *context, const struct node_change *);
	void *context;
};

void nodes_init(struct nodes *, struct ledger *, void (*changed)(void *, const struct node_change *), void *context);

/*
 * Before anything is told to a node at this time: what falls due by now happens first, in order of its time. After it:
 * the guard looks again at what it refused.
 */
void nodes_begin(struct nodes *, monotime_t now);
void nodes_end(struct nodes *, monotime_t now);

/* When nodes_begin and nodes_end want to be called again; MONOTIME_NEVER: nothing waits. */
monotime_t nodes_next(const struct nodes *);

/* For node.c: set, or stop, a node's timer. */
void nodes_arm(struct node *, monotime_t due);
void nodes_disarm(struct node *);

#endif
