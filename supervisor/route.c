/*
 * Routes, their owners and what is therefore desired. Touches the ledger only. Invariant: what is desired follows from
 * the owners' wishes, what ExaBGP may have, and the route for all neighbors, by the rules in route.h; whoever changes
 * one of these lets route_decide decide anew.
 */
#include "route.h"

#include <stdlib.h>
#include <string.h>

#include "route_internal.h"

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

int
route_key_compare(const struct route_key *a, const struct route_key *b)
{
	int order = family_compare(a, b);

	if (order != 0)
		return order;
	if (a->neighbor == NULL || b->neighbor == NULL)
		return (a->neighbor != NULL) - (b->neighbor != NULL);
	return strcmp(a->neighbor, b->neighbor);
}

static int
route_compare(const struct route *a, const struct route *b)
{
	return route_key_compare(&a->key, &b->key);
}

/* Not the _STATIC form: it leaves unused functions that compilers warn of. */
RB_GENERATE_INTERNAL(key_tree, route, by_key, route_compare, __attribute__((unused)) static)

struct route *
route_first(const struct ledger *ledger)
{
	struct key_tree routes = ledger->routes;

	return RB_MIN(key_tree, &routes);
}

struct route *
route_next(struct route *route)
{
	return RB_NEXT(key_tree, NULL, route);
}

struct route *
route_previous(struct route *route)
{
	return RB_PREV(key_tree, NULL, route);
}

struct route *
route_for_all(struct ledger *ledger, const struct route *route)
{
	struct route all = {.key = route->key};

	if (route->key.neighbor == NULL)
		return NULL;
	all.key.neighbor = NULL;
	return RB_FIND(key_tree, &ledger->routes, &all);
}

struct route *
family_next(struct route *route)
{
	struct route *next = route_next(route);

	return next != NULL && family_compare(&next->key, &route->key) == 0 ? next : NULL;
}

/* Deciding. */

/*
 * An undecided owner holds what may be at ExaBGP: what is held already, or what was announced under this very key and
 * not been overwritten since by what was said to all neighbors.
 */
static bool
route_hold(const struct route *route, struct decision *decision)
{
	if (route->held && !route->follows)
		decision->wish = route->desired;
	else if (route->kept.status == ROUTE_ANNOUNCED && !route->sent_by_all)
		decision->wish = route->kept;
	else
		return false;
	decision->held = true;
	return true;
}

/* refusing: an owner that is taken to want it withdrawn, NULL: none. */
static struct decision
route_decision(struct ledger *ledger, const struct route *route, const unsigned *refusing)
{
	struct decision decision = {.wish.status = ROUTE_WITHDRAWN};
	const struct route *all = route_for_all(ledger, route);
	const struct owner *owner;
	bool undecided = false, refused = false;

	SLIST_FOREACH(owner, &route->owners, next) {
		enum route_status status = refusing != NULL && owner->id == *refusing ? ROUTE_WITHDRAWN : owner->wish.status;

		if (status == ROUTE_ANNOUNCED) {
			decision.wish = owner->wish;
			return decision;
		}
		undecided |= status == ROUTE_UNKNOWN;
		refused |= status == ROUTE_WITHDRAWN;
	}
	/* A predecessor may have announced it for any of them; we did for one that has since refused, or is gone. */
	if (undecided && (route->carried || !refused) && route_hold(route, &decision))
		return decision;
	if (all != NULL && all->desired.status == ROUTE_ANNOUNCED) {
		decision.wish = all->desired;
		decision.follows = true;
		/* What it has of its own must give way now. */
		decision.held = all->held && route->kept.status == ROUTE_UNKNOWN;
	}
	return decision;
}

/* An announcement of its own, which counts. */
static bool
route_announced(const struct route *route)
{
	return route->desired.status == ROUTE_ANNOUNCED && !route->follows;
}

void
route_desire(struct ledger *ledger, struct route *route, const struct decision *decision)
{
	ledger->announced -= route_announced(route);
	wish_set(&route->desired, decision->wish.status, decision->wish.attributes);
	route->held = decision->held;
	route->follows = decision->follows;
	ledger->announced += route_announced(route);
	ledger->changes++;
}

