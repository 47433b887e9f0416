/*
 * A node: what announces, a check or a group of checks. It is told what its results say and decides what they lead to:
 * when its verdict changes, and what is wanted of its routes. Pure: every call that needs the time is given it, and
 * timers are told when they fall due; knows no process, no result, no member.
 *
 * Verdict. Results find a node up, down or disabled; nothing else is a finding (a check that is starting, rising or
 * falling finds nothing new). A finding that is the verdict already drops a change that waits. Another one changes the
 * verdict at once, unless the verdict is up and the finding down before min_up is over, or the verdict is down and the
 * finding up before min_down is over, both counted from when the verdict came: then the node is held, and the verdict
 * changes when that time is over, if the finding is still another one. Disabling is never held, nor is what follows it,
 * nor the first verdict.
 *
 * Wish, of all routes of the node alike, when the verdict comes:
 * - up: announced with its attributes;
 * - down: announced with those of `down`; without these withdrawn, unless the guard (guard.h) refuses: then the wish
 *   stays what it was, the node is guarded, and the guard asks again after every change until it permits;
 * - disabled, coming from a wish to announce with its own attributes, drain_time above 0: announced with those of
 *   `drain` for that time, then as follows; from any other wish, and without drain_time, at once: announced with those
 *   of `disabled`, without these withdrawn.
 * Any other verdict ends the drain and the guarding. Before the first verdict nothing is wished: the ledger holds what
 * a predecessor announced.
 *
 * A predecessor that was killed may have left its verdict and wish. The verdict is unproven, nothing is wished and groups
 * know nothing of it, until something is found: then first of all the same is wished again, and it goes on as if there
 * had been no other process, with what is held, drains, is guarded and counts as lost.
 *
 * Override. An operator's word stands above results: while a node has one it is found disabled, see check.h and group.h,
 * and nothing else is found. It is the node's, across reloads that rename it too, and goes with it.
 *
 * Rank, where nodes share a route (the ledger takes the attributes of the first): nodes that are up, in file order, all
 * checks before all groups; then those that announce in another state, draining ones too; then guarded ones.
 */
#ifndef EXACHECK_NODE_H
#define EXACHECK_NODE_H

#include <bsd/sys/queue.h>
#include <bsd/sys/tree.h>
#include <stdbool.h>
#include <stdint.h>

#include "../common/monotime.h"
#include "config.h"
#include "history.h"
#include "override.h"
#include "route.h"

enum verdict { VERDICT_NONE, VERDICT_UP, VERDICT_DOWN, VERDICT_DISABLED, VERDICTS };

enum node_wish { WISH_NOTHING, WISH_UP, WISH_DOWN, WISH_DISABLED, WISH_DRAIN, WISH_WITHDRAW, WISHES };

/* What a finding, or time, did. */
enum node_effect {
	NODE_SAME,
	NODE_HELD,	/* the change waits for min_up or min_down */
	NODE_ANNOUNCED, /* with its own attributes, or those of down or disabled: as the wish says */
	NODE_DRAINS,
	NODE_WITHDREW,
	NODE_GUARDED, /* it would be withdrawn, and the guard keeps it announced */
};

enum node_cause {
	CAUSE_RESULT,  /* of the check itself; whoever tells it tells the effect */
	CAUSE_MEMBERS, /* of the group */
	CAUSE_TIME,    /* min_up or min_down is over */
	CAUSE_DRAINED, /* drain_time is over */
	CAUSE_GUARD,   /* it permits what it refused */
	CAUSE_OVERRIDE, /* of the group: it is told whatever came of it */
};

/* How far the node is on its way to the end of everything. */
enum node_end {
	NODE_RUNS,
	NODE_ENDING, /* what is announced with its own attributes is announced with those of drain */
	NODE_ENDED,  /* withdrawn, whatever comes: nothing of it waits or is guarded any more */
};

struct nodes;

struct node {
	const struct node_config *config;
	struct nodes *nodes;
	unsigned owner; /* of its routes: a number that no other node ever has; other routes, another number */
	unsigned rank;	/* place in the configuration, see above */

