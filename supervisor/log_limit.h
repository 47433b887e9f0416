/*
 * The log lines of one worker or spawner: a few at once and a few a second are written, the rest is counted and
 * told, so that one that never stops talking fills neither the log nor the supervisor's time.
 */
#ifndef EXACHECK_LOG_LIMIT_H
#define EXACHECK_LOG_LIMIT_H

#include "../common/log.h"
#include "../common/monotime.h"
#include "ratelimit.h"

struct log_limit {
	struct ratelimit rate;
	unsigned long dropped; /* lines, not told yet */
	monotime_t told;
};

void log_limit_init(struct log_limit *);

/* Write one line, or count it. Lines of a level that is not written count for nothing. */
void log_limit_line(struct log_limit *, enum log_level, const char *subject, const char *text, monotime_t now);

/* Tell how many were dropped, if there were any and it has become quiet or was not told for a minute. */
void log_limit_tell(struct log_limit *, const char *subject, monotime_t now);

#endif
