/*
 * The letters to a target in virtual time: what waits for what, how often, and that every event is told or counted.
 */
#include <stdio.h>
#include <string.h>

#include "../../supervisor/notify/digest.h"
#include "../../supervisor/notify/queue.h"
#include "notices.h"
#include "unit.h"

static const struct sender sender = {"node1", "0.1.0"};
static const struct digest_rules all = {.events = {[LOG_EVENT_ANNOUNCE] = true, [LOG_EVENT_WITHDRAW] = true,
    [LOG_EVENT_ERROR] = true, [LOG_EVENT_INFO] = true}, .general = true, .group_ns = 2 * NS_PER_SECOND};

static struct queue *
queue_for(const struct digest_rules *rules, int64_t rate, int64_t retry_s)
{
	const struct queue_options options = {"notification ops", rate, retry_s * NS_PER_SECOND};
	struct queue *queue = queue_new(&options, &digest_content, digest_new(rules, &sender));

	ck_assert_ptr_nonnull(queue);
	return queue;
}

static void
give(struct queue *queue, struct notice *notice, double when)
{
	queue_take(queue, notice, at(when));
	notice_release(notice);
}

static void
down(struct queue *queue, const char *check, double when)
{
	give(queue, notice_change(check, "up", "down", when), when);
}

static double
due(const struct queue *queue)
{
	return (double)queue_due(queue).ns / NS_PER_SECOND;
}

/* Begin what is due at this time. */
static const struct letter *
begin(struct queue *queue, double when)
{
	const struct letter *letter;

	ck_assert_msg(due(queue) <= when, "due at %f, not yet at %f", due(queue), when);
	letter = queue_begin(queue, at(when));
	ck_assert_ptr_nonnull(letter);
	ck_assert(queue_due(queue).ns == MONOTIME_NEVER.ns);
	return letter;
}

static json_int_t
summed(const struct letter *letter, const char *key)
{
	return json_integer_value(json_object_get(letter->summary, key));
}

static void
says(struct queue *queue, double when, enum queue_word word, const char *expected)
{
	char text[QUEUE_TEXT_SIZE] = "";

	ck_assert_int_eq(queue_word(queue, at(when), text), word);
	ck_assert_msg(strcmp(text, expected) == 0, "'%s', not '%s'", text, expected);
}

START_TEST(first_waits_for_others)
{
	struct queue *queue = queue_for(&all, 20, 3600);
	const struct letter *letter;

	ck_assert(queue_due(queue).ns == MONOTIME_NEVER.ns);
	down(queue, "a", 10);
	down(queue, "b", 11.5);
	ck_assert_double_eq(due(queue), 12);
	letter = begin(queue, 12);
	ck_assert_str_eq(letter->title, "ExaCheck Event - 2 checks went down - a, b");
	down(queue, "c", 12.1); /* while it is on its way */
	ck_assert_uint_eq(queue_waiting(queue), 3);
	queue_ended(queue, COURIER_DELIVERED, "", at(13));
	ck_assert_double_eq(due(queue), 14.1);
	ck_assert_str_eq(begin(queue, 14.1)->title, "ExaCheck Event - Service Down - c");
	queue_ended(queue, COURIER_DELIVERED, "", at(15));
	ck_assert_uint_eq(queue_waiting(queue), 0);
	says(queue, 16, QUEUE_QUIET, "");
	queue_free(queue);
}
END_TEST

START_TEST(group_of_0_waits_for_nothing)
{
	struct digest_rules rules = all;
	struct queue *queue;

	rules.group_ns = 0;
	queue = queue_for(&rules, 20, 3600);
	down(queue, "a", 10);
	ck_assert_double_eq(due(queue), 10);
	queue_free(queue);
}
END_TEST

START_TEST(filters)
{
	char *checks[] = {(char[]){"web"}, (char[]){"dns"}};
	const struct digest_rules rules = {.checks = checks, .check_count = 2, .events = {[LOG_EVENT_WITHDRAW] = true}};
	const struct {
		const char *notice;
		bool named, general, wanted; /* with a filter of checks, of general events */
	} cases[] = {
		{"{'check': 'web'}", true, false, true},
		{"{'check': 'mail'}", true, false, false},
		{"{'check': 'mail'}", false, false, true},
		{"{'check': 'web', 'event': 'announce'}", true, false, false},
		{"{'check': null}", true, false, false},
		{"{'check': null}", true, true, true},
		{"{'check': null, 'event': 'info'}", true, true, false},
	};

	for (size_t i = 0; i < COUNT(cases); i++) {
		struct digest_rules own = rules;
		struct queue *queue;

		own.general = cases[i].general;
		own.check_count = cases[i].named ? 2 : 0;
		queue = queue_for(&own, 20, 3600);
		give(queue, notice_of(cases[i].notice), 1);
		ck_assert_msg((queue_waiting(queue) == 1) == cases[i].wanted, "case %zu", i);
		queue_free(queue);
	}
}
END_TEST

