/*
 * A token bucket: so many at once, then so many a second.
 */
#ifndef EXACHECK_RATELIMIT_H
#define EXACHECK_RATELIMIT_H

#include <stdbool.h>
#include <stdint.h>

#include "../common/monotime.h"

struct ratelimit {
	unsigned burst;
	int64_t refill_ns; /* for one token */
	unsigned tokens;
	monotime_t filled; /* up to when tokens were added */
};

/* A full one. burst: how many may come at once; per_second: 1 to 10^9, how many in the long run. */
void ratelimit_init(struct ratelimit *, unsigned burst, unsigned per_second);

/* Whether one more may come now; it is counted if so. */
bool ratelimit_take(struct ratelimit *, monotime_t now);

/* Whether half of the burst may come again. */
bool ratelimit_rested(struct ratelimit *, monotime_t now);

#endif
