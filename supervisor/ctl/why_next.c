/*
 * The next transition. Touches standard output. Invariant: what is told follows from the state machine's rules (rise, fall,
 * min_up, min_down) as exacheck(8) has them, and a time is told only as the earliest.
 */
#include "why_next.h"

#include <stdio.h>
#include <stdlib.h>

#include "map.h"
#include "moment.h"
#include "words.h"

/* The next line; the first one has a label. */
static void
line_begin(bool *begun)
{
	printf("  %-9s", *begun ? "" : "next:");
	*begun = true;
}

static const char *
plural(long long count)
{
	return count == 1 ? "" : "s";
}

/* "withdraws 192.0.2.1/32", "announces …": of a state. */
static void
effect_print(const json_t *node, const char *state)
{
	const char *rule = map_word(map_map(node, "rules"), state);
	char *prefixes = words_prefixes(node);

	if (map_is(node, "verdict", state))
		printf("-> %s again, and nothing changes", state);
	else if (*prefixes == '\0')
		printf("-> %s", state);
	else if (*rule == '\0')
		printf("-> %s, announces %s", state, prefixes);
	else if (*rule == 'a')
		printf("-> %s, announces %s with the attributes of %s", state, prefixes, state);
	else
		printf("-> %s, withdraws %s", state, prefixes);
	free(prefixes);
}

/* How long a verdict has to last, in milliseconds; it would change to state. */
static int64_t
least_ms(const json_t *node, const char *state)
{
	const char *key = *state == 'u' ? "min_down_s" : "min_up_s";
	const char *other = *state == 'u' ? "down" : "up";

	return map_is(node, "verdict", other) ? (int64_t)(map_number(map_map(node, "rules"), key) * 1000) : 0;
}

/* So many more results of one kind lead to a state: at the earliest when. */
static void
results_print(const json_t *node, int64_t now, bool *begun, long long needed, const char *kind, const char *state)
{
	int64_t next = map_moment(map_map(node, "worker"), "next"), least = least_ms(node, state);
	char when[MOMENT_SIZE], period[MOMENT_SIZE];

	line_begin(begun);
	printf("%lld %s%s in a row ", needed, kind, *kind == 'p' && needed != 1 ? "es" : plural(needed));
	if (next != MOMENT_NONE && map_number(node, "fast_interval_s") > 0) {
		next = next < now ? now : next;
		next += (int64_t)((double)(needed - 1) * map_number(node, "fast_interval_s") * 1000);
		printf("(at %s at the earliest) ", moment_format(next, now, when));
	}
	effect_print(node, state);
	if (least > 0)
		printf(", not before %s lasted %s (%s)", map_word(node, "verdict"), period_format(least, period),
		    *state == 'u' ? "min_down" : "min_up");
	putchar('\n');
}

/* What the state machine waits for. */
static void
check_print(const json_t *node, int64_t now, bool *begun)
{
	long long rise = (long long)map_integer(node, "rise"), fall = (long long)map_integer(node, "fall");
	long long count = (long long)map_integer(node, "count");

	if (!map_is(node, "state", "up"))
		results_print(node, now, begun, map_is(node, "state", "rising") ? rise - count : rise, "pass", "up");
	if (!map_is(node, "state", "down"))
		results_print(node, now, begun, map_is(node, "state", "falling") ? fall - count : fall, "failure", "down");
}

static void
group_print(const json_t *node, bool *begun)
{
	long long needed = (long long)map_integer(node, "threshold");

	if (!map_is(node, "state", "up")) {
		line_begin(begun);
		printf("%lld of %s up ", needed, words_members(node));
		effect_print(node, "up");
		putchar('\n');
	}
	if (!map_is(node, "state", "down")) {
		line_begin(begun);
		printf("fewer than %lld of %s up ", needed, words_members(node));
		effect_print(node, "down");
		putchar('\n');
	}
}

/* What ends its being disabled. False: it is not. */
static bool
disabled_print(const json_t *node, int64_t now, bool *begun)
{
	const json_t *override = map_map(node, "override");
	int64_t until = map_moment(override, "until");
	char when[MOMENT_SIZE];

	if (override == NULL && !map_is(node, "state", "disabled"))
		return false;
	if (override != NULL) {
		line_begin(begun);
		if (until != MOMENT_NONE)
			printf("at %s, or ", moment_format(until, now, when));
		printf("with exacheck-ctl enable %s\n", map_true(node, "disable_file_exists") ? "the override ends" :
		    "it starts anew");
	}
	if (map_true(node, "disable_file_exists")) {
		line_begin(begun);
		printf("when %s is gone it starts anew\n", map_word(map_map(node, "rules"), "disable_file"));
	}
	return true;
}

/* What waits for a time to be over, whatever is found. */
static void
waits_print(const json_t *node, int64_t now, bool *begun)
{
	int64_t held = map_moment(node, "held_until"), drains = map_moment(node, "drains_until");
	char when[MOMENT_SIZE];

	if (held != MOMENT_NONE) {
		line_begin(begun);
		printf("at %s, if it is then still found %s ", moment_format(held, now, when), map_word(node, "found"));
		effect_print(node, map_word(node, "found"));
		putchar('\n');
	}
	if (drains != MOMENT_NONE) {
		line_begin(begun);
		printf("at %s it is drained and %s\n", moment_format(drains, now, when),
		    map_is(map_map(node, "rules"), "disabled", "announce") ? "announces with the attributes of disabled" :
		    "withdraws");
	}
	if (map_true(node, "guarded")) {
		line_begin(begun);
		printf("when the guard permits it, withdraws; or when it is found up\n");
	}
}

void
why_next_print(const json_t *node, int64_t now)
{
	int64_t next = map_moment(map_map(node, "worker"), "next");
	char when[MOMENT_SIZE], text[WORDS_SIZE];
	bool begun = false;

	if (next != MOMENT_NONE) {
		line_begin(&begun);
		printf("executes at %s (%s)\n", moment_format(next, now, when), words_next(node, now, text));
	}
	waits_print(node, now, &begun);
	if (disabled_print(node, now, &begun))
		return;
	if (map_text(node, "method") != NULL)
		check_print(node, now, &begun);
	else
		group_print(node, &begun);
}
