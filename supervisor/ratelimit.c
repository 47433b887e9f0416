/*
 * The token bucket. Pure. Invariant: in any span of time no more are let through than burst + time x rate.
 */
#include "ratelimit.h"

void
ratelimit_init(struct ratelimit *limit, unsigned burst, unsigned per_second)
{
	*limit = (struct ratelimit){.burst = burst, .refill_ns = NS_PER_SECOND / per_second, .tokens = burst};
}

static void
ratelimit_fill(struct ratelimit *limit, monotime_t now)
{
	int64_t more = monotime_sub(now, limit->filled) / limit->refill_ns;

	if (more >= limit->burst - limit->tokens) {
		limit->tokens = limit->burst;
		limit->filled = now;
	} else if (more > 0) {
		limit->tokens += (unsigned)more;
		limit->filled = monotime_add(limit->filled, more * limit->refill_ns);
	}
}

bool
ratelimit_take(struct ratelimit *limit, monotime_t now)
{
	ratelimit_fill(limit, now);
	if (limit->tokens == 0)
		return false;
	limit->tokens--;
	return true;
}

bool
ratelimit_rested(struct ratelimit *limit, monotime_t now)
{
	ratelimit_fill(limit, now);
	return limit->tokens >= limit->burst / 2;
}
