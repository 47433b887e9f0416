/*
 * What exacheck-web is told, and what it makes of that: after every pass it has what VIEW_FULL would show, but for
 * rules.
 */
#include <event2/buffer.h>
#include <event2/event.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "../../supervisor/channel.h"
#include "../../supervisor/checks.h"
#include "../../supervisor/chronicle.h"
#include "../../supervisor/events.h"
#include "../../supervisor/feed_lines.h"
#include "../../supervisor/view.h"
#include "../../supervisor/web/model.h"
#include "configs.h"
#include "seen.h"
#include "unit.h"

#define MS NS_PER_MILLISECOND
#define STEPS 150

static const char document[] =
    "exacheck: {exabgp: {output: 'socket /nonexistent/exabgp'}}\n"
    "checks:\n"
    "- {name: a, rise: 2, fall: 2, prefixes: [192.0.2.1, 192.0.2.2], metric: 5, args: {method: tcp, host: 127.0.0.1, port: 1}}\n"
    "- {name: '<b>', rise: 1, fall: 1, prefixes: [192.0.2.1], min_up: 3, args: {method: tcp, host: 127.0.0.1, port: 1}}\n"
    "- {name: c, rise: 1, fall: 1, args: {method: tcp, host: 127.0.0.1, port: 1}}\n"
    "groups:\n"
    "- {name: g, members: [a, c], prefixes: [192.0.2.9], require: any}\n";

static struct event_base *base;
static struct ledger *ledger;
static struct checks *checks;
static struct config *config;
static struct events *events;
static struct channel *channel;
static struct chronicle chronicle;
static struct view_counts counts;
static struct view view;
static struct feed_lines lines;
static struct evbuffer *out;
static struct model *model;
static monotime_t now;

static void
setup(void)
{
	const struct checks_listener listener = {seen_transition, seen_change, &chronicle};
	char *findings;

	unit_log_silence();
	now = (monotime_t){1000 * NS_PER_SECOND};
	config = parse(document, &findings);
	free(findings); /* a warning: two checks share a prefix */
	ck_assert_ptr_nonnull(config);
	base = event_base_new();
	ledger = ledger_new();
	events = events_new();
	checks = checks_new(ledger, &listener);
	channel = channel_new(base, config, ledger, seen_ended, NULL);
	out = evbuffer_new();
	model = model_new(now);
	ck_assert(base != NULL && ledger != NULL && events != NULL && checks != NULL && channel != NULL && out != NULL &&
	    model != NULL);
	chronicle = (struct chronicle){.checks = checks, .events = events};
	view = (struct view){.config = &config, .checks = checks, .ledger = ledger, .events = events, .channel = channel,
	    .counts = &counts};
	seen_begin(checks, config, now);
	chronicle_begin(&chronicle);
	feed_lines_init(&lines, &view, checks);
	feed_lines_begin(&lines);
}

static void
teardown(void)
{
	feed_lines_clear(&lines);
	model_free(model);
	evbuffer_free(out);
	chronicle_end(&chronicle);
	channel_free(channel);
	checks_free(checks);
	events_free(events);
	ledger_free(ledger);
	config_free(config);
	event_base_free(base);
}

/* Everything in the buffer is told; returns how many lines that were. */
static unsigned
tell(void)
{
	unsigned count = 0;
	size_t length;
	char *line;

	for (; (line = evbuffer_readln(out, &length, EVBUFFER_EOL_LF)) != NULL; count++) {
		ck_assert_msg(model_take(model, line, length, now) != MODEL_BAD, "%s", line);
		free(line);
	}
	ck_assert_uint_eq(evbuffer_get_length(out), 0);
	return count;
}

/* Passes for a while: all that had changed before is told. Returns the number of lines. */
static unsigned
pass(void)
{
	monotime_t end = monotime_add(now, NS_PER_SECOND), next;
	unsigned count = 0;

	while (monotime_before(now, end)) {
		next = feed_lines_write(&lines, out, now);
		count += tell();
		ck_assert(!monotime_before(next, now));
		now = monotime_before(now, next) ? next : monotime_add(now, MS);
	}
	return count;
}

