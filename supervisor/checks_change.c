/*
 * Another set of checks and groups in place of the present one. Touches the set's memory and the ledger. Invariant: all
 * that wants memory is in the first step, and what that has done abandoning undoes.
 */
#include "checks_internal.h"

#include <stdlib.h>

#include "../common/log.h"

/* The first step. */

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

/* The second step. */

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

/* An override goes with its node: a later one of the same name is another one. */
static void
node_remove(struct node *node)
{
	char text[OVERRIDE_TEXT_SIZE];

	if (node->override.kind != OVERRIDE_NONE)
		log_line(LOG_LEVEL_WARNING, node->config->name, "is removed, and no longer %s",
		    override_describe(&node->override, text));
	node_release(node);
}

/* What is not there any more. */
static void
removed_free(struct checks *checks)
{
	for (size_t old = 0; old < checks->count; old++)
		if (checks->plan->checks.new_of[old] == PLAN_NONE) {
			node_remove(&checks->list[old]->node);
			checks_dispose_check(checks->list[old]);
		}
	for (size_t old = 0; old < checks->group_count; old++)
		if (checks->plan->groups.new_of[old] == PLAN_NONE) {
			node_remove(&checks->groups[old]->node);
			checks_dispose_group(checks->groups[old]);
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
		checks_judge(checks, i, now);
	nodes_end(&checks->nodes, now);
}
