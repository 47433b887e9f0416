/*
 * What people and programs read: letters of one event and of several, word by word; and notices that are none.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "../../supervisor/notify/bundle.h"
#include "../../supervisor/notify/line.h"
#include "../../supervisor/notify/summary.h"
#include "../../supervisor/notify/words.h"
#include "notices.h"
#include "unit.h"

#define WITHDRAWN \
	"'check': 'web', 'from': 'up', 'to': 'down', 'cause': 'fail refused (connection refused) in 0.2 ms'," \
	"'effect': 'withdrew', 'prefixes': ['192.0.2.1/32', '192.0.2.2/32'], 'nexthop': 'self'," \
	"'since': 1699992499000000"

static const struct sender sender = {"node1", "0.1.0"};
static const struct tally none;

static struct letter *
letter_of(struct notice *const *notices, size_t count, uint64_t lost)
{
	struct bundle bundle;
	struct letter *letter;

	bundle_init(&bundle);
	for (size_t i = 0; i < count; i++)
		bundle_add(&bundle, notices[i]);
	if (lost > 0)
		bundle_lost(&bundle, lost);
	letter = summary_letter(&bundle, &none, &sender);
	ck_assert_ptr_nonnull(letter);
	bundle_clear(&bundle);
	return letter;
}

START_TEST(one_event)
{
	struct notice *notice = notice_of("{" WITHDRAWN ", 'kept': 1}");
	struct letter *letter = letter_of(&notice, 1, 0);

	ck_assert_str_eq(letter->title, "ExaCheck Event - Route Withdrawal - web");
	ck_assert_int_eq(letter->kind, LETTER_FAILURE);
	ck_assert_str_eq(letter->body,
	    "The check web is down; its routes are withdrawn.\n"
	    "\n"
	    "Reason:    fail refused (connection refused) in 0.2 ms\n"
	    "Before:    up since 2023-11-14 20:08:19 +0000, for 2 h 5 min\n"
	    "Prefixes:  192.0.2.1/32\n"
	    "           192.0.2.2/32\n"
	    "Next hop:  self\n"
	    "Kept:      1 of its routes stays announced: others want it too\n"
	    "Time:      2023-11-14 22:13:20 +0000\n"
	    "Host:      node1\n"
	    "exacheck:  0.1.0\n");
	letter_free(letter);
	notice_release(notice);
}
END_TEST

START_TEST(data_of_one)
{
	struct notice *notice = notice_of("{" WITHDRAWN ", 'metric': 100, 'kept': 1, 'prefix_count': 70, 'fault': null}");
	struct letter *letter = letter_of(&notice, 1, 0);
	json_t *expected = json_loads("{\"check\": \"web\", \"group\": false, \"event\": \"withdraw\", \"kind\": \"down\","
	    "\"level\": \"error\", \"at\": \"2023-11-14T22:13:20.000Z\", \"from\": \"up\", \"to\": \"down\","
	    "\"effect\": \"withdrew\", \"attributes\": null, \"prefixes\": [\"192.0.2.1/32\", \"192.0.2.2/32\"],"
	    "\"prefix_count\": 70, \"nexthop\": \"self\", \"metric\": 100, \"kept\": 1,"
	    "\"reason\": \"fail refused (connection refused) in 0.2 ms\", \"text\": \"up -> down: refused\","
	    "\"since\": \"2023-11-14T20:08:19.000Z\", \"fault\": null}", 0, NULL);

	ck_assert_ptr_nonnull(expected);
	ck_assert_msg(json_equal(json_array_get(letter->data, 0), expected), "%s", json_dumps(letter->data, 0));
	ck_assert_ptr_nonnull(strstr(letter->body, "           192.0.2.2/32\n           and 68 more\nNext hop:  self\n"
	    "Metric:    100\n"));
	json_decref(expected);
	letter_free(letter);
	notice_release(notice);
}
END_TEST

/* The title and the first line of each kind of event. */
START_TEST(titles)
{
	static const struct {
		const char *notice, *title, *line;
	} cases[] = {
		{"{'check': 'web', 'from': 'down', 'to': 'up', 'effect': 'announced', 'prefixes': ['192.0.2.1/32']}",
		    "Route Announcement - web", "The check web is up; its routes are announced."},
		{"{'check': 'web', 'from': 'up', 'to': 'down', 'effect': 'announced', 'attributes': 'down'}",
		    "Route Metric Degraded - web", "The check web is down; its routes are announced with the attributes of down."},
		{"{'check': 'web', 'from': 'down', 'to': 'up', 'effect': 'announced', 'restored': true}",
		    "Route Metric Restored - web", "The check web is up; its routes are announced with their own attributes again."},
		{"{'check': 'web', 'from': 'up', 'to': 'disabled', 'effect': 'draining', 'attributes': 'drain'}",
		    "Route Drain - web",
		    "The check web is disabled; its routes are announced with the attributes of drain, and then withdrawn."},
		{"{'check': 'web', 'from': 'disabled', 'to': 'disabled', 'effect': 'withdrew'}",
		    "Route Withdrawal - web", "The check web is still disabled; its routes are withdrawn."},
		{"{'check': 'web', 'from': 'up', 'to': 'down', 'effect': 'guarded'}", "Route Kept by Guard - web",
		    "The check web is down; its routes would be withdrawn, but the guard keeps them announced."},
		{"{'check': 'both', 'group': true, 'from': 'up', 'to': 'down'}", "Service Down - both", "The group both is down."},
		{"{'check': 'web', 'from': 'down', 'to': 'up'}", "Service Up - web", "The check web is up."},
		{"{'check': 'web', 'from': 'up', 'to': 'disabled'}", "Service Disabled - web", "The check web is disabled."},
		{"{'check': 'web', 'event': 'error', 'fault': 'crash', 'text': 'the worker is gone'}", "Error - web",
		    "web: the worker is gone"},
		{"{'event': 'error', 'text': 'no memory'}", "Error", "no memory"},
		{"{'check': 'web', 'event': 'error', 'level': 'warning', 'text': 'the worker is gone'}", "Warning - web",
		    "web: the worker is gone"},
		{"{'event': 'info', 'level': 'info', 'text': 'stopping'}", "Information", "stopping"},
	};

	for (size_t i = 0; i < COUNT(cases); i++) {
		struct notice *notice = notice_of(cases[i].notice);
		struct letter *letter = letter_of(&notice, 1, 0);
		char expected[256];

		snprintf(expected, sizeof(expected), "ExaCheck Event - %s", cases[i].title);
		ck_assert_str_eq(letter->title, expected);
		snprintf(expected, sizeof(expected), "%s\n\n", cases[i].line);
		ck_assert_msg(strncmp(letter->body, expected, strlen(expected)) == 0, "%s", letter->body);
		letter_free(letter);
		notice_release(notice);
	}
}
END_TEST

