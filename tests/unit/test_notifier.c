/*
 * Notices: which lines of the log are some, and what they say.
 */
#include <jansson.h>
#include <stdlib.h>
#include <string.h>

#include "../../common/walltime.h"
#include "../../supervisor/checks.h"
#include "../../supervisor/chronicle.h"
#include "../../supervisor/events.h"
#include "../../supervisor/notifier_line.h"
#include "../../supervisor/notifier_words.h"
#include "../../supervisor/notify/notice.h"
#include "configs.h"
#include "seen.h"
#include "unit.h"

#define MS NS_PER_MILLISECOND

enum { WEB_CHECK, MEMBER, KEPT, DOWN_METRIC, DRAINING, STEADY, LONE, LONG };

#define TEN(NET) NET "0, " NET "1, " NET "2, " NET "3, " NET "4, " NET "5, " NET "6, " NET "7, " NET "8, " NET "9"
#define SIXTY TEN("198.51.100.1") ", " TEN("198.51.100.2") ", " TEN("198.51.100.3") ", " TEN("198.51.100.4") ", " \
	TEN("198.51.100.5") ", " TEN("198.51.100.6")

#define CHECK(NAME, THRESHOLD, MORE) "- {name: " NAME ", rise: " THRESHOLD ", fall: " THRESHOLD MORE ",\n" \
	"   args: {method: tcp, host: 127.0.0.1, port: 1}}\n"

static const char document[] =
    "checks:\n"
    CHECK("web", "2", ", prefixes: [192.0.2.1, 192.0.2.2], metric: 5")
    CHECK("member", "1", "")
    CHECK("kept", "1", ", prefixes: [192.0.2.1]")
    CHECK("metric", "1", ", prefixes: 192.0.2.3, metric: 0, metric_down: 900, nexthop: 192.0.2.99")
    CHECK("drain", "1", ", prefixes: 192.0.2.4, drain: {metric: 7}, drain_time: 5")
    CHECK("steady", "1", ", prefixes: 192.0.2.5, min_up: 60")
    CHECK("lone", "1", "")
    CHECK("long", "1", ", prefixes: [" SIXTY "]")
    "groups:\n"
    "- {name: g, members: [member], prefixes: [192.0.2.9]}\n"
    "- {name: last, members: [lone], prefixes: [192.0.2.10], metric: 5, guard: {keep_last: true}}\n";

static struct ledger *ledger;
static struct checks *checks;
static struct config *config;
static struct events *events;
static struct chronicle chronicle;
static monotime_t now;
static json_t *told; /* notices since they were looked at */

/* That exacheck-notify has it from the line as it is meant. */
static void
understood(const json_t *map)
{
	char error[NOTICE_ERROR_SIZE];
	struct notice *notice = notice_read(map, error);

	ck_assert_msg(notice != NULL, "%s", error);
	ck_assert_uint_eq(notice->prefix_count, json_integer_value(json_object_get(map, "prefix_count")));
	ck_assert_uint_eq(notice->prefixes_held, json_array_size(json_object_get(map, "prefixes")));
	ck_assert_pstr_eq(notice->cause, json_string_value(json_object_get(map, "cause")));
	ck_assert_int_eq(notice->restored, json_is_true(json_object_get(map, "restored")));
	notice_release(notice);
}

static void
take(void *context, const struct log_record *record, const struct notifier_change *change)
{
	const char *subsystem = context;
	enum log_event event = notifier_event(record, subsystem, change);
	char *line;

	if (event == LOG_EVENT_USUAL)
		return;
	line = notifier_line(record, event, subsystem, change, 1700000000123456);
	ck_assert_ptr_nonnull(line);
	ck_assert_int_eq(line[strlen(line) - 1], '\n');
	ck_assert_int_eq(json_array_append_new(told, json_loads(line, 0, NULL)), 0);
	free(line);
	understood(json_array_get(told, json_array_size(told) - 1));
}

static char subsystem[32];

static void
setup(void)
{
	const struct checks_listener listener = {seen_transition, seen_change, &chronicle};
	char *findings;

	unit_log_silence();
	strcpy(subsystem, "healthcheck");
	now = (monotime_t){1000 * NS_PER_SECOND};
	config = parse(document, &findings);
	free(findings); /* a warning: two checks share a prefix */
	ck_assert_ptr_nonnull(config);
	ledger = ledger_new();
	events = events_new();
	checks = checks_new(ledger, &listener);
	told = json_array();
	ck_assert(ledger != NULL && events != NULL && checks != NULL && told != NULL);
	chronicle = (struct chronicle){.checks = checks, .events = events, .tell = take, .context = subsystem};
	seen_begin(checks, config, now);
	chronicle_begin(&chronicle);
}

