/*
 * Findings about several checks: names used twice, routes that several announce. Touches memory only.
 * Invariant: n log n in the number of routes, which is bounded here.
 */
#include <stdlib.h>
#include <string.h>

#include "config_internal.h"

#define ROUTES_MAX 1000000 /* prefixes x neighbors of all checks */

struct name {
	const char *text;
	size_t check;
};

/* A check's wish to announce one route. */
struct claim {
	const struct prefix *prefix;
	int64_t path_id;
	const char *neighbor; /* "": all, sorts first */
	size_t check;
};

struct comparison {
	struct diagnostics *diagnostics;
	const struct place *place;
	const struct node *list;
	const struct config *config;
	size_t *shared, *mixed; /* by check: 1 + the earlier check that was reported with it */
};

/* "BEFORE checks[1] (web) at line 4AFTER", at a key of a check. */
static void
report_pair(const struct comparison *comparison, size_t check, size_t other, enum severity severity, const char *key,
    const char *before, const char *after)
{
	const struct check_config *checks = comparison->config->checks;
	const struct place item = {
	    .parent = comparison->place, .number = check + 1, .name = checks[check].node.name};
	const struct place other_item = {
	    .parent = comparison->place, .number = other + 1, .name = checks[other].node.name};
	const struct place place = {.parent = &item, .key = key};
	char text[PLACE_TEXT_SIZE];

	place_report(comparison->diagnostics, severity, &place, node_for(comparison->list->items[check], key),
	    "%s %s at line %u%s", before, place_format(&other_item, text),
	    node_for(comparison->list->items[other], key)->line, after);
}

static int
compare_names(const void *left, const void *right)
{
	const struct name *a = left, *b = right;
	int order = strcmp(a->text, b->text);

	return order != 0 ? order : a->check < b->check ? -1 : a->check > b->check;
}

static bool
names_compare(const struct comparison *comparison)
{
	const struct config *config = comparison->config;
	struct name *names = calloc(config->count, sizeof(*names));
	size_t count = 0, first = 0;

	if (names == NULL)
		return false;
	for (size_t i = 0; i < config->count; i++)
		if (config->checks[i].node.name != NULL)
			names[count++] = (struct name){config->checks[i].node.name, i};
	qsort(names, count, sizeof(*names), compare_names);
	for (size_t i = 1; i < count; i++) {
		if (strcmp(names[i].text, names[first].text) != 0)
			first = i;
		else
			report_pair(comparison, names[i].check, names[first].check, SEVERITY_ERROR, "name",
			    "names are unique, and this one is that of", "");
	}
	free(names);
	return true;
}

static size_t
routes_of(const struct check_config *check)
{
	size_t neighbors = check->node.neighbors.count;

	return check->node.prefixes.count * (neighbors == 0 ? 1 : neighbors);
}

static size_t
claims_add(struct claim *claims, const struct config *config, size_t check)
{
	const struct check_config *this = &config->checks[check];
	const struct string_list *neighbors = &this->node.neighbors;
	size_t count = 0;

	for (size_t i = 0; i < this->node.prefixes.count; i++) {
		struct claim claim = {&this->node.networks[i], this->node.path_id, "", check};

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
	return order != 0 ? order : a->check < b->check ? -1 : a->check > b->check;
}

/* Report a pair of checks once, however many prefixes they share. */
static void
report_claim(const struct comparison *comparison, size_t *reported, const struct claim *claim,
    const struct claim *other, const char *format_before, const char *after)
{
	char prefix[PREFIX_TEXT_SIZE], before[PREFIX_TEXT_SIZE + 40];

	if (reported[claim->check] == other->check + 1)
		return;
	reported[claim->check] = other->check + 1;
	snprintf(before, sizeof(before), "%s %s", prefix_format(claim->prefix, prefix), format_before);
	report_pair(comparison, claim->check, other->check, SEVERITY_WARNING, "prefixes", before, after);
}

/* Claims of one prefix and path id, sorted by neighbor: those to all neighbors stand first. */
static void
run_compare(const struct comparison *comparison, const struct claim *run, size_t count)
{
	const struct claim *first = run;

	for (size_t i = 1; i < count; i++) {
		if (strcmp(run[i].neighbor, first->neighbor) != 0)
			first = &run[i];
		else
			report_claim(comparison, comparison->shared, &run[i], first, "is also a prefix of",
			    ": it is announced while either is up, with the attributes of the first that is");
		if (*run[0].neighbor == '\0' && *run[i].neighbor != '\0')
			report_claim(comparison, comparison->mixed, &run[i], &run[0],
			    "is announced to all neighbors by",
			    ": name the neighbors in both checks, or one withdraws the other's route");
	}
}

static bool
claims_compare(struct comparison *comparison, size_t routes)
{
	const struct config *config = comparison->config;
	struct claim *claims = calloc(routes, sizeof(*claims));
	size_t count = 0, start = 0;

	comparison->shared = calloc(config->count, sizeof(*comparison->shared));
	comparison->mixed = calloc(config->count, sizeof(*comparison->mixed));
	if (claims != NULL && comparison->shared != NULL && comparison->mixed != NULL) {
		for (size_t i = 0; i < config->count; i++)
			count += claims_add(claims + count, config, i);
		qsort(claims, count, sizeof(*claims), compare_claims);
		for (size_t i = 1; i <= count; i++) {
			if (i < count && compare_routes(&claims[start], &claims[i]) == 0)
				continue;
			run_compare(comparison, claims + start, i - start);
			start = i;
		}
	}
	free(claims);
	free(comparison->shared);
	free(comparison->mixed);
	return count > 0;
}

static bool
routes_compare(struct comparison *comparison)
{
	const struct config *config = comparison->config;
	size_t routes = 0;

	for (size_t i = 0; i < config->count && routes <= ROUTES_MAX; i++)
		routes += routes_of(&config->checks[i]);
	if (routes <= ROUTES_MAX)
		return claims_compare(comparison, routes);
	place_report(comparison->diagnostics, SEVERITY_ERROR, comparison->place, comparison->list,
	    "more than %d routes (prefixes times neighbors)", ROUTES_MAX);
	return true;
}

void
config_compare(struct diagnostics *diagnostics, const struct place *place, const struct node *list,
    const struct config *config, bool routes_too)
{
	struct comparison comparison = {.diagnostics = diagnostics, .place = place, .list = list, .config = config};

	if (!names_compare(&comparison) || (routes_too && !routes_compare(&comparison)))
		diagnostic_add(diagnostics, SEVERITY_ERROR, 0, 0, NULL, "out of memory");
}
