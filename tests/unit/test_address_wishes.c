/*
 * Which addresses are wanted as the states of checks and groups change, in virtual time.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "../../supervisor/address_wishes.h"
#include "../../supervisor/checks.h"
#include "configs.h"
#include "seen.h"
#include "unit.h"

#define FAST "rise: 1, fall: 1, args: {method: tcp, host: 127.0.0.1, port: 1}}\n"

static const char document[] =
    "checks:\n"
    "- {name: a, prefixes: 192.0.2.1, ip_setup: {label: x}, " FAST
    "- {name: b, prefixes: [192.0.2.1, 192.0.2.2], path_id: 1, ip_setup: {label: x, dynamic: true}, " FAST
    "- {name: c, prefixes: 192.0.2.3, drain_time: 10, down: {metric: 1}, ip_setup: {dynamic: true}, " FAST
    "- {name: d, " FAST
    "groups:\n"
    "- {name: g, members: [d], prefixes: 192.0.2.5, guard: {keep_last: true}, ip_setup: {dynamic: true, interface: eth0}}\n";

enum { A, B, C, D };

static struct ledger *ledger;
static struct checks *checks;
static struct config *config;
static struct address_wishes *wishes;
static monotime_t now;

static void
setup(void)
{
	const struct checks_listener nobody = {0};
	char *findings;

	unit_log_silence();
	now = at(1000);
	config = parse(document, &findings);
	ck_assert_msg(config != NULL, "%s", findings);
	free(findings);
	ledger = ledger_new();
	checks = checks_new(ledger, &nobody);
	wishes = address_wishes_new();
	ck_assert(ledger != NULL && checks != NULL && wishes != NULL);
	ck_assert(!address_wishes_any(wishes) && !address_wishes_dynamic(wishes));
	seen_begin(checks, config, now);
	ck_assert(address_wishes_follow(wishes, config));
	ck_assert(address_wishes_any(wishes) && address_wishes_dynamic(wishes));
}

static void
teardown(void)
{
	address_wishes_free(wishes);
	checks_free(checks);
	ledger_free(ledger);
	config_free(config);
}

static void
judge(size_t rank, bool pass)
{
	seen_execute(checks_at(checks, rank), pass, NS_PER_MILLISECOND, now);
}

/* NULL: it is no news. "+1 ~2": the last bytes of addresses, wanted (+) or held (~). Returns when to look again. */
static monotime_t
expect(const char *wanted)
{
	monotime_t next;
	char *line, text[64] = "";
	json_t *map, *item;
	size_t i;

	ck_assert_int_eq(address_wishes_look(wishes, checks, now, &next), wanted != NULL);
	if (wanted == NULL)
		return next;
	line = address_wishes_line(wishes);
	ck_assert_ptr_nonnull(line);
	ck_assert_uint_eq(strcspn(line, "\n") + 1, strlen(line));
	map = json_loads(line, 0, NULL);
	ck_assert_str_eq(json_string_value(json_object_get(map, "type")), "want");
	json_array_foreach(json_object_get(map, "addresses"), i, item) {
		const char *address = json_string_value(json_array_get(item, 1));
		bool group = strcmp(address, "192.0.2.5") == 0, labelled = address[8] < '3';

		ck_assert_str_eq(json_string_value(json_array_get(item, 0)), group ? "eth0" : "lo");
		ck_assert_str_eq(json_string_value(json_array_get(item, 2)), labelled ? "lo:x" : "");
		snprintf(text + strlen(text), sizeof(text) - strlen(text), "%s%c%s", i > 0 ? " " : "",
		    json_is_true(json_array_get(item, 3)) ? '~' : '+', address + 8);
	}
	ck_assert_str_eq(text, wanted);
	i = 0;
	for (const char *at = text; *at != '\0'; at++)
		i += *at == '+';
	ck_assert_uint_eq(address_wishes_count(wishes), i);
	json_decref(map);
	free(line);
	address_wishes_told(wishes);
	return next;
}

static void
pass_time(double seconds)
{
	now = monotime_add(now, (int64_t)(seconds * NS_PER_SECOND));
	checks_turn(checks, now);
}

START_TEST(unknown_at_first)
{
	ck_assert_int_eq(expect("~5 +1 ~2 ~3").ns, MONOTIME_NEVER.ns);
	pass_time(100);
	expect(NULL);
	judge(A, true); /* which wants it in any case */
	expect(NULL);
	address_wishes_begin(wishes);
	expect("~5 +1 ~2 ~3");
}
END_TEST