/* As one who reads it has it. */
static json_t *
reread(const char *text)
{
	json_t *map = json_loads(text, 0, NULL);

	ck_assert_msg(map != NULL, "%s", text);
	return map;
}

static json_t *
shown(size_t rank)
{
	const struct model_node *node = model_at(model, rank);
	char *text = NULL;
	size_t length = 0;
	FILE *file = open_memstream(&text, &length);
	json_t *map;

	ck_assert(file != NULL && node->map != NULL);
	model_print(node, file);
	ck_assert_int_eq(fclose(file), 0);
	map = reread(text);
	free(text);
	return map;
}

static json_t *
seen(size_t rank)
{
	json_t *map = view_node(&view, rank, VIEW_FULL, now), *read;
	char *text;

	json_object_del(map, "rules"); /* which is not for many readers */
	text = json_dumps(map, JSON_REAL_PRECISION(9));
	ck_assert_ptr_nonnull(text);
	read = reread(text);
	free(text);
	json_decref(map);
	return read;
}

static void
compare_maps(const json_t *is, json_t *ought)
{
	const char *key;
	json_t *value;

	ck_assert_uint_eq(json_object_size(is), json_object_size(ought));
	json_object_foreach(ought, key, value) {
		char *is_text = json_dumps(json_object_get(is, key), JSON_ENCODE_ANY | JSON_SORT_KEYS);
		char *ought_text = json_dumps(value, JSON_ENCODE_ANY | JSON_SORT_KEYS);

		ck_assert_ptr_nonnull(ought_text);
		ck_assert_msg(is_text != NULL && strcmp(is_text, ought_text) == 0, "%s: %.1000s instead of %.1000s", key,
		    is_text, ought_text);
		free(is_text);
		free(ought_text);
	}
}

static void
compare(void)
{
	ck_assert_uint_eq(model_count(model), checks_node_count(checks));
	for (size_t rank = 0; rank < checks_node_count(checks); rank++) {
		json_t *is = shown(rank), *ought = seen(rank);

		compare_maps(is, ought);
		json_decref(is);
		json_decref(ought);
	}
}

static void
steer(size_t rank, bool disable)
{
	struct override override = {.kind = OVERRIDE_DISABLE, .set = now, .until = monotime_add(now, 2 * NS_PER_SECOND)};

	if (!disable) {
		checks_release(checks, rank, "enabled", now);
		return;
	}
	ck_assert(override_set_texts(&override, "somebody", NULL));
	checks_override(checks, rank, &override, now);
}

START_TEST(begins_with_everything)
{
	ck_assert_uint_eq(pass(), 2 + 4); /* the order, exacheck itself, each node */
	ck_assert(model_live(model));
	ck_assert_ptr_nonnull(model_exacheck(model));
	ck_assert_str_eq(model_at(model, 1)->name, "<b>");
	ck_assert(model_at(model, 3)->group && !model_at(model, 2)->group);
	compare();
}
END_TEST

START_TEST(tells_what_changed_and_nothing_else)
{
	uint64_t before;

	pass();
	before = model_sequence(model);
	seen_execute(checks_at(checks, 2), false, MS, now);
	ck_assert_uint_eq(pass(), 3); /* it, its group, and exacheck itself, which counts */
	ck_assert(model_at(model, 2)->sequence > before && model_at(model, 3)->sequence > before);
	ck_assert(model_at(model, 0)->sequence < before && model_at(model, 1)->sequence < before);
	compare();
	pass();
	before = model_sequence(model);
	pass();
	ck_assert_uint_eq(model_sequence(model), before);
}
END_TEST

