/*
 * The ledger and those before and after it: what a predecessor left and what is held, owners that come and go, what is
 * forgotten, what the journal is told.
 */
#include "ledger.h"

/* A route of which nothing is known is withdrawn first, unless its announce comes before that is written. */
START_TEST(claimed_is_withdrawn_first)
{
	claim(A, 1, 0);
	claim(B, 2, 1);
	ck_assert_uint_eq(ledger_settle(ledger), 0);
	announce(B, 2, "x");
	ck_assert_str_eq(say(at(0)), "192.0.2.2/32 * x");
	ck_assert_str_eq(say(at(0)), "192.0.2.1/32 * withdraw");
	ck_assert_str_eq(say(at(0)), "-");
	claim(A, 1, 5);
	claim(A, 3, 6);
	ck_assert_str_eq(say(at(0)), "-");
}
END_TEST

/* What a predecessor announced is left alone before a verdict, and said at the verdict even if it is the same. */
START_TEST(carried_is_held)
{
	carry(A, "x");
	carry(B, "x");
	claim(A, 1, 0);
	claim(B, 2, 1);
	ck_assert_uint_eq(ledger_settle(ledger), 0);
	ck_assert_str_eq(say(at(0)), "-");
	ck_assert(route_held(find(A)));
	ledger_resend(ledger, false);
	ledger_resend(ledger, true);
	ck_assert_str_eq(say(at(0)), "-");
	announce(A, 1, "x");
	withdraw(B, 2);
	ck_assert_str_eq(say(at(0)), "192.0.2.1/32 * x");
	ck_assert_str_eq(say(at(0)), "192.0.2.2/32 * withdraw");
	ck_assert_str_eq(say(at(0)), "-");
}
END_TEST

/* Nobody has it any more: withdrawn at once, said until acknowledged, then forgotten. */
START_TEST(carried_and_unclaimed_is_withdrawn)
{
	carry(A, "x");
	carry(B, NULL);
	carry(A_N1, "y");
	claim(B, 2, 1); /* a claim holds nothing that was to go */
	ck_assert_str_eq(say(at(0)), "192.0.2.2/32 * withdraw");
	ck_assert_uint_eq(ledger_settle(ledger), 2);
	ck_assert_str_eq(say(at(0)), "192.0.2.1/32 * withdraw"); /* and with it the neighbor's */
	ck_assert_str_eq(say(at(0)), "-");
	answer(A, false, at(0));
	ck_assert_str_eq(say(at(0)), "192.0.2.1/32 10.0.0.1 withdraw"); /* nobody knows now */
	answer(A_N1, true, at(0));
	ck_assert_str_eq(say(at(1)), "192.0.2.1/32 * withdraw");
	ck_assert_uint_eq(routes(), 2);
	answer(A, true, at(1));
	ck_assert_uint_eq(routes(), 1);
	ck_assert_uint_eq(ledger_pending(ledger), 0);
}
END_TEST

/* Someone undecided takes part: what a predecessor announced stays until all have a verdict. */
START_TEST(undecided_owner_holds_what_is_carried)
{
	carry(A, "x");
	claim(A, 1, 0);
	claim(A, 2, 1);
	ledger_settle(ledger);
	withdraw(A, 1);
	ck_assert_str_eq(say(at(0)), "-");
	ck_assert(route_held(find(A)));
	withdraw(A, 2);
	ck_assert_str_eq(say(at(0)), "192.0.2.1/32 * withdraw");
}
END_TEST

/* Someone undecided holds what we announced for one that is gone, not for one that wants it withdrawn. */
START_TEST(undecided_owner_holds)
{
	announce(A, 1, "x");
	say(at(0));
	claim(A, 2, 7);
	withdraw(A, 1);
	ck_assert(!route_held(find(A)));
	ck_assert_str_eq(say(at(0)), "192.0.2.1/32 * withdraw");
	answers(A, 2);
	announce(A, 1, "x");
	ck_assert_str_eq(say(at(0)), "192.0.2.1/32 * x");
	answers(A, 1);
	release(A, 1);
	ck_assert(route_held(find(A)));
	ck_assert_str_eq(say(at(0)), "-");
	announce(A, 2, "y");
	ck_assert(!route_held(find(A)));
	ck_assert_str_eq(say(at(0)), "192.0.2.1/32 * y");
	/* Handed over within one turn, in either order. */
	release(A, 2);
	claim(A, 3, 0);
	ck_assert_str_eq(say(at(0)), "-");
	claim(A, 4, 0);
	release(A, 3);
	ck_assert_str_eq(say(at(0)), "-");
	withdraw(A, 4);
	ck_assert_str_eq(say(at(0)), "192.0.2.1/32 * withdraw");
	/* What is gone is not held. */
	claim(A, 5, 0);
	ck_assert_str_eq(say(at(0)), "-");
	announce(A, 4, "z");
	withdraw(A, 4);
	ck_assert_str_eq(say(at(0)), "-");
}
END_TEST

