/*
 * What is kept for those who look, and what they see: figures, history, events, and all of it as JSON.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "../../common/log.h"
#include "../../common/walltime.h"
#include "../../supervisor/checks.h"
#include "../../supervisor/chronicle.h"
#include "../../supervisor/events.h"
#include "../../supervisor/kept_state.h"
#include "../../supervisor/view.h"
#include "configs.h"
#include "seen.h"
#include "unit.h"

#define MS NS_PER_MILLISECOND

static const char document[] =
    "checks:\n"
    "- {name: a, rise: 2, fall: 2, prefixes: [192.0.2.1, 192.0.2.2], metric: 5, args: {method: tcp, host: 127.0.0.1, port: 1}}\n"
    "- {name: b, rise: 1, fall: 1, prefixes: [192.0.2.1], min_up: 60, args: {method: tcp, host: 127.0.0.1, port: 1}}\n"
    "- {name: c, rise: 1, fall: 1, args: {method: tcp, host: 127.0.0.1, port: 1}}\n"
    "groups:\n"
    "- {name: g, members: [a, c], prefixes: [192.0.2.9], require: any}\n";

static struct ledger *ledger;
static struct checks *checks;
static struct config *config;
static struct events *events;
static struct chronicle chronicle;
static struct view view;
static monotime_t now;

static void
quiet(enum log_level level, const char *subject, const char *text)
{
	(void)level;
	(void)subject;
	(void)text;
}

static void
setup(void)
{
	const struct checks_listener listener = {seen_transition, seen_change, &chronicle};
	char *findings;

	now = (monotime_t){1000 * NS_PER_SECOND};
	config = parse(document, &findings);
	free(findings); /* a warning: two checks share a prefix */
	ck_assert_ptr_nonnull(config);
	ledger = ledger_new();
	events = events_new();
	checks = checks_new(ledger, &listener);
	ck_assert(ledger != NULL && events != NULL && checks != NULL);
	chronicle = (struct chronicle){.checks = checks, .events = events};
	view = (struct view){.config = &config, .checks = checks, .ledger = ledger, .events = events};
	seen_begin(checks, config, now);
	log_set_sink(quiet);
	chronicle_begin(&chronicle);
}

static void
teardown(void)
{
	chronicle_end(&chronicle);
	log_set_sink(NULL);
	checks_free(checks);
	events_free(events);
	ledger_free(ledger);
	config_free(config);
}

/* One execution of a check, some time later. */
static void
execute(size_t rank, bool pass, int64_t duration_ns)
{
	now = monotime_add(now, NS_PER_SECOND);
	seen_execute(checks_at(checks, rank), pass, duration_ns, now);
}

static json_t *
node(size_t rank)
{
	json_t *map = view_node(&view, rank, VIEW_FULL, now);

	ck_assert_ptr_nonnull(map);
	return map;
}

static const char *
text(const json_t *map, const char *key)
{
	return json_string_value(json_object_get(map, key));
}

static json_int_t
number(const json_t *map, const char *key)
{
	ck_assert_msg(json_is_integer(json_object_get(map, key)), "%s", key);
	return json_integer_value(json_object_get(map, key));
}

