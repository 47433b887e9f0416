/*
 * The state machine of a check, as one table of state x event. Touches nothing but the struct it is
 * given. Invariant: every pair of state and event has its cell, and the verdict changes only after
 * exactly `rise` passes or `fall` failures in a row.
 */
#include <stdio.h>

#include "fsm.h"

/* What a cell of the table does; the steps below are the only code that changes a state. */
enum step {
	STAY,	  /* nothing happens */
	COUNT_UP, /* one more pass towards up */
	COUNT_DOWN, /* one more failure towards down */
	DISABLE,
	ENABLE,
	STEPS
};

static const enum step table[FSM_STATES][FSM_EVENTS] = {
    [FSM_STARTUP] = {[FSM_PASS] = COUNT_UP, [FSM_FAIL] = COUNT_DOWN, [FSM_DISABLE] = DISABLE, [FSM_ENABLE] = STAY},
    [FSM_RISING] = {[FSM_PASS] = COUNT_UP, [FSM_FAIL] = COUNT_DOWN, [FSM_DISABLE] = DISABLE, [FSM_ENABLE] = STAY},
    [FSM_UP] = {[FSM_PASS] = STAY, [FSM_FAIL] = COUNT_DOWN, [FSM_DISABLE] = DISABLE, [FSM_ENABLE] = STAY},
    [FSM_FALLING] = {[FSM_PASS] = COUNT_UP, [FSM_FAIL] = COUNT_DOWN, [FSM_DISABLE] = DISABLE, [FSM_ENABLE] = STAY},
    [FSM_DOWN] = {[FSM_PASS] = COUNT_UP, [FSM_FAIL] = STAY, [FSM_DISABLE] = DISABLE, [FSM_ENABLE] = STAY},
    [FSM_DISABLED] = {[FSM_PASS] = STAY, [FSM_FAIL] = STAY, [FSM_DISABLE] = STAY, [FSM_ENABLE] = ENABLE},
};

/*
 * One more result in the same direction; the first one that contradicts the direction starts again at 1.
 * A result that reaches its threshold settles the state.
 */
static void
fsm_count(struct fsm *fsm, enum fsm_state counting, enum fsm_state settled, unsigned needed)
{
	unsigned count = fsm->state == counting ? fsm->count + 1 : 1;

	*fsm = count < needed ? (struct fsm){counting, count} : (struct fsm){settled, 0};
}

void
fsm_step(struct fsm *fsm, enum fsm_event event, unsigned rise, unsigned fall)
{
	switch (table[fsm->state][event]) {
	case COUNT_UP:
		fsm_count(fsm, FSM_RISING, FSM_UP, rise);
		break;
	case COUNT_DOWN:
		fsm_count(fsm, FSM_FALLING, FSM_DOWN, fall);
		break;
	case DISABLE:
		*fsm = (struct fsm){FSM_DISABLED, 0};
		break;
	case ENABLE:
		*fsm = (struct fsm){FSM_STARTUP, 0};
		break;
	case STAY:
	case STEPS:
		break;
	}
}

static const char *const state_names[FSM_STATES] = {
    [FSM_STARTUP] = "startup",
    [FSM_RISING] = "rising",
    [FSM_UP] = "up",
    [FSM_FALLING] = "falling",
    [FSM_DOWN] = "down",
    [FSM_DISABLED] = "disabled",
};

const char *
fsm_state_name(enum fsm_state state)
{
	return state_names[state];
}

const char *
fsm_describe(const struct fsm *fsm, unsigned rise, unsigned fall, char *text, size_t size)
{
	const char *name = fsm_state_name(fsm->state);

	if (fsm->state == FSM_RISING)
		snprintf(text, size, "%s (%u/%u)", name, fsm->count, rise);
	else if (fsm->state == FSM_FALLING)
		snprintf(text, size, "%s (%u/%u)", name, fsm->count, fall);
	else
		snprintf(text, size, "%s", name);
	return text;
}
