/*
 * Gathering. Touches memory only. Invariant: what is added is counted, and no more is kept than has its bound.
 */
#include "bundle.h"

#include "words.h"

void
tally_add(struct tally *tally, const struct tally *more)
{
	if (more->from_us != 0 && (tally->from_us == 0 || more->from_us < tally->from_us))
		tally->from_us = more->from_us;
	if (more->to_us > tally->to_us)
		tally->to_us = more->to_us;
	tally->events += more->events;
}

void
tally_count(struct tally *tally, int64_t at_us)
{
	tally_add(tally, &(const struct tally){1, at_us, at_us});
}

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
	return bundle->all.events == 0 && bundle->lost == 0;
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

	tally_count(&bundle->all, notice->at_us);
	if (listed)
		bundle->listed[bundle->listed_count++] = notice_hold(notice);
	notice_release(bundle->last);
	bundle->last = notice_hold(notice);
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
