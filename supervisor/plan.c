/*
 * Pairing and comparing nodes of two configurations. Touches its own memory only. Invariant: every node of either
 * configuration is in at most one pair, and a pair without changes means the same to everything that runs.
 */
#include "plan.h"

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "../common/digest.h"

/* Keys of a node whose change is of another kind than its routes: all that are not named here are. */
static const struct {
	const char *key;
	enum plan_change change;
} kinds[] = {
	{"name", PLAN_NAME},
	{"description", PLAN_TEXT},
	{"splay", PLAN_TEXT},
	{"interval", PLAN_TIMING},
	{"fast_interval", PLAN_TIMING},
	{"rise", PLAN_TIMING},
	{"fall", PLAN_TIMING},
	{"min_up", PLAN_TIMING},
	{"min_down", PLAN_TIMING},
	{"hooks", PLAN_TEXT},
	{"disable", PLAN_WORKER},
	{"guard", PLAN_MEMBERS},
	{"ip_setup", PLAN_ADDRESSES},
};

/* A node of one configuration while partners are looked for: equal nodes have equal digests. */
struct candidate {
	uint64_t digest;
	size_t index;
};

/* Both configurations, and what is paired by now. */
struct pairing {
	const struct config *old, *new;
	struct plan *plan;
};

/* Checks, or groups, of a configuration. */
struct kind {
	size_t (*count)(const struct config *);
	const struct node_config *(*node)(const struct config *, size_t);
	/* False: out of memory. */
	bool (*digest)(const struct config *, size_t, uint64_t *digest);
	/* In what two differ, but for their places. */
	unsigned (*changes)(const struct pairing *, size_t old, size_t new);
};

typedef bool digest_make(const struct kind *, const struct config *, size_t, uint64_t *digest);
typedef bool nodes_same(const struct kind *, const struct pairing *, size_t old, size_t new);

static enum plan_change
kind_of(const char *key)
{
	for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++)
		if (strcmp(kinds[i].key, key) == 0)
			return kinds[i].change;
	return PLAN_ROUTES;
}

static unsigned
table_changes(const struct option *table, const void *old, const void *new)
{
	unsigned changes = 0;

	for (const struct option *option = table; option->name != NULL; option++) {
		const struct option single[] = {*option, OPTION_END};

		if (!options_equal(single, old, new))
			changes |= kind_of(option->name);
	}
	return changes;
}

static uint64_t
digest_prefixes(uint64_t digest, const struct node_config *node)
{
	for (size_t i = 0; i < node->prefixes.count; i++)
		digest = digest_add(digest, node->prefixes.items[i], strlen(node->prefixes.items[i]));
	return digest;
}

/* Checks. */

static size_t
check_count(const struct config *config)
{
	return config->count;
}

static const struct node_config *
check_node(const struct config *config, size_t index)
{
	return &config->checks[index].node;
}

/* Of what is told to the worker and of where it leads: enough to tell nearly all checks apart. */
static bool
check_digest(const struct config *config, size_t index, uint64_t *digest)
{
	const struct check_config *check = &config->checks[index];
	uint8_t *args = NULL;
	size_t length = 0;
	bool encoded = options_encode(check->method->options, check->args, &args, &length);

	*digest = digest_add(DIGEST_BEGIN, check->method->name, strlen(check->method->name));
	*digest = digest_prefixes(digest_add(*digest, args, length), &check->node);
	free(args);
	return encoded;
}

static unsigned
check_changes(const struct pairing *pairing, size_t old_index, size_t new_index)
{
	const struct check_config *old = &pairing->old->checks[old_index], *new = &pairing->new->checks[new_index];
	unsigned changes = table_changes(check_table, old, new);

	if (old->method != new->method || !options_equal(old->method->options, old->args, new->args))
		changes |= PLAN_WORKER;
	return changes;
}

static const struct kind checks = {check_count, check_node, check_digest, check_changes};

/* Groups. */

static size_t
group_count(const struct config *config)
{
	return config->group_count;
}

static const struct node_config *
group_node(const struct config *config, size_t index)
{
	return &config->groups[index].node;
}