START_TEST(several_events)
{
	struct notice *notices[] = {
		notice_change("web", "up", "down", 0), notice_change("dns", "up", "down", 1), notice_change("web", "down", "up", 2),
		notice_of("{'check': 'both', 'group': true, 'from': 'up', 'to': 'disabled', 'at': 1700000003000000}"),
		notice_of("{'event': 'error', 'text': 'no memory', 'at': 1700000004000000}"),
	};
	struct letter *letter = letter_of(notices, COUNT(notices), 1);

	ck_assert_str_eq(letter->title,
	    "ExaCheck Event - 2 checks went down, 1 check came up, 1 group was disabled, 1 error - web, dns, both, exacheck");
	ck_assert_str_eq(letter->body,
	    "1 event of all notifications was lost before it reached exacheck-notify.\n"
	    "\n"
	    "2 checks went down, 1 check came up, 1 group was disabled, 1 error.\n"
	    "5 events between 2023-11-14 22:13:20 +0000 and 2023-11-14 22:13:24 +0000: 2 down, 1 up, 1 disabled, 1 error.\n"
	    "\n"
	    "2023-11-14 22:13:20 +0000  web: up -> down: why\n"
	    "2023-11-14 22:13:21 +0000  dns: up -> down: why\n"
	    "2023-11-14 22:13:22 +0000  web: down -> up: why\n"
	    "2023-11-14 22:13:23 +0000  both: up -> down: refused\n"
	    "2023-11-14 22:13:24 +0000  exacheck: no memory\n"
	    "\n"
	    "Host:      node1\n"
	    "exacheck:  0.1.0\n");
	letter_free(letter);
	for (size_t i = 0; i < COUNT(notices); i++)
		notice_release(notices[i]);
}
END_TEST

