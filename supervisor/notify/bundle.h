/*
 * Events that one letter will tell: the first ones as they are, all of them counted.
 */
#ifndef EXACHECK_NOTIFY_BUNDLE_H
#define EXACHECK_NOTIFY_BUNDLE_H

#include <stddef.h>
#include <stdint.h>

#include "letter.h"
#include "notice.h"
#include "roster.h"

#define BUNDLE_LISTED_MAX 200

/* A number of events, and when the earliest and the latest happened; 0: of these nothing is known. */
struct tally {
	uint64_t events;
	int64_t from_us, to_us;
};

void tally_add(struct tally *, const struct tally *);
void tally_count(struct tally *, int64_t at_us);

struct bundle {
	struct tally all;
	uint64_t kinds[NOTICE_KINDS]; /* the same by kind */
	uint64_t lost;		      /* events of which nothing is known but that there were some */
	struct notice *listed[BUNDLE_LISTED_MAX]; /* the first ones, held */
	size_t listed_count;
	struct notice *last; /* held; NULL: no events */
	enum letter_kind gravest;
	struct roster roster;
};

void bundle_init(struct bundle *);
void bundle_clear(struct bundle *);

bool bundle_is_empty(const struct bundle *);
void bundle_add(struct bundle *, struct notice *);
void bundle_lost(struct bundle *, uint64_t count);

#endif
