/*
 * Executions into figures. Touches the struct it is given. Invariant: every execution is in one cell of the counts and
 * in one bucket.
 */
#include "results.h"

#include <string.h>


const double results_bounds[RESULTS_BUCKETS - 1] = {0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1,
	5};

static unsigned
bucket_of(int64_t duration_ns)
{
	unsigned bucket = 0;

	while (bucket < RESULTS_BUCKETS - 1 && (double)duration_ns > results_bounds[bucket] * (double)NS_PER_SECOND)
		bucket++;
	return bucket;
}

void
results_add(struct results *results, const struct result *result, int64_t duration_ns, monotime_t now)
{
	int64_t us = duration_ns / NS_PER_MICROSECOND;

	*(result->code == RESULT_PASS ? &results->passes : &results->failures) += 1;
	results->executions[result->code][result->reason]++;
	results->buckets[bucket_of(duration_ns)]++;
	results->duration_ns += duration_ns;
	results->kept[results->next] = (struct results_one){now, us < UINT32_MAX ? (uint32_t)us : UINT32_MAX,
		(uint8_t)result->code, (uint8_t)result->reason};
	results->next = (results->next + 1) % RESULTS_KEPT;
	if (results->count < RESULTS_KEPT)
		results->count++;
	memcpy(results->text, result->text, sizeof(results->text));
}

const struct results_one *
results_kept(const struct results *results, unsigned back)
{
	return back < results->count ? &results->kept[(results->next + RESULTS_KEPT - 1 - back) % RESULTS_KEPT] : NULL;
}
