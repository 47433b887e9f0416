/*
 * Answers of ExaBGP in every form, lost and surplus ones, silence, resync, shutdown.
 */
#include <check.h>
#include <string.h>

#include "scripted_exabgp.h"
#include "unit.h"

START_TEST(in_flight_is_bounded)
{
	options.max_in_flight = 2;
	announce("192.0.2.1/32", NULL);
	announce("192.0.2.2/32", NULL);
	announce("192.0.2.3/32", NULL);
	begin_v4();
	expect("announce route 192.0.2.1/32 " ATTRIBUTES "\nannounce route 192.0.2.2/32 " ATTRIBUTES "\n", 0);
	withdraw("192.0.2.3/32", NULL);
	expect("", 0);
	ck_assert(!exabgp_idle(exabgp));
	hear("do", 0);
	expect("", 0);
	hear("ne\n", 0);
	expect("withdraw route 192.0.2.3/32\n", 0);
	hear("done\ndone\n", 0);
	ck_assert(exabgp_idle(exabgp));
}
END_TEST

/* Each way in which the first of two commands can be answered, then "done" for the second. */
static const struct {
	const char *answer;
	const char *error; /* NULL: done */
} answers[] = {
    {"done\n", NULL},
    {"neighbor 127.0.0.1 down - peer reset\n{ \"exabgp\": \"4.0.1\" }\n\ndone\n", NULL},
    {"error\n", "ExaBGP answered: error"},
    {"error: no such route\nerror\n", "no such route"},
    {"error: no such route\n", "no such route"},
    {"error: bad \x1b[31m\xff bytes\nerror\n", "bad ?[31m? bytes"},
};

START_TEST(answer_forms)
{
	announce("192.0.2.1/32", NULL);
	announce("192.0.2.2/32", NULL);
	begin_v4();
	expect("announce route 192.0.2.1/32 " ATTRIBUTES "\nannounce route 192.0.2.2/32 " ATTRIBUTES "\n", 0);
	hear(answers[_i].answer, 0);
	hear("done\n", 0);
	ck_assert_uint_eq(status().in_flight, 0);
	ck_assert_int_eq(route_acked_status(find("192.0.2.2/32")), ROUTE_ANNOUNCED);
	ck_assert_ptr_null(route_error(find("192.0.2.2/32")));
	if (answers[_i].error == NULL) {
		ck_assert_ptr_null(route_error(find("192.0.2.1/32")));
		return;
	}
	ck_assert_str_eq(route_error(find("192.0.2.1/32")), answers[_i].error);
	ck_assert_uint_eq(status().errors, 1);
	ck_assert_int_eq(exabgp_deadline(exabgp).ns, at(1).ns);
	expect("", 0.9);
	pass(1);
	expect("announce route 192.0.2.1/32 " ATTRIBUTES "\n", 1);
	hear("done\n", 1);
	ck_assert_ptr_null(route_error(find("192.0.2.1/32")));
}
END_TEST

START_TEST(error_text_alone_is_an_answer_in_the_end)
{
	announce("192.0.2.1/32", NULL);
	begin_v4();
	expect("announce route 192.0.2.1/32 " ATTRIBUTES "\n", 0);
	hear("error: alone\n", 0);
	pass(1.9);
	ck_assert_uint_eq(status().in_flight, 1);
	pass(2);
	ck_assert_uint_eq(status().in_flight, 0);
	ck_assert_str_eq(route_error(find("192.0.2.1/32")), "alone");
}
END_TEST

START_TEST(surplus_answers_are_ignored)
{
	announce("192.0.2.1/32", NULL);
	begin_v4();
	hear("done\nerror\nerror: x\nerror\n", 0);
	expect("announce route 192.0.2.1/32 " ATTRIBUTES "\n", 0);
	ck_assert_uint_eq(status().in_flight, 1);
	hear("done\nerror\n", 0);
	ck_assert_ptr_null(route_error(find("192.0.2.1/32")));
	ck_assert_int_eq(route_sent_status(find("192.0.2.1/32")), ROUTE_ANNOUNCED);
}
END_TEST