static void
teardown(void)
{
	chronicle_end(&chronicle);
	checks_free(checks);
	events_free(events);
	ledger_free(ledger);
	config_free(config);
	json_decref(told);
}

/* So many seconds later, so many results. */
static void
run(size_t rank, bool pass, unsigned times)
{
	for (unsigned i = 0; i < times; i++) {
		now = monotime_add(now, NS_PER_SECOND);
		checks_turn(checks, now);
		seen_execute(checks_at(checks, rank), pass, 20 * MS, now);
		seen_exchange(ledger, true, now);
	}
}

/* The only notice since the last look; the caller's. */
static json_t *
one(void)
{
	json_t *notice;

	ck_assert_uint_eq(json_array_size(told), 1);
	notice = json_incref(json_array_get(told, 0));
	json_array_clear(told);
	return notice;
}

static void
none(void)
{
	ck_assert_uint_eq(json_array_size(told), 0);
}

/* That the only notice since the last look says this, of the keys that are in it; and what the times are. */
static void
expect(const char *ought_text, monotime_t since)
{
	json_t *ought = json_loads(ought_text, 0, NULL), *is = one(), *value;
	const char *key;

	ck_assert_msg(ought != NULL, "%s", ought_text);
	ck_assert_int_eq(json_integer_value(json_object_get(is, "at")), 1700000000123456);
	json_object_foreach(ought, key, value) {
		char *text = json_dumps(is, JSON_INDENT(1));

		ck_assert_msg(json_equal(json_object_get(is, key), value), "%s: %s, not %s", key, text, ought_text);
		free(text);
	}
	value = json_object_get(is, "since");
	if (since.ns == 0) {
		ck_assert(json_is_null(value));
	} else {
		/* the clock on the wall is read twice */
		ck_assert_int_le(llabs((long long)json_integer_value(value) - walltime_ns(since) / 1000), 5000000);
	}
	json_decref(is);
	json_decref(ought);
}

START_TEST(of_a_check)
{
	monotime_t up, down;

	run(WEB_CHECK, true, 1);
	none(); /* rising is none */
	run(WEB_CHECK, true, 1);
	up = now;
	expect("{\"type\": \"notice\", \"level\": \"success\", \"event\": \"announce\", \"check\": \"web\", \"group\": false, "
	    "\"from\": \"startup\", \"to\": \"up\", \"fault\": null, \"cause\": \"pass ok (fine) in 20.0 ms\", "
	    "\"effect\": \"announced\", \"attributes\": null, \"prefixes\": [\"192.0.2.1/32\", \"192.0.2.2/32\"], "
	    "\"prefix_count\": 2, \"nexthop\": \"self\", \"metric\": 5, \"kept\": 0, \"subsystem\": \"healthcheck\", "
	    "\"file\": \"supervisor/transition.c\", \"function\": \"transition_log\", "
	    "\"text\": \"rising (1/2) -> up: pass ok (fine) in 20.0 ms; announced 192.0.2.1/32 192.0.2.2/32\"}",
	    (monotime_t){0});
	run(WEB_CHECK, true, 5);
	none();
	run(KEPT, true, 1);
	json_array_clear(told);
	run(WEB_CHECK, false, 1);
	none();
	run(WEB_CHECK, false, 1);
	down = now;
	expect("{\"level\": \"error\", \"event\": \"withdraw\", \"from\": \"up\", \"to\": \"down\", \"effect\": \"withdrew\", "
	    "\"cause\": \"fail refused (nobody there) in 20.0 ms\", \"metric\": null, \"kept\": 1}", up);
	run(WEB_CHECK, true, 2);
	expect("{\"from\": \"down\", \"to\": \"up\", \"effect\": \"announced\"}", down);
}
END_TEST

START_TEST(of_many_prefixes)
{
	json_t *notice;

	run(LONG, true, 1);
	notice = one();
	ck_assert_uint_eq(json_array_size(json_object_get(notice, "prefixes")), NOTIFIER_PREFIXES);
	ck_assert_int_eq(json_integer_value(json_object_get(notice, "prefix_count")), 60);
	json_decref(notice);
}
END_TEST