START_TEST(a_claim_changes_the_rank_only)
{
	announce(A, 1, "one");
	announce(A, 2, "two");
	ck_assert_str_eq(say(at(0)), "192.0.2.1/32 * one");
	answers(A, 1);
	claim(A, 1, 9);
	ck_assert_str_eq(say(at(0)), "192.0.2.1/32 * two");
	answers(A, 1);
	claim(A, 1, 0);
	claim(A, 2, 1);
	ck_assert_str_eq(say(at(0)), "192.0.2.1/32 * one");
	answers(A, 1);
	release(A, 1);
	ck_assert_str_eq(say(at(0)), "192.0.2.1/32 * two");
	release(A, 77); /* nobody */
	release(B, 1);
	ck_assert_str_eq(say(at(0)), "-");
}
END_TEST

START_TEST(forgotten_when_acknowledged)
{
	announce(A, 1, "x");
	say(at(0));
	release(A, 1);
	ck_assert_str_eq(say(at(0)), "192.0.2.1/32 * withdraw");
	answer(A, true, at(0));
	ck_assert_uint_eq(routes(), 1);
	answer(A, true, at(0));
	ck_assert_uint_eq(routes(), 0);
	/* Never said: a predecessor may have, so that it must be withdrawn before it is forgotten. */
	claim(B, 1, 0);
	release(B, 1);
	ck_assert_uint_eq(routes(), 1);
	ck_assert_str_eq(say(at(0)), "192.0.2.2/32 * withdraw");
	claim(B, 1, 0); /* while in flight */
	answer(B, true, at(0));
	ck_assert_uint_eq(routes(), 1);
	release(B, 1);
	ck_assert_uint_eq(routes(), 0);
}
END_TEST

/* Without answers a withdraw that was written may still be lost: it is remembered for a while. */
START_TEST(assumed_is_remembered_for_a_while)
{
	announce(A, 1, "x");
	say(at(0));
	route_assume(ledger, find(A));
	ck_assert_int_eq(route_acked_status(find(A)), ROUTE_ANNOUNCED);
	release(A, 1);
	ck_assert_str_eq(say(at(0)), "192.0.2.1/32 * withdraw");
	route_assume(ledger, find(A));
	ck_assert_int_eq(route_acked_status(find(A)), ROUTE_WITHDRAWN);
	ck_assert_int_eq(route_kept(find(A), NULL), ROUTE_WITHDRAWN);
	ledger_age(ledger);
	ck_assert_uint_eq(routes(), 1);
	ledger_age(ledger);
	ck_assert_uint_eq(routes(), 0);
	/* An announced one never. */
	announce(B, 1, "x");
	say(at(0));
	route_assume(ledger, find(B));
	for (int i = 0; i < 3; i++)
		ledger_age(ledger);
	ck_assert_int_eq(route_kept(find(B), NULL), ROUTE_ANNOUNCED);
	/* Said anew, it begins anew. */
	withdraw(B, 1);
	say(at(0));
	route_assume(ledger, find(B));
	ledger_age(ledger);
	announce(B, 1, "x");
	say(at(0));
	withdraw(B, 1);
	say(at(0));
	route_assume(ledger, find(B));
	route_assume(ledger, find(B));
	ledger_age(ledger);
	ck_assert_int_eq(route_kept(find(B), NULL), ROUTE_WITHDRAWN);
	ledger_age(ledger);
	ck_assert_int_eq(route_kept(find(B), NULL), ROUTE_UNKNOWN);
}
END_TEST

START_TEST(new_before_old)
{
	announce(A, 1, "x");
	say(at(0));
	release(A, 1);
	announce(B, 1, "x");
	ck_assert_str_eq(say(at(0)), "192.0.2.2/32 * x");
	announce(key("192.0.2.3/32", NULL), 1, "x"); /* of a later turn */
	ck_assert_str_eq(say(at(0)), "192.0.2.1/32 * withdraw");
	ck_assert_str_eq(say(at(0)), "192.0.2.3/32 * x");
}
END_TEST

