/*
 * What a crash leaves of checks and groups: a random life that is killed and gone on with by another one is, once that
 * one has heard from its checks, the life that nobody killed.
 */
#include "lives.h"

#define CHECKS 4 /* and two groups, for each of which there is a prefix */
#define LIVES 3 /* in one process, and so many processes */
#define STEPS 80
#define TEXT_SIZE 2048

static unsigned seed;

static unsigned
draw(unsigned below)
{
	seed = seed * 1103515245u + 12345u;
	return (seed >> 8) % below;
}

/*
 * guarded: it has a route of its own. As long as others that share one are not proven it is not lost without this one,
 * so that the guard permits more.
 */
static void
node_write(FILE *file, unsigned rank, bool guarded)
{
	static const char *const sets[] = {"down", "disabled", "drain"};

	if (guarded)
		fprintf(file, "   metric: %u, prefixes: [192.0.2.%u],\n", draw(100), rank);
	else
		fprintf(file, "   metric: %u, prefixes: [192.0.2.%u, 192.0.2.%u],\n", draw(100), draw(PREFIXES / 2),
		    PREFIXES / 2 + draw(PREFIXES / 2));
	for (size_t i = 0; i < COUNT(sets); i++)
		if (draw(3) == 0)
			fprintf(file, "   %s: {metric: %u},\n", sets[i], 100 + draw(100));
	if (draw(2) == 0)
		fprintf(file, "   drain_time: %u,\n", 1 + draw(9));
	if (draw(2) == 0)
		fprintf(file, "   min_up: %u,\n", 1 + draw(9));
	if (draw(2) == 0)
		fprintf(file, "   min_down: %u,\n", 1 + draw(9));
}

static void
config_draw(char *text, size_t size, bool guarded)
{
	static const char *const requirements[] = {"all", "any", "{at_least: 2}"};
	FILE *file = fmemopen(text, size, "w");

	ck_assert_ptr_nonnull(file);
	if (guarded)
		fprintf(file, "exacheck: {guard: {max_withdraw: %u%%, window: %u}}\n", 30 + draw(40), 5 + draw(20));
	fprintf(file, "checks:\n");
	for (unsigned i = 0; i < CHECKS; i++) {
		fprintf(file, "- {name: \"a %%\xc3\xa9 %u\", rise: %u, fall: %u,\n", i, 1 + draw(3), 1 + draw(3));
		node_write(file, i, guarded);
		fprintf(file, "   args: {method: tcp, host: 127.0.0.1, port: 1}}\n");
	}
	fprintf(file, "groups:\n");
	for (unsigned i = 0; i < 2; i++) {
		fprintf(file, "- {name: \"g %u\", require: %s, members: [\"a %%\xc3\xa9 %u\", \"a %%\xc3\xa9 %u\"],\n", i,
		    requirements[draw(COUNT(requirements))], i, i + 1 + draw(2));
		if (guarded && draw(2) == 0)
			fprintf(file, "   guard: {keep_last: true},\n");
		node_write(file, CHECKS + i, guarded);
		fprintf(file, "   }\n");
	}
	ck_assert_int_eq(fclose(file), 0);
}

/* What happens to a check: a few alike more often than not. */
static enum kind
event_draw(const struct check *check)
{
	static enum kind last[CHECKS];
	enum kind *kind = &last[check->node.rank];

	if (draw(3) == 0)
		*kind = draw(2) ? PASS : FAIL;
	if (check->fsm.state == FSM_DISABLED)
		return draw(3) == 0 ? ENABLE : DISABLE;
	return draw(12) == 0 ? DISABLE : *kind;
}

/* What confirms the check's state; false: nothing does at once. */
static bool
event_same(const struct check *check, enum kind *kind)
{
	*kind = check->fsm.state == FSM_UP ? PASS : check->fsm.state == FSM_DOWN ? FAIL : DISABLE;
	return check->fsm.state == FSM_UP || check->fsm.state == FSM_DOWN || check->fsm.state == FSM_DISABLED;
}

