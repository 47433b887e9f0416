/*
 * Pairing and comparing checks of two configurations. Touches its own memory only. Invariant: every check of either
 * configuration is in at most one pair, and a pair without changes means the same to everything that runs.
 */
#include "plan.h"

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define FNV_OFFSET UINT64_C(0xcbf29ce484222325)
#define FNV_PRIME UINT64_C(0x100000001b3)

/* Keys of a check whose change is of another kind than its routes: all that are not named here are. */
static const struct {
	const char *key;
	enum plan_change change;
} kinds[] = {
	{"name", PLAN_NAME},
	{"description", PLAN_TEXT},
	{"splay", PLAN_TEXT},
	{"interval", PLAN_TIMING},
	{"fast_interval", PLAN_TIMING},
	{"rise", PLAN_TIMING},
	{"fall", PLAN_TIMING},
	{"disable", PLAN_WORKER},
};

/* A check of one configuration while partners are looked for: equal checks have equal digests. */
struct candidate {
	uint64_t digest;
	size_t index;
};

typedef bool digest_make(const struct check_config *, uint64_t *digest);
typedef bool checks_same(const struct check_config *, const struct check_config *);

static enum plan_change
kind_of(const char *key)
{
	for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++)
		if (strcmp(kinds[i].key, key) == 0)
			return kinds[i].change;
	return PLAN_ROUTES;
}

/* In what two checks differ, but for their places. */
static unsigned
check_changes(const struct check_config *old, const struct check_config *new)
{
	unsigned changes = 0;

	for (const struct option *option = check_table; option->name != NULL; option++) {
		const struct option single[] = {*option, OPTION_END};

		if (!options_equal(single, &old->options, &new->options))
			changes |= kind_of(option->name);
	}
	if (old->method != new->method || !options_equal(old->method->options, old->args, new->args))
		changes |= PLAN_WORKER;
	return changes;
}

static uint64_t
digest_add(uint64_t digest, const void *data, size_t length)
{
	const unsigned char *bytes = data;

	for (size_t i = 0; i < length; i++)
		digest = (digest ^ bytes[i]) * FNV_PRIME;
	return digest;
}

static bool
name_digest(const struct check_config *check, uint64_t *digest)
{
	*digest = digest_add(FNV_OFFSET, check->options.name, strlen(check->options.name));
	return true;
}

static bool
name_same(const struct check_config *a, const struct check_config *b)
{
	return strcmp(a->options.name, b->options.name) == 0;
}

/* Of what is told to the worker and of where it leads: enough to tell nearly all checks apart. */
static bool
content_digest(const struct check_config *check, uint64_t *digest)
{
	uint8_t *args = NULL;
	size_t length = 0;
	bool encoded = options_encode(check->method->options, check->args, &args, &length);

	*digest = digest_add(FNV_OFFSET, check->method->name, strlen(check->method->name));
	*digest = digest_add(*digest, args, length);
	for (size_t i = 0; i < check->options.prefixes.count; i++)
		*digest = digest_add(*digest, check->options.prefixes.items[i], strlen(check->options.prefixes.items[i]));
	free(args);
	return encoded;
}

static bool
content_same(const struct check_config *a, const struct check_config *b)
{
	return (check_changes(a, b) & ~(unsigned)PLAN_NAME) == 0;
}

static int
candidate_compare(const void *left, const void *right)
{
	const struct candidate *a = left, *b = right;

	if (a->digest != b->digest)
		return a->digest < b->digest ? -1 : 1;
	return a->index < b->index ? -1 : a->index > b->index;
}

/* The checks without a partner, by digest. Returns their number, or PLAN_NONE: out of memory. */
static size_t
candidates_collect(const struct config *config, const size_t *partner, digest_make *make, struct candidate *candidates)
{
	size_t count = 0;

	for (size_t i = 0; i < config->count; i++) {
		if (partner[i] != PLAN_NONE)
			continue;
		if (!make(&config->checks[i], &candidates[count].digest))
			return PLAN_NONE;
		candidates[count++].index = i;
	}
	qsort(candidates, count, sizeof(*candidates), candidate_compare);
	return count;
}

