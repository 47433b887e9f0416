/*
 * The state machine of a check: a pure function over a table, state x event -> state. Knows no clock, no process, no
 * route.
 */
#ifndef EXACHECK_FSM_H
#define EXACHECK_FSM_H

#include <stddef.h>

enum fsm_state { FSM_STARTUP, FSM_RISING, FSM_UP, FSM_FALLING, FSM_DOWN, FSM_DISABLED, FSM_STATES };

enum fsm_event { FSM_PASS, FSM_FAIL, FSM_DISABLE, FSM_ENABLE, FSM_EVENTS };

struct fsm {
	enum fsm_state state;
	unsigned count; /* consecutive results that led to rising or falling */
};

/* Apply one event. rise and fall: consecutive results needed, 0 counts as 1. */
void fsm_step(struct fsm *, enum fsm_event, unsigned rise, unsigned fall);

/* "startup", "rising" … as users of ExaCheck know them. */
const char *fsm_state_name(enum fsm_state);

/* Room for fsm_describe: "falling (65535/65535)". */
#define FSM_TEXT_SIZE 32

/* "up", or with progress: "rising (1/3)". Returns text. */
const char *fsm_describe(const struct fsm *, unsigned rise, unsigned fall, char *text, size_t size);

#endif
