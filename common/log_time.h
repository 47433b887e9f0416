/*
 * Dates in log lines as loguru writes them: "YYYY-MM-DD HH:mm:ss.SSS", or the directives of strftime(3).
 */
#ifndef EXACHECK_LOG_TIME_H
#define EXACHECK_LOG_TIME_H

#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include "log_format.h"

struct log_time;

/*
 * The format, length bytes of it; none: RFC 3339 with microseconds. "!UTC" at its end: universal time, else local time,
 * by the zone that the C library knows. NULL with a reason that follows "formatter: ".
 */
struct log_time *log_time_compile(const char *spec, size_t length, char error[static LOG_FORMAT_ERROR_SIZE]);
void log_time_free(struct log_time *);

/* at_us: microseconds since 1970-01-01 UTC */
void log_time_print(const struct log_time *, int64_t at_us, FILE *);

#endif