static bool
life_settled(const struct life *life)
{
	enum kind kind;

	for (size_t i = 0; i < CHECKS; i++)
		if (!event_same(checks_at(life->checks, i), &kind))
			return false;
	return true;
}

/* What ExaBGP has of both. */
static void
tables_compare(const char *when)
{
	struct table one = {0}, other = {0};

	ledger_each(first.ledger, table_note, &one);
	ledger_each(second.ledger, table_note, &other);
	for (size_t i = 0; i < PREFIXES; i++)
		ck_assert_msg(strcmp(one.attributes[i], other.attributes[i]) == 0, "%s: route %zu: \"%s\" instead of \"%s\"",
		    when, i, other.attributes[i], one.attributes[i]);
}

/* What it lost as far as it counts. */
static size_t
node_lost(const struct life *life, const struct node *node, monotime_t now)
{
	const struct guard_options *options = &life->config->global.guard;

	return options->max_withdraw_ppm != OPTION_UNSET &&
	    monotime_before(now, monotime_add(node->lost_at, options->window_ns)) ? node->lost : 0;
}

/* exact: also when what is to come will. */
static void
nodes_compare(bool exact, monotime_t now)
{
	for (size_t i = 0; i < checks_node_count(first.checks); i++) {
		const struct node *one = checks_node(first.checks, i), *other = checks_node(second.checks, i);

		ck_assert_int_eq(one->proven, other->proven);
		ck_assert_int_eq(one->verdict, other->verdict);
		if (!exact)
			continue;
		ck_assert_int_eq(one->found, other->found);
		ck_assert_int_eq(one->wish, other->wish);
		ck_assert_int_eq(one->since.ns, other->since.ns);
		ck_assert_int_eq(one->drained.ns, other->drained.ns);
		ck_assert_int_eq(one->guarded, other->guarded);
		ck_assert_int_eq(one->guarded_at.ns, other->guarded_at.ns);
		ck_assert_uint_eq(node_lost(&first, one, now), node_lost(&second, other, now));
		ck_assert(node_lost(&first, one, now) == 0 || one->lost_at.ns == other->lost_at.ns);
		ck_assert_int_eq(one->timed, other->timed);
		ck_assert(!one->timed || one->due.ns == other->due.ns);
	}
	for (size_t i = 0; i < CHECKS; i++) {
		const struct check *one = checks_at(first.checks, i), *other = checks_at(second.checks, i);

		ck_assert_int_eq(one->fsm.state, other->fsm.state);
		ck_assert_uint_eq(one->fsm.count, other->fsm.count);
	}
}

/* A life of some steps, in one or in both. */
static monotime_t
lives_step(monotime_t now, bool both)
{
	size_t rank = draw(CHECKS);
	enum kind kind = event_draw(checks_at(first.checks, rank));

	now = monotime_add(now, draw(3000) * NS_PER_MILLISECOND);
	life_turn(&first, now);
	life_event(&first, rank, kind, now);
	if (both) {
		life_turn(&second, now);
		life_event(&second, rank, kind, now);
	}
	return now;
}

/* The same with an operator, who has his way with one node after the other. */
static monotime_t
lives_step_overriding(monotime_t now, bool both)
{
	size_t rank = draw(CHECKS + 2);
	bool overridden = draw(3) == 0;

	if (draw(10) > 0)
		return lives_step(now, both);
	life_override(&first, rank, overridden, now);
	if (both)
		life_override(&second, rank, overridden, now);
	return now;
}

