/*
 * The set of checks and groups. Touches its own memory and the ledger. Invariant: no number is given twice, and after
 * every event each group has judged by the verdicts that its members have.
 */
#include "checks_internal.h"

#include <stdlib.h>
#include <string.h>

/* Groups. */

static enum verdict
member_verdict(const void *context, size_t check)
{
	const struct checks *checks = context;

	return node_verdict(&checks->list[check]->node);
}

void
checks_judge(struct checks *checks, size_t index, monotime_t now)
{
	group_judge(checks->groups[index], member_verdict, checks, now);
}

static void
checks_changed(void *context, const struct node_change *change)
{
	struct checks *checks = context;
	const struct membership *membership = &checks->membership;
	size_t rank = change->node->rank;

	if (checks->listener.change != NULL)
		checks->listener.change(checks->listener.context, change);
	if (rank >= checks->count)
		return;
	if (change->before == VERDICT_DOWN && change->after != VERDICT_DOWN)
		guard_ask_again(&checks->nodes); /* it may have been the last failure of a group that is down */
	for (size_t i = membership->first[rank]; i < membership->first[rank + 1]; i++)
		checks_judge(checks, membership->groups[i], change->now);
}

struct stay {
	unsigned owner; /* who is about to withdraw */
	bool any;	/* route stays */
};

static bool
route_stays(const struct node *node, const struct route_key *key, size_t prefix, void *context)
{
	struct stay *stay = context;

	(void)prefix;
	stay->any |= ledger_would_keep(node->nodes->ledger, key, stay->owner);
	return true;
}

/* Whether a route of the group or of its members is announced without this node. */
static bool
group_stays(const struct checks *checks, const struct group *group, const struct node *without)
{
	struct stay stay = {.owner = without->owner};

	node_each_route(&group->node, route_stays, &stay);
	for (size_t i = 0; !stay.any && i < group->config->count; i++)
		node_each_route(&checks->list[group->config->members[i].check]->node, route_stays, &stay);
	return stay.any;
}

/* Whether the group of this index forbids that. */
static bool
group_keeps_last(const struct checks *checks, size_t index, const struct node *node)
{
	const struct group *group = checks->groups[index];

	return group->config->keep_last && !group_stays(checks, group, node);
}

static bool
checks_keep_last(void *context, const struct node *node)
{
	const struct checks *checks = context;
	const struct membership *membership = &checks->membership;

	if (node->rank >= checks->count)
		return group_keeps_last(checks, node->rank - checks->count, node);
	for (size_t i = membership->first[node->rank]; i < membership->first[node->rank + 1]; i++)
		if (group_keeps_last(checks, membership->groups[i], node))
			return true;
	return false;
}

/* Whether it is a group that is down for its members' being disabled alone, by who answers for that. */
static bool
checks_willed(void *context, const struct node *node)
{
	const struct checks *checks = context;
	const struct group_config *group;

	if (node->rank < checks->count)
		return false;
	group = checks->groups[node->rank - checks->count]->config;
	for (size_t i = 0; i < group->count; i++)
		if (member_verdict(checks, group->members[i].check) == VERDICT_DOWN)
			return false;
	return true;
}

/* The set. */

void
checks_dispose_check(struct check *check)
{
	history_clear(&check->node.history);
	override_clear(&check->node.override);
	free(check);
}

void
checks_dispose_group(struct group *group)
{
	history_clear(&group->node.history);
	override_clear(&group->node.override);
	free(group);
}

struct checks *
checks_new(struct ledger *ledger, const struct checks_listener *listener)
{
	struct checks *checks = calloc(1, sizeof(*checks));

	if (checks == NULL)
		return NULL;
	nodes_init(&checks->nodes, ledger, checks_changed, checks);
	checks->nodes.guard.keeps_last = checks_keep_last;
	checks->nodes.guard.willed = checks_willed;
	checks->nodes.guard.context = checks;
	checks->listener = *listener;
	return checks;
}

void
checks_free(struct checks *checks)
{
	if (checks == NULL)
		return;
	for (size_t i = 0; i < checks->count; i++)
		checks_dispose_check(checks->list[i]);
	for (size_t i = 0; i < checks->group_count; i++)
		checks_dispose_group(checks->groups[i]);
	free(checks->list);
	free(checks->groups);
	membership_free(&checks->membership);
	free(checks);
}

size_t
checks_count(const struct checks *checks)
{
	return checks->count;
}

struct check *
checks_at(const struct checks *checks, size_t rank)
{
	return checks->list[rank];
}

