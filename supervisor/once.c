/*
 * When everything is settled. Touches nothing but its timer. Invariant: done is called at most once.
 *
 * It looks again and again: what it waits for has no common event, and it does not wait for long.
 */
#include "once.h"

#include <event2/event.h>
#include <stdlib.h>

#include "../common/monotime.h"
#include "channel.h"
#include "checks.h"
#include "hook.h"
#include "loop.h"

#define LOOK_NS (20 * NS_PER_MILLISECOND)

struct once {
	struct once_parts parts;
	void (*done)(void *context);
	void *context;
	struct event *timer;
};

static bool
once_settled(const struct once *once)
{
	const struct once_parts *parts = &once->parts;

	for (size_t rank = 0; rank < checks_node_count(parts->checks); rank++)
		if (node_verdict(checks_node(parts->checks, rank)) == VERDICT_NONE)
			return false;
	return channel_idle(parts->channel) && hooks_waiting(parts->hooks) + hooks_active(parts->hooks) == 0;
}

static void
once_look(evutil_socket_t fd, short what, void *context)
{
	const struct once *once = context;

	(void)fd;
	(void)what;
	if (once_settled(once))
		once->done(once->context);
	else
		loop_arm(once->timer, LOOK_NS);
}

struct once *
once_new(const struct once_parts *parts, void (*done)(void *context), void *context)
{
	struct once *once = calloc(1, sizeof(*once));

	if (once == NULL)
		return NULL;
	*once = (struct once){.parts = *parts, .done = done, .context = context};
	if ((once->timer = event_new(parts->base, -1, 0, once_look, once)) == NULL) {
		free(once);
		return NULL;
	}
	loop_arm(once->timer, LOOK_NS);
	return once;
}

void
once_free(struct once *once)
{
	if (once == NULL)
		return;
	event_free(once->timer);
	free(once);
}