/* No answer for ten seconds: ask the version, let late answers go by, say it again. */
START_TEST(lost_answer)
{
	announce("192.0.2.1/32", NULL);
	announce("192.0.2.2/32", NULL);
	begin_v4();
	expect("announce route 192.0.2.1/32 " ATTRIBUTES "\nannounce route 192.0.2.2/32 " ATTRIBUTES "\n", 0);
	hear("done\n", 1);
	pass(10.9);
	ck_assert_uint_eq(status().timeouts, 0);
	pass(11);
	ck_assert_uint_eq(status().timeouts, 1);
	ck_assert_uint_eq(status().in_flight, 0);
	expect("system version\n", 11);
	hear("error\n", 11.1); /* late, for the second */
	hear("exabgp 4.2.21\ndone\n", 11.2);
	hear("done\n", 11.9); /* even later */
	pass(12.8);
	expect("", 12.8);
	pass(13);
	expect("announce route 192.0.2.2/32 " ATTRIBUTES "\n", 13);
	ck_assert(status().acks);
	hear("done\n", 13);
	ck_assert(exabgp_idle(exabgp));
	ck_assert_ptr_null(route_error(find("192.0.2.2/32")));
}
END_TEST

/* A silent ExaBGP must not hold back withdraws; when it speaks again, everything is said again. */
START_TEST(exabgp_falls_silent_and_returns)
{
	announce("192.0.2.1/32", NULL);
	begin_v4();
	expect("announce route 192.0.2.1/32 " ATTRIBUTES "\n", 0);
	pass(10);
	expect("system version\n", 10);
	withdraw("192.0.2.1/32", NULL);
	announce("192.0.2.2/32", NULL);
	pass(12);
	ck_assert(!status().acks);
	expect("announce route 192.0.2.2/32 " ATTRIBUTES "\nwithdraw route 192.0.2.1/32\n", 12);
	pass(100);
	expect("", 100);
	hear("done\nexabgp 4.2.21\ndone\ndone\ndone\n", 100);
	expect("", 100);
	pass(101);
	ck_assert(status().acks);
	expect("announce route 192.0.2.2/32 " ATTRIBUTES "\nwithdraw route 192.0.2.1/32\n", 101);
	hear("done\ndone\n", 101);
	ck_assert(exabgp_idle(exabgp));
}
END_TEST

/* A command that ExaBGP never answers does not stop the others for long, again and again. */
START_TEST(never_answered_command_backs_off)
{
	static char said[EXABGP_LINE_MAX];
	unsigned commands = 0;
	double now = 0;

	announce("192.0.2.1/32", NULL);
	begin_v4();
	for (; now < 600; now += 0.5) {
		size_t length = exabgp_output(exabgp, said, sizeof(said), at(now));

		said[length < sizeof(said) ? length : 0] = '\0';
		if (strstr(said, "system version\n") != NULL)
			hear("exabgp 4.2.21\ndone\n", now);
		commands += strstr(said, "announce") != NULL;
		pass(now + 0.5);
	}
	ck_assert_uint_ge(commands, 8);
	ck_assert_uint_le(commands, 20);
	ck_assert_str_eq(route_error(find("192.0.2.1/32")), "no answer from ExaBGP");
}
END_TEST

START_TEST(resync)
{
	exabgp = exabgp_new(&options, 300 * NS_PER_SECOND, ledger, EXABGP_PARENT, at(0));
	announce("192.0.2.1/32", NULL);
	withdraw("192.0.2.2/32", NULL);
	expect(GREETING, 0);
	hear("error\nexabgp 4.2.21\ndone\n", 0);
	expect("announce route 192.0.2.1/32 " ATTRIBUTES "\nwithdraw route 192.0.2.2/32\n", 0);
	hear("done\ndone\n", 0);
	pass(299);
	expect("", 299);
	pass(300);
	expect("announce route 192.0.2.1/32 " ATTRIBUTES "\n", 300);
	/* The next one waits for the answer, for two seconds. */
	announce("192.0.2.3/32", NULL);
	for (double now = 305; now < 600; now += 5) {
		withdraw("192.0.2.3/32", NULL);
		exabgp_output(exabgp, (char[EXABGP_LINE_MAX]){0}, EXABGP_LINE_MAX, at(now));
		hear("done\ndone\n", now);
		announce("192.0.2.3/32", NULL);
		exabgp_output(exabgp, (char[EXABGP_LINE_MAX]){0}, EXABGP_LINE_MAX, at(now));
		pass(now);
	}
	ck_assert_uint_eq(status().timeouts, 0);
	ck_assert_uint_gt(status().in_flight, 0);
	pass(600);
	expect("", 600);
	pass(602);
	ck_assert_uint_eq(status().timeouts, 1);
	expect("system version\n", 602);
}
END_TEST

