/*
 * The order in which routes are said. Touches the queues' links only. Invariant: a route is ready or waits for a retry
 * exactly when what is desired differs from what was last written; a held one only if that is known.
 *
 * What becomes ready before anything of it is taken out belongs to one batch, one turn of the event loop, and of a
 * batch announces come before withdraws: the new route is there before the old one goes. Two exceptions:
 * - Where only the path identifier is another, the withdraw goes first: to a neighbor without ADD-PATH (RFC 7911) both
 *   are one route, and so are identifier 0 and none to any neighbor. The withdraw would take away what was just
 *   announced, and ExaBGP, to which they are two, would not say that again when told to.
 * - After a withdraw of what may be the same route to a neighbor, or an announcement of the very same route, an
 *   announcement waits for the answer. ExaBGP sends what it read at a time grouped by attributes, not in the order
 *   read, and so the former last if some other route was announced with the new attributes before it; and as it takes
 *   the new ones for sent, no resync mends that.
 */
#include <string.h>

#include "route_internal.h"

#define RETRY_FIRST_NS (1 * NS_PER_SECOND)
#define RETRY_MAX_NS (60 * NS_PER_SECOND)

static int
retry_compare(const struct route *a, const struct route *b)
{
	if (a->retry_at.ns != b->retry_at.ns)
		return a->retry_at.ns < b->retry_at.ns ? -1 : 1;
	return route_key_compare(&a->key, &b->key);
}

/* Not the _STATIC form: it leaves unused functions that compilers warn of. */
RB_GENERATE_INTERNAL(retry_tree, route, by_retry, retry_compare, __attribute__((unused)) static)

static bool
route_ready(const struct route *route)
{
	return route->queue == QUEUE_ANNOUNCE || route->queue == QUEUE_WITHDRAW;
}

static struct ready_queue *
ready_queue(struct ledger *ledger, enum queue queue)
{
	return queue == QUEUE_ANNOUNCE ? &ledger->announces : &ledger->withdraws;
}

static enum queue
route_ready_queue(const struct route *route)
{
	return route->desired.status == ROUTE_ANNOUNCED ? QUEUE_ANNOUNCE : QUEUE_WITHDRAW;
}

void
route_dequeue(struct ledger *ledger, struct route *route)
{
	if (route_ready(route))
		TAILQ_REMOVE(ready_queue(ledger, route->queue), route, ready);
	else if (route->queue == QUEUE_RETRY)
		RB_REMOVE(retry_tree, &ledger->retries, route);
	if (route->queue != QUEUE_NONE)
		ledger->pending--;
	route->queue = QUEUE_NONE;
}

void
route_enqueue_ready(struct ledger *ledger, struct route *route, bool first)
{
	struct ready_queue *queue = ready_queue(ledger, route_ready_queue(route));

	route_dequeue(ledger, route);
	route->queue = route_ready_queue(route);
	route->batch = first ? 0 : ledger->batch;
	ledger->pending++;
	if (first)
		TAILQ_INSERT_HEAD(queue, route, ready);
	else
		TAILQ_INSERT_TAIL(queue, route, ready);
	if (ledger->wake != NULL)
		ledger->wake(ledger->wake_context);
}

void
route_enqueue_retry(struct ledger *ledger, struct route *route, monotime_t now)
{
	route_dequeue(ledger, route);
	route->backoff_ns = route->backoff_ns == 0 ? RETRY_FIRST_NS : route->backoff_ns * 2;
	if (route->backoff_ns > RETRY_MAX_NS)
		route->backoff_ns = RETRY_MAX_NS;
	route->retry_at = monotime_add(now, route->backoff_ns);
	route->queue = QUEUE_RETRY;
	ledger->pending++;
	RB_INSERT(retry_tree, &ledger->retries, route);
}

void
route_retry_now(struct ledger *ledger, struct route *route)
{
	route->backoff_ns = 0;
	if (route->queue == QUEUE_RETRY)
		route_dequeue(ledger, route);
}

