/*
 * libevent, where it can run out of memory. Touches no descriptor of its own. Invariant: what is armed fires, if
 * need be too early.
 */
#include "loop.h"

#include <errno.h>
#include <event2/event.h>

#include "../common/log.h"
#include "../common/monotime.h"

#define RUN_ATTEMPTS 100 /* epoll_wait(2) that fails again and again will not get better */
#define MESSAGE_PAUSE_NS NS_PER_SECOND

/* One line a second at most: what fails once is tried again at every turn. */
static void
loop_message(int severity, const char *text)
{
	static const enum log_level levels[] = {
		[EVENT_LOG_DEBUG] = LOG_LEVEL_TRACE,
		[EVENT_LOG_MSG] = LOG_LEVEL_DEBUG,
		[EVENT_LOG_WARN] = LOG_LEVEL_WARNING,
		[EVENT_LOG_ERR] = LOG_LEVEL_ERROR,
	};
	static monotime_t next;
	monotime_t now = monotime_now();
	size_t count = sizeof(levels) / sizeof(levels[0]);

	if (monotime_before(now, next))
		return;
	next = monotime_add(now, MESSAGE_PAUSE_NS);
	log_line(severity >= 0 && (size_t)severity < count ? levels[severity] : LOG_LEVEL_WARNING, NULL, "event loop: %s",
	    text);
}

struct event_base *
loop_new(void)
{
	struct event_base *base;

	event_set_log_callback(loop_message);
	base = event_base_new();
	if (base != NULL && event_base_priority_init(base, LOOP_PRIORITIES) == -1) {
		event_base_free(base);
		errno = ENOMEM;
		return NULL;
	}
	return base;
}

int
loop_run(struct event_base *base)
{
	for (int attempt = 0; attempt < RUN_ATTEMPTS; attempt++)
		if (event_base_dispatch(base) != -1)
			return 0;
	log_errorx("the event loop does not run any more");
	return -1;
}

void
loop_arm(struct event *event, int64_t delay_ns)
{
	struct timeval delay = monotime_timeval(delay_ns);

	if (event_add(event, &delay) == -1)
		event_active(event, EV_TIMEOUT, 0);
}

void
loop_watch(struct event *event)
{
	if (event_add(event, NULL) == -1)
		event_active(event, event_get_events(event), 0);
}
