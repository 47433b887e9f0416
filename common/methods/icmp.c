/*
 * The icmp method's options. Pure. Invariant: what derive and cross_check let through fits one execution:
 * count x icmp_timeout + (count - 1) x interval <= timeout.
 */
#include "icmp.h"

#include <math.h>

#include "../monotime.h"

#define AT(MEMBER) .offset = offsetof(struct icmp_args, MEMBER)
#define SIZE_MIN 16 /* the nonce that tells our replies from others' */
#define SIZE_MAX_IPV4 65507 /* 65535 less the headers of IPv4 and ICMP */

static const struct option icmp_options[] = {
	REMOTE_OPTIONS(struct icmp_args, remote, OPTION_REQUIRED),
	{.name = "count", .type = OPTION_INTEGER, AT(count), .min = 1, .max = 86400, .fallback = "3",
	    .help = "packets to send; at most the number of seconds in timeout"},
	{.name = "interval", .type = OPTION_SECONDS, AT(interval_ns), .min = 0, .max = 86400, .fallback = "0.25",
	    .unit = "seconds", .help = "between packets"},
	{.name = "icmp_timeout", .type = OPTION_SECONDS, .flags = OPTION_ABOVE_MIN, AT(icmp_timeout_ns), .min = 0,
	    .max = 86400, .fallback = "2", .unit = "seconds", .help = "bounds one packet's answer"},
	{.name = "privileged", .type = OPTION_BOOL, AT(privileged), .fallback = "false",
	    .help = "true: use a raw socket; false: an unprivileged one where the system allows"},
	{.name = "max_loss", .type = OPTION_INTEGER, AT(max_loss), .min = 0, .max = 86399, .fallback = "0",
	    .unit = "packets", .help = "packets that may be lost; below count"},
	{.name = "max_latency", .type = OPTION_NUMBER, .flags = OPTION_ABOVE_MIN, AT(max_latency_ms), .min = 0,
	    .max = 86400000, .unit = "milliseconds", .help = "longest round trip; below icmp_timeout"},
	{.name = "max_jitter", .type = OPTION_NUMBER, .flags = OPTION_ABOVE_MIN, AT(max_jitter_ms), .min = 0,
	    .max = 86400000, .unit = "milliseconds", .help = "largest mean difference of consecutive round trips"},
	{.name = "size", .type = OPTION_INTEGER, AT(size), .min = SIZE_MIN, .max = SIZE_MAX_IPV4, .fallback = "56",
	    .unit = "bytes", .help = "payload of a packet"},
	{.name = "dont_fragment", .type = OPTION_BOOL, AT(dont_fragment), .fallback = "false",
	    .help = "true: packets must not be fragmented on their way"},
	OPTION_END,
};

static int64_t
min_ns(int64_t a, int64_t b)
{
	return a < b ? a : b;
}

/* Down to whole milliseconds, which is what people write. */
static int64_t
whole_milliseconds(int64_t duration_ns)
{
	return duration_ns - duration_ns % NS_PER_MILLISECOND;
}

/* As many packets as timeout has seconds, begun ones counted. */
static int64_t
count_limit(const struct icmp_args *args)
{
	return (args->remote.common.timeout_ns + NS_PER_SECOND - 1) / NS_PER_SECOND;
}

/*
 * Defaults that do not fit the rest give way: first the number of packets, then the time for an answer;
 * the gap between packets gives way when that time is given, or leaves it less than half.
 */
