/*
 * The ledger: owners and ranks, coalescing, answers, refusals and their back-off, overlapping routes, too little
 * memory.
 */
#include "allocations.h"
#include "ledger.h"

START_TEST(announce_once)
{
	announce(A, 0, "x");
	ck_assert_uint_eq(wakes, 1);
	ck_assert_uint_eq(ledger_pending(ledger), 1);
	ck_assert_str_eq(say(at(0)), "192.0.2.1/32 * x");
	ck_assert_str_eq(say(at(0)), "-");
	ck_assert_int_eq(route_sent_status(find(A)), ROUTE_ANNOUNCED);
	ck_assert_str_eq(route_sent_attributes(find(A)), "x");
	ck_assert_int_eq(route_acked_status(find(A)), ROUTE_UNKNOWN);
	answer(A, true, at(0));
	ck_assert_int_eq(route_acked_status(find(A)), ROUTE_ANNOUNCED);
	announce(A, 0, "x");
	ck_assert_str_eq(say(at(0)), "-");
	ck_assert_uint_eq(wakes, 1);
	announce(A, 0, "y");
	ck_assert_str_eq(say(at(0)), "192.0.2.1/32 * y");
	ck_assert_uint_eq(ledger_count(ledger, ROUTE_ANNOUNCED), 1);
}
END_TEST

/* A predecessor may have left it announced. */
START_TEST(withdraw_of_a_route_never_said)
{
	withdraw(A, 0);
	ck_assert_str_eq(say(at(0)), "192.0.2.1/32 * withdraw");
	ck_assert_str_eq(say(at(0)), "-");
	withdraw(A, 0);
	ck_assert_str_eq(say(at(0)), "-");
}
END_TEST

START_TEST(coalesced_while_queued)
{
	announce(A, 0, "x");
	ck_assert_str_eq(say(at(0)), "192.0.2.1/32 * x");
	answers(A, 1);
	for (int i = 0; i < 10; i++) {
		withdraw(A, 0);
		announce(A, 0, i % 2 != 0 ? "x" : "y");
	}
	ck_assert_uint_eq(ledger_pending(ledger), 0);
	withdraw(A, 0);
	announce(A, 0, "z");
	ck_assert_uint_eq(ledger_pending(ledger), 1);
	ck_assert_str_eq(say(at(0)), "192.0.2.1/32 * z");
	ck_assert_str_eq(say(at(0)), "-");
}
END_TEST

START_TEST(oldest_first)
{
	announce(B, 0, "x");
	announce(A, 0, "x");
	announce(B, 0, "y"); /* keeps its place */
	ck_assert_str_eq(say(at(0)), "192.0.2.2/32 * y");
	ck_assert_str_eq(say(at(0)), "192.0.2.1/32 * x");
}
END_TEST

START_TEST(keys_that_differ)
{
	struct route_key none = A, zero = A, five = A;

	zero.has_path_id = five.has_path_id = true;
	five.path_id = 5;
	announce(none, 0, "n");
	announce(zero, 0, "0");
	announce(five, 0, "5");
	ck_assert_uint_eq(ledger_pending(ledger), 3);
	ck_assert_str_eq(say(at(0)), "192.0.2.1/32 * n");
	ck_assert_str_eq(say(at(0)), "192.0.2.1/32 * 0");
	ck_assert_str_eq(say(at(0)), "192.0.2.1/32 * 5");
	withdraw(zero, 0);
	ck_assert_str_eq(say(at(0)), "192.0.2.1/32 * withdraw");
	ck_assert_str_eq(say(at(0)), "-");
}
END_TEST

/* The first in file order that wants it decides; the last that stops wanting it withdraws. */
START_TEST(owners_by_rank)
{
	announce(A, 7, "seven");
	ck_assert_str_eq(say(at(0)), "192.0.2.1/32 * seven");
	answers(A, 1);
	announce(A, 3, "three");
	ck_assert_str_eq(say(at(0)), "192.0.2.1/32 * three");
	answers(A, 1);
	announce(A, 5, "five");
	ck_assert_str_eq(say(at(0)), "-");
	withdraw(A, 3);
	ck_assert_str_eq(say(at(0)), "192.0.2.1/32 * five");
	answers(A, 1);
	withdraw(A, 5);
	ck_assert_str_eq(say(at(0)), "192.0.2.1/32 * seven");
	withdraw(A, 1); /* never wanted it */
	ck_assert_str_eq(say(at(0)), "-");
	withdraw(A, 7);
	ck_assert_str_eq(say(at(0)), "192.0.2.1/32 * withdraw");
}
END_TEST

