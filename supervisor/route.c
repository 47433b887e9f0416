/*
 * The ledger of routes. Touches only its own memory. Invariants: a route is in the ready queue or waits for
 * a retry exactly when what is desired differs from what was last written; what was written is modelled in
 * the order of writing, so that the commands replayed give the desired routes whenever nothing is pending.
 *
 * Overlap: a command without neighbor acts on every neighbor, so what it says also becomes what was said on
 * the routes of the same prefix and path id with a neighbor; where that is not what they desire, they are
 * said again directly after it. A neighbor's route that nobody wants falls back to the route for all.
 */
#include "route.h"

#include <bsd/sys/queue.h>
#include <bsd/sys/tree.h>
#include <stdlib.h>
#include <string.h>

#include "../common/result.h"

#define RETRY_FIRST_NS (1 * NS_PER_SECOND)
#define RETRY_MAX_NS (60 * NS_PER_SECOND)
#define ERROR_TEXT_MAX 200
/* Unanswered commands a route may have: the bits of route.unanswered. */
#define ROUTE_IN_FLIGHT_MAX 32

/* Attribute text shared by owners, what is desired and what was sent, so that sending never allocates. */
struct text {
	unsigned references;
	char bytes[];
};

/* What to announce or withdraw; UNKNOWN: nothing is known or desired. */
struct wish {
	enum route_status status;
	struct text *attributes; /* a reference, not NULL exactly when ANNOUNCED */
};

struct owner {
	SLIST_ENTRY(owner) next; /* by rank */
	unsigned rank;
	struct wish wish;
};

enum queue { QUEUE_NONE, QUEUE_READY, QUEUE_RETRY };

struct route {
	RB_ENTRY(route) by_key;
	RB_ENTRY(route) by_retry;   /* while in QUEUE_RETRY */
	TAILQ_ENTRY(route) ready;   /* while in QUEUE_READY */
	struct route_key key;	    /* owns the neighbor */
	char *neighbor;
	SLIST_HEAD(, owner) owners;
	struct wish desired, sent;
	enum route_status acked;
	bool sent_by_all;	    /* `sent` is the doing of the route for all neighbors */
	enum queue queue;
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
	struct ready_queue ready;
	size_t pending;
	void (*wake)(void *);
	void *context;
};

/* Same prefix and path id first, the route for all neighbors before those of one. */
static int
family_compare(const struct route_key *a, const struct route_key *b)
{
	int order = prefix_compare(&a->prefix, &b->prefix);

	if (order != 0)
		return order;
	if (a->has_path_id != b->has_path_id)
		return a->has_path_id ? 1 : -1;
	if (a->has_path_id && a->path_id != b->path_id)
		return a->path_id < b->path_id ? -1 : 1;
	return 0;
}

static int
route_compare(const struct route *a, const struct route *b)
{
	int order = family_compare(&a->key, &b->key);

	if (order != 0)
		return order;
	if (a->key.neighbor == NULL || b->key.neighbor == NULL)
		return (a->key.neighbor != NULL) - (b->key.neighbor != NULL);
	return strcmp(a->key.neighbor, b->key.neighbor);
}

static int
retry_compare(const struct route *a, const struct route *b)
{
	if (a->retry_at.ns != b->retry_at.ns)
		return a->retry_at.ns < b->retry_at.ns ? -1 : 1;
	return route_compare(a, b);
}

/* Not the _STATIC forms: they leave unused functions that compilers warn of. */
RB_GENERATE_INTERNAL(key_tree, route, by_key, route_compare, __attribute__((unused)) static)
RB_GENERATE_INTERNAL(retry_tree, route, by_retry, retry_compare, __attribute__((unused)) static)

static struct text *
text_new(const char *bytes)
{
	size_t size = strlen(bytes) + 1;
	struct text *text = malloc(sizeof(*text) + size);

	if (text == NULL)
		return NULL;
	text->references = 1;
	memcpy(text->bytes, bytes, size);
	return text;
}

static void
text_release(struct text *text)
{
	if (text != NULL && --text->references == 0)
		free(text);
}

/* Takes a reference of its own to the attributes. */
static void
wish_set(struct wish *wish, enum route_status status, struct text *attributes)
{
	struct text *old = wish->attributes;

	if (attributes != NULL)
		attributes->references++;
	*wish = (struct wish){status, attributes};
	text_release(old);
}

static bool
wish_equal(const struct wish *a, const struct wish *b)
{
	return a->status == b->status &&
	    (a->attributes == b->attributes ||
		(a->attributes != NULL && b->attributes != NULL && strcmp(a->attributes->bytes, b->attributes->bytes) == 0));
}