/* Neighbors may take routes for one that differ in their path identifiers only: what goes last must be what stays. */
START_TEST(path_id_changed)
{
	struct route_key none = A, zero = A, five = A, other = A_N1;

	zero.has_path_id = five.has_path_id = other.has_path_id = true;
	five.path_id = other.path_id = 5;
	announce(none, 1, "n");
	ck_assert_str_eq(say(at(0)), "192.0.2.1/32 * n");
	announce(B, 2, "x");
	announce(zero, 1, "0");
	release(none, 1);
	ck_assert_str_eq(say(at(0)), "192.0.2.2/32 * x");
	ck_assert_str_eq(say(at(0)), "192.0.2.1/32 * withdraw");
	ck_assert_str_eq(say(at(0)), "-");
	answers(none, 2);
	ck_assert_str_eq(say(at(0)), "192.0.2.1/32 * 0");
	announce(other, 1, "5"); /* for one neighbor, and the old one for all */
	release(zero, 1);
	ck_assert_str_eq(say(at(0)), "192.0.2.1/32 * withdraw");
	answers(zero, 2);
	ck_assert_str_eq(say(at(0)), "192.0.2.1/32 10.0.0.1 5");
	announce(A_N2, 1, "n"); /* another neighbor's */
	release(other, 1);
	ck_assert_str_eq(say(at(0)), "192.0.2.1/32 10.0.0.2 n");
	ck_assert_str_eq(say(at(0)), "192.0.2.1/32 10.0.0.1 withdraw");
	ck_assert_str_eq(say(at(0)), "-");
}
END_TEST

/* An announcement waits for the answer to a withdraw of the same route, and lets others pass. */
START_TEST(announced_again)
{
	announce(A, 1, "x");
	say(at(0));
	withdraw(A, 1);
	ck_assert_str_eq(say(at(0)), "192.0.2.1/32 * withdraw");
	announce(A, 1, "x");
	announce(B, 2, "x");
	ck_assert_str_eq(say(at(0)), "192.0.2.2/32 * x");
	ck_assert_str_eq(say(at(0)), "-");
	answers(A, 1);
	ck_assert_str_eq(say(at(0)), "-");
	wakes = 0;
	answers(A, 1);
	ck_assert_uint_eq(wakes, 1);
	ck_assert_str_eq(say(at(0)), "192.0.2.1/32 * x");
}
END_TEST

/* Nor are two announcements of a route under way: ExaBGP may send the former last. The latest one goes next. */
START_TEST(announced_otherwise)
{
	announce(A, 1, "x");
	ck_assert_str_eq(say(at(0)), "192.0.2.1/32 * x");
	announce(A, 1, "y");
	announce(A, 1, "z");
	announce(B, 2, "z");
	ck_assert_str_eq(say(at(0)), "192.0.2.2/32 * z");
	ck_assert_str_eq(say(at(0)), "-");
	ck_assert_uint_eq(ledger_pending(ledger), 1);
	wakes = 0;
	answers(A, 1);
	ck_assert_uint_eq(wakes, 1);
	ck_assert_str_eq(say(at(0)), "192.0.2.1/32 * z");
	/* A withdraw never waits. */
	withdraw(A, 1);
	ck_assert_str_eq(say(at(0)), "192.0.2.1/32 * withdraw");
}
END_TEST

/* Neighbors narrowed from all to one: what it has already is not said before it is taken away, and then at once. */
START_TEST(overlap_narrowed)
{
	announce(A, 1, "x");
	announce(B, 2, "x");
	say(at(0));
	say(at(0));
	withdraw(B, 2);
	announce(A_N1, 1, "x");
	release(A, 1);
	ck_assert_str_eq(say(at(0)), "192.0.2.2/32 * withdraw");
	ck_assert_str_eq(say(at(0)), "192.0.2.1/32 * withdraw");
	answers(A, 2);
	ck_assert_str_eq(say(at(0)), "192.0.2.1/32 10.0.0.1 x");
	ck_assert_str_eq(say(at(0)), "-");
	/* Widened again. */
	announce(A, 1, "x");
	release(A_N1, 1);
	ck_assert_str_eq(say(at(0)), "192.0.2.1/32 * x");
	ck_assert_str_eq(say(at(0)), "-");
}
END_TEST

