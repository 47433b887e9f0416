/*
 * Reports to sentry in virtual time: what is reported, how often, with what.
 */
#include <stdio.h>
#include <string.h>

#include "../../supervisor/notify/queue.h"
#include "../../supervisor/notify/reports.h"
#include "notices.h"
#include "unit.h"

static const struct sender sender = {"node1", "0.1.0"};
static double chance;

static double
dice(void)
{
	return chance;
}

static struct queue *
queue_of(double sample_rate)
{
	const struct queue_options options = {"sentry", 0, 3600 * NS_PER_SECOND};
	struct queue *queue = queue_new(&options, &reports_content, reports_new(sample_rate, dice, &sender));

	ck_assert_ptr_nonnull(queue);
	return queue;
}

static void
give(struct queue *queue, const char *notice, double when)
{
	struct notice *given = notice_of(notice);

	queue_take(queue, given, at(when));
	notice_release(given);
}

/* What is reported at this time; NULL: nothing is due. It arrives. */
static json_t *
reported(struct queue *queue, double when)
{
	const struct letter *letter;
	json_t *data;

	if (monotime_before(at(when), queue_due(queue)))
		return NULL;
	letter = queue_begin(queue, at(when));
	ck_assert_ptr_nonnull(letter);
	data = json_incref(letter->data);
	queue_ended(queue, COURIER_DELIVERED, "", at(when));
	return data;
}

static json_int_t
extra(const json_t *data, const char *key)
{
	return json_integer_value(json_object_get(json_object_get(data, "extra"), key));
}

START_TEST(errors_of_exacheck_only)
{
	static const struct {
		const char *notice;
		bool wanted;
	} cases[] = {
		{"{'check': 'web', 'from': 'up', 'to': 'down'}", false},
		{"{'check': 'web', 'event': 'error', 'level': 'warning'}", false},
		{"{'check': 'web', 'event': 'error', 'level': 'warning', 'fault': 'crash'}", true},
		{"{'event': 'error'}", true},
		{"{'event': 'error', 'level': 'warning'}", false},
		{"{'event': 'info', 'level': 'info'}", false},
	};

	for (size_t i = 0; i < COUNT(cases); i++) {
		struct queue *queue = queue_of(1);

		give(queue, cases[i].notice, 1);
		ck_assert_msg((queue_waiting(queue) == 1) == cases[i].wanted, "case %zu", i);
		queue_free(queue);
	}
}
END_TEST

START_TEST(what_is_reported)
{
	struct queue *queue = queue_of(1);
	json_t *data, *expected = json_loads("{\"timestamp\": \"2023-11-14T22:13:20.000Z\", \"platform\": \"native\","
	    "\"level\": \"error\", \"logger\": \"exacheck.worker\", \"release\": \"exacheck@0.1.0\","
	    "\"server_name\": \"node1\", \"message\": {\"formatted\": \"process 12 ended: signal 11\"},"
	    "\"fingerprint\": [\"worker: process # ended: signal #\"],"
	    "\"tags\": {\"check\": \"web\", \"subsystem\": \"worker\", \"fault\": \"crash\", \"event\": \"error\"},"
	    "\"exception\": {\"values\": [{\"type\": \"crash\", \"value\": \"process 12 ended: signal 11\", \"stacktrace\":"
	    "{\"frames\": [{\"filename\": \"supervisor/worker.c\", \"function\": \"worker_died\", \"lineno\": 7}]}}]},"
	    "\"extra\": {\"count\": 1, \"until\": \"2023-11-14T22:13:20.000Z\", \"lost\": 0, \"undelivered\": 0}}", 0, NULL);
	const char *id;

	ck_assert_ptr_nonnull(expected);
	give(queue, "{'check': 'web', 'event': 'error', 'fault': 'crash', 'subsystem': 'worker', 'file': 'supervisor/worker.c',"
	    "'line': 7, 'function': 'worker_died', 'text': 'process 12 ended: signal 11'}", 5);
	data = reported(queue, 5);
	ck_assert_ptr_nonnull(data);
	id = json_string_value(json_object_get(data, "event_id"));
	ck_assert(id != NULL && strlen(id) == 32 && strspn(id, "0123456789abcdef") == 32);
	json_object_del(data, "event_id");
	ck_assert_msg(json_equal(data, expected), "%s", json_dumps(data, 0));
	json_decref(expected);
	json_decref(data);
	queue_free(queue);
}
END_TEST

