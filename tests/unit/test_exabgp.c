/*
 * Which ExaBGP it is: every row of the dialect table, detection and its time, a version that comes late, the
 * neighbors of version 6. Answers are in test_exabgp_answers.c, random histories in test_exabgp_random.c.
 */
#include <check.h>
#include <stdbool.h>
#include <string.h>

#include "scripted_exabgp.h"
#include "unit.h"

/* The dialect table. */

static const struct {
	const char *answer;
	const char *version;
	enum exabgp_dialect dialect;
	bool acks;
} dialects[] = {
    {"error\nexabgp 4.2.21\ndone\n", "4.2.21", DIALECT_V4, true},
    {"error\nexabgp 5.0.8\ndone\n", "5.0.8", DIALECT_V4, true},
    {"done\n{\"version\": \"6.0.0-20260101\", \"application\": \"exabgp\"}\ndone\n", "6.0.0-20260101", DIALECT_V6, true},
    {"{\"version\": \"6.0.0\", \"application\": \"exabgp\"}\ndone\n", "6.0.0", DIALECT_V6, true},
    {"error: unknown command\nerror\nexabgp 6.0.0\ndone\n", "6.0.0", DIALECT_V4, true},
    {"neighbor 127.0.0.1 up\n\nerror\nexabgp 4.2.21\ndone\n", "4.2.21", DIALECT_V4, true},
    {"done\ndone\nerror\nexabgp 4.2.21\ndone\n", "4.2.21", DIALECT_V4, true}, /* owed to a predecessor */
    {"exabgp 4.2.21\n", "4.2.21", DIALECT_V4, false},
    {"{\"version\": \"6.0.0\", \"application\": \"exabgp\"}\n", "6.0.0", DIALECT_V6, false},
    {"", "", DIALECT_V4, false},
};

START_TEST(dialect_table)
{
	bool in_pieces = _i % 2 != 0;
	const char *answer = dialects[_i / 2].answer;
	const char *line = dialects[_i / 2].dialect == DIALECT_V6 ? "peer * announce route 192.0.2.1/32 " ATTRIBUTES "\n" :
								    "announce route 192.0.2.1/32 " ATTRIBUTES "\n";

	announce("192.0.2.1/32", NULL);
	begin(EXABGP_PARENT);
	ck_assert(status().detecting);
	expect(GREETING, 0);
	expect("", 0);
	if (in_pieces)
		for (const char *byte = answer; *byte != '\0'; byte++)
			exabgp_input(exabgp, byte, 1, at(0.1));
	else
		hear(answer, 0.1);
	if (!dialects[_i / 2].acks) {
		expect("", 2);
		pass(4);
	}
	ck_assert(!status().detecting);
	ck_assert_int_eq(status().dialect, dialects[_i / 2].dialect);
	ck_assert_int_eq(status().acks, dialects[_i / 2].acks);
	ck_assert_str_eq(status().version, dialects[_i / 2].version);
	expect(line, 4);
	ck_assert_uint_eq(status().in_flight, dialects[_i / 2].acks ? 1 : 0);
	ck_assert_int_eq(exabgp_idle(exabgp), !dialects[_i / 2].acks);
	hear("done\n", 4.1);
	ck_assert(exabgp_idle(exabgp));
	ck_assert_int_eq(route_acked_status(find("192.0.2.1/32")), ROUTE_ANNOUNCED);
	expect("", 5);
}
END_TEST

START_TEST(detection_takes_its_time_exactly)
{
	announce("192.0.2.1/32", NULL);
	begin(EXABGP_PARENT);
	expect(GREETING, 0);
	pass(2.999);
	expect("", 2.999);
	pass(3);
	expect("announce route 192.0.2.1/32 " ATTRIBUTES "\n", 3);
}
END_TEST

START_TEST(not_under_exabgp)
{
	announce("192.0.2.1/32", NULL);
	begin(EXABGP_NOBODY);
	expect("announce route 192.0.2.1/32 " ATTRIBUTES "\n", 0);
	ck_assert(exabgp_idle(exabgp));
	ck_assert_int_eq(exabgp_deadline(exabgp).ns, MONOTIME_NEVER.ns);
	withdraw("192.0.2.1/32", NULL);
	expect("withdraw route 192.0.2.1/32\n", 1);
	ck_assert_uint_eq(status().commands, 2);
}
END_TEST

START_TEST(forced_dialect_and_acks)
{
	options.dialect = DIALECT_V6;
	options.ack = ACK_ON;
	announce("192.0.2.1/32", NULL);
	announce("192.0.2.2/32", NULL);
	begin(EXABGP_PARENT);
	ck_assert(!status().detecting);
	expect("\npeer * announce route 192.0.2.1/32 " ATTRIBUTES "\npeer * announce route 192.0.2.2/32 " ATTRIBUTES "\n", 0);
	hear("error\ndone\n", 0); /* the first is the bare newline's */
	ck_assert_int_eq(route_acked_status(find("192.0.2.1/32")), ROUTE_ANNOUNCED);
	ck_assert_int_eq(route_acked_status(find("192.0.2.2/32")), ROUTE_UNKNOWN);
	ck_assert_ptr_null(route_error(find("192.0.2.1/32")));
	ck_assert_uint_eq(status().errors, 0);
	hear("done\n", 0);
	ck_assert(exabgp_idle(exabgp));
}
END_TEST

