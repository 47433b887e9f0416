/*
 * Dates. Touches the clocks. Invariant: the same point is the same date each time, unless the date was changed.
 */
#include "walltime.h"

#include <stdio.h>
#include <string.h>
#include <time.h>

/* The date is slewed, and two clocks are never read at once: what differs by no more is not another date. */
#define STEADY_NS (50 * NS_PER_MILLISECOND)
#define ATTEMPTS 5 /* at reading them without being kept from it in between */

/* How far the date is ahead of monotonic time, in nanoseconds. */
static int64_t
walltime_offset(void)
{
	static int64_t offset;
	struct timespec now;
	int64_t present = 0;

	for (int attempt = 0; attempt < ATTEMPTS; attempt++) {
		monotime_t before = monotime_now();

		clock_gettime(CLOCK_REALTIME, &now);
		present = now.tv_sec * NS_PER_SECOND + now.tv_nsec - before.ns;
		if (monotime_sub(monotime_now(), before) < STEADY_NS / 4)
			break;
	}
	if (present - offset > STEADY_NS || offset - present > STEADY_NS)
		offset = present;
	return offset;
}

int64_t
walltime_ns(monotime_t point)
{
	return point.ns + walltime_offset();
}

monotime_t
walltime_point(int64_t ns)
{
	return (monotime_t){ns - walltime_offset()};
}

int64_t
walltime_now_us(void)
{
	struct timespec now;

	clock_gettime(CLOCK_REALTIME, &now);
	return (now.tv_sec * NS_PER_SECOND + now.tv_nsec) / NS_PER_MICROSECOND;
}

const char *
walltime_format_ns(int64_t ns, char text[static WALLTIME_SIZE])
{
	time_t seconds = ns / NS_PER_SECOND;
	size_t length;
	struct tm tm;

	gmtime_r(&seconds, &tm);
	length = strftime(text, WALLTIME_SIZE, "%Y-%m-%dT%H:%M:%S", &tm);
	snprintf(text + length, WALLTIME_SIZE - length, ".%03uZ", (unsigned)(ns % NS_PER_SECOND / NS_PER_MILLISECOND) % 1000);
	return text;
}

const char *
walltime_format(monotime_t point, char text[static WALLTIME_SIZE])
{
	return walltime_format_ns(walltime_ns(point), text);
}

bool
walltime_parse(const char *text, int64_t *ms)
{
	struct tm tm = {0};
	unsigned fraction = 0;
	int end = 0;

	if ((text = strptime(text, "%Y-%m-%dT%H:%M:%S", &tm)) == NULL)
		return false;
	if (strcmp(text, "Z") != 0 && (sscanf(text, ".%3uZ%n", &fraction, &end) != 1 || end != (int)sizeof(".000Z") - 1 ||
	    text[end] != '\0'))
		return false;
	*ms = (int64_t)timegm(&tm) * (NS_PER_SECOND / NS_PER_MILLISECOND) + fraction;
	return true;
}
