/*
 * exacheck-notify without memory: whichever allocation fails, every event is told or counted, and nothing is left over.
 */
#include "allocations.h"

#include <jansson.h>
#include <stdlib.h>
#include <string.h>

#include "../../supervisor/notify/digest.h"
#include "../../supervisor/notify/line.h"
#include "../../supervisor/notify/orders.h"
#include "../../supervisor/notify/queue.h"
#include "../../supervisor/notify/reports.h"
#include "unit.h"

#define ATTEMPTS_MAX 3000 /* more allocations than there are */

static const struct sender sender = {"node1", "0.1.0"};
static const struct digest_rules rules = {.events = {[LOG_EVENT_WITHDRAW] = true, [LOG_EVENT_ERROR] = true},
    .general = true};
static const char *const lines[] = {
	"{\"type\":\"notice\",\"at\":1700000000000000,\"level\":\"error\",\"event\":\"withdraw\",\"check\":\"web\","
	"\"from\":\"up\",\"to\":\"down\",\"text\":\"x\",\"cause\":\"y\",\"prefixes\":[\"192.0.2.1/32\"],\"effect\":\"withdrew\"}",
	"{\"type\":\"notice\",\"at\":1700000000000000,\"level\":\"error\",\"event\":\"error\",\"fault\":\"crash\","
	"\"subsystem\":\"worker\",\"text\":\"gone\",\"file\":\"a.c\",\"function\":\"f\",\"line\":7}",
	"{\"type\":\"lost\",\"count\":4}",
};

static double
always(void)
{
	return 0;
}

static struct queue *
queue_for(const struct queue_content *kind, void *content)
{
	const struct queue_options options = {"notification ops", 20, NS_PER_SECOND};

	return queue_new(&options, kind, content);
}

/* As main does it: what cannot be read is lost. Returns how many events that is. */
static uint64_t
give(struct queue *queue, const char *text)
{
	char error[NOTICE_ERROR_SIZE];
	uint64_t count = 1;
	struct line line;

	if (!line_read(text, strlen(text), &line, error)) {
		queue_lost(queue, 1, at(1));
	} else if (line.type == LINE_LOST) {
		queue_lost(queue, count = line.count, at(1));
	} else {
		queue_take(queue, line.notice, at(1));
		notice_release(line.notice);
	}
	return count;
}

/* What is told of, by letters of which the first one may lack memory. */
static json_int_t
told(struct queue *queue)
{
	const struct letter *letter;
	json_int_t count = 0;

	/* without assertions, which allocate */
	for (double now = 1; now < 100 && queue_due(queue).ns != MONOTIME_NEVER.ns; now += 10) {
		if (monotime_before(at(now), queue_due(queue)) || (letter = queue_begin(queue, at(now))) == NULL)
			continue;
		if (letter->summary != NULL)
			count += json_integer_value(json_object_get(letter->summary, "events")) +
			    json_integer_value(json_object_get(letter->summary, "lost"));
		else
			count += json_integer_value(json_object_get(json_object_get(letter->data, "extra"), "count")) +
			    json_integer_value(json_object_get(json_object_get(letter->data, "extra"), "lost"));
		queue_ended(queue, COURIER_DELIVERED, "", at(now));
	}
	return count;
}

/* Returns whether there was an allocation to fail. */
static bool
round_go(int failing, const struct queue_content *kind, void *(*content_new)(void))
{
	json_int_t given = 0, count;
	struct queue *queue;
	bool failed;

	allocations = failing;
	queue = queue_for(kind, content_new());
	for (size_t i = 0; queue != NULL && i < COUNT(lines); i++)
		given += (json_int_t)give(queue, lines[i]);
	count = queue != NULL ? told(queue) : 0;
	failed = allocations < 0;
	allocations = -1;
	if (queue != NULL && kind == &reports_content && count == 0) {
		/* no report could be made of anything: what was lost is told with the next one */
		give(queue, lines[1]);
		count = told(queue) - 1;
	}
	ck_assert_msg(kind == &reports_content ? count >= (json_int_t)(queue != NULL) : count == given,
	    "allocation %d: %lld of %lld", failing, (long long)count, (long long)given);
	queue_free(queue);
	return failed;
}

static void *
digest_content_new(void)
{
	return digest_new(&rules, &sender);
}

