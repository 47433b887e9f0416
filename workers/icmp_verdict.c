/*
 * The icmp method's verdict. Pure.
 */
#include "icmp_verdict.h"

#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "../common/monotime.h"

struct statistics {
	int64_t received, lost;
	double mean_ms, highest_ms;
	double jitter_ms; /* 0 with fewer than two replies */
};

static void
statistics_collect(struct statistics *s, const int64_t *rtts_ns, int64_t count)
{
	double previous_ms = 0, sum_ms = 0, change_ms = 0;

	*s = (struct statistics){0};
	for (int64_t i = 0; i < count; i++) {
		double rtt_ms = (double)rtts_ns[i] / NS_PER_MILLISECOND;

		if (rtts_ns[i] <= ICMP_RTT_LOST)
			continue;
		if (s->received++ > 0)
			change_ms += fabs(rtt_ms - previous_ms);
		previous_ms = rtt_ms;
		sum_ms += rtt_ms;
		if (rtt_ms > s->highest_ms)
			s->highest_ms = rtt_ms;
	}
	s->lost = count - s->received;
	if (s->received > 0)
		s->mean_ms = sum_ms / (double)s->received;
	if (s->received > 1)
		s->jitter_ms = change_ms / (double)(s->received - 1);
}

static void
judge_loss(const struct icmp_args *args, const struct icmp_outcome *outcome, const struct statistics *s,
    struct result *result)
{
	char name[ADDRESS_TEXT_SIZE];
	const char *reporter = "this host", *error;

	if (outcome->error == 0) {
		result_fail(result, REASON_LOSS, "ping %s: %d of %d packets lost, at most %d allowed", outcome->name,
		    (int)s->lost, (int)args->count, (int)args->max_loss);
		return;
	}
	if (outcome->reporter.family != 0)
		reporter = address_format(&outcome->reporter, name);
	error = outcome->error == EMSGSIZE ? "packet too big for the path" : strerror(outcome->error);
	result_fail(result, REASON_UNREACHABLE, "ping %s: %s, says %s; %d of %d packets lost", outcome->name, error,
	    reporter, (int)s->lost, (int)args->count);
}

void
icmp_judge(const struct icmp_args *args, const struct icmp_outcome *outcome, struct result *result)
{
	struct statistics s;

	statistics_collect(&s, outcome->rtts_ns, args->count);
	if (s.lost > args->max_loss)
		judge_loss(args, outcome, &s, result);
	else if (!isnan(args->max_latency_ms) && s.highest_ms > args->max_latency_ms)
		result_fail(result, REASON_LATENCY, "ping %s: highest round trip %.3f ms is above %g ms", outcome->name,
		    s.highest_ms, args->max_latency_ms);
	else if (!isnan(args->max_jitter_ms) && s.jitter_ms > args->max_jitter_ms)
		result_fail(result, REASON_JITTER, "ping %s: jitter %.3f ms is above %g ms", outcome->name, s.jitter_ms,
		    args->max_jitter_ms);
	else
		result_pass(result, "ping %s: %d of %d answered, mean %.3f ms, highest %.3f ms, jitter %.3f ms",
		    outcome->name, (int)s.received, (int)args->count, s.mean_ms, s.highest_ms, s.jitter_ms);
}