/* All checks settled when it was killed: from their next results on both lives are the same to the nanosecond. */
static void
same_life(void)
{
	char text[TEXT_SIZE];
	monotime_t now = at(1000);

	config_draw(text, sizeof(text), draw(2));
	life_begin(&first, "first", text, now);
	for (unsigned steps = 10 + draw(STEPS); steps > 0 || !life_settled(&first); steps -= steps > 0)
		now = lives_step(now, false);
	journal_copy(&first, "second");
	life_begin(&second, "second", text, now);
	ck_assert_uint_eq(ledger_count(second.ledger, ROUTE_ANNOUNCED), 0); /* nothing is said */
	tables_compare("before anything is proven");
	for (size_t i = 0; i < CHECKS; i++) {
		enum kind kind;

		ck_assert(event_same(checks_at(first.checks, i), &kind));
		life_event(&first, i, kind, now);
		life_event(&second, i, kind, now);
	}
	for (unsigned steps = STEPS; steps > 0; steps--) {
		nodes_compare(true, now);
		tables_compare("afterwards");
		now = lives_step(now, true);
	}
	ck_assert_uint_eq(warnings, 0);
}

START_TEST(same_life_goes_on)
{
	seed = (unsigned)_i + 1;
	for (int lives = 0; lives < LIVES; lives++) {
		same_life();
		lives_end();
	}
}
END_TEST

/* What is overridden is so in both, and disabled. */
static void
overrides_compare(void)
{
	for (size_t i = 0; i < CHECKS + 2; i++) {
		const struct node *one = checks_node(first.checks, i), *other = checks_node(second.checks, i);

		ck_assert_int_eq(one->override.kind, other->override.kind);
		ck_assert(other->override.kind == OVERRIDE_NONE || node_verdict(other) == VERDICT_DISABLED);
	}
}

/*
 * Killed at any time, and once more before anything is proven: what checks count is the same at every step, and when
 * all have said the same for long, so is the rest.
 */
static void
other_life(void)
{
	char text[TEXT_SIZE];
	monotime_t now = at(1000);
	enum kind last[CHECKS];

	config_draw(text, sizeof(text), false);
	life_begin(&first, "first", text, now);
	for (unsigned steps = draw(STEPS); steps > 0; steps--)
		now = lives_step_overriding(now, false);
	journal_copy(&first, "second");
	life_begin(&second, "second", text, now);
	life_end(&second);
	life_begin(&second, "second", text, monotime_add(now, 1));
	for (size_t i = 0; i < CHECKS; i++)
		if (checks_at(first.checks, i)->disabled)
			life_event(&second, i, DISABLE, now);
	overrides_compare();
	for (unsigned steps = draw(STEPS); steps > 0; steps--) {
		for (size_t i = 0; i < CHECKS; i++) {
			const struct fsm *one = &checks_at(first.checks, i)->fsm, *other = &checks_at(second.checks, i)->fsm;

			ck_assert(one->state == other->state && one->count == other->count);
		}
		now = lives_step_overriding(now, true);
	}
	overrides_compare();
	for (size_t i = 0; i < CHECKS + 2; i++) {
		life_override(&first, i, false, now);
		life_override(&second, i, false, now);
	}
	for (size_t i = 0; i < CHECKS; i++)
		last[i] = draw(2) ? PASS : FAIL;
	for (unsigned steps = 0; steps < 20; steps++)
		for (size_t i = 0; i < CHECKS; i++) {
			now = monotime_add(now, NS_PER_SECOND);
			life_turn(&first, now);
			life_turn(&second, now);
			if (steps == 0)
				life_event(&first, i, ENABLE, now);
			if (steps == 0)
				life_event(&second, i, ENABLE, now);
			life_event(&first, i, last[i], now);
			life_event(&second, i, last[i], now);
		}
	nodes_compare(false, now);
	tables_compare("in the end");
}

START_TEST(other_life_comes_to_the_same)
{
	seed = (unsigned)_i + 1;
	for (int lives = 0; lives < LIVES; lives++) {
		other_life();
		lives_end();
	}
}
END_TEST

int
main(void)
{
	Suite *suite = suite_create("node_journal_random");
	TCase *tcase = unit_case(suite, "crash");

	tcase_add_checked_fixture(tcase, setup, teardown);
	tcase_add_loop_test(tcase, same_life_goes_on, 0, LIVES);
	tcase_add_loop_test(tcase, other_life_comes_to_the_same, 0, LIVES);
	return unit_run(suite);
}
