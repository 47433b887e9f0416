/*
 * What the files of the ledger share: route.c decides what is desired, route_start.c takes what is known at the start,
 * route_queue.c orders what is to be said, route_exchange.c keeps what was said and answered.
 */
#ifndef EXACHECK_ROUTE_INTERNAL_H
#define EXACHECK_ROUTE_INTERNAL_H

#include <bsd/sys/queue.h>
#include <bsd/sys/tree.h>

#include "route.h"
#include "route_wish.h"

/* Unanswered commands a route may have: the bits of route.unanswered. */
#define ROUTE_IN_FLIGHT_MAX 32

struct owner {
	SLIST_ENTRY(owner) next; /* by rank */
	unsigned id, rank;
	struct wish wish; /* UNKNOWN: undecided */
};

enum queue { QUEUE_NONE, QUEUE_ANNOUNCE, QUEUE_WITHDRAW, QUEUE_RETRY };

struct route {
	RB_ENTRY(route) by_key;
	RB_ENTRY(route) by_retry;   /* while in QUEUE_RETRY */
	TAILQ_ENTRY(route) ready;   /* while in QUEUE_ANNOUNCE or QUEUE_WITHDRAW */
	uint64_t batch;		    /* there: of which change, see route_queue.c */
	struct route_key key;	    /* owns the neighbor */
	char *neighbor;
	SLIST_HEAD(, owner) owners;
	struct wish desired; /* UNKNOWN: nobody has claimed it yet */
	bool held;	     /* desired is what ExaBGP may have, and to be left alone unless it is known to differ */
	bool follows;	     /* desired is what the route for all neighbors desires */
	struct wish sent;    /* the last command that reached this neighbor; UNKNOWN: none, or nobody knows */
	bool sent_by_all;    /* `sent` is the doing of the route for all neighbors */
	struct wish kept;    /* see route_kept */
	bool carried;	     /* `kept` is a predecessor's doing */
	bool aged;	     /* nothing has been said of it since the last ledger_age */
	enum route_status acked;
	enum queue queue;
	uint64_t news; /* see ledger_news */
	unsigned in_flight;
	uint32_t unanswered;	    /* bit i: whether the i-th unanswered command announces, oldest lowest */
	int64_t backoff_ns;	    /* of the last refusal, 0: none */
	monotime_t retry_at;
	char *error;
};

RB_HEAD(key_tree, route);
RB_HEAD(retry_tree, route);
TAILQ_HEAD(ready_queue, route);

struct ledger {
	struct key_tree routes;
	struct retry_tree retries;
	struct ready_queue announces, withdraws;
	uint64_t batch;
	size_t pending;
	size_t announced; /* routes that are desired announced, by themselves */
	uint64_t changes; /* see ledger_changes */
	uint64_t news;	  /* see ledger_news */
	void (*wake)(void *);
	void *wake_context;
	void (*said)(void *, const struct route *, enum route_news);
	void *said_context;
};

/* The tree of keys, in route.c. */
struct route *route_next(struct route *);
struct route *route_previous(struct route *);
struct route *route_first(const struct ledger *);

/* Find or make the route; NULL: out of memory. */
struct route *ledger_route(struct ledger *, const struct route_key *);

/* What is desired, with a reference to no text of its own. */
struct decision {
	struct wish wish;
	bool held, follows;
};

void route_desire(struct ledger *, struct route *, const struct decision *);

/* Work out what is desired now, and queue the route accordingly. Of its family, others that are done with are freed. */
void route_decide(struct ledger *, struct route *);

/* The family: the routes of one prefix and path id. */

/* The route for all neighbors, NULL: none, of a route with a neighbor. */
struct route *route_for_all(struct ledger *, const struct route *);
/* The next one of the same family; the route for all comes first. */
struct route *family_next(struct route *);

/* Free the route when nothing is left to say, to hear or to remember of it. */
void route_tidy(struct ledger *, struct route *);

/*
 * What was said to all is just what this route desires: it counts as said. A route of its own is to outlive that for
 * all; one that has to go is gone with it.
 */
void route_adopt(struct ledger *, struct route *);

/* Queues. */

/* Put a route where it belongs after a change of what is desired or sent. A waiting retry goes on waiting. */
void route_refresh(struct ledger *, struct route *, bool first);
void route_dequeue(struct ledger *, struct route *);
void route_enqueue_ready(struct ledger *, struct route *, bool first);
/* Wait longer than the last time. */
void route_enqueue_retry(struct ledger *, struct route *, monotime_t now);
/* What waits for a retry is said as soon as may be, and its next refusal is its first. */
void route_retry_now(struct ledger *, struct route *);

#endif