void
route_decide(struct ledger *ledger, struct route *route)
{
	struct decision decision = route_decision(ledger, route, NULL);
	bool same = wish_equal(&decision.wish, &route->desired);
	struct route *one, *next;

	/* whose it is may be seen, also where nothing is to be said */
	route->news = ++ledger->news;
	if (same && decision.held == route->held && decision.follows == route->follows)
		return;
	route_desire(ledger, route, &decision);
	if (!same) /* a new desire does not wait for the retry of an old one */
		route_retry_now(ledger, route);
	route_refresh(ledger, route, false);
	route_adopt(ledger, route);
	if (route->key.neighbor != NULL)
		return;
	for (one = family_next(route); one != NULL; one = next) {
		next = family_next(one);
		if (one->desired.status != ROUTE_UNKNOWN)
			route_decide(ledger, one);
		route_tidy(ledger, one); /* what it was yet to be told may have been all that was left of it */
	}
}

/* Routes come and go. */

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
	text_release(route->kept.attributes);
	free(route->error);
	free(route->neighbor);
	free(route);
}

static struct route *
ledger_find(struct ledger *ledger, const struct route_key *key)
{
	struct route wanted = {.key = *key};

	return RB_FIND(key_tree, &ledger->routes, &wanted);
}

struct route *
ledger_route(struct ledger *ledger, const struct route_key *key)
{
	struct route *route = ledger_find(ledger, key), *all;

	if (route != NULL || (route = route_new(key)) == NULL)
		return route;
	RB_INSERT(key_tree, &ledger->routes, route);
	/* What was said to all was said to this neighbor. */
	if ((all = route_for_all(ledger, route)) != NULL && all->sent.status != ROUTE_UNKNOWN) {
		wish_set(&route->sent, all->sent.status, all->sent.attributes);
		route->sent_by_all = true;
		route->acked = all->acked;
	}
	return route;
}

static void
route_remove(struct ledger *ledger, struct route *route)
{
	route_dequeue(ledger, route);
	ledger->announced -= route_announced(route);
	RB_REMOVE(key_tree, &ledger->routes, route);
	route_free(route);
}

void
route_tidy(struct ledger *ledger, struct route *route)
{
	if (SLIST_EMPTY(&route->owners) && route->desired.status != ROUTE_UNKNOWN && route->queue == QUEUE_NONE &&
	    route->in_flight == 0 && route->kept.status == ROUTE_UNKNOWN)
		route_remove(ledger, route);
}

/* Owners and their wishes. */

static struct owner *
route_owner(const struct route *route, unsigned id)
{
	struct owner *owner;

	SLIST_FOREACH(owner, &route->owners, next)
		if (owner->id == id)
			return owner;
	return NULL;
}

static void
owner_insert(struct route *route, struct owner *made)
{
	struct owner *owner, *before = NULL;

	SLIST_FOREACH(owner, &route->owners, next) {
		if (owner->rank > made->rank)
			break;
		before = owner;
	}
	if (before != NULL)
		SLIST_INSERT_AFTER(before, made, next);
	else
		SLIST_INSERT_HEAD(&route->owners, made, next);
}

/* Find or make the route and the owner, with its rank; NULL: out of memory, and nothing has changed. */
static struct owner *
ledger_owner(struct ledger *ledger, const struct route_key *key, unsigned id, unsigned rank, struct route **found)
{
	bool known = ledger_find(ledger, key) != NULL;
	struct route *route = ledger_route(ledger, key);
	struct owner *owner;

	if (route == NULL)
		return NULL;
	*found = route;
	if ((owner = route_owner(route, id)) == NULL) {
		if ((owner = calloc(1, sizeof(*owner))) == NULL) {
			if (!known)
				route_remove(ledger, route);
			return NULL;
		}
		owner->id = id;
		ledger->changes++;
	} else
		SLIST_REMOVE(&route->owners, owner, owner, next);
	owner->rank = rank;
	owner_insert(route, owner);
	return owner;
}

bool
ledger_claim(struct ledger *ledger, const struct route_key *key, unsigned owner, unsigned rank)
{
	struct route *route;

	if (ledger_owner(ledger, key, owner, rank, &route) == NULL)
		return false;
	route_decide(ledger, route);
	return true;
}

/* attributes NULL: withdraw. The text comes first: what is made after it is not undone. */
static bool
ledger_wish(struct ledger *ledger, const struct route_key *key, unsigned id, unsigned rank, const char *attributes)
{
	struct text *text = attributes != NULL ? text_new(attributes) : NULL;
	enum route_status status = attributes != NULL ? ROUTE_ANNOUNCED : ROUTE_WITHDRAWN;
	struct owner *owner = NULL;
	struct route *route;

	if (attributes == NULL || text != NULL)
		owner = ledger_owner(ledger, key, id, rank, &route);
	if (owner != NULL) {
		ledger->changes += owner->wish.status != status; /* a rank alone decides nothing but attributes */
		wish_set(&owner->wish, status, text);
		route_decide(ledger, route);
	}
	text_release(text);
	return owner != NULL;
}

