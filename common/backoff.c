/*
 * Restart delays. Pure.
 */
#include "backoff.h"

#define DELAY_MAX_NS (60 * NS_PER_SECOND)
#define HEALTHY_NS (60 * NS_PER_SECOND) /* a life this long forgets earlier failures */

void
backoff_started(struct backoff *backoff, monotime_t now)
{
	backoff->living = true;
	backoff->started = now;
}

monotime_t
backoff_ended(struct backoff *backoff, monotime_t now)
{
	int64_t delay_ns;

	if (backoff->living && monotime_sub(now, backoff->started) >= HEALTHY_NS)
		backoff->failures = 0;
	if (!backoff->living && backoff->failures == 0)
		backoff->failures = 1;
	backoff->living = false;
	delay_ns = backoff->failures == 0 ? 0 : NS_PER_SECOND << (backoff->failures < 7 ? backoff->failures - 1 : 6);
	backoff->failures++;
	return monotime_add(now, delay_ns < DELAY_MAX_NS ? delay_ns : DELAY_MAX_NS);
}