/* The first old check with this new one's digest, from *first on, that is the same and has no partner. */
static void
partner_find(struct plan *plan, const struct config *old, const struct check_config *new, checks_same *same,
    const struct candidate *from, const struct candidate *end, const struct candidate *wanted)
{
	for (; from < end && from->digest == wanted->digest; from++) {
		if (plan->new_of[from->index] != PLAN_NONE || !same(&old->checks[from->index], new))
			continue;
		plan->new_of[from->index] = wanted->index;
		plan->old_of[wanted->index] = from->index;
		return;
	}
}

/* Pair what has no partner yet by one kind of likeness. False: out of memory. */
static bool
pair_by(struct plan *plan, const struct config *old, const struct config *new, digest_make *make, checks_same *same)
{
	struct candidate *olds = calloc(old->count + 1, sizeof(*olds)), *news = calloc(new->count + 1, sizeof(*news));
	size_t old_count = PLAN_NONE, new_count = PLAN_NONE, first = 0;

	if (olds != NULL && news != NULL) {
		old_count = candidates_collect(old, plan->new_of, make, olds);
		new_count = candidates_collect(new, plan->old_of, make, news);
	}
	if (old_count != PLAN_NONE && new_count != PLAN_NONE)
		for (size_t i = 0; i < new_count; i++) {
			while (first < old_count && olds[first].digest < news[i].digest)
				first++;
			partner_find(plan, old, &new->checks[news[i].index], same, olds + first, olds + old_count, &news[i]);
		}
	free(olds);
	free(news);
	return old_count != PLAN_NONE && new_count != PLAN_NONE;
}

static void
plan_compare(struct plan *plan, const struct config *old, const struct config *new)
{
	plan->removed = old->count;
	for (size_t i = 0; i < new->count; i++) {
		if (plan->old_of[i] == PLAN_NONE) {
			plan->added++;
			continue;
		}
		plan->removed--;
		plan->changes[i] = check_changes(&old->checks[plan->old_of[i]], &new->checks[i]);
		if ((plan->changes[i] & PLAN_CHANGED) != 0)
			plan->changed++;
		else
			plan->unchanged++;
		if (plan->old_of[i] != i)
			plan->changes[i] |= PLAN_PLACE;
	}
}

struct plan *
plan_new(const struct config *old, const struct config *new)
{
	struct plan *plan = calloc(1, sizeof(*plan));

	if (plan == NULL)
		return NULL;
	plan->old_count = old->count;
	plan->new_count = new->count;
	plan->new_of = reallocarray(NULL, old->count + 1, sizeof(*plan->new_of));
	plan->old_of = reallocarray(NULL, new->count + 1, sizeof(*plan->old_of));
	plan->changes = calloc(new->count + 1, sizeof(*plan->changes));
	if (plan->new_of == NULL || plan->old_of == NULL || plan->changes == NULL)
		goto fail;
	for (size_t i = 0; i < old->count; i++)
		plan->new_of[i] = PLAN_NONE;
	for (size_t i = 0; i < new->count; i++)
		plan->old_of[i] = PLAN_NONE;
	if (!pair_by(plan, old, new, name_digest, name_same) || !pair_by(plan, old, new, content_digest, content_same))
		goto fail;
	plan_compare(plan, old, new);
	return plan;
fail:
	plan_free(plan);
	return NULL;
}

void
plan_free(struct plan *plan)
{
	if (plan == NULL)
		return;
	free(plan->old_of);
	free(plan->new_of);
	free(plan->changes);
	free(plan);
}

const char *
plan_describe(unsigned changes, char text[static PLAN_TEXT_SIZE])
{
	static const struct {
		enum plan_change change;
		const char *word;
	} words[] = {{PLAN_NAME, "name"}, {PLAN_ROUTES, "routes"}, {PLAN_TIMING, "timing"}, {PLAN_WORKER, "arguments"},
	    {PLAN_TEXT, "description or splay"}, {PLAN_PLACE, "place"}};
	size_t length = 0;

	for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++)
		if ((changes & words[i].change) != 0)
			length += (size_t)snprintf(text + length, PLAN_TEXT_SIZE - length, "%s%s", length > 0 ? ", " : "",
			    words[i].word);
	if (length == 0)
		snprintf(text, PLAN_TEXT_SIZE, "nothing");
	return text;
}
