/*
 * The ledger: owners and ranks, what is carried and held, coalescing, answers, refusals and their back-off,
 * overlapping routes, what the journal is told.
 */
#include <check.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "../../supervisor/route.h"
#include "allocations.h"
#include "routes.h"
#include "unit.h"

static struct ledger *ledger;
static unsigned wakes;

static void
announce(struct route_key route, unsigned rank, const char *attributes)
{
	ck_assert(ledger_announce(ledger, &route, rank, rank, attributes));
}

static void
withdraw(struct route_key route, unsigned rank)
{
	ck_assert(ledger_withdraw(ledger, &route, rank, rank));
}

/* The next route as text, "-" when there is none; it is marked as sent. */
static const char *
say(monotime_t now)
{
	static char text[200];
	char prefix[PREFIX_TEXT_SIZE];
	struct route *route = ledger_next(ledger, now);
	const struct route_key *said;

	if (route == NULL)
		return "-";
	said = route_key(route);
	snprintf(text, sizeof(text), "%s %s %s", prefix_format(&said->prefix, prefix),
	    said->neighbor != NULL ? said->neighbor : "*", route_desired(route) != NULL ? route_desired(route) : "withdraw");
	route_sent(ledger, route);
	return text;
}

struct search {
	struct route_key wanted;
	struct route *found;
};

static void
search_visit(void *context, const struct route *route)
{
	struct search *search = context;
	const struct route_key *found = route_key(route);
	union {
		const struct route *constant;
		struct route *route;
	} cast = {.constant = route};

	if (route_key_compare(found, &search->wanted) == 0)
		search->found = cast.route;
}

static struct route *
find(struct route_key wanted)
{
	struct search search = {.wanted = wanted};

	ledger_each(ledger, search_visit, &search);
	ck_assert_ptr_nonnull(search.found);
	return search.found;
}

static void
answer(struct route_key route, bool done, monotime_t now)
{
	route_answer(ledger, find(route), done, done ? NULL : "no\x01 such thing", now);
}

/* ExaBGP does as it was told, several times. */
static void
answers(struct route_key route, unsigned count)
{
	while (count-- > 0)
		answer(route, true, at(0));
}

static void
claim(struct route_key route, unsigned owner, unsigned rank)
{
	ck_assert(ledger_claim(ledger, &route, owner, rank));
}

static void
release(struct route_key route, unsigned owner)
{
	ledger_release(ledger, &route, owner);
}

static void
carry(struct route_key route, const char *attributes)
{
	ck_assert(ledger_carry(ledger, &route, attributes));
}

static void
count_visit(void *context, const struct route *route)
{
	(void)route;
	(*(unsigned *)context)++;
}

/* Routes that the ledger knows. */
static unsigned
routes(void)
{
	unsigned count = 0;

	ledger_each(ledger, count_visit, &count);
	return count;
}

static char news[400];

/* "+KEY=attributes", "-KEY", ".KEY": what the journal is told. */
static void
said(void *context, const struct route *route, enum route_news what)
{
	static const char marks[] = {[ROUTE_NEWS_ANNOUNCE] = '+', [ROUTE_NEWS_WITHDRAW] = '-', [ROUTE_NEWS_GONE] = '.'};
	static const enum route_status statuses[] = {[ROUTE_NEWS_ANNOUNCE] = ROUTE_ANNOUNCED,
	    [ROUTE_NEWS_WITHDRAW] = ROUTE_WITHDRAWN, [ROUTE_NEWS_GONE] = ROUTE_UNKNOWN};
	char prefix[PREFIX_TEXT_SIZE];
	const char *attributes;
	size_t length = strlen(news);

	(void)context;
	ck_assert_int_eq(route_kept(route, &attributes), statuses[what]);
	snprintf(news + length, sizeof(news) - length, "%c%s%s%s%s%s ", marks[what],
	    prefix_format(&route_key(route)->prefix, prefix), route_key(route)->neighbor != NULL ? "@" : "",
	    route_key(route)->neighbor != NULL ? route_key(route)->neighbor : "", attributes != NULL ? "=" : "",
	    attributes != NULL ? attributes : "");
}

/* What was told since the last time. */
static const char *
told(void)
{
	static char text[sizeof(news)];

	memcpy(text, news, sizeof(text));
	news[0] = '\0';
	return text;
}

static void
wake(void *context)
{
	(*(unsigned *)context)++;
}

static void
setup(void)
{
	ledger = ledger_new();
	ck_assert_ptr_nonnull(ledger);
	wakes = 0;
	ledger_on_pending(ledger, wake, &wakes);
	ledger_on_said(ledger, said, NULL);
	news[0] = '\0';
}

