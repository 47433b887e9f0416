/*
 * Dates and periods, as they are read and written for people. A moment is in milliseconds since 1970-01-01 UTC.
 */
#ifndef EXACHECK_CTL_MOMENT_H
#define EXACHECK_CTL_MOMENT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define MOMENT_NONE INT64_MIN
#define MOMENT_SIZE 32

int64_t moment_now(void);

/* "2026-01-31T23:59:59.123Z" (RFC 3339, of UTC); NONE: it is none, or text is NULL. */
int64_t moment_parse(const char *text);

/*
 * In local time, as short as it is unambiguous seen from now: "14:03:15", "Nov 20 14:03", "2025-11-20 14:03". Returns
 * text; "-" for NONE.
 */
const char *moment_format(int64_t moment, int64_t now, char text[static MOMENT_SIZE]);
/* With date and milliseconds: "2026-11-20 14:03:15.123". */
const char *moment_format_whole(int64_t moment, char text[static MOMENT_SIZE]);

/* "350ms", "12s", "3m12s", "2h05m", "3d04h". Below 0 it is 0. Returns text. */
const char *period_format(int64_t ms, char text[static MOMENT_SIZE]);
/* A duration that was measured: "0.42ms", "12.3ms", "350ms", "1.23s", "12.3s". */
const char *elapsed_format(double ms, char text[static MOMENT_SIZE]);

/* "90", "90s", "30m", "2h", "1d", "1h30m": seconds. False: it is none, it is 0, or more than ten years. */
bool period_parse(const char *text, double *seconds);

#endif
