/*
 * Findings about several nodes: routes that more than one announces. Touches memory only.
 * Invariant: n log n in the number of routes, which is bounded here.
 */
#include <stdlib.h>
#include <string.h>

#include "config_internal.h"

#define PARTS 1000000 /* of max_withdraw_ppm */
#define ROUTES_MAX 1000000 /* prefixes x neighbors of all nodes */

/* A node's wish to announce one route. */
struct claim {
	const struct prefix *prefix;
	int64_t path_id;
	const char *neighbor; /* "": all, sorts first */
	size_t rank; /* of the node */
};

struct comparison {
	struct diagnostics *diagnostics;
	const struct sources *sources;
	size_t *shared, *mixed; /* by node: 1 + the earlier node that was reported with it */
};

static size_t
routes_of(const struct node_config *node)
{
	size_t neighbors = node->neighbors.count;

	return node->prefixes.count * (neighbors == 0 ? 1 : neighbors);
}

static size_t
claims_add(struct claim *claims, const struct config *config, size_t rank)
{
	const struct node_config *node = config_node(config, rank);
	const struct string_list *neighbors = &node->neighbors;
	size_t count = 0;

	for (size_t i = 0; i < node->prefixes.count; i++) {
		struct claim claim = {&node->networks[i], node->path_id, "", rank};

		if (neighbors->count == 0)
			claims[count++] = claim;
		for (size_t j = 0; j < neighbors->count; j++) {
			claim.neighbor = neighbors->items[j];
			claims[count++] = claim;
		}
	}
	return count;
}

static int
compare_routes(const struct claim *a, const struct claim *b)
{
	if (a->path_id != b->path_id)
		return a->path_id < b->path_id ? -1 : 1;
	return prefix_compare(a->prefix, b->prefix);
}

static int
compare_claims(const void *left, const void *right)
{
	const struct claim *a = left, *b = right;
	int order = compare_routes(a, b);

	if (order == 0)
		order = strcmp(a->neighbor, b->neighbor);
	return order != 0 ? order : a->rank < b->rank ? -1 : a->rank > b->rank;
}

/* Report a pair of nodes once, however many prefixes they share. */
static void
report_claim(const struct comparison *comparison, size_t *reported, const struct claim *claim,
    const struct claim *other, const char *format_before, const char *after)
{
	char prefix[PREFIX_TEXT_SIZE], before[PREFIX_TEXT_SIZE + 40];

	if (reported[claim->rank] == other->rank + 1)
		return;
	reported[claim->rank] = other->rank + 1;
	snprintf(before, sizeof(before), "%s %s", prefix_format(claim->prefix, prefix), format_before);
	sources_report_pair(comparison->diagnostics, comparison->sources, claim->rank, other->rank, SEVERITY_WARNING,
	    "prefixes", before, after);
}

/* Claims of one prefix and path id, sorted by neighbor: those to all neighbors stand first. Returns the routes. */
static size_t
run_compare(const struct comparison *comparison, const struct claim *run, size_t count)
{
	const struct claim *first = run;
	size_t routes = 1;

	for (size_t i = 1; i < count; i++) {
		if (strcmp(run[i].neighbor, first->neighbor) != 0) {
			first = &run[i];
			routes++;
		} else
			report_claim(comparison, comparison->shared, &run[i], first, "is also a prefix of",
			    ": it is announced while either is up, with the attributes of the first that is");
		if (*run[0].neighbor == '\0' && *run[i].neighbor != '\0')
			report_claim(comparison, comparison->mixed, &run[i], &run[0],
			    "is announced to all neighbors by",
			    ": name the neighbors in both, or one withdraws the other's route");
	}
	return routes;
}

static void
guard_compare(const struct comparison *comparison, size_t routes)
{
	const struct place exacheck = {.key = "exacheck"}, guard = {.parent = &exacheck, .key = "guard"};
	const struct place place = {.parent = &guard, .key = "max_withdraw"};
	const struct node *map = node_get(comparison->sources->exacheck, "guard");
	int64_t share = comparison->sources->config->global.guard.max_withdraw_ppm;

	if (share == OPTION_UNSET || routes == 0 || (int64_t)routes * share >= PARTS)
		return;
	place_report(comparison->diagnostics, SEVERITY_WARNING, &place, node_for(map, "max_withdraw"),
	    "is less than one route (of %zu): none will ever be withdrawn for a failure", routes);
}

static bool
claims_compare(struct comparison *comparison, size_t routes)
{
	const struct config *config = comparison->sources->config;
	struct claim *claims = calloc(routes + 1, sizeof(*claims));
	size_t count = 0, start = 0, distinct = 0, nodes = config_node_count(config);
	bool enough;

	comparison->shared = calloc(nodes, sizeof(*comparison->shared));
	comparison->mixed = calloc(nodes, sizeof(*comparison->mixed));
	enough = claims != NULL && comparison->shared != NULL && comparison->mixed != NULL;
	if (enough) {
		for (size_t i = 0; i < nodes; i++)
			count += claims_add(claims + count, config, i);
		qsort(claims, count, sizeof(*claims), compare_claims);
		for (size_t i = 1; i <= count; i++) {
			if (i < count && compare_routes(&claims[start], &claims[i]) == 0)
				continue;
			distinct += run_compare(comparison, claims + start, i - start);
			start = i;
		}
		guard_compare(comparison, distinct);
	}
	free(claims);
	free(comparison->shared);
	free(comparison->mixed);
	return enough;
}

bool
routes_compare(struct diagnostics *diagnostics, const struct sources *sources)
{
	struct comparison comparison = {.diagnostics = diagnostics, .sources = sources};
	const struct place place = {.key = "checks"};
	size_t routes = 0;

	for (size_t i = 0; i < config_node_count(sources->config) && routes <= ROUTES_MAX; i++)
		routes += routes_of(config_node(sources->config, i));
	if (routes <= ROUTES_MAX)
		return claims_compare(&comparison, routes);
	place_report(diagnostics, SEVERITY_ERROR, &place, sources->checks,
	    "more than %d routes (prefixes times neighbors)", ROUTES_MAX);
	return true;
}
