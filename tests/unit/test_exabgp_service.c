/*
 * The conversation with an ExaBGP beside us, which comes and goes, and what is taken for evidence that it has lost
 * routes. Virtual time, every answer scripted.
 */
#include "scripted_exabgp.h"

#define ROUTE(N) "198.51.100." #N "/32"
#define ANNOUNCE(N) "announce route " ROUTE(N) " " ATTRIBUTES "\n"

static void
arrive(double now)
{
	exabgp_arrive(exabgp, at(now));
	expect(GREETING, now);
	hear("error\nexabgp 4.2.21\ndone\n", now);
}

/* It is there, and one route is announced and acknowledged. */
static void
begin_service(void)
{
	begin(EXABGP_SERVICE);
	announce(ROUTE(1), NULL);
	arrive(0);
	expect(ANNOUNCE(1), 0);
	hear("done\n", 0);
	ck_assert(exabgp_idle(exabgp) && status().answered);
}

START_TEST(nothing_is_said_to_nobody)
{
	begin(EXABGP_SERVICE);
	announce(ROUTE(1), NULL);
	expect("", 0);
	hear("exabgp 4.2.21\ndone\n", 0);
	pass(1000);
	expect("", 1000);
	ck_assert(exabgp_idle(exabgp));
	ck_assert(!status().answered);
	ck_assert_int_eq(exabgp_deadline(exabgp).ns, INT64_MAX);
}
END_TEST

/* Everything is said anew, in the other's language, whatever was in flight; once. */
START_TEST(returns_as_another_version)
{
	begin_service();
	announce(ROUTE(2), NULL);
	expect(ANNOUNCE(2), 1);
	hear("do", 1); /* its last word, cut off */
	exabgp_leave(exabgp, at(1));
	ck_assert(!status().answered);
	ck_assert_uint_eq(status().in_flight, 0);
	announce(ROUTE(3), NULL);
	expect("", 2);
	exabgp_arrive(exabgp, at(50));
	expect(GREETING, 50);
	hear("error\n{\"version\": \"6.0.0\", \"application\": \"exabgp\"}\ndone\n", 50);
	expect("peer * " ANNOUNCE(1) "peer * " ANNOUNCE(2) "peer * " ANNOUNCE(3), 50);
	hear("done\ndone\ndone\n", 50);
	ck_assert(exabgp_idle(exabgp));
	pass(300);
	expect("", 300);
}
END_TEST

/* An ExaBGP that is there but still stopped: it is waited for, since nobody else can be at the other end. */
START_TEST(first_answer_after_minutes)
{
	begin(EXABGP_SERVICE);
	announce(ROUTE(1), NULL);
	exabgp_arrive(exabgp, at(0));
	expect(GREETING, 0);
	for (double now = 1; now < 300; now++) {
		static char said[EXABGP_LINE_MAX];
		size_t length = exabgp_output(exabgp, said, sizeof(said), at(now));

		said[length] = '\0';
		ck_assert(length == 0 || strcmp(said, "system version\n") == 0);
		pass(now);
	}
	withdraw(ROUTE(1), NULL);
	announce(ROUTE(2), NULL);
	hear("error\nexabgp 4.2.21\ndone\nexabgp 4.2.21\ndone\nexabgp 4.2.21\n", 300);
	hear("done\n", 300.5);
	expect("", 301.4);
	pass(301.5);
	expect_set("withdraw route " ROUTE(1) "\n" ANNOUNCE(2), 301.5);
	hear("done\ndone\n", 301.5);
	ck_assert(exabgp_idle(exabgp) && status().acks);
	ck_assert_uint_eq(status().errors, 0);
}
END_TEST

/* Silence: it may have been started anew without our noticing. Then everything is said, not only what was in flight. */
START_TEST(silence_may_be_a_restart)
{
	begin_service();
	announce(ROUTE(2), NULL);
	expect(ANNOUNCE(2), 1);
	pass(11);
	expect("system version\n", 11);
	hear("exabgp 5.0.8\ndone\n", 11.1);
	pass(12.1);
	expect_set(ANNOUNCE(1) ANNOUNCE(2), 12.1);
	hear("done\ndone\n", 12.1);
	ck_assert(exabgp_idle(exabgp));
}
END_TEST

