/*
 * Delays between restarts: 0, 1, 2, 4 … 60 seconds, from the beginning again after a healthy life.
 */
#ifndef EXACHECK_BACKOFF_H
#define EXACHECK_BACKOFF_H

#include "../common/monotime.h"

struct backoff {
	unsigned failures; /* without a healthy life in between */
	monotime_t started;
};

/* A life begins. */
void backoff_started(struct backoff *, monotime_t now);

/* It ended: when the next one may begin. */
monotime_t backoff_ended(struct backoff *, monotime_t now);

#endif
