/*
 * A check across an upgrade. Touches the check, and through it the ledger. Invariant: what is restored is wanted of the
 * routes at once, so that they are what they were.
 */
#include "check.h"

static const struct state_field fsm_fields[] = {
	STATE_ENUM(struct fsm, state, FSM_STATES),
	STATE_FIELD(struct fsm, count),
	STATE_END,
};

static const struct state_field check_fields[] = {
	STATE_ENUM(struct check, wanted, FSM_ACTIONS),
	STATE_FIELD(struct check, wanted_disabled),
	STATE_END,
};

json_t *
check_save(const struct check *check)
{
	json_t *map = state_save(check_fields, check);

	if (map != NULL && state_put_text(map, "name", check->config->options.name) &&
	    state_put(map, "fsm", state_save(fsm_fields, &check->fsm)))
		return map;
	json_decref(map);
	return NULL;
}

/* Into a check as it is made. */
static bool
check_decode(struct check *check, const json_t *map, char error[static STATE_ERROR_SIZE])
{
	return state_load(check_fields, check, map, error) &&
	    state_load(fsm_fields, &check->fsm, json_object_get(map, "fsm"), error);
}

bool
check_state_valid(const json_t *map, char error[static STATE_ERROR_SIZE])
{
	struct check check = {.config = NULL};

	return check_decode(&check, map, error);
}

bool
check_load(struct check *check, const json_t *map, char error[static STATE_ERROR_SIZE])
{
	struct check found = *check;

	if (!check_decode(&found, map, error))
		return false;
	*check = found;
	check_reconfigure(check, check->config, check->owner, check->rank); /* which says it */
	return true;
}