static bool
route_differs(const struct route *route)
{
	if (route->desired.status == ROUTE_UNKNOWN || (route->held && route->sent.status == ROUTE_UNKNOWN))
		return false;
	return !wish_equal(&route->desired, &route->sent);
}

void
route_refresh(struct ledger *ledger, struct route *route, bool first)
{
	if (!route_differs(route))
		route_dequeue(ledger, route);
	else if (route->queue == QUEUE_NONE || (route_ready(route) && route->queue != route_ready_queue(route)))
		route_enqueue_ready(ledger, route, first);
}

/* Whether some neighbor may take them for one route. */
static bool
routes_overlap(const struct route *a, const struct route *b)
{
	return a->key.neighbor == NULL || b->key.neighbor == NULL || strcmp(a->key.neighbor, b->key.neighbor) == 0;
}

static bool
same_path_id(const struct route *a, const struct route *b)
{
	return a->key.has_path_id == b->key.has_path_id && a->key.path_id == b->key.path_id;
}

static bool
withdraw_unanswered(const struct route *route)
{
	return route->in_flight > 0 && (~route->unanswered & (UINT32_MAX >> (ROUTE_IN_FLIGHT_MAX - route->in_flight))) != 0;
}

/* What may be said now so that the announcement can be: itself, a withdraw before it, or NULL, nothing. */
static struct route *
announce_gate(struct route *announce)
{
	struct route *first = announce, *one, *withdraw = NULL;

	while ((one = route_previous(first)) != NULL && prefix_compare(&one->key.prefix, &announce->key.prefix) == 0)
		first = one;
	for (one = first; one != NULL && prefix_compare(&one->key.prefix, &announce->key.prefix) == 0;
	    one = route_next(one)) {
		if (!routes_overlap(one, announce))
			continue;
		if (announce->follows && one->queue == QUEUE_ANNOUNCE && one->key.neighbor == NULL && same_path_id(one, announce))
			return NULL;
		if (one == announce ? one->in_flight > 0 : withdraw_unanswered(one))
			return NULL;
		if (one->queue == QUEUE_WITHDRAW && !same_path_id(one, announce))
			withdraw = one;
	}
	return withdraw != NULL ? withdraw : announce;
}

/* What is to be said of a queue. */
static struct route *
ready_first(const struct ready_queue *queue)
{
	struct route *route, *found;

	TAILQ_FOREACH(route, queue, ready)
		if (route->in_flight < ROUTE_IN_FLIGHT_MAX &&
		    (found = route->queue == QUEUE_ANNOUNCE ? announce_gate(route) : route) != NULL &&
		    found->in_flight < ROUTE_IN_FLIGHT_MAX)
			return found;
	return NULL;
}

struct route *
ledger_next(struct ledger *ledger, monotime_t now)
{
	struct route *route, *withdraw, *all;

	while ((route = RB_MIN(retry_tree, &ledger->retries)) != NULL && !monotime_before(now, route->retry_at))
		route_enqueue_ready(ledger, route, false);
	ledger->batch++;
	route = ready_first(&ledger->announces);
	withdraw = ready_first(&ledger->withdraws);
	if (route == NULL || (withdraw != NULL && withdraw->batch < route->batch))
		route = withdraw;
	if (route == NULL || route->key.neighbor == NULL)
		return route;
	/* What is said to all neighbors acts on this one too, which said before it would have to be said again. */
	all = route_for_all(ledger, route);
	if (all == NULL || !route_ready(all) || all->in_flight >= ROUTE_IN_FLIGHT_MAX ||
	    (all->queue == QUEUE_ANNOUNCE && announce_gate(all) != all))
		return route;
	return all;
}

monotime_t
ledger_next_retry(const struct ledger *ledger)
{
	struct retry_tree retries = ledger->retries;
	const struct route *route = RB_MIN(retry_tree, &retries);

	return route != NULL ? route->retry_at : MONOTIME_NEVER;
}

size_t
ledger_pending(const struct ledger *ledger)
{
	return ledger->pending;
}