/* In no minute more than the rate, whatever comes; and all of it is told. */
START_TEST(rate_is_kept)
{
	static const int64_t rates[] = {1, 2, 3, 20, 60};

	for (size_t i = 0; i < COUNT(rates); i += (size_t)unit_stride(2)) {
		struct queue *queue = queue_for(&all, rates[i], 3600);
		double begun[1000];
		json_int_t told = 0;
		size_t count = 0;

		for (int tick = 0; tick < 6000; tick++) { /* 10 minutes */
			double now = 100 + tick / 10.0;

			if (tick < 5000)
				down(queue, "web", now);
			if (due(queue) > now)
				continue;
			told += summed(begin(queue, now), "events");
			queue_ended(queue, COURIER_DELIVERED, "", at(now));
			ck_assert_uint_lt(count, COUNT(begun));
			begun[count++] = now;
			ck_assert_msg(count <= (size_t)rates[i] || now - begun[count - 1 - (size_t)rates[i]] >= 59.99,
			    "%lld a minute: too many at %f", (long long)rates[i], now);
		}
		ck_assert_int_eq(told, 5000);
		ck_assert_uint_ge(count, 8 * (size_t)rates[i] / 3);
		queue_free(queue);
	}
}
END_TEST

START_TEST(not_for_all)
{
	struct queue *queue = queue_for(&all, 20, 3600);
	struct queue_figures figures = {0};

	down(queue, "web", 100);
	begin(queue, 102);
	queue_ended(queue, COURIER_PARTLY, "delivered, but not to all: 1 of 2 refused", at(103));
	says(queue, 103, QUEUE_PROBLEM, "notification ops: delivered, but not to all: 1 of 2 refused");
	says(queue, 103, QUEUE_QUIET, "");
	ck_assert(!queue_troubled(queue));
	ck_assert_uint_eq(queue_waiting(queue), 0);
	queue_figures(queue, &figures);
	ck_assert(figures.delivered == 1 && figures.failed == 0);
	queue_free(queue);
}
END_TEST

START_TEST(tried_again)
{
	static const double delays[] = {5, 10, 20, 40, 80, 160, 300, 300};
	struct queue *queue = queue_for(&all, 20, 3600);
	const struct letter *letter;
	double now = 102;

	down(queue, "web", 100);
	letter = begin(queue, now);
	for (size_t i = 0; i < COUNT(delays); i++) {
		queue_ended(queue, COURIER_LATER, "connection refused", at(now));
		ck_assert(queue_troubled(queue));
		ck_assert_double_eq_tol(due(queue), now + delays[i], 1e-6);
		down(queue, "dns", now); /* is of the next letter */
		now += delays[i];
		ck_assert_ptr_eq(begin(queue, now), letter);
	}
	says(queue, now, QUEUE_PROBLEM, "notification ops: not delivered, tried again for 1 h 0 min: connection refused");
	says(queue, now, QUEUE_QUIET, "");
	queue_ended(queue, COURIER_DELIVERED, "", at(now));
	ck_assert(!queue_troubled(queue));
	letter = begin(queue, now);
	ck_assert_int_eq(summed(letter, "events"), COUNT(delays));
	ck_assert_str_eq(letter->title, "ExaCheck Event - 8 events, now down - dns");
	queue_ended(queue, COURIER_DELIVERED, "", at(now + 20));
	says(queue, now + 20, QUEUE_NOTE, "notification ops: delivers again, 15 min 15 s and 8 failed attempts later");
	says(queue, now + 120, QUEUE_QUIET, "");
	down(queue, "dns", now + 130);
	letter = begin(queue, now + 132);
	ck_assert(json_is_null(json_object_get(letter->summary, "undelivered")));
	queue_free(queue);
}
END_TEST

/* What is over is counted, said, and told with the next letter that arrives. */
START_TEST(given_up_after_its_time)
{
	struct queue *queue = queue_for(&all, 20, 12);
	const struct letter *letter;
	struct queue_figures figures = {0};

	down(queue, "a", 100);
	down(queue, "b", 101);
	begin(queue, 102);
	queue_ended(queue, COURIER_LATER, "timed out", at(103));
	down(queue, "c", 104);
	begin(queue, 108);
	queue_ended(queue, COURIER_LATER, "timed out", at(109));
	ck_assert_double_eq(due(queue), 114); /* once more when its time is over, not after it */
	begin(queue, 114);
	queue_ended(queue, COURIER_LATER, "timed out", at(115));
	says(queue, 115, QUEUE_PROBLEM, "notification ops: gave up 2 events after 13 s: timed out");
	ck_assert_uint_eq(queue_waiting(queue), 1);
	ck_assert_double_eq(due(queue), 135); /* the delay goes on */
	letter = begin(queue, 135);
	ck_assert_ptr_nonnull(strstr(letter->body, "2 events could not be delivered between "));
	ck_assert_int_eq(json_integer_value(json_object_get(json_object_get(letter->summary, "undelivered"), "events")), 2);
	queue_ended(queue, COURIER_NEVER, "404", at(136));
	says(queue, 136, QUEUE_PROBLEM, "notification ops: gave up 1 event: 404");
	down(queue, "d", 150);
	letter = begin(queue, 152);
	ck_assert_ptr_nonnull(strstr(letter->body, "3 events could not be delivered between "));
	queue_ended(queue, COURIER_DELIVERED, "", at(153));
	says(queue, 170, QUEUE_QUIET, ""); /* not a third one within two minutes */
	says(queue, 175, QUEUE_NOTE, "notification ops: delivers again, 50 s and 4 failed attempts later");
	down(queue, "e", 160);
	ck_assert_ptr_null(strstr(begin(queue, 162)->body, "could not be delivered"));
	queue_figures(queue, &figures);
	ck_assert(figures.delivered == 1 && figures.failed == 4 && figures.given_up == 2);
	queue_free(queue);
}
END_TEST

