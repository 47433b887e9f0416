/*
 * Checks and groups across an upgrade. Touches these, and through them the ledger. Invariant: what is restored is wanted
 * of the routes at once, so that they are what they were.
 */
#include "check.h"
#include "group.h"

static const struct state_field fsm_fields[] = {
	STATE_ENUM(struct fsm, state, FSM_STATES),
	STATE_FIELD(struct fsm, count),
	STATE_END,
};

static const struct state_field node_fields[] = {
	STATE_ENUM(struct node, verdict, VERDICTS),
	STATE_FIELD(struct node, proven),
	STATE_FIELD(struct node, since),
	STATE_ENUM(struct node, found, VERDICTS),
	STATE_ENUM(struct node, wish, WISHES),
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

	if (map != NULL && state_put(map, "fsm", state_save(fsm_fields, &check->fsm)))
		return map;
	json_decref(map);
	return NULL;
}

json_t *
group_save(const struct group *group)
{
	return node_save(&group->node);
}

/* Into a check as it is made. */
static bool
check_decode(struct check *check, const json_t *map, char error[static STATE_ERROR_SIZE])
{
	return state_load(node_fields, &check->node, map, error) &&
	    state_load(fsm_fields, &check->fsm, json_object_get(map, "fsm"), error);
}

bool
check_state_valid(const json_t *map, char error[static STATE_ERROR_SIZE])
{
	struct check check = {.config = NULL};

	return check_decode(&check, map, error);
}

bool
group_state_valid(const json_t *map, char error[static STATE_ERROR_SIZE])
{
	struct node node = {.config = NULL};

	return state_load(node_fields, &node, map, error);
}

bool
check_load(struct check *check, const json_t *map, char error[static STATE_ERROR_SIZE])
{
	struct check found = *check;

	if (!check_decode(&found, map, error))
		return false;
	*check = found;
	node_resume(&check->node);
	return true;
}

bool
group_load(struct group *group, const json_t *map, char error[static STATE_ERROR_SIZE])
{
	struct node found = group->node;

	if (!state_load(node_fields, &found, map, error))
		return false;
	group->node = found;
	node_resume(&group->node);
	return true;
}