/* Queues: where a route waits to be said. */

static void
route_dequeue(struct ledger *ledger, struct route *route)
{
	if (route->queue == QUEUE_READY)
		TAILQ_REMOVE(&ledger->ready, route, ready);
	else if (route->queue == QUEUE_RETRY)
		RB_REMOVE(retry_tree, &ledger->retries, route);
	if (route->queue != QUEUE_NONE)
		ledger->pending--;
	route->queue = QUEUE_NONE;
}

static void
route_enqueue_ready(struct ledger *ledger, struct route *route, bool first)
{
	route_dequeue(ledger, route);
	route->queue = QUEUE_READY;
	ledger->pending++;
	if (first)
		TAILQ_INSERT_HEAD(&ledger->ready, route, ready);
	else
		TAILQ_INSERT_TAIL(&ledger->ready, route, ready);
	if (ledger->wake != NULL)
		ledger->wake(ledger->context);
}

static void
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

/* Put a route where it belongs after a change of what is desired or sent. A waiting retry goes on waiting. */
static void
route_refresh(struct ledger *ledger, struct route *route, bool first)
{
	if (route->desired.status == ROUTE_UNKNOWN || wish_equal(&route->desired, &route->sent))
		route_dequeue(ledger, route);
	else if (route->queue == QUEUE_NONE)
		route_enqueue_ready(ledger, route, first);
}

/* The family: the routes of one prefix and path id. */

static struct route *
route_for_all(struct ledger *ledger, const struct route *route)
{
	struct route all = {.key = route->key};

	all.key.neighbor = NULL;
	return RB_FIND(key_tree, &ledger->routes, &all);
}

/* The next route with a neighbor of the same prefix and path id; start with the route for all. */
static struct route *
family_next(struct route *route)
{
	struct route *next = RB_NEXT(key_tree, NULL, route);

	return next != NULL && family_compare(&next->key, &route->key) == 0 ? next : NULL;
}

/* What was said last on this route is no longer known. */
static void
route_lose(struct ledger *ledger, struct route *route)
{
	struct route *one;

	wish_set(&route->sent, ROUTE_UNKNOWN, NULL);
	route->sent_by_all = false;
	if (route->key.neighbor != NULL)
		return;
	for (one = family_next(route); one != NULL; one = family_next(one))
		if (one->sent_by_all) {
			wish_set(&one->sent, ROUTE_UNKNOWN, NULL);
			one->sent_by_all = false;
			route_refresh(ledger, one, false);
		}
}

/* What the owners together want: the attributes of the first that wants the route announced. */
static struct wish
route_owners_wish(const struct route *route)
{
	const struct owner *owner;

	SLIST_FOREACH(owner, &route->owners, next)
		if (owner->wish.status == ROUTE_ANNOUNCED)
			return owner->wish;
	return (struct wish){SLIST_EMPTY(&route->owners) ? ROUTE_UNKNOWN : ROUTE_WITHDRAWN, NULL};
}

/* Work out what is desired now, and queue the route accordingly. */
static void
route_decide(struct ledger *ledger, struct route *route)
{
	struct wish wish = route_owners_wish(route);
	struct route *other = route->key.neighbor != NULL ? route_for_all(ledger, route) : NULL;

	if (wish.status == ROUTE_WITHDRAWN && other != NULL && other->desired.status == ROUTE_ANNOUNCED)
		wish = other->desired;
	if (wish_equal(&wish, &route->desired))
		return;
	wish_set(&route->desired, wish.status, wish.attributes);
	/* A new desire does not wait for the retry of an old one. */
	route->backoff_ns = 0;
	if (route->queue == QUEUE_RETRY)
		route_dequeue(ledger, route);
	route_refresh(ledger, route, false);
	if (route->key.neighbor == NULL)
		for (other = family_next(route); other != NULL; other = family_next(other))
			route_decide(ledger, other);
}

/* Owners and their wishes. */

static struct route *
route_new(const struct route_key *key)
{
	struct route *route = calloc(1, sizeof(*route));

	if (route == NULL)
		return NULL;
	route->key = *key;
	if (key->neighbor != NULL) {
		route->neighbor = strdup(key->neighbor);
		if (route->neighbor == NULL) {
			free(route);
			return NULL;
		}
		route->key.neighbor = route->neighbor;
	}
	SLIST_INIT(&route->owners);
	return route;
}

