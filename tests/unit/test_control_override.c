/*
 * Commands that override, from a line of a client to the lines that it is told: by whom, all of them or none, whatever
 * allocation fails, and what is told when it will not last.
 */
#include <event2/buffer.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "../../supervisor/checks.h"
#include "../../supervisor/control_internal.h"
#include "allocations.h"
#include "configs.h"
#include "unit.h"

#define CHECK(NAME, PREFIX, MORE) "- {name: " NAME ", rise: 1, fall: 1, prefixes: 192.0.2." PREFIX MORE ",\n" \
	"   args: {method: tcp, host: 127.0.0.1, port: 1}}\n"
#define CONFIG "checks:\n" CHECK("a", "1", ", drain_time: 5") CHECK("b", "2", "") CHECK("c", "3", ", drain_time: 5") \
	"groups:\n- {name: g, members: [a], prefixes: 192.0.2.4}\n"
#define NODES 4

static const struct checks_listener nobody = {0};
static struct ledger *ledger;
static struct config *config;
static struct control control;
static struct client client;
static unsigned changes;
static const char *problem;

static const char *
changed(void *context)
{
	(void)context;
	changes++;
	return problem;
}

static void
setup(void)
{
	const struct config nothing = {0};
	struct plan *plan;

	changes = 0;
	problem = NULL;
	config = parse_clean(CONFIG);
	ck_assert_ptr_nonnull(ledger = ledger_new());
	control = (struct control){.acts = {.changed = changed}, .user = "anna"};
	ck_assert_ptr_nonnull(control.checks = checks_new(ledger, &nobody));
	ck_assert_ptr_nonnull(plan = plan_new(&nothing, config));
	ck_assert(checks_prepare(control.checks, plan, config));
	checks_commit(control.checks, monotime_now());
	plan_free(plan);
	client = (struct client){.control = &control, .writer = true, .out = evbuffer_new()};
	client.answer = (struct control_answer){.client = &client, .control = &control, .request = {.level = -1}};
	ck_assert_ptr_nonnull(client.out);
}

static void
teardown(void)
{
	answer_clear(&client.answer);
	evbuffer_free(client.out);
	checks_free(control.checks);
	ledger_free(ledger);
	config_free(config);
}

/* What the client is told, until the next call. */
static const char *
ask(const char *request)
{
	static char told[8192];
	int length;

	answer_begin(&client, request, strlen(request));
	while (client.answer.command != NULL && answer_step(&client.answer)) /* no assertion: those want memory */
		;
	length = evbuffer_remove(client.out, told, sizeof(told) - 1);
	told[length > 0 ? length : 0] = '\0';
	return told;
}

#define REQUEST(COMMAND, NAMES, MORE) "{\"protocol\":1,\"command\":\"" COMMAND "\",\"names\":[" NAMES "]" MORE "}"

static size_t
overridden(void)
{
	size_t count = 0;

	for (size_t rank = 0; rank < NODES; rank++)
		count += checks_node(control.checks, rank)->override.kind != OVERRIDE_NONE;
	return count;
}

static const struct override *
override_of(size_t rank)
{
	return &checks_node(control.checks, rank)->override;
}

START_TEST(giver)
{
	char expected[64];

	client.uid = 0;
	ask(REQUEST("disable", "\"a\"", ",\"for_s\":1.5,\"reason\":\"x\""));
	ck_assert_str_eq(override_of(0)->by, "root");
	ck_assert_str_eq(override_of(0)->reason, "x");
	ck_assert_int_eq(monotime_sub(override_of(0)->until, override_of(0)->set), 3 * NS_PER_SECOND / 2);
	ck_assert_uint_eq(changes, 1);
	client.uid = 1;
	ask(REQUEST("disable", "\"a\"", ""));
	if (geteuid() != 1)
		ck_assert_str_eq(override_of(0)->by, "uid 1");
	ck_assert_ptr_null(override_of(0)->reason);
	ck_assert_int_eq(override_of(0)->until.ns, MONOTIME_NEVER.ns);
	client.uid = geteuid();
	snprintf(expected, sizeof(expected), "anna (uid %u)", geteuid());
	ask(REQUEST("disable", "\"a\"", ""));
	ck_assert_str_eq(override_of(0)->by, geteuid() == 0 ? "root" : expected);
	ck_assert_uint_eq(overridden(), 1);
}
END_TEST

START_TEST(draining)
{
	const char *told = ask(REQUEST("drain", "\"*\"", ""));

	ck_assert_msg(strstr(told, "\"code\":\"state\"") != NULL && strstr(told, "\\\"b\\\" and 1 more") != NULL, "%s", told);
	ck_assert_uint_eq(overridden() + changes, 0);
	told = ask(REQUEST("drain", "\"[ac]\"", ""));
	ck_assert_msg(strstr(told, "\"kind\":\"drain\"") != NULL, "%s", told);
	ck_assert_uint_eq(overridden(), 2);
	told = ask(REQUEST("drain", "\"b\"", ""));
	ck_assert_msg(strstr(told, "no drain_time for \\\"b\\\": set") != NULL, "%s", told);
	ck_assert_uint_eq(overridden(), 2);
}
END_TEST

START_TEST(taken_back)
{
	const char *told;

	ask(REQUEST("disable", "\"a\",\"g\"", ""));
	check_disabled(checks_at(control.checks, 0), true, monotime_now());
	told = ask(REQUEST("enable", "\"*\"", ""));
	ck_assert_str_eq(told,
	    "{\"type\":\"override\",\"name\":\"a\",\"override\":null,\"message\":\"stays disabled: its disable file exists\"}\n"
	    "{\"type\":\"override\",\"name\":\"b\",\"override\":null,\"message\":\"was not overridden\"}\n"
	    "{\"type\":\"override\",\"name\":\"c\",\"override\":null,\"message\":\"was not overridden\"}\n"
	    "{\"type\":\"override\",\"name\":\"g\",\"override\":null}\n{\"type\":\"end\"}\n");
	ck_assert_uint_eq(overridden(), 0);
}
END_TEST

START_TEST(will_not_last)
{
	const char *told;

	problem = "no \xff room";
	told = ask(REQUEST("disable", "\"a\"", ""));
	ck_assert_msg(strncmp(told, "{\"type\":\"warning\",\"message\":\"this will not survive a restart: no ? room\"}\n", 71) == 0,
	    "%s", told);
	ck_assert_uint_eq(overridden(), 1);
}
END_TEST

/* All of them, with files and timers told, or none. */
START_TEST(without_memory)
{
	static const char *const requests[] = {REQUEST("disable", "\"*\"", ",\"reason\":\"x\""), REQUEST("enable", "\"*\"", "")};
	size_t before, after;

	for (int left = 0; left < 50; left++) {
		ask(requests[1 - _i]);
		before = overridden();
		changes = 0;
		allocations = left;
		ask(requests[_i]);
		allocations = -1;
		after = overridden();
		ck_assert_uint_eq(after % NODES, 0);
		ck_assert_uint_eq(changes, after != before);
		ask(requests[_i]);
		ck_assert_uint_eq(overridden(), _i == 1 ? 0 : NODES);
	}
}
END_TEST

int
main(void)
{
	Suite *suite = suite_create("control_override");
	TCase *tcase = unit_case(suite, "override");

	unit_log_silence();
	tcase_add_checked_fixture(tcase, setup, teardown);
	tcase_add_test(tcase, giver);
	tcase_add_test(tcase, draining);
	tcase_add_test(tcase, taken_back);
	tcase_add_test(tcase, will_not_last);
	tcase_add_loop_test(tcase, without_memory, 0, 2);
	return unit_run(suite);
}
