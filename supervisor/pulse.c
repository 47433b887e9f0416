/*
 * One timer for all checks. Touches the checks. Invariant: it fires at the latest when the first of what waits falls due.
 */
#include "pulse.h"

#include <event2/event.h>
#include <stdlib.h>

#include "../common/monotime.h"
#include "checks.h"
#include "loop.h"

struct pulse {
	struct checks *checks;
	struct event *timer;
	monotime_t next; /* what it is set to; NEVER: it is not */
};

static void
pulse_turn(evutil_socket_t fd, short what, void *context)
{
	struct pulse *pulse = context;

	(void)fd;
	(void)what;
	pulse->next = MONOTIME_NEVER;
	checks_turn(pulse->checks, monotime_now());
	pulse_set(pulse);
}

struct pulse *
pulse_new(struct event_base *base, struct checks *checks)
{
	struct pulse *pulse = calloc(1, sizeof(*pulse));

	if (pulse == NULL)
		return NULL;
	pulse->checks = checks;
	pulse->next = MONOTIME_NEVER;
	if ((pulse->timer = event_new(base, -1, 0, pulse_turn, pulse)) != NULL)
		return pulse;
	free(pulse);
	return NULL;
}

void
pulse_free(struct pulse *pulse)
{
	if (pulse == NULL)
		return;
	event_free(pulse->timer);
	free(pulse);
}

/* A time that is gone is let pass: the timer then finds nothing to do. */
void
pulse_set(struct pulse *pulse)
{
	monotime_t next = checks_next(pulse->checks);

	if (!monotime_before(next, pulse->next))
		return;
	pulse->next = next;
	loop_arm(pulse->timer, monotime_left(next, monotime_now()));
}