/* It once answered, and now does not, though it may well listen: withdraws must not wait for it. */
START_TEST(falls_silent_and_returns)
{
	begin_service();
	withdraw(ROUTE(1), NULL);
	expect("withdraw route " ROUTE(1) "\n", 1);
	pass(11);
	expect("system version\n", 11);
	announce(ROUTE(2), NULL);
	pass(13);
	expect_set("withdraw route " ROUTE(1) "\n" ANNOUNCE(2), 13);
	ck_assert(!status().acks);
	pass(73);
	expect("system version\n", 73); /* asked again whether it answers */
	hear("done\nexabgp 4.2.21\ndone\ndone\ndone\nexabgp 4.2.21\ndone\ndone\n", 74);
	pass(76);
	ck_assert(status().acks);
	expect_set("withdraw route " ROUTE(1) "\n" ANNOUNCE(2), 76);
	hear("done\ndone\n", 76);
	ck_assert(exabgp_idle(exabgp));
}
END_TEST

/* A new reader of the pipe: after a moment the version is asked, and everything said. Not again at once. */
START_TEST(evidence_of_another)
{
	begin_service();
	exabgp_suspect(exabgp, true, at(10));
	exabgp_suspect(exabgp, true, at(10.3));
	pass(10.4);
	expect("", 10.4);
	pass(10.5);
	expect("system version\n", 10.5);
	hear("exabgp 4.2.21\ndone\n", 10.5);
	expect(ANNOUNCE(1), 10.5);
	hear("done\n", 10.5);
	exabgp_suspect(exabgp, false, at(10.6));
	pass(12.4);
	expect("", 12.4);
	pass(12.5);
	expect(ANNOUNCE(1), 12.5);
	hear("done\n", 12.5);
	pass(100);
	expect("", 100);
}
END_TEST

/* What is in flight is awaited first, and each route said once. */
START_TEST(evidence_waits_for_answers)
{
	begin_service();
	withdraw(ROUTE(1), NULL);
	announce(ROUTE(2), NULL);
	expect_set("withdraw route " ROUTE(1) "\n" ANNOUNCE(2), 1);
	exabgp_suspect(exabgp, false, at(1));
	announce(ROUTE(3), NULL);
	pass(1.5);
	expect("", 1.6);
	hear("done\ndone\n", 1.7);
	expect_set(ANNOUNCE(3) ANNOUNCE(2), 1.7);
	hear("done\ndone\n", 1.7);
	ck_assert(exabgp_idle(exabgp));
}
END_TEST

static const char *const ups[] = {"neighbor 192.0.2.1 up\n", "peer 2001:db8::1 up\n",
    "{ \"exabgp\": \"4.0.1\", \"type\": \"state\", \"neighbor\": { \"address\": {}, \"state\": \"up\"} }\n"};

START_TEST(neighbor_up)
{
	announce(ROUTE(1), NULL);
	begin_v4();
	expect(ANNOUNCE(1), 0);
	hear("done\n", 0);
	hear(ups[_i], 5);
	hear(ups[_i], 5.2);
	pass(5.5);
	expect(ANNOUNCE(1), 5.5);
	hear("done\n", 5.5);
	pass(200);
	expect("", 200);
}
END_TEST

static const char *const other_lines[] = {"neighbor 192.0.2.1 down - notification\n", "neighbor 192.0.2.1 connected\n",
    "{ \"exabgp\": \"4.0.1\", \"type\": \"state\", \"neighbor\": { \"state\": \"down\"} }\n",
    "going up\n", " up\n", "up\n"};

START_TEST(other_lines_are_no_evidence)
{
	announce(ROUTE(1), NULL);
	begin_v4();
	expect(ANNOUNCE(1), 0);
	hear("done\n", 0);
	hear(other_lines[_i], 5);
	pass(200);
	expect("", 200);
}
END_TEST