START_TEST(figures_of_executions)
{
	struct results results = {0};
	struct result pass, error;

	ck_assert_ptr_null(results_kept(&results, 0));
	result_pass(&pass, "ok");
	result_error(&error, REASON_LOCAL, "no memory");
	for (int i = 0; i < 40; i++)
		results_add(&results, &pass, (i + 1) * MS, (monotime_t){i});
	results_add(&results, &error, INT64_MAX / 4, (monotime_t){40});
	ck_assert_uint_eq(results.passes, 40);
	ck_assert_uint_eq(results.failures, 1);
	ck_assert_uint_eq(results.executions[RESULT_PASS][REASON_OK], 40);
	ck_assert_uint_eq(results.executions[RESULT_ERROR][REASON_LOCAL], 1);
	/* 1 ms; 2; 3 to 5; 6 to 10; 11 to 25; 26 to 40; for ever */
	ck_assert_uint_eq(results.buckets[1], 1);
	ck_assert_uint_eq(results.buckets[2], 1);
	ck_assert_uint_eq(results.buckets[3], 3);
	ck_assert_uint_eq(results.buckets[4], 5);
	ck_assert_uint_eq(results.buckets[5], 15);
	ck_assert_uint_eq(results.buckets[6], 15);
	ck_assert_uint_eq(results.buckets[RESULTS_BUCKETS - 1], 1);
	ck_assert_int_eq(results_kept(&results, 0)->at.ns, 40);
	ck_assert_uint_eq(results_kept(&results, 0)->duration_us, UINT32_MAX);
	ck_assert_int_eq(results_kept(&results, RESULTS_KEPT - 1)->at.ns, 41 - RESULTS_KEPT);
	ck_assert_ptr_null(results_kept(&results, RESULTS_KEPT));
	ck_assert_str_eq(results.text, "no memory");
}
END_TEST

START_TEST(changes_of_a_node)
{
	struct history history = {0};
	char line[32];

	ck_assert_ptr_null(history_kept(&history, 0));
	for (int i = 0; i < HISTORY_KEPT + 3; i++) {
		snprintf(line, sizeof(line), "change %d", i);
		history_add(&history, i % 2 == 0 ? "up" : "down", line, i % 3 == 0, (monotime_t){i + 1});
	}
	ck_assert_uint_eq(history.transitions, (HISTORY_KEPT + 5) / 3);
	ck_assert_int_eq(history.state_since.ns, HISTORY_KEPT + 1);
	ck_assert_str_eq(history_kept(&history, 0)->text, "change 26");
	ck_assert_str_eq(history_kept(&history, HISTORY_KEPT - 1)->text, "change 3");
	ck_assert_ptr_null(history_kept(&history, HISTORY_KEPT));
	history_clear(&history);
	ck_assert_ptr_null(history_kept(&history, 0));
}
END_TEST

START_TEST(dates)
{
	char line[WALLTIME_SIZE];
	const monotime_t point = walltime_point(INT64_C(951782399500000000));

	walltime_format(point, line);
	ck_assert_str_eq(line + strlen(line) - 1, "Z");
	ck_assert_uint_eq(strlen(line), strlen("2000-02-28T23:59:59.500Z"));
	line[strlen("2000-02-28T23:59:59")] = '\0'; /* the two clocks are not read at once */
	ck_assert_str_eq(line, "2000-02-28T23:59:59");
}
END_TEST

START_TEST(lines_are_events)
{
	uint64_t first = events_last(events);
	const struct events_one *one;

	log_line(LOG_LEVEL_WARNING, "a", "worker lost");
	log_line(LOG_LEVEL_DEBUG, "a", "of no interest");
	log_set_level(LOG_LEVEL_ERROR);
	log_info("not written, but an event");
	log_set_level(LOG_LEVEL_SUCCESS);
	ck_assert_uint_eq(events_last(events), first + 2);
	one = events_at(events, first + 1);
	ck_assert_str_eq(one->name, "a");
	ck_assert_str_eq(one->text, "worker lost");
	ck_assert_int_eq(one->level, LOG_LEVEL_WARNING);
	ck_assert_ptr_null(one->before);
	ck_assert_ptr_null(events_at(events, first + 2)->name);
	ck_assert_ptr_null(events_at(events, first + 3));
	ck_assert_ptr_null(events_at(events, 0));
	for (unsigned i = 0; i < EVENTS_KEPT; i++)
		log_info("line %u", i);
	ck_assert_ptr_null(events_at(events, first + 2));
	ck_assert_str_eq(events_at(events, first + 3)->text, "line 0");
}
END_TEST

