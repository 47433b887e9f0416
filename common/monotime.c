/*
 * Monotonic time: arithmetic that cannot overflow into the past. Touches nothing but the clock.
 */
#include "monotime.h"

monotime_t
monotime_now(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return (monotime_t){ts.tv_sec * NS_PER_SECOND + ts.tv_nsec};
}

monotime_t
monotime_add(monotime_t t, int64_t duration_ns)
{
	int64_t sum;

	if (__builtin_add_overflow(t.ns, duration_ns, &sum))
		return MONOTIME_NEVER;
	return (monotime_t){sum};
}

int64_t
monotime_sub(monotime_t a, monotime_t b)
{
	return a.ns - b.ns;
}

int64_t
monotime_left(monotime_t deadline, monotime_t now)
{
	return deadline.ns > now.ns ? deadline.ns - now.ns : 0;
}

bool
monotime_before(monotime_t a, monotime_t b)
{
	return a.ns < b.ns;
}

monotime_t
monotime_min(monotime_t a, monotime_t b)
{
	return a.ns < b.ns ? a : b;
}

monotime_t
monotime_next(monotime_t start, int64_t interval_ns, monotime_t now)
{
	int64_t passed = now.ns - start.ns;

	if (passed < 0)
		return monotime_add(start, interval_ns);
	return monotime_add(start, (passed / interval_ns + 1) * interval_ns);
}

struct timespec
monotime_timespec(int64_t duration_ns)
{
	return (struct timespec){duration_ns / NS_PER_SECOND, duration_ns % NS_PER_SECOND};
}

struct timeval
monotime_timeval(int64_t duration_ns)
{
	int64_t us = (duration_ns + 999) / 1000; /* rounded up: a timer must not fire early */

	return (struct timeval){us / 1000000, us % 1000000};
}
