/*
 * The letter that tells a bundle of events.
 */
#ifndef EXACHECK_NOTIFY_SUMMARY_H
#define EXACHECK_NOTIFY_SUMMARY_H

#include <stdint.h>

#include "bundle.h"
#include "letter.h"

/* Who sends it. */
struct sender {
	const char *host;
	const char *version;
};

/* One that is not empty; loss: what was given up before it. NULL: out of memory. */
struct letter *summary_letter(const struct bundle *, const struct tally *, const struct sender *);

/* A letter that says whether letters arrive, of this time, to the target of this name. NULL: out of memory. */
struct letter *summary_test(const char *target, int64_t at_us, const struct sender *);

#endif