START_TEST(a_change_is_one_event)
{
	uint64_t first = events_last(events);
	const struct events_one *one;
	json_t *map;

	execute(1, true, MS);
	ck_assert_uint_eq(events_last(events), first + 1);
	one = events_at(events, first + 1);
	ck_assert_str_eq(one->name, "b");
	ck_assert_str_eq(one->before, "startup");
	ck_assert_str_eq(one->after, "up");
	ck_assert_str_eq(one->text, "startup -> up: pass ok (fine) in 1.0 ms; announced 192.0.2.1/32");
	map = view_event(one);
	ck_assert_ptr_nonnull(map);
	ck_assert_str_eq(text(map, "text"), one->text);
	ck_assert_int_eq(number(map, "number"), (json_int_t)first + 1);
	json_decref(map);
	execute(1, true, MS);
	ck_assert_uint_eq(events_last(events), first + 1);
	execute(1, false, MS); /* min_up holds it */
	ck_assert_uint_eq(events_last(events), first + 2);
}
END_TEST

START_TEST(a_check_is_seen)
{
	json_t *map, *routes, *last;
	char *line;

	map = node(0);
	ck_assert_str_eq(text(map, "name"), "a");
	ck_assert_str_eq(text(map, "method"), "tcp");
	ck_assert_str_eq(text(map, "state"), "startup");
	ck_assert(json_is_null(json_object_get(map, "since")));
	ck_assert(json_is_null(json_object_get(map, "last")));
	ck_assert(json_is_false(json_object_get(map, "announced")));
	ck_assert_str_eq(text(json_object_get(map, "rules"), "down"), "withdraw");
	ck_assert_double_eq_tol(json_real_value(json_object_get(json_object_get(map, "rules"), "drain_time_s")), 0, 1e-9);
	json_decref(map);

	execute(0, true, 3 * MS / 2);
	map = node(0);
	ck_assert_str_eq(text(map, "state"), "rising");
	ck_assert_str_eq(text(map, "progress"), "rising (1/2)");
	ck_assert_int_eq(number(map, "count"), 1);
	ck_assert_int_eq(number(map, "rise"), 2);
	last = json_object_get(map, "last");
	ck_assert_str_eq(text(last, "result"), "pass");
	ck_assert_str_eq(text(last, "reason"), "ok");
	ck_assert_str_eq(text(last, "text"), "fine");
	ck_assert_double_eq_tol(json_real_value(json_object_get(last, "duration_ms")), 1.5, 1e-9);
	json_decref(map);

	execute(0, true, MS);
	seen_exchange(ledger, true, now);
	execute(0, false, MS);
	map = node(0);
	ck_assert_str_eq(text(map, "state"), "falling");
	ck_assert_str_eq(text(map, "verdict"), "up");
	ck_assert_int_eq(number(map, "successes"), 2);
	ck_assert_int_eq(number(map, "failures"), 1);
	ck_assert_int_eq(number(map, "transitions"), 3);
	ck_assert_uint_eq(json_array_size(json_object_get(map, "recent")), 3);
	ck_assert_uint_eq(json_array_size(json_object_get(map, "executions")), 2);
	ck_assert_int_eq(json_integer_value(json_array_get(json_object_get(json_object_get(map, "durations"), "counts"),
	    RESULTS_BUCKETS - 1)), 3);
	ck_assert(json_is_true(json_object_get(map, "announced")));
	routes = json_object_get(map, "routes");
	ck_assert_uint_eq(json_array_size(routes), 2);
	ck_assert_str_eq(text(json_array_get(routes, 1), "prefix"), "192.0.2.2/32");
	ck_assert_str_eq(text(json_array_get(routes, 1), "state"), "announced");
	ck_assert_str_eq(text(json_array_get(routes, 1), "by"), "a");
	json_decref(map);
	checks_at(checks, 0)->results.fed = 2;
	map = view_node(&view, 0, VIEW_FEED, now);
	ck_assert_ptr_null(json_object_get(map, "recent"));
	ck_assert_uint_eq(json_array_size(json_object_get(map, "news")), 1);
	ck_assert_str_eq(text(json_array_get(json_object_get(map, "news"), 0), "reason"), "refused");
	line = view_line("check", map);
	ck_assert_ptr_nonnull(line);
	ck_assert_int_eq(strncmp(line, "{\"type\":\"check\",\"name\":\"a\",", 26), 0);
	ck_assert_str_eq(line + strlen(line) - 2, "}\n");
	free(line);
	ck_assert_ptr_null(view_line("check", NULL));
	map = view_history(&view, 0);
	ck_assert_uint_eq(json_array_size(map), 3);
	ck_assert_str_eq(text(json_array_get(map, 0), "state"), "rising");
	ck_assert_str_eq(text(json_array_get(map, 2), "state"), "falling");
	json_decref(map);
}
END_TEST

