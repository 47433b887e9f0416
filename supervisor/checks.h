/*
 * The set of checks and groups, in file order. Knows the ledger, no process and no clock; a change of the set is made in
 * two steps, so that what wants memory can fail before anything has changed.
 */
#ifndef EXACHECK_CHECKS_H
#define EXACHECK_CHECKS_H

#include <stdbool.h>
#include <stddef.h>

#include "check.h"
#include "group.h"
#include "plan.h"

struct checks;

/* Who hears of what happens: after its effects. NULL: nobody. */
struct checks_listener {
	void (*transition)(void *context, const struct transition *); /* every event of a check */
	void (*change)(void *context, const struct node_change *);    /* of a check or a group */
	void *context;
};

/* An empty set. The ledger outlives the result, the listener is copied. NULL: out of memory. */
struct checks *checks_new(struct ledger *, const struct checks_listener *);

/* The checks are gone from the ledger's view only when it goes too: at the end of everything. */
void checks_free(struct checks *);

size_t checks_count(const struct checks *);
struct check *checks_at(const struct checks *, size_t rank);
size_t checks_up(const struct checks *); /* whose verdict is up */

/* By its place among the groups. */
const struct group *checks_group(const struct checks *, size_t index);

/* Every check, then every group. */
size_t checks_node_count(const struct checks *);
struct node *checks_node(const struct checks *, size_t rank);
/*
 * The rank of the node of this name, or the number of nodes: there is none. Who asks for one after the other in file
 * order is answered at once.
 */
size_t checks_find(struct checks *, const char *name);

/*
 * An operator's word on the node of this rank, which becomes its own, in place of a former one; and it is over. Both tell
 * of it, cannot fail, and may come between any other calls but the two steps of a change.
 */
void checks_override(struct checks *, size_t rank, struct override *, monotime_t now);
void checks_release(struct checks *, size_t rank, const char *why, monotime_t now);

/* Time has come: what waits for it happens. Returns when to call it again; MONOTIME_NEVER: nothing waits. */
monotime_t checks_turn(struct checks *, monotime_t now);
/* The same without anything happening. */
monotime_t checks_next(const struct checks *);

/* How many nodes are guarded, and how many are held. */
size_t checks_guarded(const struct checks *);
size_t checks_held(const struct checks *);

/* Upgrades: a line of state for each node, and the state of one into a set that has its checks. */
bool checks_save(const struct checks *, FILE *);
bool checks_load(struct checks *, const json_t *, char error[static STATE_ERROR_SIZE]);
bool checks_load_group(struct checks *, const json_t *, char error[static STATE_ERROR_SIZE]);

/* The state of the node of this rank; and the same, saved by another exacheck, into a set that has it: check_inherit. */
json_t *checks_save_node(const struct checks *, size_t rank);
bool checks_inherit(struct checks *, size_t rank, const json_t *, monotime_t now, char error[static STATE_ERROR_SIZE]);

/*
 * First step of a change to what the new configuration says, as planned from the present one: nodes that come are made
 * and own their routes, undecided; those that stay own what routes they get. False: out of memory, nothing has changed.
 * Until the second step, or abandoning, plan and configuration live and nothing else happens to the set.
 */
bool checks_prepare(struct checks *, const struct plan *, const struct config *);

/* The check that will have this rank; one that is added or one that stays. */
struct check *checks_coming(const struct checks *, size_t rank);

void checks_abandon(struct checks *);

/*
 * Second step; cannot fail. Nodes that stay keep state and counters, and say what they want of their new routes; those
 * that are removed release theirs and are freed; groups judge anew. From now on nothing refers to the former
 * configuration.
 */
void checks_commit(struct checks *, monotime_t now);

#endif