START_TEST(up_and_down)
{
	expect("~5 +1 ~2 ~3");
	judge(B, true);
	ck_assert_int_eq(expect("~5 +1 +2 ~3").ns, MONOTIME_NEVER.ns);
	judge(B, false);
	ck_assert_int_eq(expect("~5 +1 ~2 ~3").ns, now.ns + NS_PER_SECOND / 2);
	pass_time(0.4);
	expect(NULL);
	judge(B, true); /* soon enough: nothing has happened to it */
	ck_assert_int_eq(expect("~5 +1 +2 ~3").ns, MONOTIME_NEVER.ns);
	judge(B, false);
	pass_time(0.2);
	expect("~5 +1 ~2 ~3");
	pass_time(0.499);
	expect(NULL);
	pass_time(0.001);
	expect("~5 +1 ~3");
	judge(A, false); /* which wants it in any case */
	expect(NULL);
}
END_TEST

/* What is found down at first is as good as known: it may have been up before. */
START_TEST(down_at_first)
{
	expect("~5 +1 ~2 ~3");
	judge(B, false);
	ck_assert_int_eq(expect(NULL).ns, now.ns + NS_PER_SECOND / 2);
	pass_time(0.5);
	expect("~5 +1 ~3");
}
END_TEST

START_TEST(drained)
{
	judge(C, true);
	expect("~5 +1 ~2 +3");
	check_disabled(checks_at(checks, C), true, now);
	expect(NULL);
	pass_time(9.9);
	expect(NULL);
	pass_time(0.1);
	expect("~5 +1 ~2 ~3");
	pass_time(0.5);
	expect("~5 +1 ~2");
	check_disabled(checks_at(checks, C), false, now);
	judge(C, true);
	expect("~5 +1 ~2 +3");
	judge(C, false); /* it is announced, with what it has for down */
	expect("~5 +1 ~2 ~3");
	pass_time(0.5);
	expect("~5 +1 ~2");
}
END_TEST

START_TEST(guarded)
{
	judge(D, true);
	expect("+5 +1 ~2 ~3");
	judge(D, false); /* its last route stays */
	pass_time(60);
	expect(NULL);
}
END_TEST

START_TEST(over)
{
	judge(B, true);
	expect("~5 +1 +2 ~3");
	address_wishes_end(wishes);
	ck_assert(!address_wishes_dynamic(wishes));
	ck_assert_int_eq(expect("").ns, MONOTIME_NEVER.ns);
	judge(C, true);
	expect(NULL);
}
END_TEST

/* A configuration of which every node is one of document, in its place. */
static struct config *
follow(const char *text)
{
	char *findings;
	struct config *other = parse(text, &findings);

	ck_assert_msg(other != NULL, "%s", findings);
	free(findings);
	ck_assert(address_wishes_follow(wishes, other));
	return other;
}

/* What a reload takes away stays until its route has gone, each once, unless it comes back. */
START_TEST(taken_away)
{
	static const char another[] = "checks:\n- {name: a, prefixes: 192.0.2.4, ip_setup: {}, " FAST;
	struct config *first, *second;

	expect("~5 +1 ~2 ~3");
	judge(B, true);
	judge(C, false);
	expect("~5 +1 +2 ~3");
	pass_time(0.5);
	expect("~5 +1 +2"); /* 3 is not there any more */
	first = follow(another);
	ck_assert_int_eq(expect("+4 ~5 ~1 ~2").ns, now.ns + NS_PER_SECOND / 2);
	pass_time(0.3);
	second = follow(another);
	ck_assert_int_eq(expect("+4 ~5 ~1 ~2").ns, now.ns + NS_PER_SECOND / 5);
	pass_time(0.1);
	ck_assert(address_wishes_follow(wishes, config));
	expect("~5 +1 +2 ~3 ~4");
	ck_assert(address_wishes_follow(wishes, first));
	expect("+4 ~5 ~1 ~2 ~3");
	pass_time(0.5);
	ck_assert_int_eq(expect("+4").ns, MONOTIME_NEVER.ns);
	ck_assert(address_wishes_follow(wishes, second)); /* and is forgotten */
	expect("+4");
	config_free(first);
	config_free(second);
}
END_TEST

START_TEST(taken_away_at_the_end)
{
	struct config *nothing = follow("checks:\n- {name: a, prefixes: 192.0.2.4, " FAST);

	expect("");
	ck_assert(address_wishes_follow(wishes, config));
	expect("~5 +1 ~2 ~3");
	ck_assert(address_wishes_follow(wishes, nothing));
	expect("~5 ~1 ~2 ~3");
	address_wishes_end(wishes);
	expect("");
	config_free(nothing);
}
END_TEST

int
main(void)
{
	Suite *suite = suite_create("address_wishes");
	TCase *tcase = unit_case(suite, "address_wishes");

	tcase_add_checked_fixture(tcase, setup, teardown);
	tcase_add_test(tcase, unknown_at_first);
	tcase_add_test(tcase, up_and_down);
	tcase_add_test(tcase, down_at_first);
	tcase_add_test(tcase, drained);
	tcase_add_test(tcase, guarded);
	tcase_add_test(tcase, over);
	tcase_add_test(tcase, taken_away);
	tcase_add_test(tcase, taken_away_at_the_end);
	return unit_run(suite);
}
