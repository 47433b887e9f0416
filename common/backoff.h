/*
 * Delays between restarts: 0, 1, 2, 4 … 60 seconds, from the beginning again after a healthy life. A start
 * that failed is followed by at least 1 s: only a life earns an immediate restart.
 */
#ifndef EXACHECK_COMMON_BACKOFF_H
#define EXACHECK_COMMON_BACKOFF_H

#include <stdbool.h>

#include "monotime.h"

struct backoff {
	unsigned failures; /* without a healthy life in between */
	bool living;
	monotime_t started; /* while living */
};

/* A life begins. */
void backoff_started(struct backoff *, monotime_t now);

/* It ended, or could not begin: when the next one may, if without a life later than now. */
monotime_t backoff_ended(struct backoff *, monotime_t now);

#endif