static void
route_free(struct route *route)
{
	struct owner *owner;

	while ((owner = SLIST_FIRST(&route->owners)) != NULL) {
		SLIST_REMOVE_HEAD(&route->owners, next);
		text_release(owner->wish.attributes);
		free(owner);
	}
	text_release(route->desired.attributes);
	text_release(route->sent.attributes);
	free(route->error);
	free(route->neighbor);
	free(route);
}

/* Find or make the route; NULL: out of memory. */
static struct route *
ledger_route(struct ledger *ledger, const struct route_key *key)
{
	struct route wanted = {.key = *key}, *route = RB_FIND(key_tree, &ledger->routes, &wanted);

	if (route == NULL && (route = route_new(key)) != NULL)
		RB_INSERT(key_tree, &ledger->routes, route);
	return route;
}

/* Find or make the owner with its rank; NULL: out of memory. */
static struct owner *
route_owner(struct route *route, unsigned rank)
{
	struct owner *owner, *before = NULL, *made;

	SLIST_FOREACH(owner, &route->owners, next) {
		if (owner->rank == rank)
			return owner;
		if (owner->rank > rank)
			break;
		before = owner;
	}
	made = calloc(1, sizeof(*made));
	if (made == NULL)
		return NULL;
	made->rank = rank;
	if (before != NULL)
		SLIST_INSERT_AFTER(before, made, next);
	else
		SLIST_INSERT_HEAD(&route->owners, made, next);
	return made;
}

/*
 * attributes NULL: withdraw. An owner without a wish counts for nothing, so that a failure between the
 * allocations leaves nothing to undo but must not look like a withdraw: the text comes first.
 */
static bool
ledger_wish(struct ledger *ledger, const struct route_key *key, unsigned rank, const char *attributes)
{
	struct text *text = attributes != NULL ? text_new(attributes) : NULL;
	struct route *route = NULL;
	struct owner *owner = NULL;

	if (attributes == NULL || text != NULL)
		route = ledger_route(ledger, key);
	if (route != NULL)
		owner = route_owner(route, rank);
	if (owner != NULL) {
		wish_set(&owner->wish, attributes != NULL ? ROUTE_ANNOUNCED : ROUTE_WITHDRAWN, text);
		route_decide(ledger, route);
	}
	text_release(text);
	return owner != NULL;
}

bool
ledger_announce(struct ledger *ledger, const struct route_key *key, unsigned rank, const char *attributes)
{
	return ledger_wish(ledger, key, rank, attributes);
}

bool
ledger_withdraw(struct ledger *ledger, const struct route_key *key, unsigned rank)
{
	return ledger_wish(ledger, key, rank, NULL);
}

void
ledger_withdraw_all(struct ledger *ledger)
{
	struct route *route;
	struct owner *owner;

	/* All wishes first: no route may fall back to one that is about to go. */
	RB_FOREACH(route, key_tree, &ledger->routes)
		SLIST_FOREACH(owner, &route->owners, next)
			wish_set(&owner->wish, ROUTE_WITHDRAWN, NULL);
	RB_FOREACH(route, key_tree, &ledger->routes) {
		route_decide(ledger, route);
		/* A withdraw that was refused is tried once more: there is no time to wait for its retry. */
		if (route->queue == QUEUE_RETRY)
			route_enqueue_ready(ledger, route, false);
	}
}

struct ledger *
ledger_new(void)
{
	struct ledger *ledger = calloc(1, sizeof(*ledger));

	if (ledger == NULL)
		return NULL;
	RB_INIT(&ledger->routes);
	RB_INIT(&ledger->retries);
	TAILQ_INIT(&ledger->ready);
	return ledger;
}

void
ledger_free(struct ledger *ledger)
{
	struct route *route, *next;

	if (ledger == NULL)
		return;
	RB_FOREACH_SAFE(route, key_tree, &ledger->routes, next) {
		RB_REMOVE(key_tree, &ledger->routes, route);
		route_free(route);
	}
	free(ledger);
}

void
ledger_on_pending(struct ledger *ledger, void (*wake)(void *), void *context)
{
	ledger->wake = wake;
	ledger->context = context;
}

struct route *
ledger_next(struct ledger *ledger, monotime_t now)
{
	struct route *route;

	while ((route = RB_MIN(retry_tree, &ledger->retries)) != NULL && !monotime_before(now, route->retry_at))
		route_enqueue_ready(ledger, route, false);
	TAILQ_FOREACH(route, &ledger->ready, ready)
		if (route->in_flight < ROUTE_IN_FLIGHT_MAX)
			return route;
	return NULL;
}