/* A neighbor's route that is undecided: its own is held and outlives that for all; without one it has that for all. */
START_TEST(overlap_held)
{
	carry(A, "all");
	carry(A_N1, "own");
	claim(A, 1, 0);
	claim(A_N1, 2, 1);
	claim(A_N2, 3, 2);
	ledger_settle(ledger);
	ck_assert_str_eq(say(at(0)), "-");
	withdraw(A, 1);
	ck_assert_str_eq(say(at(0)), "192.0.2.1/32 * withdraw");
	answers(A, 1);
	ck_assert_str_eq(say(at(0)), "192.0.2.1/32 10.0.0.1 own");
	answers(A_N1, 1);
	ck_assert_str_eq(say(at(0)), "-");
	announce(A, 1, "new");
	ck_assert_str_eq(say(at(0)), "192.0.2.1/32 * new");
	ck_assert_str_eq(say(at(0)), "192.0.2.1/32 10.0.0.1 own");
	answers(A_N1, 1);
	withdraw(A_N1, 2);
	ck_assert_str_eq(say(at(0)), "192.0.2.1/32 10.0.0.1 new");
	ck_assert_str_eq(say(at(0)), "-");
}
END_TEST

/* A neighbor's route that was left behind gives way at once to the one for all, held or not. */
START_TEST(overlap_left_behind)
{
	carry(A, "all");
	carry(A_N1, "own");
	claim(A, 1, 0);
	ck_assert_uint_eq(ledger_settle(ledger), 1);
	ck_assert_str_eq(say(at(0)), "192.0.2.1/32 10.0.0.1 all");
	ck_assert_str_eq(say(at(0)), "-");
	answer(A_N1, true, at(0));
	ck_assert_uint_eq(routes(), 1);
	announce(A, 1, "all");
	ck_assert_str_eq(say(at(0)), "192.0.2.1/32 * all");
	ck_assert_str_eq(say(at(0)), "-");
}
END_TEST

START_TEST(restored_is_not_said_again)
{
	const struct route_left announced = {.sent = ROUTE_ANNOUNCED, .sent_attributes = "x", .kept = ROUTE_ANNOUNCED,
	    .kept_attributes = "x"};
	const struct route_left withdrawn = {.sent = ROUTE_WITHDRAWN};
	struct route_key a = A, b = B;

	ck_assert(ledger_restore(ledger, &a, &announced));
	ck_assert(ledger_restore(ledger, &b, &withdrawn));
	claim(A, 1, 0);
	claim(B, 2, 1);
	announce(A, 1, "x");
	withdraw(B, 2);
	ledger_settle(ledger);
	ck_assert_str_eq(say(at(0)), "-");
	ck_assert_int_eq(route_acked_status(find(A)), ROUTE_ANNOUNCED);
	release(A, 1);
	release(B, 2);
	ck_assert_str_eq(say(at(0)), "192.0.2.1/32 * withdraw");
	answer(A, true, at(0));
	ck_assert_uint_eq(routes(), 0);
}
END_TEST

START_TEST(news_before_they_are_written)
{
	announce(A, 1, "x");
	ck_assert_str_eq(told(), "");
	say(at(0));
	ck_assert_str_eq(told(), "+192.0.2.1/32=x ");
	answer(A, true, at(0));
	announce(A, 1, "y");
	say(at(0));
	withdraw(A, 1);
	say(at(0));
	ck_assert_str_eq(told(), "+192.0.2.1/32=y -192.0.2.1/32 ");
	answer(A, true, at(0));
	ck_assert_str_eq(told(), "");
	answer(A, true, at(0));
	ck_assert_str_eq(told(), ".192.0.2.1/32 ");
	say(at(0));
	ck_assert_str_eq(told(), "");
	/* What is only said again is known. */
	announce(A, 1, "x");
	say(at(0));
	answer(A, true, at(0));
	ck_assert_str_eq(told(), "+192.0.2.1/32=x ");
	ledger_resend(ledger, false);
	ck_assert_str_eq(say(at(0)), "192.0.2.1/32 * x");
	answer(A, true, at(0));
	ck_assert_str_eq(told(), "");
	/* Announced again while the withdraw is under way. */
	announce(A, 1, "x");
	say(at(0));
	withdraw(A, 1);
	say(at(0));
	announce(A, 1, "x");
	ck_assert_str_eq(say(at(0)), "-");
	told();
	answers(A, 2);
	ck_assert_str_eq(told(), ".192.0.2.1/32 ");
	say(at(0));
	ck_assert_str_eq(told(), "+192.0.2.1/32=x ");
}
END_TEST

