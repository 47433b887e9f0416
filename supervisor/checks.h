/*
 * The set of checks that run, in file order. Knows the ledger, no process; a change of the set is made in two steps, so
 * that what wants memory can fail before anything has changed.
 */
#ifndef EXACHECK_CHECKS_H
#define EXACHECK_CHECKS_H

#include <stdbool.h>
#include <stddef.h>

#include "check.h"
#include "plan.h"

struct checks;

/* An empty set. observe: see check_init; all arguments outlive the result. NULL: out of memory. */
struct checks *checks_new(struct ledger *, void (*observe)(void *context, const struct transition *), void *context);

/* The checks are gone from the ledger's view only when it goes too: at the end of everything. */
void checks_free(struct checks *);

size_t checks_count(const struct checks *);
struct check *checks_at(const struct checks *, size_t rank);
size_t checks_in_state(const struct checks *, enum fsm_state);

/* Upgrades: a line of state for each check, and the state of one into a set that has its checks. */
bool checks_save(const struct checks *, FILE *);
bool checks_load(struct checks *, const json_t *, char error[static STATE_ERROR_SIZE]);

/*
 * First step of a change to what the new configuration says, as planned from the present one: checks that come are made
 * and own their routes, undecided; those that stay own what routes they get. False: out of memory, nothing has changed.
 * Until the second step, or abandoning, plan and configuration live and nothing else happens to the set.
 */
bool checks_prepare(struct checks *, const struct plan *, const struct config *);

/* The check that will have this rank; one that is added or one that stays. */
struct check *checks_coming(const struct checks *, size_t rank);

void checks_abandon(struct checks *);

/*
 * Second step; cannot fail. Checks that stay keep state and counters, and say what they want of their new routes;
 * checks that are removed release theirs and are freed. From now on nothing refers to the former configuration.
 */
void checks_commit(struct checks *);

#endif