monotime_t
ledger_next_retry(const struct ledger *ledger)
{
	struct retry_tree retries = ledger->retries;
	const struct route *route = RB_MIN(retry_tree, &retries);

	return route != NULL ? route->retry_at : MONOTIME_NEVER;
}

const struct route_key *
route_key(const struct route *route)
{
	return &route->key;
}

const char *
route_desired(const struct route *route)
{
	return route->desired.attributes != NULL ? route->desired.attributes->bytes : NULL;
}

enum route_status
route_sent_status(const struct route *route)
{
	return route->sent.status;
}

enum route_status
route_acked_status(const struct route *route)
{
	return route->acked;
}

const char *
route_sent_attributes(const struct route *route)
{
	return route->sent.attributes != NULL ? route->sent.attributes->bytes : NULL;
}

const char *
route_error(const struct route *route)
{
	return route->error;
}

void
route_sent(struct ledger *ledger, struct route *route)
{
	struct route *one;

	if (route->in_flight < ROUTE_IN_FLIGHT_MAX) {
		if (route->desired.status == ROUTE_ANNOUNCED)
			route->unanswered |= UINT32_C(1) << route->in_flight;
		route->in_flight++;
	}
	wish_set(&route->sent, route->desired.status, route->desired.attributes);
	route->sent_by_all = false;
	route_dequeue(ledger, route);
	if (route->key.neighbor != NULL)
		return;
	for (one = family_next(route); one != NULL; one = family_next(one)) {
		wish_set(&one->sent, route->sent.status, route->sent.attributes);
		one->sent_by_all = true;
		route_refresh(ledger, one, true);
	}
}

static void
route_set_error(struct route *route, const char *text)
{
	free(route->error);
	route->error = text != NULL ? strndup(text, ERROR_TEXT_MAX) : NULL;
	if (route->error != NULL)
		text_sanitise(route->error);
}

static void
route_done(struct route *route, enum route_status status)
{
	struct route *one;

	route->acked = status;
	route->backoff_ns = 0;
	route_set_error(route, NULL);
	if (route->key.neighbor != NULL)
		return;
	for (one = family_next(route); one != NULL; one = family_next(one))
		if (one->in_flight == 0)
			one->acked = status;
}

static void
route_refused(struct ledger *ledger, struct route *route, const char *text, monotime_t now)
{
	bool still_desired = wish_equal(&route->desired, &route->sent);

	route_set_error(route, text != NULL ? text : "refused");
	/* A later command decides what ExaBGP has. */
	if (route->in_flight > 0)
		return;
	route_lose(ledger, route);
	if (still_desired)
		route_enqueue_retry(ledger, route, now);
	else
		route_refresh(ledger, route, false);
}

void
route_answer(struct ledger *ledger, struct route *route, bool done, const char *text, monotime_t now)
{
	enum route_status status = (route->unanswered & 1) != 0 ? ROUTE_ANNOUNCED : ROUTE_WITHDRAWN;

	if (route->in_flight == 0)
		return;
	route->in_flight--;
	route->unanswered >>= 1;
	if (done)
		route_done(route, status);
	else
		route_refused(ledger, route, text, now);
	/* It may have waited for room. */
	if (route->queue == QUEUE_READY && ledger->wake != NULL)
		ledger->wake(ledger->context);
}

void
ledger_resend(struct ledger *ledger, bool all)
{
	struct route *route;

	RB_FOREACH(route, key_tree, &ledger->routes) {
		if (!all && route->desired.status != ROUTE_ANNOUNCED)
			continue;
		if (all) {
			/* What the old state refused, the new one may take. */
			route->backoff_ns = 0;
			if (route->queue == QUEUE_RETRY)
				route_dequeue(ledger, route);
		}
		wish_set(&route->sent, ROUTE_UNKNOWN, NULL);
		route->sent_by_all = false;
		route_refresh(ledger, route, false);
	}
}

size_t
ledger_count(const struct ledger *ledger, enum route_status sent)
{
	struct key_tree routes = ledger->routes;
	struct route *route;
	size_t count = 0;

	RB_FOREACH(route, key_tree, &routes)
		count += route->sent.status == sent;
	return count;
}

size_t
ledger_pending(const struct ledger *ledger)
{
	return ledger->pending;
}

void
ledger_each(const struct ledger *ledger, void (*visit)(void *, const struct route *), void *context)
{
	struct key_tree routes = ledger->routes;
	struct route *route;

	RB_FOREACH(route, key_tree, &routes)
		visit(context, route);
}
