/*
 * What the guard costs: what it refused is asked for again when the answer may be another one, and not at every event.
 * What it decides is the matter of tests/policy.
 */
#include "../../supervisor/membership.h"
#include "../../supervisor/nodes.h"
#include "configs.h"
#include "unit.h"

#define TWO \
	"exacheck: {guard: {max_withdraw: 50%, window: 60}}\n" \
	"checks:\n" \
	"- {name: a, prefixes: 192.0.2.1, args: {method: tcp, host: 127.0.0.1, port: 80}}\n" \
	"- {name: b, prefixes: 192.0.2.2, args: {method: tcp, host: 127.0.0.1, port: 80}}\n"

static struct ledger *ledger;
static struct config *config;
static struct nodes nodes;
static struct node a, b;
static bool keep;
static size_t asked, heard;

static void
hear(void *context, const struct node_change *change)
{
	(void)context;
	(void)change;
	heard++;
}

static bool
ask(void *context, const struct node *node)
{
	(void)context;
	(void)node;
	asked++;
	return keep;
}

static void
find(struct node *node, enum verdict verdict, monotime_t now)
{
	nodes_begin(&nodes, now);
	node_found(node, verdict, CAUSE_RESULT, "test", now);
	nodes_end(&nodes, now);
}

/* Two nodes, one of which wants to go, and is kept as long as it is wanted. */
static void
setup(void)
{
	config = parse_clean(TWO);
	ck_assert_ptr_nonnull(ledger = ledger_new());
	nodes_init(&nodes, ledger, hear, NULL);
	nodes.guard.keeps_last = ask;
	guard_reconfigure(&nodes, &config->global.guard, at(1));
	node_init(&a, config_node(config, 0), 1, 0, &nodes);
	node_init(&b, config_node(config, 1), 2, 1, &nodes);
	ck_assert(node_claim(&a) && node_claim(&b));
	find(&a, VERDICT_UP, at(1));
	keep = true;
	find(&a, VERDICT_DOWN, at(2));
	ck_assert(a.guarded);
	asked = 0;
}

static void
teardown(void)
{
	node_release(&a);
	node_release(&b);
	ledger_free(ledger);
	config_free(config);
}

START_TEST(test_what_changes_nothing)
{
	find(&a, VERDICT_DOWN, at(3));
	asked = 0;
	for (int i = 4; i < 100; i++)
		find(&a, VERDICT_DOWN, at(i));
	ck_assert_uint_eq(asked, 0);
	ck_assert_int_eq(nodes_next(&nodes).ns, MONOTIME_NEVER.ns);
}
END_TEST

START_TEST(test_a_route_that_comes)
{
	keep = false;
	find(&b, VERDICT_UP, at(3));
	ck_assert_uint_eq(asked, 1);
	ck_assert(!a.guarded && !node_announces(&a));
}
END_TEST

START_TEST(test_what_the_caller_knows_of)
{
	keep = false;
	nodes_end(&nodes, at(3));
	ck_assert(a.guarded);
	guard_reconfigure(&nodes, NULL, at(3));
	nodes_end(&nodes, at(3));
	ck_assert(!a.guarded);
}
END_TEST

/* One of two is lost, the other one refused until the first is forgotten: at the end of the window and not before. */
START_TEST(test_the_end_of_the_window)
{
	keep = false;
	find(&b, VERDICT_UP, at(3));
	ck_assert(!a.guarded);
	find(&b, VERDICT_DOWN, at(4));
	ck_assert(b.guarded);
	ck_assert_int_eq(nodes_next(&nodes).ns, at(63).ns);
	nodes_end(&nodes, at(62));
	ck_assert(b.guarded);
	nodes_end(&nodes, at(63));
	ck_assert(b.guarded); /* it is all that there is */
	ck_assert_int_eq(nodes_next(&nodes).ns, MONOTIME_NEVER.ns);
	find(&a, VERDICT_UP, at(64));
	ck_assert(!b.guarded);
}
END_TEST

/* The end is not the guard's business, and not to be told as something that it permits. */
START_TEST(test_the_end)
{
	size_t changes;

	keep = false;
	find(&b, VERDICT_UP, at(3));
	find(&b, VERDICT_DOWN, at(4));
	ck_assert(b.guarded);
	changes = heard;
	node_stop(&a, NODE_ENDED);
	node_stop(&b, NODE_ENDED);
	nodes_end(&nodes, at(63));
	ck_assert(!b.guarded && !node_announces(&b));
	ck_assert_uint_eq(ledger_announced(ledger), 0);
	ck_assert_uint_eq(heard, changes);
	ck_assert_int_eq(nodes_next(&nodes).ns, MONOTIME_NEVER.ns);
}
END_TEST

START_TEST(test_membership)
{
	struct config *members = parse_clean(TWO
	    "- {name: c, prefixes: 192.0.2.3, args: {method: tcp, host: 127.0.0.1, port: 80}}\n"
	    "groups:\n"
	    "- {name: x, prefixes: 192.0.2.4, members: [c, a]}\n"
	    "- {name: y, prefixes: 192.0.2.5, members: c}\n");
	struct membership membership;

	ck_assert(membership_make(&membership, members));
	ck_assert_uint_eq(membership.first[0], 0);
	ck_assert_uint_eq(membership.first[1], 1);
	ck_assert_uint_eq(membership.first[2], 1);
	ck_assert_uint_eq(membership.first[3], 3);
	ck_assert_uint_eq(membership.groups[0], 0);
	ck_assert_uint_eq(membership.groups[1], 0);
	ck_assert_uint_eq(membership.groups[2], 1);
	membership_free(&membership);
	membership_free(&membership);
	config_free(members);
}
END_TEST

int
main(void)
{
	Suite *suite = suite_create("Guard");
	TCase *guard = tcase_create("guard"), *groups = tcase_create("membership");

	tcase_add_checked_fixture(guard, setup, teardown);
	tcase_add_test(guard, test_what_changes_nothing);
	tcase_add_test(guard, test_a_route_that_comes);
	tcase_add_test(guard, test_what_the_caller_knows_of);
	tcase_add_test(guard, test_the_end_of_the_window);
	tcase_add_test(guard, test_the_end);
	suite_add_tcase(suite, guard);
	tcase_add_test(groups, test_membership);
	suite_add_tcase(suite, groups);
	return unit_run(suite);
}