START_TEST(resync_without_acks)
{
	options.ack = ACK_OFF;
	options.dialect = DIALECT_V4;
	exabgp = exabgp_new(&options, 300 * NS_PER_SECOND, ledger, EXABGP_PARENT, at(0));
	announce("192.0.2.1/32", NULL);
	expect("\nannounce route 192.0.2.1/32 " ATTRIBUTES "\n", 0);
	pass(300);
	expect("announce route 192.0.2.1/32 " ATTRIBUTES "\n", 300);
	pass(599);
	expect("", 599);
}
END_TEST

static const char *const shutdowns[] = {"shutdown 1234 1233\n", "shutdown\n",
    "{ \"exabgp\": \"4.0.1\", \"type\": \"notification\", \"notification\": \"shutdown\" }\n"};

/* Whatever the period of the resync: a withdraw that nobody acknowledges is remembered for some minutes, not for ever. */
static const int64_t resync_periods[] = {0, 1 * NS_PER_SECOND, 365 * 86400 * NS_PER_SECOND};

static void
count_route(void *context, const struct route *route)
{
	(void)route;
	++*(size_t *)context;
}

static size_t
routes_left(void)
{
	size_t count = 0;

	ledger_each(ledger, count_route, &count);
	return count;
}

START_TEST(withdraw_without_answers_is_forgotten)
{
	struct route_key route = key("198.51.100.1/32", NULL);

	options.dialect = DIALECT_V4;
	options.ack = ACK_OFF;
	exabgp = exabgp_new(&options, resync_periods[_i], ledger, EXABGP_PARENT, at(0));
	ck_assert_ptr_nonnull(exabgp);
	announce("198.51.100.1/32", NULL);
	say(1);
	ledger_release(ledger, &route, 0);
	say(2);
	for (double now = 3; now < 120; now++) {
		pass(now);
		say(now);
	}
	ck_assert_uint_eq(routes_left(), 1);
	for (double now = 120; now < 1000; now++) {
		pass(now);
		say(now);
	}
	ck_assert_uint_eq(routes_left(), 0);
}
END_TEST

START_TEST(shutdown_is_heard)
{
	begin_v4();
	hear("shutdowns are not asked for\nno shutdown\n", 0);
	ck_assert(!exabgp_shutdown_asked(exabgp));
	hear(shutdowns[_i], 0);
	ck_assert(exabgp_shutdown_asked(exabgp));
}
END_TEST

START_TEST(long_lines_are_dropped)
{
	static char flood[300000];

	announce("192.0.2.1/32", NULL);
	begin_v4();
	expect("announce route 192.0.2.1/32 " ATTRIBUTES "\n", 0);
	memset(flood, 'x', sizeof(flood));
	memcpy(flood + sizeof(flood) - 5, "done\n", 5); /* the end of a long line, not an answer */
	exabgp_input(exabgp, flood, sizeof(flood), at(0));
	ck_assert_uint_eq(status().in_flight, 1);
	hear("done\n", 0);
	ck_assert_uint_eq(status().in_flight, 0);
	/* The longest that fits, and one byte more. */
	flood[65534] = flood[65535] = '\n';
	exabgp_input(exabgp, flood, 65536, at(0));
	exabgp_input(exabgp, "\0\0\n\n", 4, at(0));
	ck_assert(exabgp_idle(exabgp));
}
END_TEST

int
main(void)
{
	Suite *suite = suite_create("exabgp answers");
	TCase *tcase = unit_case(suite, "exabgp answers");

	tcase_add_checked_fixture(tcase, setup, teardown);
	tcase_add_test(tcase, in_flight_is_bounded);
	tcase_add_loop_test(tcase, answer_forms, 0, COUNT(answers));
	tcase_add_test(tcase, error_text_alone_is_an_answer_in_the_end);
	tcase_add_test(tcase, surplus_answers_are_ignored);
	tcase_add_test(tcase, lost_answer);
	tcase_add_test(tcase, exabgp_falls_silent_and_returns);
	tcase_add_test(tcase, never_answered_command_backs_off);
	tcase_add_test(tcase, resync);
	tcase_add_test(tcase, resync_without_acks);
	tcase_add_loop_test(tcase, shutdown_is_heard, 0, COUNT(shutdowns));
	tcase_add_test(tcase, long_lines_are_dropped);
	tcase_add_loop_test(tcase, withdraw_without_answers_is_forgotten, 0, (int)COUNT(resync_periods));
	return unit_run(suite);
}