/* A neighbor gets what all are to get by the command for all, however long that waits: that one is in the journal. */
START_TEST(overlap_follows_after_all)
{
	withdraw(A_N2, 3);
	ck_assert_str_eq(say(at(0)), "192.0.2.1/32 10.0.0.2 withdraw");
	withdraw(A_N1, 2);
	announce(A, 1, "x");
	ck_assert_str_eq(say(at(0)), "-");
	answers(A_N2, 1);
	told();
	ck_assert_str_eq(say(at(0)), "192.0.2.1/32 * x");
	ck_assert_str_eq(told(), "+192.0.2.1/32=x ");
	ck_assert_str_eq(say(at(0)), "-");
}
END_TEST

/* Nobody owns it and nothing was left but to follow the route for all, which is not announced after all. */
START_TEST(overlap_forgotten)
{
	withdraw(A, 1);
	say(at(0));
	answers(A, 1);
	withdraw(A_N1, 2);
	ck_assert_uint_eq(routes(), 2);
	announce(A, 1, "x");
	release(A_N1, 2);
	ck_assert_uint_eq(routes(), 2);
	withdraw(A, 1);
	ck_assert_str_eq(say(at(0)), "-");
	ck_assert_uint_eq(routes(), 1);
}
END_TEST

/* What the route for all does to a neighbor's is told of that one too. */
START_TEST(news_of_overlap)
{
	announce(A, 1, "x");
	say(at(0));
	answer(A, true, at(0));
	announce(A_N1, 2, "x"); /* said already, but to outlive the other */
	ck_assert_str_eq(say(at(0)), "-");
	ck_assert_str_eq(told(), "+192.0.2.1/32=x +192.0.2.1/32@10.0.0.1=x ");
	release(A, 1);
	say(at(0));
	ck_assert_str_eq(told(), "-192.0.2.1/32 ");
	answer(A, true, at(0));
	say(at(0));
	answer(A_N1, true, at(0));
	ck_assert_str_eq(told(), ".192.0.2.1/32 ");
	announce(A, 1, "y");
	say(at(0));
	say(at(0));
	answer(A_N1, true, at(0));
	release(A_N1, 2); /* gives way to that for all, by a command of its own */
	ck_assert_str_eq(say(at(0)), "192.0.2.1/32 10.0.0.1 y");
	ck_assert_str_eq(told(), "+192.0.2.1/32=y -192.0.2.1/32@10.0.0.1 ");
	answer(A_N1, true, at(0));
	ck_assert_str_eq(told(), ".192.0.2.1/32@10.0.0.1 ");
	answer(A, true, at(0));
	ck_assert_uint_eq(routes(), 1);
}
END_TEST

int
main(void)
{
	Suite *suite = suite_create("route_carried");
	TCase *tcase = unit_case(suite, "ledger");

	tcase_add_checked_fixture(tcase, setup, teardown);
	tcase_add_test(tcase, claimed_is_withdrawn_first);
	tcase_add_test(tcase, carried_is_held);
	tcase_add_test(tcase, carried_and_unclaimed_is_withdrawn);
	tcase_add_test(tcase, undecided_owner_holds_what_is_carried);
	tcase_add_test(tcase, undecided_owner_holds);
	tcase_add_test(tcase, a_claim_changes_the_rank_only);
	tcase_add_test(tcase, forgotten_when_acknowledged);
	tcase_add_test(tcase, assumed_is_remembered_for_a_while);
	tcase_add_test(tcase, new_before_old);
	tcase_add_test(tcase, path_id_changed);
	tcase_add_test(tcase, announced_again);
	tcase_add_test(tcase, announced_otherwise);
	tcase_add_test(tcase, overlap_narrowed);
	tcase_add_test(tcase, overlap_held);
	tcase_add_test(tcase, overlap_left_behind);
	tcase_add_test(tcase, restored_is_not_said_again);
	tcase_add_test(tcase, news_before_they_are_written);
	tcase_add_test(tcase, overlap_follows_after_all);
	tcase_add_test(tcase, overlap_forgotten);
	tcase_add_test(tcase, news_of_overlap);
	return unit_run(suite);
}
