/*
 * The letters of sentry: errors of exacheck itself, each a report of its own. The same one (numbers in its text make no
 * difference) is reported at most once a minute, with how often it happened. See queue.h.
 */
#ifndef EXACHECK_NOTIFY_REPORTS_H
#define EXACHECK_NOTIFY_REPORTS_H

#include "queue.h"
#include "summary.h"

extern const struct queue_content reports_content;

/* From 0 to below 1, anew each time. */
typedef double reports_chance(void);
reports_chance reports_dice; /* of the kernel's random numbers */

/*
 * The content of a queue; sample_rate: of how many of them, 0 to 1, something is said. NULL: out of memory. The sender
 * outlives it.
 */
void *reports_new(double sample_rate, reports_chance *, const struct sender *);

/* A report that says whether reports arrive, of this time. NULL: out of memory. */
struct letter *reports_test(int64_t at_us, const struct sender *);

#endif
