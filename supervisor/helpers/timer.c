/*
 * Timers. Invariant: one that is armed fires.
 */
#include "timer.h"

#include <event2/event.h>

#include "../../common/monotime.h"
#include "report.h"

void
timer_arm(struct event *timer, int64_t delay_ns)
{
	struct timeval delay = monotime_timeval(delay_ns);

	if (event_add(timer, &delay) == -1)
		report_fatal("out of memory");
}
