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

/* What is told of a node. */
struct telling {
	const json_t *node;
	int64_t now;
	bool shared; /* others want a route of it announced */
	bool begun;
};

/* The next line; the first one has a label. */
static void
line_begin(struct telling *telling)
{
	printf("  %-9s", telling->begun ? "" : "next:");
	telling->begun = true;
}

static const char *
plural(long long count)
{
	return count == 1 ? "" : "s";
}

/* "-> down, withdraws 192.0.2.1/32", "-> up, announces …": of a state. */
static void
effect_print(const struct telling *telling, const char *state)
{
	const json_t *node = telling->node;
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
		printf("-> %s, withdraws %s%s", state, prefixes, telling->shared ? ", but for what others want announced" : "");
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
results_print(struct telling *telling, long long needed, const char *kind, const char *state)
{
	const json_t *node = telling->node;
	int64_t next = map_moment(map_map(node, "worker"), "next"), least = least_ms(node, state);
	char when[MOMENT_SIZE], period[MOMENT_SIZE];

	line_begin(telling);
	printf("%lld %s%s in a row ", needed, kind, *kind == 'p' && needed != 1 ? "es" : plural(needed));
	if (next != MOMENT_NONE && map_number(node, "fast_interval_s") > 0) {
		next += (int64_t)((double)(needed - 1) * map_number(node, "fast_interval_s") * 1000);
		next = next < telling->now ? telling->now : next;
		printf("(at %s at the earliest) ", moment_format(next, telling->now, when));
	}
	effect_print(telling, state);
	if (least > 0)
		printf(", not before %s lasted %s (%s)", map_word(node, "verdict"), period_format(least, period),
		    *state == 'u' ? "min_down" : "min_up");
	putchar('\n');
}

/* What the state machine waits for. */
static void
check_print(struct telling *telling)
{
	const json_t *node = telling->node;
	long long rise = (long long)map_integer(node, "rise"), fall = (long long)map_integer(node, "fall");
	long long count = (long long)map_integer(node, "count");

	if (!map_is(node, "state", "up"))
		results_print(telling, map_is(node, "state", "rising") ? rise - count : rise, "pass", "up");
	if (!map_is(node, "state", "down"))
		results_print(telling, map_is(node, "state", "falling") ? fall - count : fall, "failure", "down");
}

static void
group_print(struct telling *telling)
{
	const json_t *node = telling->node;
	long long needed = (long long)map_integer(node, "threshold");

	if (!map_is(node, "state", "up")) {
		line_begin(telling);
		printf("%lld of %s up ", needed, words_members(node));
		effect_print(telling, "up");
		putchar('\n');
	}
	if (!map_is(node, "state", "down")) {
		line_begin(telling);
		printf("fewer than %lld of %s up ", needed, words_members(node));
		effect_print(telling, "down");
		putchar('\n');
	}
}

/* What ends its being disabled. False: it is not. */
static bool
disabled_print(struct telling *telling)
{
	const json_t *node = telling->node;
	const json_t *override = map_map(node, "override");
	int64_t until = map_moment(override, "until");
	char when[MOMENT_SIZE];

	if (override == NULL && !map_is(node, "state", "disabled"))
		return false;
	if (override != NULL) {
		line_begin(telling);
		if (until != MOMENT_NONE)
			printf("at %s, or ", moment_format(until, telling->now, when));
		printf("with exacheck-ctl enable %s\n", map_true(node, "disable_file_exists") ? "the override ends" :
		    "it starts anew");
	}
	if (map_true(node, "disable_file_exists")) {
		line_begin(telling);
		printf("when %s is gone it starts anew\n", map_word(map_map(node, "rules"), "disable_file"));
	}
	return true;
}

/* What waits for a time to be over, whatever is found. */
static void
waits_print(struct telling *telling)
{
	const json_t *node = telling->node;
	int64_t held = map_moment(node, "held_until"), drains = map_moment(node, "drains_until");
	char when[MOMENT_SIZE];

	if (held != MOMENT_NONE) {
		line_begin(telling);
		printf("at %s, if it is then still found %s ", moment_format(held, telling->now, when), map_word(node, "found"));
		effect_print(telling, map_word(node, "found"));
		putchar('\n');
	}
	if (drains != MOMENT_NONE) {
		line_begin(telling);
		printf("at %s it is drained and %s\n", moment_format(drains, telling->now, when),
		    map_is(map_map(node, "rules"), "disabled", "announce") ? "announces with the attributes of disabled" :
		    "withdraws");
	}
	if (map_true(node, "guarded")) {
		line_begin(telling);
		printf("when the guard permits it, withdraws; or when it is found up\n");
	}
}

/* When its next result is to be expected. */
static void
execution_print(struct telling *telling)
{
	int64_t next = map_moment(map_map(telling->node, "worker"), "next");
	char when[MOMENT_SIZE], text[WORDS_SIZE];

	if (next == MOMENT_NONE)
		return;
	line_begin(telling);
	if (next > telling->now)
		printf("executes at %s (%s)\n", moment_format(next, telling->now, when),
		    words_next(telling->node, telling->now, text));
	else
		printf("executes since %s: there is no result yet\n", moment_format(next, telling->now, when));
}

void
why_next_print(const json_t *node, int64_t now, bool shared)
{
	struct telling telling = {.node = node, .now = now, .shared = shared};

	execution_print(&telling);
	waits_print(&telling);
	if (disabled_print(&telling))
		return;
	if (map_text(node, "method") != NULL)
		check_print(&telling);
	else
		group_print(&telling);
}
