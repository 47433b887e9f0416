/*
 * Monotonic time. A struct, so that a raw integer or a wall-clock value cannot be mixed in by accident;
 * durations are plain int64_t nanoseconds and carry the suffix _ns.
 */
#ifndef EXACHECK_MONOTIME_H
#define EXACHECK_MONOTIME_H

#include <stdbool.h>
#include <stdint.h>
#include <time.h>

#define NS_PER_SECOND 1000000000LL
#define NS_PER_MILLISECOND 1000000LL
#define NS_PER_MICROSECOND 1000LL

typedef struct {
	int64_t ns; /* CLOCK_MONOTONIC, nanoseconds */
} monotime_t;

/* The end of time: compares later than every other value. */
#define MONOTIME_NEVER ((monotime_t){INT64_MAX})

monotime_t monotime_now(void);

/* t + duration_ns; saturates at MONOTIME_NEVER. */
monotime_t monotime_add(monotime_t t, int64_t duration_ns);

/* a - b in nanoseconds. */
int64_t monotime_sub(monotime_t a, monotime_t b);

/* What is left from now until deadline in nanoseconds, never below 0. */
int64_t monotime_left(monotime_t deadline, monotime_t now);

bool monotime_before(monotime_t a, monotime_t b);
monotime_t monotime_min(monotime_t a, monotime_t b);

/*
 * The first point of the grid start + k * interval_ns (k >= 1) that lies after now: missed points are
 * skipped, never caught up. interval_ns must be positive.
 */
monotime_t monotime_next(monotime_t start, int64_t interval_ns, monotime_t now);

/* Conversions for ppoll(2) and timers. */
struct timespec monotime_timespec(int64_t duration_ns);
struct timeval monotime_timeval(int64_t duration_ns);

#endif