const struct group *
checks_group(const struct checks *checks, size_t index)
{
	return checks->groups[index];
}

size_t
checks_node_count(const struct checks *checks)
{
	return checks->count + checks->group_count;
}

struct node *
checks_node(const struct checks *checks, size_t rank)
{
	return rank < checks->count ? &checks->list[rank]->node : &checks->groups[rank - checks->count]->node;
}

size_t
checks_find(struct checks *checks, const char *name)
{
	size_t count = checks_node_count(checks);

	for (size_t i = 0; i < count; i++) {
		size_t rank = (checks->sought + 1 + i) % count;

		if (strcmp(checks_node(checks, rank)->config->name, name) == 0)
			return checks->sought = rank;
	}
	return count;
}

size_t
checks_up(const struct checks *checks)
{
	size_t up = 0;

	for (size_t i = 0; i < checks->count; i++)
		up += node_verdict(&checks->list[i]->node) == VERDICT_UP;
	return up;
}

size_t
checks_guarded(const struct checks *checks)
{
	return checks->nodes.guard.count;
}

size_t
checks_held(const struct checks *checks)
{
	monotime_t until;
	size_t held = 0;

	for (size_t i = 0; i < checks_node_count(checks); i++)
		held += node_held(checks_node(checks, i), &until);
	return held;
}

monotime_t
checks_next(const struct checks *checks)
{
	return nodes_next(&checks->nodes);
}

monotime_t
checks_turn(struct checks *checks, monotime_t now)
{
	nodes_begin(&checks->nodes, now);
	nodes_end(&checks->nodes, now);
	return checks_next(checks);
}

/* Overrides. */

void
checks_override(struct checks *checks, size_t rank, struct override *override, monotime_t now)
{
	if (rank < checks->count) {
		check_override(checks->list[rank], override, now);
		return;
	}
	nodes_begin(&checks->nodes, now);
	group_override(checks->groups[rank - checks->count], override, now);
	nodes_end(&checks->nodes, now);
}

void
checks_release(struct checks *checks, size_t rank, const char *why, monotime_t now)
{
	if (checks_node(checks, rank)->override.kind == OVERRIDE_NONE)
		return;
	if (rank < checks->count) {
		check_release(checks->list[rank], why, now);
		return;
	}
	nodes_begin(&checks->nodes, now);
	group_release(checks->groups[rank - checks->count], why, now);
	checks_judge(checks, rank - checks->count, now);
	nodes_end(&checks->nodes, now);
}

/* Upgrades and crashes. */

json_t *
checks_save_node(const struct checks *checks, size_t rank)
{
	return rank < checks->count ? check_save(checks->list[rank]) : group_save(checks->groups[rank - checks->count]);
}

/* With its override, which is no business of the journal: it has a file of its own. */
static json_t *
node_leave(const struct checks *checks, size_t rank)
{
	const struct override *override = &checks_node(checks, rank)->override;
	json_t *map = checks_save_node(checks, rank);

	if (map == NULL || override->kind == OVERRIDE_NONE || state_put(map, "override", override_save(override)))
		return map;
	json_decref(map);
	return NULL;
}

bool
checks_save(const struct checks *checks, FILE *file)
{
	for (size_t rank = 0; rank < checks_node_count(checks); rank++)
		if (!state_write(file, rank < checks->count ? "check" : "group", node_leave(checks, rank)))
			return false;
	return true;
}

static bool
load_none(char error[static STATE_ERROR_SIZE], const char *what)
{
	snprintf(error, STATE_ERROR_SIZE, "of no %s that there is", what);
	return false;
}

bool
checks_load(struct checks *checks, const json_t *map, char error[static STATE_ERROR_SIZE])
{
	const char *name = state_text(map, "name");
	size_t rank = name != NULL ? checks_find(checks, name) : checks->count;

	return rank < checks->count ? check_load(checks->list[rank], map, error) : load_none(error, "check");
}

bool
checks_load_group(struct checks *checks, const json_t *map, char error[static STATE_ERROR_SIZE])
{
	const char *name = state_text(map, "name");
	size_t rank = name != NULL ? checks_find(checks, name) : 0, count = checks_node_count(checks);

	return rank >= checks->count && rank < count ? group_load(checks->groups[rank - checks->count], map, error) :
	    load_none(error, "group");
}

bool
checks_inherit(struct checks *checks, size_t rank, const json_t *map, monotime_t now,
    char error[static STATE_ERROR_SIZE])
{
	return rank < checks->count ? check_inherit(checks->list[rank], map, now, error) :
	    group_inherit(checks->groups[rank - checks->count], map, now, error);
}