START_TEST(held_groups_and_routes_are_seen)
{
	const struct route_key key = {.prefix = config->checks[1].node.networks[0]};
	json_t *map;

	execute(1, true, MS);
	execute(1, false, MS);
	execute(2, true, MS);
	seen_exchange(ledger, true, now);
	map = node(1);
	ck_assert_str_eq(text(map, "state"), "down");
	ck_assert_str_eq(text(map, "verdict"), "up");
	ck_assert_str_eq(text(map, "found"), "down");
	ck_assert_ptr_nonnull(text(map, "held_until"));
	json_decref(map);
	map = node(3);
	ck_assert_str_eq(text(map, "name"), "g");
	ck_assert_str_eq(text(map, "state"), "up");
	ck_assert_int_eq(number(map, "threshold"), 1);
	ck_assert_str_eq(text(json_array_get(json_object_get(map, "members"), 0), "verdict"), "undecided");
	ck_assert_str_eq(text(json_array_get(json_object_get(map, "members"), 1), "verdict"), "up");
	json_decref(map);
	map = view_route(&view, ledger_look_up(ledger, &key));
	ck_assert_ptr_nonnull(map);
	ck_assert_str_eq(text(map, "state"), "announced");
	ck_assert_str_eq(text(map, "acked"), "announced");
	ck_assert_str_eq(text(map, "by"), "b");
	ck_assert_str_eq(text(json_array_get(json_object_get(map, "owners"), 0), "name"), "a");
	ck_assert_str_eq(text(json_array_get(json_object_get(map, "owners"), 0), "wish"), "undecided");
	json_decref(map);
}
END_TEST

START_TEST(a_refusal_is_seen)
{
	struct route *route;
	json_t *map;

	execute(2, true, MS);
	while ((route = ledger_next(ledger, now)) != NULL) {
		uint64_t before = ledger_news(ledger);

		route_sent(ledger, route);
		route_answer(ledger, route, false, "no such family", now);
		ck_assert_uint_gt(ledger_news(ledger), before);
		ck_assert_uint_gt(route_news_of(route), before);
	}
	map = node(3);
	ck_assert_str_eq(text(json_array_get(json_object_get(map, "routes"), 0), "state"), "rejected");
	ck_assert_str_eq(text(json_array_get(json_object_get(map, "routes"), 0), "error"), "no such family");
	json_decref(map);
}
END_TEST

/* A path longer than what a line says of it, of characters of two bytes, whichever of them the cut is in. */
START_TEST(what_is_cut_is_seen)
{
	char path[2048], *former = checks_at(checks, 0)->config->options.disable;
	struct check_options *options = &config->checks[0].options;
	json_t *seen;

	for (int shift = 0; shift < 2; shift++) {
		size_t length = (size_t)snprintf(path, sizeof(path), "/%.*s", shift, "x");

		for (; length < 1200; length += 2)
			memcpy(path + length, "\xc3\xa9", 3);
		options->disable = path;
		check_disabled(checks_at(checks, 0), true, now);
		check_disabled(checks_at(checks, 0), false, now);
		ck_assert_ptr_nonnull(seen = view_history(&view, 0));
		json_decref(seen);
		ck_assert_ptr_nonnull(seen = view_event(events_at(events, events_last(events))));
		json_decref(seen);
	}
	options->disable = former;
}
END_TEST