static bool
group_digest(const struct config *config, size_t index, uint64_t *digest)
{
	const struct group_config *group = &config->groups[index];

	*digest = digest_add(DIGEST_BEGIN, &group->count, sizeof(group->count));
	*digest = digest_prefixes(digest_add(*digest, &group->threshold, sizeof(group->threshold)), &group->node);
	return true;
}

/* The same checks, by whatever name, with the same weights. */
static bool
members_same(const struct pairing *pairing, const struct group_config *old, const struct group_config *new)
{
	bool same = old->count == new->count && old->threshold == new->threshold && old->by_weight == new->by_weight;

	for (size_t i = 0; same && i < old->count; i++)
		same = pairing->plan->checks.new_of[old->members[i].check] == new->members[i].check &&
		    old->members[i].weight == new->members[i].weight;
	return same;
}

static unsigned
group_changes(const struct pairing *pairing, size_t old_index, size_t new_index)
{
	const struct group_config *old = &pairing->old->groups[old_index], *new = &pairing->new->groups[new_index];
	unsigned changes = table_changes(group_table, old, new);

	return members_same(pairing, old, new) ? changes : changes | PLAN_MEMBERS;
}

static const struct kind groups = {group_count, group_node, group_digest, group_changes};

/* Pairing. */

static bool
name_digest(const struct kind *kind, const struct config *config, size_t index, uint64_t *digest)
{
	const char *name = kind->node(config, index)->name;

	*digest = digest_add(DIGEST_BEGIN, name, strlen(name));
	return true;
}

static bool
name_same(const struct kind *kind, const struct pairing *pairing, size_t old, size_t new)
{
	return strcmp(kind->node(pairing->old, old)->name, kind->node(pairing->new, new)->name) == 0;
}

static bool
content_digest(const struct kind *kind, const struct config *config, size_t index, uint64_t *digest)
{
	return kind->digest(config, index, digest);
}

static bool
content_same(const struct kind *kind, const struct pairing *pairing, size_t old, size_t new)
{
	return (kind->changes(pairing, old, new) & ~(unsigned)PLAN_NAME) == 0;
}

static int
candidate_compare(const void *left, const void *right)
{
	const struct candidate *a = left, *b = right;

	if (a->digest != b->digest)
		return a->digest < b->digest ? -1 : 1;
	return a->index < b->index ? -1 : a->index > b->index;
}

/* Those without a partner, by digest. Returns their number, or PLAN_NONE: out of memory. */
static size_t
candidates_collect(const struct kind *kind, const struct config *config, const size_t *partner, digest_make *make,
    struct candidate *candidates)
{
	size_t count = 0;

	for (size_t i = 0; i < kind->count(config); i++) {
		if (partner[i] != PLAN_NONE)
			continue;
		if (!make(kind, config, i, &candidates[count].digest))
			return PLAN_NONE;
		candidates[count++].index = i;
	}
	qsort(candidates, count, sizeof(*candidates), candidate_compare);
	return count;
}

/* The first old one with this new one's digest, from `from` on, that is the same and has no partner. */
static void
partner_find(const struct kind *kind, const struct pairing *pairing, struct plan_nodes *nodes, nodes_same *same,
    const struct candidate *from, const struct candidate *end, const struct candidate *wanted)
{
	for (; from < end && from->digest == wanted->digest; from++) {
		if (nodes->new_of[from->index] != PLAN_NONE || !same(kind, pairing, from->index, wanted->index))
			continue;
		nodes->new_of[from->index] = wanted->index;
		nodes->old_of[wanted->index] = from->index;
		return;
	}
}

/* Pair what has no partner yet by one kind of likeness. False: out of memory. */
static bool
pair_by(const struct kind *kind, const struct pairing *pairing, struct plan_nodes *nodes, digest_make *make,
    nodes_same *same)
{
	struct candidate *olds = calloc(nodes->old_count + 1, sizeof(*olds));
	struct candidate *news = calloc(nodes->new_count + 1, sizeof(*news));
	size_t old_count = PLAN_NONE, new_count = PLAN_NONE, first = 0;

	if (olds != NULL && news != NULL) {
		old_count = candidates_collect(kind, pairing->old, nodes->new_of, make, olds);
		new_count = candidates_collect(kind, pairing->new, nodes->old_of, make, news);
	}
	if (old_count != PLAN_NONE && new_count != PLAN_NONE)
		for (size_t i = 0; i < new_count; i++) {
			while (first < old_count && olds[first].digest < news[i].digest)
				first++;
			partner_find(kind, pairing, nodes, same, olds + first, olds + old_count, &news[i]);
		}
	free(olds);
	free(news);
	return old_count != PLAN_NONE && new_count != PLAN_NONE;
}