bool
ledger_announce(struct ledger *ledger, const struct route_key *key, unsigned owner, unsigned rank,
    const char *attributes)
{
	return ledger_wish(ledger, key, owner, rank, attributes);
}

bool
ledger_withdraw(struct ledger *ledger, const struct route_key *key, unsigned owner, unsigned rank)
{
	return ledger_wish(ledger, key, owner, rank, NULL);
}

void
ledger_release(struct ledger *ledger, const struct route_key *key, unsigned id)
{
	struct route *route = ledger_find(ledger, key);
	struct owner *owner = route != NULL ? route_owner(route, id) : NULL;

	if (owner == NULL)
		return;
	ledger->changes++;
	SLIST_REMOVE(&route->owners, owner, owner, next);
	text_release(owner->wish.attributes);
	free(owner);
	route_decide(ledger, route);
	route_tidy(ledger, route);
}

bool
ledger_would_lose(struct ledger *ledger, const struct route_key *key, unsigned owner)
{
	const struct route *route = ledger_find(ledger, key);

	return route != NULL && route_announced(route) &&
	    route_decision(ledger, route, &owner).wish.status != ROUTE_ANNOUNCED;
}

bool
ledger_would_keep(struct ledger *ledger, const struct route_key *key, unsigned owner)
{
	const struct route *route = ledger_find(ledger, key);

	return route != NULL && route_announced(route) &&
	    route_decision(ledger, route, &owner).wish.status == ROUTE_ANNOUNCED;
}

size_t
ledger_announced(const struct ledger *ledger)
{
	return ledger->announced;
}

uint64_t
ledger_changes(const struct ledger *ledger)
{
	return ledger->changes;
}

void
ledger_withdraw_all(struct ledger *ledger)
{
	struct route *route;
	struct owner *owner;

	ledger->changes++;
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
	TAILQ_INIT(&ledger->announces);
	TAILQ_INIT(&ledger->withdraws);
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
	ledger->wake_context = context;
}

void
ledger_on_said(struct ledger *ledger, void (*said)(void *, const struct route *, enum route_news), void *context)
{
	ledger->said = said;
	ledger->said_context = context;
}

const struct route_key *
route_key(const struct route *route)
{
	return &route->key;
}

const char *
route_desired(const struct route *route)
{
	return wish_attributes(&route->desired);
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
	return wish_attributes(&route->sent);
}

enum route_status
route_kept(const struct route *route, const char **attributes)
{
	if (attributes != NULL)
		*attributes = wish_attributes(&route->kept);
	return route->kept.status;
}

bool
route_held(const struct route *route)
{
	return route->held;
}

const char *
route_error(const struct route *route)
{
	return route->error;
}

const struct route *
ledger_look_up(const struct ledger *ledger, const struct route_key *key)
{
	struct key_tree routes = ledger->routes;
	struct route wanted = {.key = *key};

	return RB_FIND(key_tree, &routes, &wanted);
}

uint64_t
ledger_news(const struct ledger *ledger)
{
	return ledger->news;
}

uint64_t
route_news_of(const struct route *route)
{
	return route->news;
}

void
route_each_owner(const struct route *route, void (*visit)(void *, unsigned, enum route_status), void *context)
{
	const struct owner *owner;

	SLIST_FOREACH(owner, &route->owners, next)
		visit(context, owner->rank, owner->wish.status);
}

size_t
ledger_count(const struct ledger *ledger, enum route_status sent)
{
	struct route *route;
	size_t count = 0;

	for (route = route_first(ledger); route != NULL; route = route_next(route))
		count += route->sent.status == sent;
	return count;
}

void
ledger_each(const struct ledger *ledger, void (*visit)(void *, const struct route *), void *context)
{
	struct route *route;

	for (route = route_first(ledger); route != NULL; route = route_next(route))
		visit(context, route);
}

const struct route *
ledger_seek(const struct ledger *ledger, const struct route_key *key, bool after)
{
	struct key_tree routes = ledger->routes;
	struct route wanted = {.key = *key}, *route = RB_NFIND(key_tree, &routes, &wanted);

	if (after && route != NULL && route_key_compare(&route->key, key) == 0)
		route = route_next(route);
	return route;
}
