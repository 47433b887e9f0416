/*
 * What the executions of a check came to: counts, the durations' distribution, the last few. Pure: what is told is kept,
 * nothing is decided by it.
 */
#ifndef EXACHECK_RESULTS_H
#define EXACHECK_RESULTS_H

#include <stdint.h>

#include "../common/monotime.h"
#include "../common/result.h"

#define RESULTS_KEPT 32
#define RESULTS_BUCKETS 13 /* of the distribution, the last without a bound */

/* Upper bounds in seconds of all buckets but the last, ascending. */
extern const double results_bounds[RESULTS_BUCKETS - 1];

/* One execution, small. */
struct results_one {
	monotime_t at; /* when it was reported */
	uint32_t duration_us; /* what is longer is UINT32_MAX */
	uint8_t code, reason;
};

struct results {
	uint64_t passes, failures; /* failures: and errors */
	uint64_t fed; /* how many of all of these exacheck-web knows: see feed.h */
	uint32_t executions[RESULT_CODES][REASONS];
	uint32_t buckets[RESULTS_BUCKETS]; /* of their durations, each without those below */
	int64_t duration_ns;		   /* of all together */
	struct results_one kept[RESULTS_KEPT]; /* a ring */
	unsigned count, next;
	char text[RESULT_TEXT_SIZE]; /* of the last one */
};

void results_add(struct results *, const struct result *, int64_t duration_ns, monotime_t now);

/* The one that came `back` before the last (0: the last itself); NULL: it is not kept. */
const struct results_one *results_kept(const struct results *, unsigned back);

#endif
