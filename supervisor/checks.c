/*
 * The set of checks and groups. Touches its own memory and the ledger. Invariant: no number is given twice, and after
 * every event each group has judged by the verdicts that its members have.
 */
#include "checks.h"

#include <stdlib.h>
#include <string.h>

#include "membership.h"
#include "nodes.h"

struct checks {
	struct nodes nodes;
	struct checks_listener listener;
	size_t count, group_count;
	struct check **list;   /* in file order */
	struct group **groups; /* likewise */
	struct membership membership;
	unsigned last_number;

	/* A change under way */
	const struct plan *plan; /* NULL: none */
	const struct config *config;
	struct check **coming;
	struct group **coming_groups;
	struct membership coming_membership;
	unsigned *owners; /* of the routes of checks and groups: another one when these are other routes */
};

/* Groups. */

static enum verdict
member_verdict(const void *context, size_t check)
{
	const struct checks *checks = context;

	return node_verdict(&checks->list[check]->node);
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
		group_judge(checks->groups[membership->groups[i]], member_verdict, checks, change->now);
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

static void
check_dispose(struct check *check)
{
	history_clear(&check->node.history);
	free(check);
}

static void
group_dispose(struct group *group)
{
	history_clear(&group->node.history);
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
		check_dispose(checks->list[i]);
	for (size_t i = 0; i < checks->group_count; i++)
		group_dispose(checks->groups[i]);
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

/* Upgrades and crashes. */

json_t *
checks_save_node(const struct checks *checks, size_t rank)
{
	return rank < checks->count ? check_save(checks->list[rank]) : group_save(checks->groups[rank - checks->count]);
}

bool
checks_save(const struct checks *checks, FILE *file)
{
	for (size_t rank = 0; rank < checks_node_count(checks); rank++)
		if (!state_write(file, rank < checks->count ? "check" : "group", checks_save_node(checks, rank)))
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

	for (size_t i = 0; name != NULL && i < checks->count; i++)
		if (strcmp(checks->list[i]->config->node.name, name) == 0)
			return check_load(checks->list[i], map, error);
	return load_none(error, "check");
}

bool
checks_load_group(struct checks *checks, const json_t *map, char error[static STATE_ERROR_SIZE])
{
	const char *name = state_text(map, "name");

	for (size_t i = 0; name != NULL && i < checks->group_count; i++)
		if (strcmp(checks->groups[i]->config->node.name, name) == 0)
			return group_load(checks->groups[i], map, error);
	return load_none(error, "group");
}

bool
checks_inherit(struct checks *checks, size_t rank, const json_t *map, monotime_t now,
    char error[static STATE_ERROR_SIZE])
{
	return rank < checks->count ? check_inherit(checks->list[rank], map, now, error) :
	    group_inherit(checks->groups[rank - checks->count], map, now, error);
}

/* A change: its first step. */

struct check *
checks_coming(const struct checks *checks, size_t rank)
{
	return checks->coming[rank];
}

/* Where a coming node is, or is to be; NULL: it is not made yet. */
static struct node *
coming_node(const struct checks *checks, size_t rank)
{
	size_t count = checks->config->count;

	if (rank < count)
		return checks->coming[rank] != NULL ? &checks->coming[rank]->node : NULL;
	return checks->coming_groups[rank - count] != NULL ? &checks->coming_groups[rank - count]->node : NULL;
}

static size_t
coming_count(const struct checks *checks)
{
	return checks->config->count + checks->config->group_count;
}

/* Whether the node of this rank is new. */
static bool
coming_added(const struct checks *checks, size_t rank)
{
	size_t count = checks->config->count;

	return (rank < count ? checks->plan->checks.old_of[rank] : checks->plan->groups.old_of[rank - count]) == PLAN_NONE;
}

/* The check of this rank: the old one, or a new one that owns nothing yet. NULL: out of memory. */
static struct node *
coming_check(struct checks *checks, size_t rank)
{
	size_t old = checks->plan->checks.old_of[rank];
	struct check *check = old != PLAN_NONE ? checks->list[old] : malloc(sizeof(*check));

	if (check != NULL && old == PLAN_NONE)
		check_init(check, &checks->config->checks[rank], ++checks->last_number, (unsigned)rank, &checks->nodes,
		    checks->listener.transition, checks->listener.context);
	checks->coming[rank] = check;
	return check != NULL ? &check->node : NULL;
}

static struct node *
coming_group(struct checks *checks, size_t index)
{
	size_t old = checks->plan->groups.old_of[index];
	struct group *group = old != PLAN_NONE ? checks->groups[old] : malloc(sizeof(*group));

	if (group != NULL && old == PLAN_NONE)
		group_init(group, &checks->config->groups[index], ++checks->last_number,
		    (unsigned)(checks->config->count + index), &checks->nodes);
	checks->coming_groups[index] = group;
	return group != NULL ? &group->node : NULL;
}

/* Make the node of this rank, and have it own its routes. False: out of memory. */
static bool
node_prepare(struct checks *checks, size_t rank)
{
	const struct node_config *config = config_node(checks->config, rank);
	size_t count = checks->config->count;
	struct node *node = rank < count ? coming_check(checks, rank) : coming_group(checks, rank - count);

	if (node == NULL)
		return false;
	checks->owners[rank] = node->owner;
	if (coming_added(checks, rank))
		return node_claim(node);
	if (node_same_routes(node->config, config))
		return true;
	checks->owners[rank] = ++checks->last_number;
	return node_claim_as(node, config, checks->owners[rank], (unsigned)rank);
}

bool
checks_prepare(struct checks *checks, const struct plan *plan, const struct config *config)
{
	checks->plan = plan;
	checks->config = config;
	checks->coming = calloc(config->count + 1, sizeof(struct check *));
	checks->coming_groups = calloc(config->group_count + 1, sizeof(struct group *));
	checks->owners = calloc(coming_count(checks) + 1, sizeof(*checks->owners));
	if (checks->coming != NULL && checks->coming_groups != NULL && checks->owners != NULL &&
	    membership_make(&checks->coming_membership, config)) {
		size_t rank = 0;

		while (rank < coming_count(checks) && node_prepare(checks, rank))
			rank++;
		if (rank == coming_count(checks))
			return true;
	}
	checks_abandon(checks);
	return false;
}

static void
change_end(struct checks *checks)
{
	free(checks->owners);
	checks->owners = NULL;
	checks->coming = NULL;
	checks->coming_groups = NULL;
	checks->coming_membership = (struct membership){NULL, NULL};
	checks->plan = NULL;
	checks->config = NULL;
}

/* The check or group that this node is part of. */
static void
coming_free(struct checks *checks, size_t rank)
{
	if (rank < checks->config->count)
		free(checks->coming[rank]);
	else
		free(checks->coming_groups[rank - checks->config->count]);
}

void
checks_abandon(struct checks *checks)
{
	bool made = checks->coming != NULL && checks->coming_groups != NULL && checks->owners != NULL;

	for (size_t rank = 0; made && rank < coming_count(checks); rank++) {
		struct node *node = coming_node(checks, rank);

		if (node == NULL)
			continue;
		if (coming_added(checks, rank)) {
			node_release(node);
			coming_free(checks, rank);
		} else if (checks->owners[rank] != node->owner) {
			node_release_as(node, config_node(checks->config, rank), checks->owners[rank]);
		}
	}
	free(checks->coming);
	free(checks->coming_groups);
	membership_free(&checks->coming_membership);
	change_end(checks);
}

/* A change: its second step. */

static void
check_commit(struct checks *checks, size_t rank)
{
	const struct plan_nodes *plan = &checks->plan->checks;
	const struct check_config *config = &checks->config->checks[rank];
	struct check *check = checks->coming[rank];

	if (plan->old_of[rank] != PLAN_NONE && plan->changes[rank] != 0)
		check_reconfigure(check, config, checks->owners[rank], (unsigned)rank);
	check->config = config;
	check->node.config = &config->node;
}

static void
group_commit(struct checks *checks, size_t index)
{
	const struct plan_nodes *plan = &checks->plan->groups;
	const struct group_config *config = &checks->config->groups[index];
	struct group *group = checks->coming_groups[index];
	size_t rank = checks->config->count + index;

	if (plan->old_of[index] != PLAN_NONE && plan->changes[index] != 0)
		node_reconfigure(&group->node, &config->node, checks->owners[rank], (unsigned)rank);
	group->config = config;
	group->node.config = &config->node;
}

/* What is not there any more. */
static void
removed_free(struct checks *checks)
{
	for (size_t old = 0; old < checks->count; old++)
		if (checks->plan->checks.new_of[old] == PLAN_NONE) {
			node_release(&checks->list[old]->node);
			check_dispose(checks->list[old]);
		}
	for (size_t old = 0; old < checks->group_count; old++)
		if (checks->plan->groups.new_of[old] == PLAN_NONE) {
			node_release(&checks->groups[old]->node);
			group_dispose(checks->groups[old]);
		}
	free(checks->list);
	free(checks->groups);
	membership_free(&checks->membership);
}

void
checks_commit(struct checks *checks, monotime_t now)
{
	guard_reconfigure(&checks->nodes, &checks->config->global.guard, now);
	for (size_t rank = 0; rank < checks->config->count; rank++)
		check_commit(checks, rank);
	for (size_t i = 0; i < checks->config->group_count; i++)
		group_commit(checks, i);
	removed_free(checks);
	checks->list = checks->coming;
	checks->groups = checks->coming_groups;
	checks->membership = checks->coming_membership;
	checks->count = checks->config->count;
	checks->group_count = checks->config->group_count;
	change_end(checks);
	for (size_t i = 0; i < checks->group_count; i++)
		group_judge(checks->groups[i], member_verdict, checks, now);
	nodes_end(&checks->nodes, now);
}