/* Answers to another's questions are no answers to ours, and the count that they upset is made right again. */
START_TEST(strangers_on_the_same_pipe)
{
	begin_service();
	hear("Peer AS up/down\ndone\n", 10);
	pass(10.5);
	expect(ANNOUNCE(1), 10.5);
	/* The other got our answer; we get one of its lines, and its answer, at another time. */
	withdraw(ROUTE(2), NULL);
	hear("exabgp 4.2.21\n", 11);
	pass(12.5);
	expect("", 12.5);
	pass(14.5);
	expect("system version\n", 14.5);
	hear("exabgp 4.2.21\ndone\n", 14.5);
	pass(15.5);
	expect_set(ANNOUNCE(1) "withdraw route " ROUTE(2) "\n", 15.5);
	hear("done\ndone\n", 15.5);
	ck_assert(exabgp_idle(exabgp) && status().acks);
}
END_TEST

/* Under ExaBGP a surplus is nobody else's. */
START_TEST(no_strangers_under_exabgp)
{
	announce(ROUTE(1), NULL);
	begin_v4();
	expect(ANNOUNCE(1), 0);
	hear("done\nsomething\ndone\n", 0);
	pass(200);
	expect("", 200);
}
END_TEST

START_TEST(pause_says_nothing_new)
{
	begin_service();
	withdraw(ROUTE(1), NULL);
	expect("withdraw route " ROUTE(1) "\n", 1);
	exabgp_pause(exabgp, true);
	ck_assert(!exabgp_idle(exabgp));
	announce(ROUTE(2), NULL);
	exabgp_suspect(exabgp, true, at(1));
	expect("", 1);
	hear("done\n", 1.1);
	ck_assert(exabgp_idle(exabgp));
	pass(20);
	expect("", 20);
	ck_assert(exabgp_idle(exabgp));
	exabgp_pause(exabgp, false);
	ck_assert(!exabgp_idle(exabgp));
	expect(ANNOUNCE(2), 20);
	hear("done\n", 20);
	exabgp_tick(exabgp, at(20.1));
	expect("system version\n", 20.1);
	hear("exabgp 4.2.21\ndone\n", 20.1);
	expect_set("withdraw route " ROUTE(1) "\n" ANNOUNCE(2), 20.1);
}
END_TEST

/* No upgrade while answers that were lost are being sorted out. */
START_TEST(pause_waits_for_silence)
{
	begin_service();
	withdraw(ROUTE(1), NULL);
	expect("withdraw route " ROUTE(1) "\n", 1);
	exabgp_pause(exabgp, true);
	pass(11);
	expect("system version\n", 11);
	ck_assert(!exabgp_idle(exabgp));
	hear("done\nexabgp 4.2.21\ndone\n", 11.5);
	ck_assert(!exabgp_idle(exabgp));
	pass(12.5);
	ck_assert(exabgp_idle(exabgp));
	expect("", 12.5);
}
END_TEST

START_TEST(hurry_ends_a_pause)
{
	begin_service();
	exabgp_pause(exabgp, true);
	withdraw(ROUTE(1), NULL);
	exabgp_hurry(exabgp, at(1));
	expect("withdraw route " ROUTE(1) "\n", 1);
	ck_assert(exabgp_idle(exabgp));
	exabgp_leave(exabgp, at(2));
	exabgp_hurry(exabgp, at(2));
	withdraw(ROUTE(2), NULL);
	expect("", 2);
}
END_TEST

START_TEST(change_of_limits_and_resync)
{
	struct exabgp_options changed = options;

	begin_service();
	changed.max_in_flight = 1;
	ck_assert(exabgp_change(exabgp, &changed, 60 * NS_PER_SECOND, at(10)));
	withdraw(ROUTE(1), NULL);
	announce(ROUTE(2), NULL);
	expect(ANNOUNCE(2), 10);
	changed.max_in_flight = 3;
	ck_assert(exabgp_change(exabgp, &changed, 60 * NS_PER_SECOND, at(11)));
	expect("withdraw route " ROUTE(1) "\n", 11);
	hear("done\ndone\n", 11);
	pass(69);
	expect("", 69);
	pass(70);
	expect(ANNOUNCE(2), 70);
	hear("done\n", 70);
	ck_assert(exabgp_change(exabgp, &changed, 0, at(71)));
	pass(500);
	expect("", 500);
}
END_TEST

