/*
 * A check at run time: its state machine and what it wants of its routes. Hears results from worker.c,
 * tells the ledger; knows no process and no clock.
 */
#ifndef EXACHECK_CHECK_H
#define EXACHECK_CHECK_H

#include <stdbool.h>
#include <stdint.h>

#include "../common/result.h"
#include "config.h"
#include "fsm.h"
#include "route.h"
#include "state.h"
#include "transition.h"

/* How far the check is on its way to the end. */
enum check_end {
	CHECK_RUNS,
	CHECK_DRAINS, /* what it has announced is announced with the attributes for that */
	CHECK_ENDS,   /* withdrawn, whatever results come */
};

struct check {
	const struct check_config *config;
	struct ledger *ledger;
	unsigned owner; /* of its routes: a number that no other check ever has; other routes, another number */
	unsigned rank;	/* place in the configuration */
	struct fsm fsm;
	enum fsm_action wanted; /* of its routes, as last decided */
	bool wanted_disabled;	/* by the state disabled; it goes on until the next decision */
	enum check_end end;
	bool unsaid;		/* the ledger could not take it: say it again */
	void (*observe)(void *context, const struct transition *);
	void *context;
};

/*
 * owner: no other check has or had this number. observe: called with every event, after its effects. config and ledger
 * outlive the check.
 */
void check_init(struct check *, const struct check_config *, unsigned owner, unsigned rank, struct ledger *,
    void (*observe)(void *context, const struct transition *), void *context);

/* Its routes are its own from now on, undecided until its first verdict. False: out of memory. */
bool check_claim(struct check *);
/* It has nothing to do with its routes any more. */
void check_release(struct check *);

/*
 * Another configuration of the same check, as a reload has it: claim its routes as a further owner, so that this can
 * fail (false: out of memory) before anything has changed; release them again. Where both have the same routes there is
 * nothing to claim.
 */
bool check_same_routes(const struct check_config *, const struct check_config *);
bool check_claim_as(const struct check *, const struct check_config *, unsigned owner, unsigned rank);
void check_release_as(const struct check *, const struct check_config *, unsigned owner);

/*
 * From now on the check has this configuration, with its state and counters. owner: the present one, or the one that
 * the other routes were claimed as; the former routes are released. What it wants is said anew, with the new
 * attributes.
 */
void check_reconfigure(struct check *, const struct check_config *, unsigned owner, unsigned rank);

/* Its state across an upgrade, into a check that has claimed its routes. check_state_valid: whether it could be. */
json_t *check_save(const struct check *);
bool check_load(struct check *, const json_t *, char error[static STATE_ERROR_SIZE]);
bool check_state_valid(const json_t *, char error[static STATE_ERROR_SIZE]);

/* One execution's result. */
void check_result(struct check *, const struct result *, int64_t duration_ns);

/* The disable file is there or not there. */
void check_disabled(struct check *, bool disabled);

/*
 * How many nanoseconds the check is yet to drain, of its drain_time or this limit: 0 when that has elapsed, and when
 * it wants nothing announced for being up.
 */
int64_t check_drain_time(const struct check *, int64_t elapsed_ns, int64_t limit_ns);

/* The end comes: announce with the attributes for the drain, or (false) withdraw for good. */
void check_drain(struct check *, bool drain);

/* Nanoseconds between executions in the present state. */
int64_t check_interval_ns(const struct check *);

/* The state as people read it, "rising (1/3)". Returns text. */
const char *check_describe(const struct check *, char *text, size_t size);

#endif
