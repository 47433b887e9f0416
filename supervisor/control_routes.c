/*
 * The control command that tells of routes, in the order of the ledger, a few of them a step. Reads only. Invariant: the
 * place in the ledger is a key of our own, so that routes may come and go meanwhile.
 */
#include <bsd/string.h>
#include <stdlib.h>

#include "checks.h"
#include "control_internal.h"
#include "node.h"
#include "route.h"

#define LOOK_MAX 1024 /* routes, and prefixes that they are compared with, that are looked at in a step */

/* Routes that were asked for by their prefix, and how far we are. */
struct tour {
	struct route_key last; /* its neighbor is the text below, or NULL */
	char neighbor[ADDRESS_TEXT_SIZE];
	size_t count;
	struct prefix *prefixes; /* owned */
};

static void
tour_free(void *own)
{
	struct tour *tour = own;

	free(tour->prefixes);
	free(tour);
}

/* NULL: out of memory. */
static struct tour *
tour_of(struct control_answer *answer)
{
	if (answer->own == NULL) {
		answer->own = calloc(1, sizeof(struct tour));
		answer->own_free = tour_free;
	}
	return answer->own;
}

/* A prefix, or an address. */
enum control_step
control_routes_other(struct control_answer *answer, const char *name)
{
	struct route_key key = {.neighbor = NULL};
	struct tour *tour = tour_of(answer);
	const struct route *route;
	struct prefix *prefixes;

	if (tour == NULL)
		return STEP_MEMORY;
	if (prefix_parse(name, &key.prefix) != PREFIX_OK)
		return STEP_DONE;
	route = ledger_seek(answer->control->view->ledger, &key, false);
	if (route == NULL || prefix_compare(&route_key(route)->prefix, &key.prefix) != 0)
		return STEP_DONE;
	if ((prefixes = reallocarray(tour->prefixes, tour->count + 1, sizeof(*prefixes))) == NULL)
		return STEP_MEMORY;
	tour->prefixes = prefixes;
	tour->prefixes[tour->count++] = key.prefix;
	return STEP_MORE;
}

struct asked {
	const struct control_answer *answer;
	bool found;
};

static void
owner_visit(void *context, unsigned rank, enum route_status wish)
{
	struct asked *asked = context;

	(void)wish;
	if (node_rank(rank) < checks_node_count(asked->answer->control->checks)) /* see view_route.c */
		asked->found |= select_has(asked->answer, node_rank(rank));
}

/* Whether the route was asked for: everything, its prefix, or one of its owners. */
static bool
route_asked(const struct control_answer *answer, const struct tour *tour, const struct route *route)
{
	struct asked asked = {answer, json_array_size(answer->request.names) == 0};

	for (size_t i = 0; i < tour->count && !asked.found; i++)
		asked.found = prefix_compare(&tour->prefixes[i], &route_key(route)->prefix) == 0;
	if (!asked.found)
		route_each_owner(route, owner_visit, &asked);
	return asked.found;
}

static void
tour_remember(struct tour *tour, const struct route_key *key)
{
	tour->last = *key;
	if (key->neighbor == NULL)
		return;
	strlcpy(tour->neighbor, key->neighbor, sizeof(tour->neighbor));
	tour->last.neighbor = tour->neighbor;
}

enum control_step
control_routes(struct control_answer *answer)
{
	const struct view *view = answer->control->view;
	struct tour *tour = tour_of(answer);
	const struct route *route;

	if (tour == NULL)
		return STEP_MEMORY;
	for (size_t looks = 0; looks < LOOK_MAX; looks += 1 + tour->count) {
		if ((route = ledger_seek(view->ledger, &tour->last, answer->number++ > 0)) == NULL)
			return STEP_DONE;
		tour_remember(tour, route_key(route));
		if (route_asked(answer, tour, route))
			return answer_more(answer, "route", view_route(view, route));
	}
	return STEP_MORE;
}
