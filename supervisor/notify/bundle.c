/*
 * Gathering. Touches memory only. Invariant: what is added is counted, and no more is kept than has its bound.
 */
#include "bundle.h"

#include "words.h"

void
bundle_init(struct bundle *bundle)
{
	*bundle = (struct bundle){0};
	roster_init(&bundle->roster);
}

void
bundle_clear(struct bundle *bundle)
{
	for (size_t i = 0; i < bundle->listed_count; i++)
		notice_release(bundle->listed[i]);
	notice_release(bundle->last);
	roster_clear(&bundle->roster);
	bundle_init(bundle);
}

bool
bundle_is_empty(const struct bundle *bundle)
{
	return bundle->events == 0 && bundle->lost == 0;
}

static void
kind_raise(struct bundle *bundle, enum letter_kind kind)
{
	if (kind > bundle->gravest)
		bundle->gravest = kind;
}

void
bundle_add(struct bundle *bundle, struct notice *notice)
{
	bool listed = bundle->listed_count < BUNDLE_LISTED_MAX;

	if (bundle->events == 0 || notice->at_us < bundle->from_us)
		bundle->from_us = notice->at_us;
	if (bundle->events == 0 || notice->at_us > bundle->to_us)
		bundle->to_us = notice->at_us;
	if (listed)
		bundle->listed[bundle->listed_count++] = notice_hold(notice);
	notice_release(bundle->last);
	bundle->last = notice_hold(notice);
	bundle->events++;
	bundle->kinds[notice_kind(notice)]++;
	kind_raise(bundle, words_kind(notice));
	roster_add(&bundle->roster, notice, listed);
}

void
bundle_lost(struct bundle *bundle, uint64_t count)
{
	bundle->lost += count;
	kind_raise(bundle, LETTER_WARNING);
}
