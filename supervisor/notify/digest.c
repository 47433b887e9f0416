/*
 * Filter and grouping of a notification. Pure. Invariant: what is wanted is in the bundle until a letter is made of it.
 */
#include "digest.h"

#include <stdlib.h>
#include <string.h>

#include "bundle.h"

struct digest {
	const struct digest_rules *rules;
	const struct sender *sender;
	struct bundle bundle;
	monotime_t begun; /* when the first of it came */
};

void *
digest_new(const struct digest_rules *rules, const struct sender *sender)
{
	struct digest *digest = calloc(1, sizeof(*digest));

	if (digest == NULL)
		return NULL;
	digest->rules = rules;
	digest->sender = sender;
	bundle_init(&digest->bundle);
	return digest;
}

static void
digest_free(void *content)
{
	struct digest *digest = content;

	bundle_clear(&digest->bundle);
	free(digest);
}

static bool
wanted(const struct digest_rules *rules, const struct notice *notice)
{
	if (!rules->events[notice->event])
		return false;
	if (notice->check == NULL)
		return rules->general;
	for (size_t i = 0; i < rules->check_count; i++)
		if (strcmp(rules->checks[i], notice->check) == 0)
			return true;
	return rules->check_count == 0;
}

static void
digest_take(void *content, struct notice *notice, monotime_t now)
{
	struct digest *digest = content;

	if (!wanted(digest->rules, notice))
		return;
	if (bundle_is_empty(&digest->bundle))
		digest->begun = now;
	bundle_add(&digest->bundle, notice);
}

static void
digest_lost(void *content, uint64_t count, monotime_t now)
{
	struct digest *digest = content;

	if (bundle_is_empty(&digest->bundle))
		digest->begun = now;
	bundle_lost(&digest->bundle, count);
}

static monotime_t
digest_due(const void *content)
{
	const struct digest *digest = content;

	return bundle_is_empty(&digest->bundle) ? MONOTIME_NEVER : monotime_add(digest->begun, digest->rules->group_ns);
}

static uint64_t
digest_waiting(const void *content)
{
	const struct digest *digest = content;

	return digest->bundle.all.events + digest->bundle.lost;
}

static struct letter *
digest_letter(void *content, const struct tally *loss, struct tally *part, monotime_t now)
{
	struct digest *digest = content;
	struct letter *letter = summary_letter(&digest->bundle, loss, digest->sender);

	(void)now;
	if (letter == NULL)
		return NULL;
	*part = digest->bundle.all;
	part->events += digest->bundle.lost;
	bundle_clear(&digest->bundle);
	return letter;
}

const struct queue_content digest_content = {
	.take = digest_take,
	.lost = digest_lost,
	.due = digest_due,
	.waiting = digest_waiting,
	.letter = digest_letter,
	.free = digest_free,
};