START_TEST(lost_is_told)
{
	struct digest_rules none = {.group_ns = NS_PER_SECOND};
	struct queue *queue = queue_for(&none, 20, 3600);
	const struct letter *letter;

	down(queue, "web", 9); /* nothing that it wants */
	queue_lost(queue, 3, at(10));
	queue_lost(queue, 4, at(10.5));
	letter = begin(queue, 11);
	ck_assert_str_eq(letter->title, "ExaCheck Event - 7 events lost");
	ck_assert_int_eq(letter->kind, LETTER_WARNING);
	ck_assert_int_eq(summed(letter, "lost"), 7);
	ck_assert_ptr_nonnull(strstr(letter->body, "7 events of all notifications were lost before they reached exacheck-notify."));
	queue_free(queue);
}
END_TEST

START_TEST(hurry_waits_for_nothing)
{
	struct queue *queue = queue_for(&all, 1, 3600);

	down(queue, "a", 100);
	begin(queue, 102);
	queue_ended(queue, COURIER_DELIVERED, "", at(102));
	down(queue, "b", 103);
	ck_assert_double_ge(due(queue), 160);
	queue_hurry(queue, at(104));
	begin(queue, 104);
	queue_ended(queue, COURIER_LATER, "refused", at(104.5));
	ck_assert_double_eq(due(queue), 109.5);
	begin(queue, 109.5);
	queue_ended(queue, COURIER_LATER, "refused", at(110));
	ck_assert_double_eq(due(queue), 115); /* there is no time for longer delays */
	begin(queue, 115);
	queue_ended(queue, COURIER_DELIVERED, "", at(116));
	ck_assert(queue_due(queue).ns == MONOTIME_NEVER.ns);
	queue_free(queue);
}
END_TEST

/* Many of many checks: bounded in what is listed, exact in what is counted. */
START_TEST(many_are_counted)
{
	struct queue *queue = queue_for(&all, 20, 3600);
	const struct letter *letter;
	const json_t *more;
	char name[32], last[64];

	for (int round = 0; round < 5; round++)
		for (int i = 0; i < 300; i++) {
			snprintf(name, sizeof(name), "check-%03d", i);
			give(queue, notice_change(name, round % 2 == 0 ? "up" : "down", round % 2 == 0 ? "down" : "up", round), 100);
		}
	ck_assert_uint_eq(queue_waiting(queue), 1500);
	letter = begin(queue, 102);
	ck_assert_str_eq(letter->title, "ExaCheck Event - 300 checks went down, 300 came up");
	ck_assert_int_eq(letter->kind, LETTER_FAILURE);
	ck_assert_uint_eq(json_array_size(letter->data), 200);
	ck_assert(summed(letter, "events") == 1500 && summed(letter, "listed") == 200 && summed(letter, "down") == 900 &&
	    summed(letter, "up") == 600);
	more = json_object_get(letter->summary, "more");
	ck_assert_uint_eq(json_array_size(more), 300);
	snprintf(last, sizeof(last), "check-298 (down), check-299 (down)\n");
	ck_assert_ptr_nonnull(strstr(letter->body, "and 1300 more: check-000 (down), "));
	ck_assert_ptr_nonnull(strstr(letter->body, last));
	queue_free(queue);
}
END_TEST

START_TEST(names_are_bounded)
{
	struct queue *queue = queue_for(&all, 20, 3600);
	const struct letter *letter;
	char name[160];

	for (int i = 0; i < 1000; i++) {
		snprintf(name, sizeof(name), "%0150d", i);
		down(queue, name, 100);
	}
	letter = begin(queue, 102);
	ck_assert_ptr_nonnull(strstr(letter->body, "and 800 more: "));
	ck_assert_ptr_nonnull(strstr(letter->body, " others\n"));
	ck_assert_uint_lt(strlen(letter->body), 200 * 250 + 17000);
	queue_free(queue);
}
END_TEST

int
main(void)
{
	const TTest *const tests[] = {first_waits_for_others, group_of_0_waits_for_nothing, filters, rate_is_kept, not_for_all,
	    tried_again, given_up_after_its_time, lost_is_told, hurry_waits_for_nothing, many_are_counted, names_are_bounded};
	Suite *suite = suite_create("letters of a notification");
	TCase *tcase = unit_case(suite, "queue");

	for (size_t i = 0; i < COUNT(tests); i++)
		tcase_add_test(tcase, tests[i]);
	return unit_run(suite);
}