START_TEST(same_as_seen)
{
	srandom(7);
	pass();
	for (int step = 0; step < unit_rounds(STEPS); step++) {
		for (long i = random() % 5; i > 0; i--)
			seen_execute(checks_at(checks, (size_t)(random() % 3)), random() % 3 != 0, MS, now);
		if (random() % 8 == 0)
			steer((size_t)(random() % 4), random() % 3 != 0);
		if (random() % 2 == 0)
			seen_exchange(ledger, random() % 4 != 0, now);
		now = monotime_add(now, (random() % 3000) * MS);
		checks_turn(checks, now);
		pass();
		compare();
	}
}
END_TEST

START_TEST(all_of_it_for_another)
{
	for (int i = 0; i < 40; i++)
		seen_execute(checks_at(checks, 0), true, MS, now);
	pass();
	compare();
	model_free(model);
	model = model_new(now);
	ck_assert_ptr_nonnull(model);
	feed_lines_begin(&lines);
	ck_assert_uint_eq(pass(), 2 + 4);
	compare();
}
END_TEST

/* A route's news that come while its node has just been told: of a group, which has nothing else to tell. */
START_TEST(news_wait_for_their_turn)
{
	pass();
	seen_execute(checks_at(checks, 0), true, MS, now);
	seen_execute(checks_at(checks, 0), true, MS, now);
	feed_lines_write(&lines, out, now);
	now = monotime_add(now, 300 * MS);
	feed_lines_write(&lines, out, now);
	tell();
	seen_exchange(ledger, true, now);
	for (int i = 0; i < 4; i++) {
		now = monotime_add(now, 300 * MS);
		feed_lines_write(&lines, out, now);
		tell();
	}
	compare();
}
END_TEST

START_TEST(quick_ones_are_told_twice_a_second)
{
	unsigned told = 0;

	pass();
	for (int i = 0; i < 1000; i++) {
		seen_execute(checks_at(checks, 0), true, MS, now);
		now = monotime_add(now, 10 * MS);
		feed_lines_write(&lines, out, now);
		told += tell();
	}
	/* ten seconds: it, and exacheck itself now and then */
	ck_assert_uint_ge(told, 20);
	ck_assert_uint_le(told, 20 + 10 + 4);
	pass();
	compare();
}
END_TEST

/* The allocation of JSON that fails: the first, the second …; 0: none does. */
static unsigned scarce;

static void *
scarce_malloc(size_t size)
{
	return scarce > 0 && --scarce == 0 ? NULL : malloc(size);
}

START_TEST(without_memory_later)
{
	unsigned failing = 1;
	bool reached;

	json_set_alloc_funcs(scarce_malloc, free);
	seen_execute(checks_at(checks, 0), true, MS, now);
	seen_execute(checks_at(checks, 1), false, MS, now);
	seen_exchange(ledger, false, now);
	do {
		feed_lines_begin(&lines);
		model_free(model);
		model = model_new(now);
		ck_assert_ptr_nonnull(model);
		scarce = failing;
		for (int i = 0; i < 4; i++)
			now = monotime_add(now, feed_lines_write(&lines, out, now).ns > now.ns ? NS_PER_SECOND : 0);
		reached = scarce == 0;
		scarce = 0;
		tell();
		pass();
		ck_assert_ptr_nonnull(model_at(model, 3)->map);
		pass();
		if (!reached || failing % 8 == 0)
			compare();
		failing += (failing < 60 ? 1U : 7U) * (unsigned)unit_stride(5); /* every one of the first line, and some of each other */
	} while (reached);
	ck_assert_uint_gt(failing, 100);
}
END_TEST

int
main(void)
{
	Suite *suite = suite_create("feed");
	TCase *tcase = unit_case(suite, "lines");

	tcase_add_checked_fixture(tcase, setup, teardown);
	tcase_add_test(tcase, begins_with_everything);
	tcase_add_test(tcase, tells_what_changed_and_nothing_else);
	tcase_add_test(tcase, same_as_seen);
	tcase_add_test(tcase, all_of_it_for_another);
	tcase_add_test(tcase, without_memory_later);
	tcase_add_test(tcase, news_wait_for_their_turn);
	tcase_add_test(tcase, quick_ones_are_told_twice_a_second);
	return unit_run(suite);
}
