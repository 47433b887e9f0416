/*
 * Limiting log lines. Touches the log only. Invariant: every line is written or counted, and every count is told
 * as long as somebody asks.
 */
#include "log_limit.h"

#define LINES_BURST 20
#define LINES_A_SECOND 5
#define TELL_NS (60 * NS_PER_SECOND) /* of one that never becomes quiet */

void
log_limit_init(struct log_limit *limit)
{
	*limit = (struct log_limit){0};
	ratelimit_init(&limit->rate, LINES_BURST, LINES_A_SECOND);
}

void
log_limit_tell(struct log_limit *limit, const char *subject, monotime_t now)
{
	if (limit->dropped == 0)
		return;
	if (!ratelimit_rested(&limit->rate, now) && monotime_sub(now, limit->told) < TELL_NS)
		return;
	log_line(LOG_LEVEL_WARNING, subject, "%lu log line%s dropped: more than %d a second", limit->dropped,
	    limit->dropped == 1 ? " was" : "s were", LINES_A_SECOND);
	limit->dropped = 0;
	limit->told = now;
}

void
log_limit_line(struct log_limit *limit, enum log_level level, const char *subject, const char *text, monotime_t now)
{
	if (!log_enabled(level))
		return;
	log_limit_tell(limit, subject, now);
	if (ratelimit_take(&limit->rate, now)) {
		log_line(level, subject, "%s", text);
		return;
	}
	if (limit->dropped++ == 0)
		limit->told = now; /* from now on it is worth telling */
}
