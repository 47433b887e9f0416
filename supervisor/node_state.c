/*
 * Checks and groups across an upgrade, and a crash. Touches these, and through them the ledger. Invariant: what is
 * loaded is wanted of the routes at once, so that they are what they were; what is inherited is wanted of none.
 */
#include <stdint.h>

#include "check.h"
#include "group.h"
#include "nodes.h"

static const struct state_field fsm_fields[] = {
	STATE_ENUM(struct fsm, state, FSM_STATES),
	STATE_ENUM(struct fsm, count, UINT16_MAX + 1), /* rise and fall are not above this */
	STATE_END,
};

static const struct state_field check_fields[] = {
	STATE_FIELD(struct check, disabled),
	STATE_END,
};

static const struct state_field node_fields[] = {
	STATE_ENUM(struct node, verdict, VERDICTS),
	STATE_FIELD(struct node, proven),
	STATE_FIELD(struct node, since),
	STATE_ENUM(struct node, found, VERDICTS),
	STATE_ENUM(struct node, wish, WISHES),
	STATE_ENUM(struct node, left, WISHES),
	STATE_FIELD(struct node, drained),
	STATE_FIELD(struct node, guarded),
	STATE_FIELD(struct node, guarded_at),
	STATE_FIELD(struct node, lost),
	STATE_FIELD(struct node, lost_at),
	STATE_END,
};

/* A node's map, with what else there is of it, NULL: nothing. */
static json_t *
node_save(const struct node *node)
{
	json_t *map = state_save(node_fields, node);

	if (map != NULL && state_put_text(map, "name", node->config->name))
		return map;
	json_decref(map);
	return NULL;
}

json_t *
check_save(const struct check *check)
{
	json_t *map = node_save(&check->node);

	if (map != NULL && state_put(map, "fsm", state_save(fsm_fields, &check->fsm)) &&
	    state_put(map, "file", state_save(check_fields, check)))
		return map;
	json_decref(map);
	return NULL;
}

json_t *
group_save(const struct group *group)
{
	return node_save(&group->node);
}

/* Into a check as it is made. One that was saved before there were overrides is disabled by its file alone. */
static bool
check_decode(struct check *check, const json_t *map, char error[static STATE_ERROR_SIZE])
{
	if (!state_load(node_fields, &check->node, map, error) ||
	    !state_load(fsm_fields, &check->fsm, json_object_get(map, "fsm"), error))
		return false;
	check->disabled = check->fsm.state == FSM_DISABLED && check->node.proven;
	return state_load(check_fields, check, json_object_get(map, "file"), error);
}

/* The override of a node's map, which is the caller's to clear. */
static bool
override_decode(struct override *override, const json_t *map, char error[static STATE_ERROR_SIZE])
{
	return override_load(override, json_object_get(map, "override"), error);
}

static bool
override_valid(const json_t *map, char error[static STATE_ERROR_SIZE])
{
	struct override override;
	bool valid = override_decode(&override, map, error);

	override_clear(&override);
	return valid;
}

bool
check_state_valid(const json_t *map, char error[static STATE_ERROR_SIZE])
{
	struct check check = {.config = NULL};

	return check_decode(&check, map, error) && override_valid(map, error);
}

bool
group_state_valid(const json_t *map, char error[static STATE_ERROR_SIZE])
{
	struct node node = {.config = NULL};

	return state_load(node_fields, &node, map, error) && override_valid(map, error);
}

bool
check_load(struct check *check, const json_t *map, char error[static STATE_ERROR_SIZE])
{
	struct check found = *check;
	struct override override;

	if (!check_decode(&found, map, error) || !override_decode(&override, map, error))
		return false;
	*check = found;
	override_replace(&check->node.override, &override);
	node_resume(&check->node);
	return true;
}

bool
group_load(struct group *group, const json_t *map, char error[static STATE_ERROR_SIZE])
{
	struct node found = group->node;
	struct override override;

	if (!state_load(node_fields, &found, map, error) || !override_decode(&override, map, error))
		return false;
	group->node = found;
	override_replace(&group->node.override, &override);
	node_resume(&group->node);
	return true;
}

/* Crashes. */

static monotime_t
time_past(monotime_t time, monotime_t now)
{
	return time.ns < 0 || monotime_before(now, time) ? now : time;
}

static size_t
count_routes(const struct node_config *config)
{
	return config->prefixes.count * (config->neighbors.count > 0 ? config->neighbors.count : 1);
}

/* A node as it goes on, of one as it was left. What is lost counts from now on, all else when something is found. */
static void
node_inherit(struct node *node, const struct node *left, monotime_t now)
{
	size_t routes = count_routes(node->config);

	node->verdict = left->verdict;
	node->since = time_past(left->since, now);
	node->found = left->found;
	if (left->verdict != VERDICT_NONE)
		node->left = left->wish != WISH_NOTHING ? left->wish : left->left;
	if (node->left == WISH_DRAIN)
		node->drained = monotime_min(left->drained, monotime_add(now, node->config->drain_time_ns));
	if (left->verdict == VERDICT_DOWN)
		node->guarded_at = time_past(left->guarded_at, now);
	if (node->left == WISH_WITHDRAW)
		node->lost = left->lost < routes ? left->lost : routes;
	node->lost_at = time_past(left->lost_at, now);
	guard_restore(node->nodes, node);
}

bool
check_inherit(struct check *check, const json_t *map, monotime_t now, char error[static STATE_ERROR_SIZE])
{
	struct check left = *check;

	if (!check_decode(&left, map, error))
		return false;
	check->fsm = left.fsm;
	node_inherit(&check->node, &left.node, now);
	return true;
}

bool
group_inherit(struct group *group, const json_t *map, monotime_t now, char error[static STATE_ERROR_SIZE])
{
	struct node left = group->node;

	if (!state_load(node_fields, &left, map, error))
		return false;
	node_inherit(&group->node, &left, now);
	return true;
}