static void *
reports_content_new(void)
{
	return reports_new(1, always, &sender);
}

START_TEST(events)
{
	int failing = 0;

	while (round_go(failing, &digest_content, digest_content_new))
		ck_assert_int_lt(failing++, ATTEMPTS_MAX);
	ck_assert_int_gt(failing, 50);
}
END_TEST

START_TEST(faults)
{
	int failing = 0;

	while (round_go(failing, &reports_content, reports_content_new))
		ck_assert_int_lt(failing++, ATTEMPTS_MAX);
	ck_assert_int_gt(failing, 50);
}
END_TEST

START_TEST(setup_line)
{
	json_t *setup = json_loads("{\"type\":\"setup\",\"host\":\"node1\",\"version\":\"0.1.0\",\"pid\":7,\"targets\":[{"
	    "\"name\":\"ops\",\"url\":\"json://h/\",\"checks\":[\"web\",\"dns\"],\"events\":[\"error\"],\"general\":true,"
	    "\"group\":0.5,\"rate\":20,\"timeout\":30,\"retry\":3600}],\"sentry\":{\"dsn\":\"d\",\"sample_rate\":0.5}}", 0, NULL);
	const char *where = "";
	struct orders orders;
	int failing = 0;
	bool read;

	ck_assert_ptr_nonnull(setup);
	do {
		allocations = failing++;
		read = orders_read(&orders, setup, &where);
		ck_assert(read == (allocations >= 0));
		allocations = -1;
		if (read)
			ck_assert(orders.target_count == 1 && orders.targets[0].rules.check_count == 2 &&
			    orders.targets[0].rules.group_ns == NS_PER_SECOND / 2 && orders.sample_rate == 0.5);
		orders_free(&orders);
	} while (!read);
	json_decref(setup);
}
END_TEST

/* A setup that is none: which of its members says so. */
START_TEST(bad_setups)
{
	static const struct {
		const char *target, *where; /* JSON with ' for " */
	} cases[] = {
		{"{}", "name"}, {"{'name': 'a', 'url': 7}", "url"}, {"{'name': 'a', 'url': 'u'}", "checks"},
		{"{'name': 'a', 'url': 'u', 'checks': [1]}", "checks"},
		{"{'name': 'a', 'url': 'u', 'checks': []}", "events"},
		{"{'name': 'a', 'url': 'u', 'checks': [], 'events': ['all']}", "events"},
		{"{'name': 'a', 'url': 'u', 'checks': [], 'events': [], 'group': -1}", "group"},
		{"{'name': 'a', 'url': 'u', 'checks': [], 'events': [], 'group': 0, 'timeout': 1e99}", "timeout"},
		{"{'name': 'a', 'url': 'u', 'checks': [], 'events': [], 'group': 0, 'timeout': 1, 'retry': '1'}", "retry"},
		{"{'name': 'a', 'url': 'u', 'checks': [], 'events': [], 'group': 0, 'timeout': 1, 'retry': 1, 'rate': 0}", "rate"},
	};

	for (size_t i = 0; i < COUNT(cases); i++) {
		json_t *setup = json_pack("{s:s s:s s:i s:[]}", "host", "node1", "version", "0.1.0", "pid", 7, "targets");
		struct orders orders;
		const char *where;
		char text[256];

		for (size_t k = 0; k <= strlen(cases[i].target); k++)
			text[k] = cases[i].target[k] == '\'' ? '"' : cases[i].target[k];
		ck_assert_int_eq(json_array_append_new(json_object_get(setup, "targets"), json_loads(text, 0, NULL)), 0);
		ck_assert_msg(!orders_read(&orders, setup, &where), "%s", text);
		ck_assert_str_eq(where, cases[i].where);
		orders_free(&orders);
		json_decref(setup);
	}
}
END_TEST

int
main(void)
{
	const TTest *const tests[] = {events, faults, setup_line, bad_setups};
	Suite *suite = suite_create("exacheck-notify without memory");
	TCase *tcase = unit_case(suite, "memory");

	json_set_alloc_funcs(__wrap_malloc, free);
	for (size_t i = 0; i < COUNT(tests); i++)
		tcase_add_test(tcase, tests[i]);
	return unit_run(suite);
}