static bool
kept_read(void *context, const json_t *map, char error[static STATE_ERROR_SIZE])
{
	(void)context;
	return kept_load(checks, map, error);
}

/* All nodes as text; malloc'd. */
static char *
everything(void)
{
	json_t *list = json_array();
	char *dump;

	for (size_t rank = 0; rank < checks_node_count(checks); rank++) {
		json_t *map = node(rank);

		/* these are no part of it */
		json_object_del(map, "routes");
		json_object_del(map, "announced");
		ck_assert_int_eq(json_array_append_new(list, map), 0);
		ck_assert_int_eq(json_array_append_new(list, view_history(&view, rank)), 0);
	}
	dump = json_dumps(list, JSON_COMPACT);
	ck_assert_ptr_nonnull(dump);
	json_decref(list);
	for (char *point = dump; (point = strchr(point, 'T')) != NULL; point++)
		if (strspn(point + 1, "0123456789:.Z") == strlen("23:59:59.123Z"))
			memset(point + 1, '0', strlen("23:59:59.123")); /* the two clocks are not read at once */
	return dump;
}

START_TEST(figures_and_history_go_on)
{
	static const struct state_reader readers[] = {{"kept", kept_read}, {NULL, NULL}};
	char error[STATE_ERROR_SIZE] = "", *before, *after;
	FILE *file = tmpfile();
	int64_t last;

	for (int i = 0; i < RESULTS_KEPT + 5; i++)
		execute(0, i % 7 < 4, (i % 5) * MS);
	execute(1, true, MS);
	last = results_kept(&checks_at(checks, 0)->results, RESULTS_KEPT - 1)->at.ns;
	before = everything();
	ck_assert(file != NULL && kept_save(checks, file) && state_write(file, "end", json_object()) && fflush(file) == 0);
	for (size_t rank = 0; rank < checks_node_count(checks); rank++)
		history_clear(&checks_node(checks, rank)->history);
	for (size_t rank = 0; rank < checks_count(checks); rank++)
		checks_at(checks, rank)->results = (struct results){0};
	ck_assert_msg(state_read(fileno(file), readers, NULL, error), "%s", error);
	after = everything();
	ck_assert_str_eq(after, before);
	ck_assert_int_eq(results_kept(&checks_at(checks, 0)->results, RESULTS_KEPT - 1)->at.ns, last);
	free(before);
	free(after);
	fclose(file);
}
END_TEST

START_TEST(damaged_figures_are_refused)
{
	static const char *const maps[] = {"{}", "{\"name\": \"nobody\", \"changes\": []}", "{\"name\": \"a\"}",
		"{\"name\": \"a\", \"changes\": [5]}", "{\"name\": \"a\", \"changes\": [[1, \"odd\", \"x\"]]}",
		"{\"name\": \"a\", \"changes\": [[1, \"up\", \"x\"], [1, \"up\", 7]]}",
		"{\"name\": \"a\", \"changes\": [], \"results\": {}}",
		"{\"name\": \"a\", \"changes\": [], \"results\": {\"text\": \"\", \"ring\": [1, 2, 3], \"cells\": [], \"buckets\": []}}",
		"{\"name\": \"a\", \"changes\": [], \"results\": {\"text\": \"\", \"ring\": [1, 2, 3, 0], \"cells\": [], \"buckets\": []}}",
		"{\"name\": \"a\", \"changes\": [], \"results\": {\"text\": \"\", \"ring\": [1, 2, 0, 99], \"cells\": [], \"buckets\": []}}",
		"{\"name\": \"a\", \"changes\": [], \"results\": {\"text\": \"\", \"ring\": [], \"cells\": [3, 0, 1], \"buckets\": []}}",
		"{\"name\": \"a\", \"changes\": [], \"results\": {\"text\": \"\", \"ring\": [], \"cells\": [0, 0, -1], \"buckets\": []}}"};
	char *before, *after, error[STATE_ERROR_SIZE];

	execute(0, true, MS);
	before = everything();
	for (size_t i = 0; i < COUNT(maps); i++) {
		json_t *map = json_loads(maps[i], 0, NULL);

		ck_assert_ptr_nonnull(map);
		error[0] = '\0';
		ck_assert_msg(!kept_load(checks, map, error) && error[0] != '\0', "%s", maps[i]);
		json_decref(map);
	}
	after = everything();
	ck_assert_str_eq(after, before);
	free(before);
	free(after);
}
END_TEST

