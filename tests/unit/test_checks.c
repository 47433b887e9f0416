/*
 * The set of checks through random reloads: what ExaBGP has afterwards against a model, no route that stays is ever
 * gone, and want of memory loses nothing.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "../../supervisor/checks.h"
#include "allocations.h"
#include "configs.h"
#include "unit.h"

#define CHECKS 6
#define PREFIXES 5 /* 192.0.2.0 and so on */
#define LIVES 25
#define RELOADS 25

/* A check as it is written, and what it wants. The attributes of check n with metric m are "m". */
struct model_check {
	unsigned name, first, second; /* prefixes; second may equal first */
	unsigned metric;	      /* 0 to 2 */
	unsigned metric_down;	      /* 0: none, else plus 10 */
	enum { UNDECIDED, UP, DOWN, DISABLED } wish;
	bool disabled; /* as its state machine sees it */
};

struct model {
	size_t count;
	struct model_check checks[CHECKS];
};

static unsigned state;
static const monotime_t now = {1};
static struct ledger *ledger;
static struct checks *checks;
static struct config *config;
static struct model model;
static int rib[PREFIXES]; /* metric of what ExaBGP has, -1: nothing */

static unsigned
draw(unsigned below)
{
	state = state * 1103515245 + 12345;
	return (state >> 16) % below;
}

static const struct checks_listener nobody = {0};

static struct config *
model_config(const struct model *written)
{
	struct diagnostics *diagnostics = diagnostics_new("test.yaml");
	char *text = NULL;
	size_t length;
	FILE *file = open_memstream(&text, &length);
	struct config *made;

	ck_assert(file != NULL && diagnostics != NULL);
	fputs("checks:\n", file);
	for (size_t i = 0; i < written->count; i++) {
		const struct model_check *check = &written->checks[i];

		fprintf(file, "- {name: n%u, description: d%u, rise: 1, fall: 1, prefixes: [192.0.2.%u, 192.0.2.%u], metric: %u,\n",
		    check->name, check->name, check->first, check->second, check->metric);
		if (check->metric_down != 0)
			fprintf(file, "   metric_down: %u,\n", check->metric_down + 10);
		fputs("   args: {method: tcp, host: 127.0.0.1, port: 1}}\n", file);
	}
	ck_assert_int_eq(fclose(file), 0);
	made = config_parse("test.yaml", text, length, diagnostics);
	ck_assert_ptr_nonnull(made);
	diagnostics_free(diagnostics);
	free(text);
	return made;
}

/* Other checks than there are: some the same, some changed, some gone; in another order. Wishes go with the names. */
static struct model
model_draw(void)
{
	struct model drawn = {.count = 0};
	unsigned names[CHECKS], kept = 1 + draw(CHECKS);

	for (unsigned i = 0; i < CHECKS; i++)
		names[i] = i;
	for (unsigned i = 0; i < CHECKS; i++) {
		unsigned other = draw(CHECKS), name = names[i];

		names[i] = names[other];
		names[other] = name;
	}
	for (; drawn.count < kept; drawn.count++) {
		struct model_check *check = &drawn.checks[drawn.count];
		bool known = false;

		for (size_t i = 0; i < model.count; i++)
			if (model.checks[i].name == names[drawn.count]) {
				*check = model.checks[i];
				known = true;
			}
		if (!known || draw(3) == 0) {
			check->first = draw(PREFIXES);
			check->second = draw(PREFIXES);
		}
		if (!known || draw(3) == 0)
			check->metric = draw(3);
		if (!known || draw(3) == 0)
			check->metric_down = draw(3);
		check->name = names[drawn.count];
	}
	return drawn;
}

/* The metric with which a check wants its routes announced; -1: not at all. */
static int
wanted(const struct model_check *check)
{
	if (check->wish == UP)
		return (int)check->metric;
	return check->wish == DOWN && check->metric_down != 0 ? (int)check->metric_down + 10 : -1;
}

/* What ExaBGP must have for a prefix, given what it has: checks that are up go before those that are not. */
static int
expected(unsigned prefix)
{
	int up = -1, other = -1;
	bool undecided = false, decided = false;

	for (size_t i = model.count; i-- > 0;) {
		const struct model_check *check = &model.checks[i];

		if (check->first != prefix && check->second != prefix)
			continue;
		if (check->wish == UP)
			up = wanted(check);
		else if (wanted(check) >= 0)
			other = wanted(check);
		undecided |= check->wish == UNDECIDED;
		decided |= check->wish != UNDECIDED;
	}
	if (up >= 0 || other >= 0)
		return up >= 0 ? up : other;
	return undecided && !decided ? rib[prefix] : -1;
}