START_TEST(the_same_once_a_minute)
{
	struct queue *queue = queue_of(1);
	json_t *data;

	for (int i = 0; i < 100; i++) {
		char text[128];

		snprintf(text, sizeof(text), "{'event': 'error', 'text': 'process %d ended', 'at': %d}", i, 1000000 * (i + 1));
		give(queue, text, i);
		if ((data = reported(queue, i)) != NULL) {
			ck_assert_msg(i == 0 || i == 60, "at %d", i);
			ck_assert_int_eq(extra(data, "count"), i == 0 ? 1 : 60);
			json_decref(data);
		}
	}
	ck_assert_uint_eq(queue_waiting(queue), 39);
	give(queue, "{'event': 'error', 'text': 'another one'}", 100);
	ck_assert_double_eq((double)queue_due(queue).ns, 100e9);
	json_decref(reported(queue, 100));
	data = reported(queue, 120);
	ck_assert_int_eq(extra(data, "count"), 39);
	ck_assert_str_eq(json_string_value(json_object_get(json_object_get(data, "message"), "formatted")), "process 61 ended");
	json_decref(data);
	ck_assert_uint_eq(queue_waiting(queue), 0);
	queue_free(queue);
}
END_TEST

START_TEST(sampled)
{
	struct queue *queue = queue_of(0.25);

	for (int i = 0; i < 100; i++) {
		chance = i / 100.0;
		give(queue, "{'event': 'error'}", 1);
	}
	chance = 0;
	ck_assert_uint_eq(queue_waiting(queue), 25);
	queue_free(queue);
	for (int i = 0; i < 1000; i++)
		ck_assert(reports_dice() >= 0 && reports_dice() < 1);
}
END_TEST

/* More kinds than are told apart: those without room are told as lost. */
START_TEST(no_room)
{
	struct queue *queue = queue_of(1);
	char text[128];
	json_int_t count = 0, lost = 0;
	json_t *data;

	queue_lost(queue, 5, at(1));
	ck_assert(queue_due(queue).ns == MONOTIME_NEVER.ns);
	for (int i = 0; i < 100; i++) {
		snprintf(text, sizeof(text), "{'event': 'error', 'text': '%c%c'}", 'a' + i / 26, 'a' + i % 26);
		give(queue, text, 1);
	}
	while ((data = reported(queue, 1)) != NULL) {
		count += extra(data, "count");
		lost += extra(data, "lost");
		json_decref(data);
	}
	ck_assert_int_eq(count, 64);
	ck_assert_int_eq(lost, 5 + 36);
	give(queue, "{'event': 'error', 'text': 'zz'}", 30); /* nothing may be forgotten yet */
	ck_assert(queue_due(queue).ns == MONOTIME_NEVER.ns);
	give(queue, "{'event': 'error', 'text': 'zz'}", 62);
	data = reported(queue, 62);
	ck_assert(extra(data, "count") == 1 && extra(data, "lost") == 1);
	json_decref(data);
	queue_free(queue);
}
END_TEST

START_TEST(test_report)
{
	struct letter *letter = reports_test(NOON_US, &sender);

	ck_assert_ptr_nonnull(letter);
	ck_assert_str_eq(json_string_value(json_object_get(letter->data, "level")), "info");
	letter_free(letter);
}
END_TEST

int
main(void)
{
	const TTest *const tests[] = {errors_of_exacheck_only, what_is_reported, the_same_once_a_minute, sampled, no_room,
	    test_report};
	Suite *suite = suite_create("reports to sentry");
	TCase *tcase = unit_case(suite, "reports");

	for (size_t i = 0; i < COUNT(tests); i++)
		tcase_add_test(tcase, tests[i]);
	return unit_run(suite);
}