START_TEST(forced_without_acks)
{
	options.dialect = DIALECT_V4;
	options.ack = ACK_OFF;
	announce("192.0.2.1/32", NULL);
	begin(EXABGP_PARENT);
	expect("\nannounce route 192.0.2.1/32 " ATTRIBUTES "\n", 0);
	ck_assert(exabgp_idle(exabgp));
	hear("error\ndone\n", 0);
	ck_assert_ptr_null(route_error(find("192.0.2.1/32")));
}
END_TEST

/* The version comes after detection gave up: what was said may have been in the wrong dialect. */
START_TEST(version_comes_late)
{
	announce("192.0.2.1/32", NULL);
	begin(EXABGP_PARENT);
	expect(GREETING, 0);
	pass(3);
	expect("announce route 192.0.2.1/32 " ATTRIBUTES "\n", 3);
	hear("done\n{\"version\": \"6.0.0\", \"application\": \"exabgp\"}\ndone\nerror: unknown command\nerror\n", 20);
	expect("", 20);
	pass(21);
	expect("peer * announce route 192.0.2.1/32 " ATTRIBUTES "\n", 21);
	hear("done\n", 21);
	ck_assert(status().acks && exabgp_idle(exabgp));
}
END_TEST

/* ExaBGP 6 takes a neighbor that it does not have for all neighbors. */
START_TEST(v6_asks_for_its_neighbors)
{
	announce("192.0.2.1/32", "10.0.0.1");
	begin(EXABGP_PARENT);
	expect(GREETING, 0);
	hear("done\n{\"version\": \"6.0.0\", \"application\": \"exabgp\"}\ndone\n", 0);
	expect("peer list\n", 0);
	announce("192.0.2.2/32", NULL);
	expect("", 0);
	hear("[{\"peer-address\": \"10.0.0.11\", \"peer-as\": 1, \"state\": null}, {\"peer-address\": \"10.0.0.2\"}]\n", 0);
	expect("", 0);
	hear("done\n", 0);
	expect("peer * announce route 192.0.2.2/32 " ATTRIBUTES "\n", 0);
	ck_assert_str_eq(route_error(find("192.0.2.1/32")), "ExaBGP has no such neighbor");
	hear("done\n", 0);
	pass(2);
	expect("", 2); /* refused again: the list is still fresh */
	pass(10);
	expect("peer list\n", 10);
	hear("[{\"peer-address\": \"10.0.0.1\", \"peer-as\": 1}]\ndone\n", 10);
	expect("peer 10.0.0.1 announce route 192.0.2.1/32 " ATTRIBUTES "\n", 10);
	hear("done\n", 10);
	ck_assert_ptr_null(route_error(find("192.0.2.1/32")));
	withdraw("192.0.2.1/32", "10.0.0.1");
	expect("peer 10.0.0.1 withdraw route 192.0.2.1/32\n", 12);
	hear("done\n", 12);
	ck_assert(exabgp_idle(exabgp));
}
END_TEST

START_TEST(v6_list_never_comes)
{
	announce("192.0.2.1/32", "10.0.0.1");
	announce("192.0.2.2/32", NULL);
	begin(EXABGP_PARENT);
	expect(GREETING, 0);
	hear("{\"version\": \"6.0.0\", \"application\": \"exabgp\"}\ndone\n", 0);
	expect("peer list\n", 0);
	pass(2);
	expect("", 2);
	pass(3);
	expect("peer * announce route 192.0.2.2/32 " ATTRIBUTES "\n", 3);
	ck_assert_str_eq(route_error(find("192.0.2.1/32")), "ExaBGP has no such neighbor");
}
END_TEST

/* At the end nothing is awaited, yet late answers come: none of them is the list. */
START_TEST(v6_list_among_late_answers)
{
	announce("192.0.2.1/32", "10.0.0.1");
	begin(EXABGP_PARENT);
	expect(GREETING, 0);
	hear("{\"version\": \"6.0.0\", \"application\": \"exabgp\"}\ndone\n", 0);
	expect("peer list\n", 0);
	hear("[{\"peer-address\": \"10.0.0.1\"}]\ndone\n", 0);
	expect("peer 10.0.0.1 announce route 192.0.2.1/32 " ATTRIBUTES "\n", 0);
	withdraw("192.0.2.1/32", "10.0.0.1");
	exabgp_hurry(exabgp, at(9));
	expect("peer list\n", 9);
	hear("done\n", 9);
	expect("", 9);
	hear("[{\"peer-address\": \"10.0.0.1\"}]\n", 9);
	expect("peer 10.0.0.1 withdraw route 192.0.2.1/32\n", 9);
	ck_assert_ptr_null(route_error(find("192.0.2.1/32")));
}
END_TEST

int
main(void)
{
	Suite *suite = suite_create("exabgp");
	TCase *tcase = unit_case(suite, "exabgp");

	tcase_add_checked_fixture(tcase, setup, teardown);
	tcase_add_loop_test(tcase, dialect_table, 0, 2 * COUNT(dialects));
	tcase_add_test(tcase, detection_takes_its_time_exactly);
	tcase_add_test(tcase, not_under_exabgp);
	tcase_add_test(tcase, forced_dialect_and_acks);
	tcase_add_test(tcase, forced_without_acks);
	tcase_add_test(tcase, version_comes_late);
	tcase_add_test(tcase, v6_asks_for_its_neighbors);
	tcase_add_test(tcase, v6_list_never_comes);
	tcase_add_test(tcase, v6_list_among_late_answers);
	return unit_run(suite);
}