static void
teardown(void)
{
	ledger_free(ledger);
}

#define A key("192.0.2.1/32", NULL)
#define A_N1 key("192.0.2.1/32", "10.0.0.1")
#define A_N2 key("192.0.2.1/32", "10.0.0.2")
#define B key("192.0.2.2/32", NULL)

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
	announce(A, 3, "three");
	ck_assert_str_eq(say(at(0)), "192.0.2.1/32 * three");
	announce(A, 5, "five");
	ck_assert_str_eq(say(at(0)), "-");
	withdraw(A, 3);
	ck_assert_str_eq(say(at(0)), "192.0.2.1/32 * five");
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
	announce(A, 0, "y");
	say(at(0));
	withdraw(A, 0);
	say(at(0));
	answer(A, true, at(0));
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

	announce(B, 0, "x");
	say(at(0));
	for (unsigned i = 0; i < 101; i++) {
		if (i % 2 == 0)
			announce(A, 0, "x");
		else
			announce(A, 0, "y");
		said += strcmp(say(at(0)), "-") != 0;
	}
	ck_assert_uint_lt(said, 64);
	ck_assert_uint_eq(ledger_pending(ledger), 1);
	wakes = 0;
	answer(A, true, at(0));
	ck_assert_uint_eq(wakes, 1);
	ck_assert_str_eq(say(at(0)), "192.0.2.1/32 * x");
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
	ledger_resend(ledger, false);
	ck_assert_str_eq(say(at(0)), "192.0.2.1/32 * x");
	ck_assert_str_eq(say(at(0)), "-");
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
	announce(A, 1, "all");
	announce(B, 2, "other");
	ck_assert_str_eq(say(at(0)), "192.0.2.1/32 * all");
	ck_assert_str_eq(say(at(0)), "192.0.2.1/32 10.0.0.1 own");
	ck_assert_str_eq(say(at(0)), "192.0.2.2/32 * other");
	withdraw(A, 1);
	ck_assert_str_eq(say(at(0)), "192.0.2.1/32 * withdraw");
	ck_assert_str_eq(say(at(0)), "-");
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
	claim(A, 1, 9);
	ck_assert_str_eq(say(at(0)), "192.0.2.1/32 * two");
	claim(A, 1, 0);
	claim(A, 2, 1);
	ck_assert_str_eq(say(at(0)), "192.0.2.1/32 * one");
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
	ck_assert_str_eq(say(at(0)), "-");
	announce(A, 1, "new");
	ck_assert_str_eq(say(at(0)), "192.0.2.1/32 * new");
	ck_assert_str_eq(say(at(0)), "192.0.2.1/32 10.0.0.1 own");
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
	struct route_key a = A, b = B;

	ck_assert(ledger_restore(ledger, &a, ROUTE_ANNOUNCED, "x"));
	ck_assert(ledger_restore(ledger, &b, ROUTE_WITHDRAWN, NULL));
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
	announce(A, 1, "y");
	say(at(0));
	withdraw(A, 1);
	say(at(0));
	ck_assert_str_eq(told(), "+192.0.2.1/32=y -192.0.2.1/32 ");
	answer(A, true, at(0));
	answer(A, true, at(0));
	ck_assert_str_eq(told(), "");
	answer(A, true, at(0));
	ck_assert_str_eq(told(), ".192.0.2.1/32 ");
	say(at(0));
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
	ck_assert_str_eq(told(), ".192.0.2.1/32 +192.0.2.1/32@10.0.0.1=x ");
	announce(A, 1, "y");
	say(at(0));
	say(at(0));
	release(A_N1, 2); /* gives way to that for all, by a command of its own */
	ck_assert_str_eq(say(at(0)), "192.0.2.1/32 10.0.0.1 y");
	ck_assert_str_eq(told(), "+192.0.2.1/32=y +192.0.2.1/32@10.0.0.1=x -192.0.2.1/32@10.0.0.1 ");
	answer(A_N1, true, at(0));
	answer(A_N1, true, at(0));
	ck_assert_str_eq(told(), ".192.0.2.1/32@10.0.0.1 ");
	answer(A, true, at(0));
	ck_assert_uint_eq(routes(), 1);
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
	tcase_add_test(tcase, overlap_narrowed);
	tcase_add_test(tcase, overlap_held);
	tcase_add_test(tcase, overlap_left_behind);
	tcase_add_test(tcase, restored_is_not_said_again);
	tcase_add_test(tcase, news_before_they_are_written);
	tcase_add_test(tcase, news_of_overlap);
	tcase_add_test(tcase, out_of_memory);
	return unit_run(suite);
}