static void
icmp_derive(void *data, uint64_t given)
{
	struct icmp_args *args = data;
	int64_t timeout = args->remote.common.timeout_ns, gaps, rest;
	bool count_given = (given >> option_index(icmp_options, "count") & 1) != 0;
	bool interval_given = (given >> option_index(icmp_options, "interval") & 1) != 0;
	bool answer_given = (given >> option_index(icmp_options, "icmp_timeout") & 1) != 0;

	if (!count_given)
		args->count = min_ns(args->count, count_limit(args));
	gaps = args->count - 1;
	if (!interval_given) {
		rest = timeout / args->count;
		if (gaps > 0)
			rest = (answer_given ? timeout - args->count * args->icmp_timeout_ns : timeout / 2) / gaps;
		if (rest < 0)
			rest = 0; /* icmp_timeout is too long whatever the interval: the cross check says so */
		args->interval_ns = min_ns(args->interval_ns, whole_milliseconds(rest));
	}
	if (!answer_given) {
		rest = whole_milliseconds((timeout - gaps * args->interval_ns) / args->count);
		if (rest < NS_PER_MILLISECOND)
			rest = NS_PER_MILLISECOND; /* the shortest there is; the cross check may refuse it */
		args->icmp_timeout_ns = min_ns(args->icmp_timeout_ns, rest);
	}
}

/* The key to name in an error about several: the first of them that stands in the file. */
static const char *
first_given(const struct cross_check *check, const char *const *keys)
{
	for (; keys[1] != NULL; keys++)
		if (cross_given(check, *keys))
			break;
	return *keys;
}

static void
check_times(struct cross_check *check, const struct icmp_args *args)
{
	static const char *const gap_keys[] = {"interval", "count", "timeout", NULL};
	static const char *const all_keys[] = {"icmp_timeout", "interval", "count", "timeout", NULL};
	int64_t timeout = args->remote.common.timeout_ns;
	/* Unsigned: the largest values that the table lets through add up to more than INT64_MAX. */
	uint64_t sum = (uint64_t)(args->count * args->icmp_timeout_ns) +
	    (uint64_t)((args->count - 1) * args->interval_ns);
	char needed[SECONDS_TEXT_SIZE], there[SECONDS_TEXT_SIZE];

	seconds_text(timeout, there);
	if (args->count > count_limit(args))
		check->error(check, "count",
		    "must be at most the seconds of timeout (%s), got %lld: lower it or raise timeout", there,
		    (long long)args->count);
	else if (args->count * args->interval_ns > timeout)
		check->error(check, first_given(check, gap_keys),
		    "count x interval is %s seconds and must be at most timeout "
		    "(%s): lower count or interval, or raise timeout",
		    seconds_text(args->count * args->interval_ns, needed), there);
	else if (sum > (uint64_t)timeout)
		check->error(check, first_given(check, all_keys),
		    "count x icmp_timeout + (count - 1) x interval is %s seconds "
		    "and must be at most timeout (%s): lower one of them or raise timeout",
		    seconds_text(sum > INT64_MAX ? INT64_MAX : (int64_t)sum, needed), there);
}

static void
icmp_cross_check(struct cross_check *check)
{
	const struct icmp_args *args = check->args;
	double answer_ms = (double)args->icmp_timeout_ns / 1e6;

	remote_cross_check(check);
	check_times(check, args);
	if (args->max_loss >= args->count)
		check->error(check, "max_loss",
		    "must be below count (%lld), got %lld: with every packet lost nothing is checked",
		    (long long)args->count, (long long)args->max_loss);
	if (!isnan(args->max_latency_ms) && args->max_latency_ms >= answer_ms)
		check->error(check, "max_latency",
		    "must be below icmp_timeout (%.9g milliseconds), got %.9g: lower it or raise "
		    "icmp_timeout",
		    answer_ms, args->max_latency_ms);
	if (!isnan(args->max_jitter_ms) && args->count < 2)
		check->error(check, "max_jitter", "needs a count of at least 2, got %lld", (long long)args->count);
}

const struct check_method method_icmp = {
	.name = "icmp",
	.options = icmp_options,
	.args_size = sizeof(struct icmp_args),
	.remote = true,
	.derive = icmp_derive,
	.cross_check = icmp_cross_check,
	.needs = NEED_PING,
	.may_need = NEED_LOOK | NEED_RESOLVER,
	.prepares = NEED_PING_OPEN,
};