START_TEST(one_that_flaps)
{
	struct notice *notices[] = {notice_change("web", "up", "down", 0), notice_change("web", "down", "up", 1)};
	struct letter *letter = letter_of(notices, COUNT(notices), 0);

	ck_assert_str_eq(letter->title, "ExaCheck Event - 2 events, now up - web");
	ck_assert_ptr_nonnull(strstr(letter->body, "1 check went down, 1 came up.\n"));
	letter_free(letter);
	for (size_t i = 0; i < COUNT(notices); i++)
		notice_release(notices[i]);
}
END_TEST

START_TEST(spans)
{
	static const struct {
		double s;
		const char *text;
	} cases[] = {{0, "0.0 s"}, {9.44, "9.4 s"}, {37, "37 s"}, {60, "1 min 0 s"}, {7500, "2 h 5 min"}, {266400, "3 d 2 h"}};
	char text[WORDS_SPAN_SIZE];

	for (size_t i = 0; i < COUNT(cases); i++)
		ck_assert_str_eq(words_span((int64_t)(cases[i].s * 1e6), text), cases[i].text);
}
END_TEST

/* Whatever is in a name or a text, a letter's lines are lines. */
START_TEST(nothing_unprintable)
{
	struct notice *notice = notice_of("{'check': 'a\\nSubject: b\\u0085', 'text': 'x\\r\\n.\\r\\nQUIT', 'event': 'error'}");
	struct letter *letter = letter_of(&notice, 1, 0);

	ck_assert_ptr_null(strpbrk(letter->title, "\r\n"));
	ck_assert_str_eq(notice->text, "x??.??QUIT");
	ck_assert_int_eq(strncmp(letter->body, "a?Subject: b", 12), 0);
	letter_free(letter);
	notice_release(notice);
}
END_TEST

START_TEST(bad_lines)
{
	static const struct {
		const char *line, *error;
	} cases[] = {
		{"", "no JSON, or out of memory"},
		{"[]", "type: no such type"},
		{"{\"type\":\"notices\"}", "type: no such type"},
		{"{\"type\":\"lost\",\"count\":0}", "count: no number above 0"},
		{"{\"type\":\"test\",\"id\":\"x\"}", "id: no number"},
		{"{\"type\":\"test\",\"id\":1,\"target\":7}", "target: no text"},
		{"{\"type\":\"notice\"}", "text: no text"},
		{"{\"type\":\"notice\",\"text\":\"\",\"from\":\"up\"}", "from, to: one without the other"},
		{"{\"type\":\"notice\",\"text\":\"\",\"at\":-1}", "at: no such number"},
		{"{\"type\":\"notice\",\"text\":\"\",\"group\":1}", "group: neither true nor false"},
		{"{\"type\":\"notice\",\"text\":\"\",\"level\":\"loud\"}", "level: no such level"},
		{"{\"type\":\"notice\",\"text\":\"\",\"level\":\"info\"}", "event: no such event"},
		{"{\"type\":\"notice\",\"text\":\"\",\"level\":\"info\",\"event\":\"info\",\"fault\":\"mine\"}", "fault: no such fault"},
		{"{\"type\":\"notice\",\"text\":\"\",\"level\":\"info\",\"event\":\"info\",\"effect\":\"\"}", "effect: no such effect"},
		{"{\"type\":\"notice\",\"text\":\"\",\"level\":\"info\",\"event\":\"info\",\"prefixes\":[1]}",
		    "prefixes: no list of texts"},
	};
	static const char bye[] = "{\"type\":\"bye\"}", lost[] = "{\"type\":\"lost\",\"count\":12}";
	struct line line;
	char error[NOTICE_ERROR_SIZE];

	for (size_t i = 0; i < COUNT(cases); i++) {
		ck_assert_msg(!line_read(cases[i].line, strlen(cases[i].line), &line, error), "%s", cases[i].line);
		ck_assert_str_eq(error, cases[i].error);
	}
	ck_assert(line_read(bye, strlen(bye), &line, error) && line.type == LINE_BYE);
	ck_assert(line_read(lost, strlen(lost), &line, error) && line.type == LINE_LOST && line.count == 12);
}
END_TEST

static void
zone(void)
{
	setenv("TZ", "UTC", 1);
	tzset();
}

int
main(void)
{
	const TTest *const tests[] = {one_event, data_of_one, titles, several_events, one_that_flaps, spans, nothing_unprintable,
	    bad_lines};
	Suite *suite = suite_create("events in words");
	TCase *tcase = unit_case(suite, "words");

	tcase_add_checked_fixture(tcase, zone, NULL);
	for (size_t i = 0; i < COUNT(tests); i++)
		tcase_add_test(tcase, tests[i]);
	return unit_run(suite);
}