/* Everything that is to be said, as ExaBGP takes it. Returns whether the announces came first. */
static bool
say_all(void)
{
	struct route *route;
	bool withdrawn = false, ordered = true;

	while ((route = ledger_next(ledger, at(0))) != NULL) {
		const char *attributes = route_desired(route);
		unsigned prefix = route_key(route)->prefix.address.bytes[3];
		unsigned metric = 0;

		ck_assert_uint_lt(prefix, PREFIXES);
		if (attributes != NULL)
			ck_assert_int_eq(sscanf(attributes, "next-hop self med %u", &metric), 1);
		rib[prefix] = attributes != NULL ? (int)metric : -1;
		ordered &= attributes == NULL || !withdrawn;
		withdrawn |= attributes == NULL;
		route_sent(ledger, route);
		route_answer(ledger, route, true, NULL, at(0));
	}
	return ordered;
}

static void
rib_check(void)
{
	for (unsigned prefix = 0; prefix < PREFIXES; prefix++)
		ck_assert_int_eq(rib[prefix], expected(prefix));
}

static void
event(size_t rank, unsigned kind)
{
	struct model_check *modelled = &model.checks[rank];
	struct check *check = checks_at(checks, rank);
	struct result result;

	if (kind == 0)
		result_pass(&result, "yes");
	else
		result_fail(&result, REASON_TIMEOUT, "no");
	if (kind < 2) {
		check_result(check, &result, 0, now);
		if (!modelled->disabled)
			modelled->wish = kind == 0 ? UP : DOWN;
		return;
	}
	check_disabled(check, kind == 2, now);
	modelled->disabled = kind == 2;
	if (kind == 2)
		modelled->wish = DISABLED;
}

static void
events(void)
{
	for (unsigned count = draw(6); count > 0; count--) {
		event(draw((unsigned)model.count), draw(4));
		if (draw(2) == 0)
			say_all();
	}
	say_all();
	rib_check();
}

/* As reload.c does it, without processes. */
static bool
change(struct config *next)
{
	const struct config nothing = {0};
	struct plan *plan = plan_new(config != NULL ? config : &nothing, next);
	bool prepared = plan != NULL && checks_prepare(checks, plan, next);

	if (prepared) {
		checks_commit(checks, now);
		config_free(config);
		config = next;
	}
	plan_free(plan);
	return prepared;
}

static void
setup(void)
{
	ck_assert_ptr_nonnull(ledger = ledger_new());
	ck_assert_ptr_nonnull(checks = checks_new(ledger, &nobody));
	config = NULL;
	model = (struct model){.count = 0};
	for (unsigned prefix = 0; prefix < PREFIXES; prefix++)
		rib[prefix] = -1;
}

static void
teardown(void)
{
	checks_free(checks);
	ledger_free(ledger);
	config_free(config);
}

static void
states_check(void)
{
	size_t up = 0;

	ck_assert_uint_eq(checks_count(checks), model.count);
	for (size_t i = 0; i < model.count; i++) {
		char name[8];

		snprintf(name, sizeof(name), "n%u", model.checks[i].name);
		ck_assert_str_eq(checks_at(checks, i)->config->node.name, name);
		up += model.checks[i].wish == UP;
	}
	ck_assert_uint_eq(checks_up(checks), up);
}

START_TEST(random_reloads)
{
	state = (unsigned)_i + 1;
	for (int turn = 0; turn < RELOADS; turn++) {
		struct model next = model_draw();

		ck_assert(change(model_config(&next)));
		model = next;
		ck_assert(say_all()); /* so what is new is there before what is old goes */
		rib_check();
		states_check();
		events();
	}
}
END_TEST

/* Whatever allocation fails: a reload that is refused has changed nothing, and one that is done is done in the end. */
START_TEST(reloads_without_memory)
{
	unsigned refused = 0;

	state = (unsigned)_i + 1000;
	for (int turn = 0; turn < RELOADS; turn++) {
		struct model next = model_draw();
		struct config *written = model_config(&next);
		bool changed;

		allocations = turn == 0 ? -1 : (int)draw(60);
		changed = change(written);
		allocations = -1;
		if (changed)
			model = next;
		else
			config_free(written);
		refused += !changed;
		say_all();
		if (!changed)
			rib_check();
		states_check();
		for (size_t i = 0; i < model.count; i++)
			event(i, draw(2)); /* what could not be said is said now */
		say_all();
		rib_check();
		events();
	}
	ck_assert_uint_gt(refused, 0);
}
END_TEST