/* A smaller limit holds as soon as what is in flight has become fewer. */
START_TEST(change_to_fewer_in_flight)
{
	struct exabgp_options changed = options;

	begin_service();
	announce(ROUTE(2), NULL);
	announce(ROUTE(3), NULL);
	announce(ROUTE(4), NULL);
	expect(ANNOUNCE(2) ANNOUNCE(3) ANNOUNCE(4), 10);
	changed.max_in_flight = 1;
	ck_assert(exabgp_change(exabgp, &changed, 60 * NS_PER_SECOND, at(10)));
	announce(ROUTE(5), NULL);
	announce(ROUTE(6), NULL);
	hear("done\ndone\n", 11);
	expect("", 11);
	hear("done\n", 11);
	expect(ANNOUNCE(5), 11);
	expect("", 11);
	hear("done\n", 11);
	expect(ANNOUNCE(6), 11);
}
END_TEST

START_TEST(change_of_dialect)
{
	struct exabgp_options changed = options;

	begin_service();
	changed.dialect = DIALECT_V6;
	changed.ack = ACK_ON;
	ck_assert(exabgp_change(exabgp, &changed, 0, at(10)));
	expect("", 10);
	pass(11);
	expect("peer * " ANNOUNCE(1), 11);
	hear("done\n", 11);
	ck_assert(exabgp_idle(exabgp));
	changed.dialect = DIALECT_AUTO;
	ck_assert(exabgp_change(exabgp, &changed, 0, at(20)));
	expect("system version\n", 20);
	hear("exabgp 4.2.21\ndone\n", 20);
	pass(21);
	expect(ANNOUNCE(1), 21);
	changed.ack = ACK_OFF;
	ck_assert(exabgp_change(exabgp, &changed, 0, at(22)));
	expect("system version\n", 22);
	hear("exabgp 4.2.21\ndone\n", 22);
	expect(ANNOUNCE(1), 22);
	ck_assert(exabgp_idle(exabgp) && !status().acks);
	exabgp_leave(exabgp, at(23));
	changed.dialect = DIALECT_V4;
	ck_assert(exabgp_change(exabgp, &changed, 0, at(24)));
	expect("", 24);
	exabgp_arrive(exabgp, at(25));
	expect("\n" ANNOUNCE(1), 25);
}
END_TEST

int
main(void)
{
	Suite *suite = suite_create("exabgp service");
	TCase *tcase = unit_case(suite, "exabgp service");

	tcase_add_checked_fixture(tcase, setup, teardown);
	tcase_add_test(tcase, nothing_is_said_to_nobody);
	tcase_add_test(tcase, returns_as_another_version);
	tcase_add_test(tcase, first_answer_after_minutes);
	tcase_add_test(tcase, silence_may_be_a_restart);
	tcase_add_test(tcase, falls_silent_and_returns);
	tcase_add_test(tcase, evidence_of_another);
	tcase_add_test(tcase, evidence_waits_for_answers);
	tcase_add_loop_test(tcase, neighbor_up, 0, COUNT(ups));
	tcase_add_loop_test(tcase, other_lines_are_no_evidence, 0, COUNT(other_lines));
	tcase_add_test(tcase, strangers_on_the_same_pipe);
	tcase_add_test(tcase, no_strangers_under_exabgp);
	tcase_add_test(tcase, pause_says_nothing_new);
	tcase_add_test(tcase, pause_waits_for_silence);
	tcase_add_test(tcase, hurry_ends_a_pause);
	tcase_add_test(tcase, change_of_limits_and_resync);
	tcase_add_test(tcase, change_to_fewer_in_flight);
	tcase_add_test(tcase, change_of_dialect);
	return unit_run(suite);
}