START_TEST(answers_of_several_in_flight)
{
	announce(A, 0, "x");
	say(at(0));
	withdraw(A, 0);
	say(at(0));
	answer(A, true, at(0));
	ck_assert_int_eq(route_acked_status(find(A)), ROUTE_ANNOUNCED);
	ck_assert_int_eq(route_sent_status(find(A)), ROUTE_WITHDRAWN);
	answer(A, true, at(0));
	ck_assert_int_eq(route_acked_status(find(A)), ROUTE_WITHDRAWN);
	announce(A, 0, "y");
	say(at(0));
	answer(A, true, at(0));
	ck_assert_int_eq(route_acked_status(find(A)), ROUTE_ANNOUNCED);
	answer(A, false, at(0)); /* one too many changes nothing */
	ck_assert_ptr_null(route_error(find(A)));
	ck_assert_int_eq(route_sent_status(find(A)), ROUTE_ANNOUNCED);
}
END_TEST

/* An earlier command's refusal leaves the decision to the later one. */
START_TEST(refusal_before_a_later_command)
{
	announce(A, 0, "x");
	say(at(0));
	withdraw(A, 0);
	say(at(0));
	answer(A, false, at(0));
	ck_assert_str_eq(route_error(find(A)), "no? such thing");
	ck_assert_uint_eq(ledger_pending(ledger), 0);
	answer(A, true, at(0));
	ck_assert_ptr_null(route_error(find(A)));
	ck_assert_int_eq(route_acked_status(find(A)), ROUTE_WITHDRAWN);
}
END_TEST

START_TEST(too_many_in_flight_wait)
{
	unsigned said = 0;

	withdraw(A, 0);
	for (unsigned i = 0; i < 101; i++) {
		said += strcmp(say(at(0)), "-") != 0;
		ledger_resend(ledger, true);
	}
	ck_assert_uint_gt(said, 1);
	ck_assert_uint_lt(said, 64);
	ck_assert_uint_eq(ledger_pending(ledger), 1);
	wakes = 0;
	answer(A, true, at(0));
	ck_assert_uint_eq(wakes, 1);
	ck_assert_str_eq(say(at(0)), "192.0.2.1/32 * withdraw");
}
END_TEST

START_TEST(refused_and_retried_with_back_off)
{
	static const double delays[] = {1, 2, 4, 8, 16, 32, 60, 60};
	double now = 100;

	announce(A, 0, "x");
	for (size_t i = 0; i < COUNT(delays); i++) {
		ck_assert_str_eq(say(at(now)), "192.0.2.1/32 * x");
		answer(A, false, at(now));
		ck_assert_int_eq(route_sent_status(find(A)), ROUTE_UNKNOWN);
		ck_assert_int_eq(ledger_next_retry(ledger).ns, at(now + delays[i]).ns);
		ck_assert_uint_eq(ledger_pending(ledger), 1);
		ck_assert_str_eq(say(at(now + delays[i] - 0.001)), "-");
		now += delays[i];
	}
	ck_assert_str_eq(say(at(now)), "192.0.2.1/32 * x");
	answer(A, true, at(now));
	ck_assert_int_eq(ledger_next_retry(ledger).ns, MONOTIME_NEVER.ns);
	withdraw(A, 0);
	say(at(now));
	answer(A, false, at(now));
	ck_assert_int_eq(ledger_next_retry(ledger).ns, at(now + 1).ns);
}
END_TEST