/* A check in the place of another one with the same route: the route stays until the new one's verdict. */
START_TEST(replaced_check_keeps_the_route_until_its_verdict)
{
	struct model first = {1, {{.name = 0, .first = 1, .second = 1}}}, second = {1, {{.name = 1, .first = 1, .second = 1}}};

	ck_assert(change(model_config(&first)));
	model = first;
	event(0, 0);
	say_all();
	ck_assert_int_eq(rib[1], 0);
	second.checks[0].metric = 2;
	ck_assert(change(model_config(&second)));
	model = second;
	ck_assert_uint_eq(ledger_pending(ledger), 0);
	event(0, 0);
	ck_assert_uint_eq(ledger_pending(ledger), 1);
	say_all();
	ck_assert_int_eq(rib[1], 2);
}
END_TEST

#define CHECK(NAME, PREFIX) \
	"- {name: " NAME ", rise: 1, fall: 1, prefixes: 192.0.2." PREFIX ", metric: " PREFIX ", min_up: 60,\n" \
	"   args: {method: tcp, host: 192.0.2.1, port: 80}}\n"
#define GROUP(NAME, PREFIX, MEMBERS) \
	"- {name: " NAME ", require: any, prefixes: 192.0.2." PREFIX ", metric: " PREFIX ", members: " MEMBERS "}\n"

/* A group that goes, one that gets other routes, one that comes, and members that move. */
START_TEST(groups_without_memory)
{
	struct config *next;
	int before[PREFIXES];

	ck_assert(change(parse_clean("checks:\n" CHECK("n0", "0") CHECK("n1", "1") "groups:\n" GROUP("a", "2", "[n0, n1]")
	    GROUP("b", "3", "n1"))));
	event(1, 0);
	say_all();
	ck_assert_int_eq(rib[2], 2);
	ck_assert_int_eq(rib[3], 3);
	next = parse_clean("checks:\n" CHECK("n1", "1") CHECK("n2", "4") "groups:\n" GROUP("b", "2", "n1")
	    GROUP("c", "3", "[n1, n2]"));
	memcpy(before, rib, sizeof(rib));
	allocations = _i;
	if (!change(next)) {
		allocations = -1;
		ck_assert_uint_eq(checks_node_count(checks), 4);
		say_all();
		ck_assert_mem_eq(rib, before, sizeof(rib));
		event(0, 0); /* both are judged by the members that they had */
		say_all();
		ck_assert_int_eq(rib[0], 0);
		ck_assert_mem_eq(rib + 1, before + 1, sizeof(rib) - sizeof(rib[0]));
		ck_assert(change(next));
	}
	allocations = -1;
	event(0, 0);
	say_all();
	ck_assert_int_eq(rib[0], -1);
	ck_assert_int_eq(rib[1], 1);
	ck_assert_int_eq(rib[2], 2);
	ck_assert_int_eq(rib[3], 3);
}
END_TEST

/* What there was no memory for is said with the next result, also with one that changes nothing yet. */
START_TEST(said_while_held)
{
	ck_assert(change(parse_clean("checks:\n" CHECK("n1", "1"))));
	say_all();
	allocations = 0;
	event(0, 0);
	allocations = -1;
	say_all();
	ck_assert_int_eq(rib[1], -1);
	event(0, 1);
	say_all();
	ck_assert_uint_eq(checks_held(checks), 1);
	ck_assert_int_eq(rib[1], 1);
}
END_TEST

int
main(void)
{
	Suite *suite = suite_create("checks");
	TCase *tcase = unit_case(suite, "checks");

	unit_log_silence();
	tcase_add_checked_fixture(tcase, setup, teardown);
	tcase_add_loop_test(tcase, random_reloads, 0, unit_rounds(LIVES));
	tcase_add_loop_test(tcase, reloads_without_memory, 0, unit_rounds(LIVES));
	tcase_add_test(tcase, replaced_check_keeps_the_route_until_its_verdict);
	tcase_add_loop_test(tcase, groups_without_memory, 0, 60);
	tcase_add_test(tcase, said_while_held);
	return unit_run(suite);
}