START_TEST(of_a_group_and_a_member)
{
	json_t *first, *second;

	run(MEMBER, true, 1);
	ck_assert_uint_eq(json_array_size(told), 2);
	first = json_array_get(told, 0);
	second = json_array_get(told, 1);
	ck_assert_str_eq(json_string_value(json_object_get(first, "check")), "g");
	ck_assert(json_is_true(json_object_get(first, "group")));
	ck_assert_str_eq(json_string_value(json_object_get(first, "event")), "announce");
	ck_assert_str_eq(json_string_value(json_object_get(first, "from")), "undecided");
	ck_assert_str_eq(json_string_value(json_object_get(second, "from")), "startup");
	ck_assert_str_eq(json_string_value(json_object_get(second, "check")), "member");
	ck_assert(json_is_false(json_object_get(second, "group")));
	ck_assert(json_is_null(json_object_get(second, "effect")));
	ck_assert_str_eq(json_string_value(json_object_get(second, "event")), "info");
	json_array_clear(told);
	run(MEMBER, false, 1);
	ck_assert_uint_eq(json_array_size(told), 2);
	ck_assert_str_eq(json_string_value(json_object_get(json_array_get(told, 0), "effect")), "withdrew");
	ck_assert_str_eq(json_string_value(json_object_get(json_array_get(told, 1), "event")), "error");
}
END_TEST

START_TEST(with_other_attributes)
{
	run(DOWN_METRIC, true, 1);
	expect("{\"effect\": \"announced\", \"attributes\": null, \"metric\": 0, \"nexthop\": \"192.0.2.99\"}", (monotime_t){0});
	run(DOWN_METRIC, false, 1);
	expect("{\"effect\": \"announced\", \"attributes\": \"down\", \"metric\": 900, \"event\": \"announce\", "
	    "\"from\": \"up\", \"to\": \"down\", \"level\": \"error\", \"restored\": false}", monotime_add(now, -NS_PER_SECOND));
	run(DOWN_METRIC, true, 1);
	expect("{\"effect\": \"announced\", \"attributes\": null, \"restored\": true}", monotime_add(now, -NS_PER_SECOND));
}
END_TEST

START_TEST(what_drains_is_told_twice)
{
	monotime_t disabled;

	run(DRAINING, true, 1);
	json_array_clear(told);
	now = monotime_add(now, NS_PER_SECOND);
	disabled = now;
	check_disabled(checks_at(checks, DRAINING), true, now);
	expect("{\"effect\": \"draining\", \"attributes\": \"drain\", \"metric\": 7, \"from\": \"up\", \"to\": \"disabled\", "
	    "\"event\": \"announce\", \"cause\": \"disable file exists\"}", monotime_add(now, -NS_PER_SECOND));
	now = monotime_add(now, 6 * NS_PER_SECOND);
	checks_turn(checks, now);
	expect("{\"effect\": \"withdrew\", \"attributes\": null, \"from\": \"disabled\", \"to\": \"disabled\", "
	    "\"event\": \"withdraw\", \"cause\": \"drain_time is over\"}", disabled);
}
END_TEST

START_TEST(what_is_held_is_told_when_it_happens)
{
	monotime_t up;

	run(STEADY, true, 1);
	up = now;
	json_array_clear(told);
	run(STEADY, false, 3);
	none();
	now = monotime_add(now, 60 * NS_PER_SECOND);
	checks_turn(checks, now);
	expect("{\"effect\": \"withdrew\", \"from\": \"up\", \"to\": \"down\", \"cause\": \"min_up is over\"}", up);
}
END_TEST

START_TEST(what_the_guard_keeps)
{
	run(LONE, true, 1);
	json_array_clear(told);
	run(LONE, false, 1);
	ck_assert_int_eq(json_array_remove(told, 1), 0); /* of the member */
	expect("{\"check\": \"last\", \"effect\": \"guarded\", \"attributes\": null, \"metric\": 5, \"event\": \"error\", "
	    "\"from\": \"up\", \"to\": \"down\"}", monotime_add(now, -NS_PER_SECOND));
}
END_TEST

/* Which changes are told: what is only said again after a crash, or waits, is not. */
static const struct {
	enum verdict before, after;
	enum node_effect effect;
	enum node_cause cause;
	bool told;
} changes[] = {
	{VERDICT_NONE, VERDICT_UP, NODE_ANNOUNCED, CAUSE_RESULT, true},
	{VERDICT_NONE, VERDICT_DOWN, NODE_WITHDREW, CAUSE_RESULT, true},
	{VERDICT_UP, VERDICT_DISABLED, NODE_DRAINS, CAUSE_RESULT, true},
	{VERDICT_UP, VERDICT_UP, NODE_ANNOUNCED, CAUSE_RESULT, false},
	{VERDICT_DOWN, VERDICT_DOWN, NODE_WITHDREW, CAUSE_RESULT, false},
	{VERDICT_UP, VERDICT_UP, NODE_HELD, CAUSE_RESULT, false},
	{VERDICT_UP, VERDICT_UP, NODE_HELD, CAUSE_MEMBERS, false},
	{VERDICT_UP, VERDICT_DOWN, NODE_WITHDREW, CAUSE_TIME, true},
	{VERDICT_DOWN, VERDICT_DOWN, NODE_WITHDREW, CAUSE_GUARD, true},
	{VERDICT_DISABLED, VERDICT_DISABLED, NODE_WITHDREW, CAUSE_DRAINED, true},
	{VERDICT_DISABLED, VERDICT_DISABLED, NODE_SAME, CAUSE_OVERRIDE, false},
};