static void
nodes_compare(const struct kind *kind, const struct pairing *pairing, struct plan_nodes *nodes)
{
	struct plan *plan = pairing->plan;

	plan->removed += nodes->old_count;
	for (size_t i = 0; i < nodes->new_count; i++) {
		if (nodes->old_of[i] == PLAN_NONE) {
			plan->added++;
			continue;
		}
		plan->removed--;
		nodes->changes[i] = kind->changes(pairing, nodes->old_of[i], i);
		if ((nodes->changes[i] & PLAN_CHANGED) != 0)
			plan->changed++;
		else
			plan->unchanged++;
		if (nodes->old_of[i] != i)
			nodes->changes[i] |= PLAN_PLACE;
	}
}

/* Fill in one kind. False: out of memory. */
static bool
nodes_plan(const struct kind *kind, const struct pairing *pairing, struct plan_nodes *nodes)
{
	nodes->old_count = kind->count(pairing->old);
	nodes->new_count = kind->count(pairing->new);
	nodes->new_of = reallocarray(NULL, nodes->old_count + 1, sizeof(*nodes->new_of));
	nodes->old_of = reallocarray(NULL, nodes->new_count + 1, sizeof(*nodes->old_of));
	nodes->changes = calloc(nodes->new_count + 1, sizeof(*nodes->changes));
	if (nodes->new_of == NULL || nodes->old_of == NULL || nodes->changes == NULL)
		return false;
	for (size_t i = 0; i < nodes->old_count; i++)
		nodes->new_of[i] = PLAN_NONE;
	for (size_t i = 0; i < nodes->new_count; i++)
		nodes->old_of[i] = PLAN_NONE;
	if (!pair_by(kind, pairing, nodes, name_digest, name_same) ||
	    !pair_by(kind, pairing, nodes, content_digest, content_same))
		return false;
	nodes_compare(kind, pairing, nodes);
	return true;
}

/* Groups after checks: their members are compared by the checks' pairs; and a moved check moves the groups behind it. */
struct plan *
plan_new(const struct config *old, const struct config *new)
{
	struct plan *plan = calloc(1, sizeof(*plan));
	const struct pairing pairing = {old, new, plan};

	if (plan == NULL)
		return NULL;
	if (!nodes_plan(&checks, &pairing, &plan->checks) || !nodes_plan(&groups, &pairing, &plan->groups)) {
		plan_free(plan);
		return NULL;
	}
	for (size_t i = 0; old->count != new->count && i < new->group_count; i++)
		if (plan->groups.old_of[i] != PLAN_NONE)
			plan->groups.changes[i] |= PLAN_PLACE;
	return plan;
}

static void
nodes_free(struct plan_nodes *nodes)
{
	free(nodes->old_of);
	free(nodes->new_of);
	free(nodes->changes);
}

void
plan_free(struct plan *plan)
{
	if (plan == NULL)
		return;
	nodes_free(&plan->checks);
	nodes_free(&plan->groups);
	free(plan);
}

const char *
plan_describe(unsigned changes, char text[static PLAN_TEXT_SIZE])
{
	static const struct {
		enum plan_change change;
		const char *word;
	} words[] = {{PLAN_NAME, "name"}, {PLAN_ROUTES, "routes"}, {PLAN_TIMING, "timing"}, {PLAN_WORKER, "arguments"},
	    {PLAN_MEMBERS, "members"}, {PLAN_TEXT, "description, splay or hooks"}, {PLAN_PLACE, "place"},
	    {PLAN_ADDRESSES, "ip_setup"}};
	size_t length = 0;

	for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++)
		if ((changes & words[i].change) != 0)
			length += (size_t)snprintf(text + length, PLAN_TEXT_SIZE - length, "%s%s", length > 0 ? ", " : "",
			    words[i].word);
	if (length == 0)
		snprintf(text, PLAN_TEXT_SIZE, "nothing");
	return text;
}