/* At the end there is no time for a retry: a refused withdraw is said once more, not again and again. */
START_TEST(shutdown_does_not_wait_for_a_retry)
{
	announce(A, 0, "x");
	say(at(0));
	answer(A, true, at(0));
	withdraw(A, 0);
	say(at(0));
	answer(A, false, at(0));
	ck_assert_str_eq(say(at(0)), "-");
	ledger_withdraw_all(ledger);
	ck_assert_str_eq(say(at(0)), "192.0.2.1/32 * withdraw");
	answer(A, false, at(0));
	ck_assert_str_eq(say(at(0)), "-");
}
END_TEST

START_TEST(a_new_desire_does_not_wait)
{
	announce(A, 0, "x");
	say(at(0));
	answer(A, false, at(0));
	ck_assert_str_eq(say(at(0)), "-");
	announce(A, 0, "y");
	ck_assert_str_eq(say(at(0)), "192.0.2.1/32 * y");
	withdraw(A, 0); /* desired while the answer is under way */
	answer(A, false, at(0));
	ck_assert_int_eq(ledger_next_retry(ledger).ns, MONOTIME_NEVER.ns);
	ck_assert_str_eq(say(at(0)), "192.0.2.1/32 * withdraw");
	ck_assert_str_eq(say(at(0)), "-");
}
END_TEST

START_TEST(resend)
{
	announce(A, 0, "x");
	withdraw(B, 0);
	say(at(0));
	say(at(0));
	answers(A, 1);
	ledger_resend(ledger, false);
	ck_assert_str_eq(say(at(0)), "192.0.2.1/32 * x");
	ck_assert_str_eq(say(at(0)), "-");
	answers(A, 1);
	ledger_resend(ledger, true);
	ck_assert_str_eq(say(at(0)), "192.0.2.1/32 * x");
	ck_assert_str_eq(say(at(0)), "192.0.2.2/32 * withdraw");
	ck_assert_str_eq(say(at(0)), "-");
}
END_TEST

/* What is said to all neighbors overwrites a neighbor's own route: it follows at once. */
START_TEST(overlap_said_again_after_all)
{
	announce(A_N1, 0, "own");
	ck_assert_str_eq(say(at(0)), "192.0.2.1/32 10.0.0.1 own");
	answers(A_N1, 1);
	announce(A, 1, "all");
	announce(B, 2, "other");
	ck_assert_str_eq(say(at(0)), "192.0.2.1/32 * all");
	ck_assert_str_eq(say(at(0)), "192.0.2.1/32 10.0.0.1 own");
	ck_assert_str_eq(say(at(0)), "192.0.2.2/32 * other");
	withdraw(A, 1);
	ck_assert_str_eq(say(at(0)), "192.0.2.1/32 * withdraw");
	ck_assert_str_eq(say(at(0)), "-");
	answers(A_N1, 1);
	answers(A, 2);
	ck_assert_str_eq(say(at(0)), "192.0.2.1/32 10.0.0.1 own");
	ck_assert_str_eq(say(at(0)), "-");
}
END_TEST

START_TEST(overlap_falls_back_to_all)
{
	announce(A, 1, "all");
	say(at(0));
	announce(A_N1, 0, "own");
	announce(A_N2, 0, "own");
	ck_assert_str_eq(say(at(0)), "192.0.2.1/32 10.0.0.1 own");
	ck_assert_str_eq(say(at(0)), "192.0.2.1/32 10.0.0.2 own");
	answers(A, 1);
	answers(A_N1, 1);
	answers(A_N2, 1);
	withdraw(A_N1, 0);
	ck_assert_str_eq(say(at(0)), "192.0.2.1/32 10.0.0.1 all");
	ck_assert_str_eq(say(at(0)), "-");
	announce(A, 1, "new"); /* covers the first neighbor, overwrites the second */
	ck_assert_str_eq(say(at(0)), "192.0.2.1/32 * new");
	ck_assert_str_eq(say(at(0)), "192.0.2.1/32 10.0.0.2 own");
	ck_assert_str_eq(say(at(0)), "-");
	ledger_withdraw_all(ledger);
	ck_assert_str_eq(say(at(0)), "192.0.2.1/32 * withdraw");
	ck_assert_str_eq(say(at(0)), "-");
}
END_TEST