START_TEST(a_route_of_a_former_place_is_seen)
{
	struct route_key key = {.neighbor = NULL};
	json_t *map;

	ck_assert_int_eq(prefix_parse("192.0.2.77", &key.prefix), PREFIX_OK);
	ck_assert(ledger_announce(ledger, &key, 4711, 1000, "med 1"));
	map = view_route(&view, ledger_look_up(ledger, &key));
	ck_assert_ptr_nonnull(map);
	ck_assert(json_is_null(json_object_get(map, "by")));
	ck_assert_uint_eq(json_array_size(json_object_get(map, "owners")), 0);
	json_decref(map);
}
END_TEST

/* Memory for JSON. */
static int pieces;	 /* that are in use */
static int memory = -1; /* pieces to come before there is none for one; negative: there always is */

static void *
piece_new(size_t size)
{
	void *piece = memory >= 0 && memory-- == 0 ? NULL : malloc(size);

	pieces += piece != NULL;
	return piece;
}

static void
piece_free(void *piece)
{
	pieces -= piece != NULL;
	free(piece);
}

static json_t *
see(unsigned what)
{
	switch (what) {
	case 0:
		return view_node(&view, 0, VIEW_FULL, now);
	case 1:
		return view_node(&view, 1, VIEW_FEED, now);
	case 2:
		return view_node(&view, 3, VIEW_BRIEF, now);
	case 3:
		return view_route(&view, ledger_seek(ledger, &(struct route_key){.neighbor = NULL}, false));
	case 4:
		return view_history(&view, 0);
	case 5:
		return view_event(events_at(events, events_last(events)));
	default:
		return NULL;
	}
}

/* It is whole or there is none of it, and nothing is left of it. */
START_TEST(without_memory_there_is_nothing)
{
	json_t *seen;

	execute(0, true, MS);
	execute(0, true, MS);
	execute(1, true, MS);
	seen_exchange(ledger, true, now);
	json_set_alloc_funcs(piece_new, piece_free);
	for (unsigned what = 0; what <= 5; what++)
		for (int failing = 0, left = 0; left == 0; failing++) {
			pieces = 0;
			memory = failing;
			seen = see(what);
			left = memory >= 0;
			memory = -1;
			ck_assert_msg((seen != NULL) == left, "%u, without piece %d", what, failing);
			json_decref(seen);
			ck_assert_msg(pieces == 0, "%u, without piece %d: %d are lost", what, failing, pieces);
		}
	json_set_alloc_funcs(malloc, free);
}
END_TEST

int
main(void)
{
	Suite *suite = suite_create("view");
	TCase *kept = unit_case(suite, "kept"), *seen = unit_case(suite, "seen");

	tcase_add_test(kept, figures_of_executions);
	tcase_add_test(kept, changes_of_a_node);
	tcase_add_test(kept, dates);
	tcase_add_checked_fixture(seen, setup, teardown);
	tcase_add_test(seen, lines_are_events);
	tcase_add_test(seen, a_change_is_one_event);
	tcase_add_test(seen, a_check_is_seen);
	tcase_add_test(seen, held_groups_and_routes_are_seen);
	tcase_add_test(seen, a_refusal_is_seen);
	tcase_add_test(seen, what_is_cut_is_seen);
	tcase_add_test(seen, figures_and_history_go_on);
	tcase_add_test(seen, damaged_figures_are_refused);
	tcase_add_test(seen, a_route_of_a_former_place_is_seen);
	tcase_add_test(seen, without_memory_there_is_nothing);
	return unit_run(suite);
}
