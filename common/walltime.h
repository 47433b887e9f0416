/*
 * Points of monotonic time as dates, for people: by the clock on the wall as it is now.
 */
#ifndef EXACHECK_WALLTIME_H
#define EXACHECK_WALLTIME_H

#include <stdbool.h>
#include <stdint.h>

#include "monotime.h"

/* Nanoseconds since 1970-01-01 UTC. And the point of monotonic time that is this date. */
int64_t walltime_ns(monotime_t);
monotime_t walltime_point(int64_t ns);

/* The date as it is at this moment, for what is told and not compared: microseconds since 1970-01-01 UTC. */
int64_t walltime_now_us(void);

/* "2026-01-31T23:59:59.123Z" (RFC 3339). Returns text. */
#define WALLTIME_SIZE 32
const char *walltime_format(monotime_t, char text[static WALLTIME_SIZE]);
const char *walltime_format_ns(int64_t ns, char text[static WALLTIME_SIZE]); /* since 1970-01-01 UTC */

/* The same back, with or without the fraction: milliseconds since 1970-01-01 UTC. False: the text is no such date. */
bool walltime_parse(const char *text, int64_t *ms);

#endif