START_TEST(of_changes)
{
	const struct log_record record = {.about = {.level = LOG_LEVEL_ERROR, .event = LOG_EVENT_WITHDRAW, .subject = "web"}};
	const struct node_change change = {.node = checks_node(checks, WEB_CHECK), .before = changes[_i].before,
	    .after = changes[_i].after, .effect = changes[_i].effect, .cause = changes[_i].cause};
	const struct notifier_change notifier_change = {&change, false, ""};

	ck_assert_int_eq(notifier_event(&record, "healthcheck", &notifier_change), changes[_i].told ? LOG_EVENT_WITHDRAW :
	    LOG_EVENT_USUAL);
}
END_TEST

/* Lines that are no change: which of them are told, as what. */
static const struct {
	const char *subsystem, *subject;
	enum log_level level;
	enum log_fault fault;
	const char *event; /* NULL: it is not */
} lines[] = {
	{"worker", "web", LOG_LEVEL_WARNING, LOG_FAULT_SILENCE, "error"},
	{"worker", "web", LOG_LEVEL_ERROR, LOG_FAULT_CRASH, "error"},
	{"configuration", "web", LOG_LEVEL_INFO, LOG_FAULT_NONE, NULL},
	{"healthcheck", "web", LOG_LEVEL_DEBUG, LOG_FAULT_NONE, NULL},
	{"announcer", NULL, LOG_LEVEL_WARNING, LOG_FAULT_NONE, "error"},
	{"announcer", NULL, LOG_LEVEL_ERROR, LOG_FAULT_REJECTED, "error"},
	{"announcer", NULL, LOG_LEVEL_INFO, LOG_FAULT_NONE, NULL},
	{"master", NULL, LOG_LEVEL_INFO, LOG_FAULT_NONE, "info"},
	{"master", NULL, LOG_LEVEL_DEBUG, LOG_FAULT_NONE, NULL},
	{"configuration", NULL, LOG_LEVEL_SUCCESS, LOG_FAULT_NONE, "info"},
	{"configuration", NULL, LOG_LEVEL_ERROR, LOG_FAULT_PROTOCOL, "error"},
	{"notification", NULL, LOG_LEVEL_ERROR, LOG_FAULT_NONE, NULL},
	{"notification", NULL, LOG_LEVEL_INFO, LOG_FAULT_CRASH, NULL},
};

START_TEST(of_other_lines)
{
	static const char *const faults[LOG_FAULTS] = {NULL, "crash", "protocol", "rejected", "silence"};
	json_t *notice;

	strcpy(subsystem, lines[_i].subsystem);
	log_fault(lines[_i].fault, lines[_i].level, lines[_i].subject, "something %d", _i);
	if (lines[_i].event == NULL) {
		none();
		return;
	}
	notice = one();
	ck_assert_str_eq(json_string_value(json_object_get(notice, "event")), lines[_i].event);
	ck_assert_str_eq(json_string_value(json_object_get(notice, "level")), log_level_name(lines[_i].level));
	ck_assert_str_eq(json_string_value(json_object_get(notice, "subsystem")), lines[_i].subsystem);
	ck_assert_pstr_eq(json_string_value(json_object_get(notice, "check")), lines[_i].subject);
	ck_assert_pstr_eq(json_string_value(json_object_get(notice, "fault")), faults[lines[_i].fault]);
	ck_assert(json_is_null(json_object_get(notice, "to")) && json_is_null(json_object_get(notice, "cause")));
	ck_assert(strncmp(json_string_value(json_object_get(notice, "text")), "something ", 10) == 0);
	json_decref(notice);
}
END_TEST

/* The allocation of JSON that fails: the first, the second …; 0: none does. */
static unsigned scarce;

static void *
scarce_malloc(size_t size)
{
	return scarce > 0 && --scarce == 0 ? NULL : malloc(size);
}

