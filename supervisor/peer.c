/*
 * Messages of workers, judged. Touches the log. Invariant: what comes out is of the lists that we know, and printable.
 */
#include "peer.h"

#include <bsd/string.h>

#include "../common/log.h"

bool
peer_result(const struct message_result *sent, int64_t longest_ns, struct result *result)
{
	if (sent->code >= RESULT_CODES || sent->reason >= REASON_LEASE || sent->last > 1 || sent->off_grid > 1 ||
	    sent->duration_ns < 0 || sent->duration_ns > longest_ns ||
	    (sent->code == RESULT_PASS) != (sent->reason == REASON_OK))
		return false;
	result->code = (enum result_code)sent->code;
	result->reason = (enum reason)sent->reason;
	strlcpy(result->text, sent->text, sizeof(result->text));
	text_sanitise(result->text);
	return true;
}

bool
peer_log(const struct message_log *log, const char *subject, struct ratelimit *chatter, struct log_limit *limit,
    monotime_t now)
{
	if (log->level >= LOG_LEVELS || !ratelimit_take(chatter, now))
		return false;
	log_limit_line(limit, (enum log_level)log->level, subject, log->text, now);
	return true;
}
