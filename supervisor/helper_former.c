/*
 * Those who finish. Invariant: none outlives its time, and none is signalled that was reaped.
 */
#include "helper_former.h"

#include <event2/event.h>
#include <signal.h>

#include "loop.h"

#define RETRY_NS (1 * NS_PER_SECOND)

static void
former_turn(evutil_socket_t fd, short what, void *context)
{
	struct helper_former *former = context;
	monotime_t now = monotime_now();
	bool left = false;

	(void)fd;
	(void)what;
	for (size_t i = 0; i < HELPER_FORMER_MAX; i++) {
		if (former->list[i].pid == 0)
			continue;
		left = true;
		if (monotime_left(former->list[i].due, now) == 0)
			kill(former->list[i].pid, SIGKILL);
	}
	if (left)
		loop_arm(former->timer, RETRY_NS);
}

bool
helper_former_init(struct helper_former *former, struct event_base *base)
{
	*former = (struct helper_former){.timer = event_new(base, -1, 0, former_turn, former)};
	return former->timer != NULL && event_priority_set(former->timer, LOOP_LAST) == 0;
}

void
helper_former_clear(struct helper_former *former)
{
	for (size_t i = 0; i < HELPER_FORMER_MAX; i++)
		if (former->list[i].pid > 0)
			kill(former->list[i].pid, SIGKILL);
	if (former->timer != NULL)
		event_free(former->timer);
	*former = (struct helper_former){0};
}

bool
helper_former_add(struct helper_former *former, pid_t pid)
{
	for (size_t i = 0; i < HELPER_FORMER_MAX; i++) {
		if (former->list[i].pid != 0)
			continue;
		former->list[i].pid = pid;
		former->list[i].due = monotime_add(monotime_now(), HELPER_FORMER_NS);
		loop_arm(former->timer, RETRY_NS);
		return true;
	}
	return false;
}

bool
helper_former_reaped(struct helper_former *former, pid_t pid)
{
	for (size_t i = 0; pid > 0 && i < HELPER_FORMER_MAX; i++)
		if (former->list[i].pid == pid) {
			former->list[i].pid = 0;
			return true;
		}
	return false;
}