	enum verdict verdict;
	bool proven;	    /* something was found since the start; if not, the verdict is a predecessor's */
	monotime_t since;   /* when the verdict came */
	enum verdict found; /* what results say */
	enum node_wish wish;
	enum node_wish left; /* a predecessor's, until something is found */
	monotime_t drained; /* WISH_DRAIN, here or there: when it ends */
	bool guarded;
	monotime_t guarded_at; /* 0: it is not, nor was a predecessor's */
	size_t lost; /* how many routes a failure withdrew, while the guard counts them */
	monotime_t lost_at;
	enum node_end end;
	bool unsaid; /* the ledger could not take it: say it again */

	struct override override; /* as far as it is one, of an operator */
	struct history history; /* kept by who observes: see chronicle.h */
	bool dirty;		/* what there is to see of it has changed: see feed.h */
	monotime_t fed;		/* when exacheck-web was told of it last; 0: not yet */

	/* Places in what struct nodes has */
	bool timed;
	monotime_t due;
	RB_ENTRY(node) by_due;
	TAILQ_ENTRY(node) by_guard; /* while guarded */
	TAILQ_ENTRY(node) by_loss;  /* while lost is above 0 */
};

/* Something changed. Listeners must not change nodes, except as struct nodes says. */
struct node_change {
	const struct node *node;
	enum verdict before, after; /* equal: only what is wished, or held */
	monotime_t since; /* when the one before began; 0: there was none */
	enum node_effect effect;
	enum node_cause cause;
	const char *reason; /* for people, one line */
	monotime_t now;
};

/* Nothing is claimed yet. owner: no other node has or had this number, nor is it 0. All arguments outlive the node. */
void node_init(struct node *, const struct node_config *, unsigned owner, unsigned rank, struct nodes *);

/* Its routes are its own from now on, undecided until its first verdict. False: out of memory. */
bool node_claim(struct node *);
/* It has nothing to do with its routes any more, nor with timers and the guard. */
void node_release(struct node *);

/*
 * Another configuration of the same node, as a reload has it: claim its routes as a further owner, so that this can fail
 * (false: out of memory) before anything has changed; release them again. Where both have the same routes there is
 * nothing to claim.
 */
bool node_same_routes(const struct node_config *, const struct node_config *);
bool node_claim_as(const struct node *, const struct node_config *, unsigned owner, unsigned rank);
void node_release_as(const struct node *, const struct node_config *, unsigned owner);

/*
 * From now on the node has this configuration, with its verdict, what is held and what drains. owner: the present one,
 * or the one that the other routes were claimed as; the former routes are released. What it wants is said anew: what
 * drains does so until the time that it had, unless there is no drain_time any more; one that is guarded and gets other
 * routes is undecided about them, so that what it kept announced is held, and nothing new is announced for it. What falls
 * due meanwhile, by the new times too, happens at the next turn.
 */
void node_reconfigure(struct node *, const struct node_config *, unsigned owner, unsigned rank);

/* Results say this: up, down or disabled. reason: see node_change. The change is told, if there is one. */
enum node_effect node_found(struct node *, enum verdict, enum node_cause, const char *reason, monotime_t now);

/* Whether node_found would have something to tell of this: of what is no news nobody reads the reason. */
bool node_news(const struct node *, enum verdict);

/* What was restored into a node whose routes are claimed is wished; timers and the guard go on. */
void node_resume(struct node *);

/* What counts for groups: NONE until something was found. */
enum verdict node_verdict(const struct node *);

/* Whether a change of the verdict waits, and until when. */
bool node_held(const struct node *, monotime_t *until);

/* Whether it wants its routes announced, in whatever way. */
bool node_announces(const struct node *);

/* Call for each route of the node; prefix: its number. Returns whether every call returned true. */
typedef bool node_call(const struct node *, const struct route_key *, size_t prefix, void *context);
bool node_each_route(const struct node *, node_call *, void *context);

/*
 * How many nanoseconds the node is yet to drain at a stop that began then, of its drain_time or this limit: 0 when that
 * has elapsed, and when it neither announces with its own attributes nor drains. What drains already ends when it would.
 */
int64_t node_drain_time(const struct node *, monotime_t begun, int64_t limit_ns, monotime_t now);
/* The end comes. */
void node_stop(struct node *, enum node_end);

/* "up", "down", "disabled"; NONE: "undecided". */
const char *verdict_name(enum verdict);

/* The place in the configuration of an owner of a route, by the rank that the ledger has. */
unsigned node_rank(unsigned rank);

/* For nodes.c: its time is over, or the guard permits. */
void node_timer(struct node *, monotime_t now);
void node_permitted(struct node *, monotime_t now);

#endif