/* When the command for all is refused, nobody knows what its neighbors have. */
START_TEST(overlap_refused)
{
	announce(A, 1, "all");
	announce(A_N1, 0, "own");
	withdraw(A_N2, 0);
	ck_assert_str_eq(say(at(0)), "192.0.2.1/32 * all");
	ck_assert_str_eq(say(at(0)), "192.0.2.1/32 10.0.0.1 own");
	ck_assert_str_eq(say(at(0)), "-");
	answers(A_N1, 1);
	answer(A, false, at(0));
	ck_assert_str_eq(say(at(0)), "192.0.2.1/32 10.0.0.2 all");
	ck_assert_str_eq(say(at(0)), "-");
	ck_assert_str_eq(say(at(1)), "192.0.2.1/32 * all");
	ck_assert_str_eq(say(at(1)), "192.0.2.1/32 10.0.0.1 own");
	ck_assert_str_eq(say(at(1)), "-");
}
END_TEST

START_TEST(withdraw_everything)
{
	announce(A, 0, "x");
	announce(A, 1, "y");
	announce(B, 0, "x");
	say(at(0));
	say(at(0));
	answer(B, false, at(0)); /* waits for a retry */
	ledger_withdraw_all(ledger);
	ck_assert_str_eq(say(at(0)), "192.0.2.1/32 * withdraw");
	ck_assert_str_eq(say(at(0)), "192.0.2.2/32 * withdraw");
	ck_assert_str_eq(say(at(0)), "-");
	ck_assert_uint_eq(ledger_count(ledger, ROUTE_WITHDRAWN), 2);
}
END_TEST

START_TEST(out_of_memory)
{
	struct route_key route = A_N1;
	int needed = 0;
	bool ok;

	announce(A, 5, "all");
	say(at(0));
	do {
		allocations = needed;
		ok = ledger_announce(ledger, &route, 0, 0, "own");
		allocations = -1;
		ck_assert_uint_eq(ledger_pending(ledger), ok ? 1 : 0);
		ck_assert_int_lt(needed++, 10);
	} while (!ok);
	ck_assert_int_gt(needed, 3);
	ck_assert_str_eq(say(at(0)), "192.0.2.1/32 10.0.0.1 own");
	/* A route that is announced stays so when its change cannot be stored. */
	allocations = 0;
	ok = ledger_announce(ledger, &route, 0, 0, "changed");
	allocations = -1;
	ck_assert(!ok);
	ck_assert_str_eq(route_sent_attributes(find(route)), "own");
	/* Withdrawing what exists needs no memory. */
	allocations = 0;
	ok = ledger_withdraw(ledger, &route, 0, 0);
	ledger_withdraw_all(ledger);
	allocations = -1;
	ck_assert(ok);
	ck_assert_str_eq(say(at(0)), "192.0.2.1/32 * withdraw"); /* which covers the neighbor */
	ck_assert_str_eq(say(at(0)), "-");
}
END_TEST

int
main(void)
{
	Suite *suite = suite_create("route");
	TCase *tcase = unit_case(suite, "ledger");

	tcase_add_checked_fixture(tcase, setup, teardown);
	tcase_add_test(tcase, announce_once);
	tcase_add_test(tcase, withdraw_of_a_route_never_said);
	tcase_add_test(tcase, coalesced_while_queued);
	tcase_add_test(tcase, oldest_first);
	tcase_add_test(tcase, keys_that_differ);
	tcase_add_test(tcase, owners_by_rank);
	tcase_add_test(tcase, answers_of_several_in_flight);
	tcase_add_test(tcase, refusal_before_a_later_command);
	tcase_add_test(tcase, too_many_in_flight_wait);
	tcase_add_test(tcase, refused_and_retried_with_back_off);
	tcase_add_test(tcase, shutdown_does_not_wait_for_a_retry);
	tcase_add_test(tcase, a_new_desire_does_not_wait);
	tcase_add_test(tcase, resend);
	tcase_add_test(tcase, overlap_said_again_after_all);
	tcase_add_test(tcase, overlap_falls_back_to_all);
	tcase_add_test(tcase, overlap_refused);
	tcase_add_test(tcase, withdraw_everything);
	tcase_add_test(tcase, out_of_memory);
	return unit_run(suite);
}