START_TEST(without_memory_none)
{
	const struct log_source source = {.file = "a.c", .line = 1, .function = "f"};
	struct log_record record = {.about = {.level = LOG_LEVEL_ERROR, .subject = "web"}, .source = &source, .text = "text"};
	const struct node_change change = {.node = checks_node(checks, WEB_CHECK), .before = VERDICT_UP,
	    .after = VERDICT_DOWN, .effect = NODE_WITHDREW, .now = now};
	const struct notifier_change notifier_change = {&change, false, "cut \xe2\x82"};
	char *line = NULL;
	unsigned failing = 0;

	json_set_alloc_funcs(scarce_malloc, free);
	for (; line == NULL; failing++) {
		scarce = failing + 1;
		line = notifier_line(&record, LOG_EVENT_WITHDRAW, "healthcheck", &notifier_change, 1);
		ck_assert_uint_lt(failing, 1000);
	}
	scarce = 0;
	ck_assert_uint_gt(failing, 20);
	ck_assert_ptr_nonnull(strstr(line, "\"cause\":\"cut ??\""));
	free(line);
}
END_TEST

static const struct {
	const char *word;
	uint32_t id;
	size_t target;
	const char *text; /* NULL: it is no such word */
} outcomes[] = {
	{"test: 7 0 ok", 7, 0, ""},
	{"test: 4294967295 12 ok", 4294967295, 12, ""},
	{"test: 1 1 failed: no answer within 30 s", 1, 1, "no answer within 30 s"},
	{"test: 1 1 failed: ", 1, 1, ""},
	{"test: 4294967296 0 ok", 0, 0, NULL},
	{"test: 1 99999999999999999999999 ok", 0, 0, NULL},
	{"test: 1 18446744073709551615 ok", 0, 0, NULL},
	{"test: -1 0 ok", 0, 0, NULL},
	{"test: 1 +0 ok", 0, 0, NULL},
	{"test: 1  0 ok", 0, 0, NULL},
	{"test: 1 0 okay", 0, 0, NULL},
	{"test: 1 0", 0, 0, NULL},
	{"test: 1 0 ", 0, 0, NULL},
	{"test: 1 0 failed", 0, 0, NULL},
	{"test: ", 0, 0, NULL},
	{"tests: 1 0 ok", 0, 0, NULL},
	{"", 0, 0, NULL},
};

START_TEST(words_about_tests)
{
	struct notifier_outcome outcome;
	bool said = notifier_word_outcome(outcomes[_i].word, &outcome);

	ck_assert_int_eq(said, outcomes[_i].text != NULL);
	if (!said)
		return;
	ck_assert(outcome.id == outcomes[_i].id && outcome.target == outcomes[_i].target);
	ck_assert_str_eq(outcome.text, outcomes[_i].text);
	ck_assert_int_eq(outcome.ok, strstr(outcomes[_i].word, " ok") != NULL);
}
END_TEST

START_TEST(words_of_figures)
{
	static const char *const none_such[] = {"figures: 1 2", "figures: 1 2 3 4", "figures: 1 2 3 ", "figures:", "figures: -1 2 3",
		"figures: 1 2 9223372036854775808", "figures: a b c", "Figures: 1 2 3"};
	uint64_t results[NOTIFIER_RESULTS];

	ck_assert(notifier_word_figures("figures: 12 3 9223372036854775807", results));
	ck_assert(results[NOTIFIER_DELIVERED] == 12 && results[NOTIFIER_FAILED] == 3 && results[NOTIFIER_GAVE_UP] == INT64_MAX);
	for (size_t i = 0; i < COUNT(none_such); i++)
		ck_assert_msg(!notifier_word_figures(none_such[i], results), "%s", none_such[i]);
}
END_TEST

int
main(void)
{
	Suite *suite = suite_create("notifier");
	TCase *tcase = unit_case(suite, "notices");

	tcase_add_checked_fixture(tcase, setup, teardown);
	tcase_add_test(tcase, of_a_check);
	tcase_add_test(tcase, of_many_prefixes);
	tcase_add_test(tcase, of_a_group_and_a_member);
	tcase_add_test(tcase, with_other_attributes);
	tcase_add_test(tcase, what_drains_is_told_twice);
	tcase_add_test(tcase, what_is_held_is_told_when_it_happens);
	tcase_add_test(tcase, what_the_guard_keeps);
	tcase_add_loop_test(tcase, of_changes, 0, (int)COUNT(changes));
	tcase_add_loop_test(tcase, of_other_lines, 0, (int)COUNT(lines));
	tcase_add_test(tcase, without_memory_none);
	tcase = unit_case(suite, "words");
	tcase_add_loop_test(tcase, words_about_tests, 0, (int)COUNT(outcomes));
	tcase_add_test(tcase, words_of_figures);
	return unit_run(suite);
}
