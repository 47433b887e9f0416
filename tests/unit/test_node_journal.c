/*
 * What a crash leaves of checks and groups, case by case: what goes on, what begins anew, and what was never written.
 */
#include "lives.h"

#define ARGS "args: {method: tcp, host: 127.0.0.1, port: 1}"

static void
events(struct life *life, size_t rank, const char *kinds, monotime_t now)
{
	static const char letters[] = {[PASS] = 'p', [FAIL] = 'f', [DISABLE] = 'd', [ENABLE] = 'e'};

	for (; *kinds != '\0'; kinds++)
		life_event(life, rank, (enum kind)((const char *)memchr(letters, *kinds, sizeof(letters)) - letters), now);
}

/* The first life, from a configuration and what its first check heard, killed at once; the second goes on. */
static void
killed(const char *text, const char *kinds, const char *later_text, monotime_t now)
{
	life_begin(&first, "first", text, now);
	events(&first, 0, kinds, now);
	journal_copy(&first, "second");
	life_end(&first);
	life_begin(&second, "second", later_text, now);
}

static bool
announced(const struct life *life, unsigned number)
{
	struct table table = {0};

	ledger_each(life->ledger, table_note, &table);
	return table.attributes[number][0] != '\0';
}

START_TEST(names_decide)
{
	killed("checks:\n- {name: a, rise: 1, fall: 4, prefixes: [192.0.2.1], " ARGS "}\n", "pfff",
	    "checks:\n- {name: b, rise: 1, fall: 4, prefixes: [192.0.2.2], " ARGS "}\n"
	    "- {name: a, rise: 1, fall: 3, prefixes: [192.0.2.1], " ARGS "}\n", at(5));
	ck_assert_int_eq(checks_at(second.checks, 0)->fsm.state, FSM_STARTUP);
	ck_assert_int_eq(checks_at(second.checks, 1)->fsm.count, 3);
	ck_assert(announced(&second, 1));
	events(&second, 1, "f", at(6)); /* also of three it is the third */
	ck_assert(!announced(&second, 1));
	life_end(&second);
	/* what was a check is no group */
	life_begin(&second, "second", "checks:\n- {name: b, " ARGS "}\n- {name: c, prefixes: [192.0.2.3], " ARGS "}\n"
	    "groups:\n- {name: a, members: [b], prefixes: [192.0.2.1]}\n", at(7));
	ck_assert_int_eq(checks_node(second.checks, 2)->verdict, VERDICT_NONE);
}
END_TEST

START_TEST(hold_goes_on)
{
	static const char text[] = "checks:\n- {name: a, rise: 1, fall: 1, min_up: 60, prefixes: [192.0.2.1], " ARGS "}\n";

	killed(text, "p", text, at(5));
	life_turn(&second, at(55));
	events(&second, 0, "f", at(55));
	ck_assert_int_eq(checks_node(second.checks, 0)->verdict, VERDICT_UP);
	life_turn(&second, at(64.9));
	ck_assert(announced(&second, 1));
	life_turn(&second, at(65));
	ck_assert(!announced(&second, 1));
}
END_TEST

START_TEST(drain_goes_on)
{
	static const char text[] = "checks:\n- {name: a, rise: 1, drain_time: 30, prefixes: [192.0.2.1], " ARGS "}\n";

	killed(text, "pd", text, at(5));
	events(&second, 0, "d", at(20));
	ck_assert_int_eq(checks_node(second.checks, 0)->wish, WISH_DRAIN);
	life_turn(&second, at(34.9));
	ck_assert(announced(&second, 1));
	life_turn(&second, at(35));
	ck_assert(!announced(&second, 1));
	life_end(&second);
	files_remove("second");
	files_remove("first");
	/* disabled while nobody looked, it drains from when somebody does; though there was yet another death */
	killed(text, "p", text, at(5));
	life_end(&second);
	life_begin(&second, "second", text, at(6));
	events(&second, 0, "d", at(20));
	life_turn(&second, at(49.9));
	ck_assert(announced(&second, 1));
	life_turn(&second, at(50));
	ck_assert(!announced(&second, 1));
}
END_TEST

/* The disable file went while nobody looked. */
START_TEST(enabled_meanwhile)
{
	static const char text[] = "checks:\n- {name: a, rise: 2, prefixes: [192.0.2.1], " ARGS "}\n";

	killed(text, "ppd", text, at(5));
	events(&second, 0, "p", at(6));
	ck_assert_int_eq(checks_at(second.checks, 0)->fsm.state, FSM_RISING);
	events(&second, 0, "p", at(7));
	ck_assert(announced(&second, 1));
}
END_TEST

static const char four_text[] = "exacheck: {guard: {max_withdraw: 50%, window: 60}}\nchecks:\n"
				"- {name: a, rise: 1, fall: 1, prefixes: [192.0.2.1], " ARGS "}\n"
				"- {name: b, rise: 1, fall: 1, prefixes: [192.0.2.2], " ARGS "}\n"
				"- {name: c, rise: 1, fall: 1, prefixes: [192.0.2.3], " ARGS "}\n"
				"- {name: d, rise: 1, fall: 1, prefixes: [192.0.2.4], " ARGS "}\n";

START_TEST(losses_go_on)
{
	life_begin(&first, "first", four_text, at(5));
	for (size_t i = 0; i < 4; i++)
		events(&first, i, "p", at(5));
	events(&first, 0, "f", at(6));
	events(&first, 1, "f", at(6));
	ck_assert(!announced(&first, 1) && !announced(&first, 2));
	journal_copy(&first, "second");
	life_begin(&second, "second", four_text, at(7));
	events(&second, 2, "f", at(8));
	ck_assert(announced(&second, 3) && checks_guarded(second.checks) == 1);
	life_turn(&second, at(65.9));
	ck_assert(announced(&second, 3));
	life_turn(&second, at(66));
	ck_assert(!announced(&second, 3) && checks_guarded(second.checks) == 0);
}
END_TEST

/* Guarded it stays announced through the crash, and goes when the guard permits it. */
START_TEST(guarding_goes_on)
{
	life_begin(&first, "first", four_text, at(5));
	for (size_t i = 0; i < 4; i++)
		events(&first, i, "p", at(5));
	for (size_t i = 0; i < 3; i++)
		events(&first, i, "f", at(6));
	ck_assert(announced(&first, 3) && checks_guarded(first.checks) == 1);
	journal_copy(&first, "second");
	life_begin(&second, "second", four_text, at(7));
	ck_assert_uint_eq(checks_guarded(second.checks), 0); /* nobody has said that it is down */
	events(&second, 2, "f", at(8));
	ck_assert(announced(&second, 3) && checks_guarded(second.checks) == 1);
	life_turn(&second, at(66));
	ck_assert(!announced(&second, 3) && checks_guarded(second.checks) == 0);
}
END_TEST

/* Killed between the note and the command: what was permitted once needs no second permission. */
START_TEST(loss_that_was_not_said)
{
	static const char text[] = "exacheck: {guard: {max_withdraw: 50%, window: 60}}\nchecks:\n"
				   "- {name: a, rise: 1, fall: 1, prefixes: [192.0.2.1], " ARGS "}\n"
				   "- {name: b, rise: 1, fall: 1, prefixes: [192.0.2.2], " ARGS "}\n";
	struct result result;

	life_begin(&first, "first", text, at(5));
	events(&first, 0, "p", at(5));
	events(&first, 1, "p", at(5));
	result_fail(&result, REASON_TIMEOUT, "no");
	check_result(checks_at(first.checks, 0), &result, 1, at(6));
	journal_copy(&first, "second");
	life_begin(&second, "second", text, at(7));
	ck_assert(announced(&second, 1));
	events(&second, 0, "f", at(8));
	ck_assert(!announced(&second, 1) && announced(&second, 2) && checks_guarded(second.checks) == 0);
	events(&second, 1, "f", at(9));
	ck_assert(announced(&second, 2) && checks_guarded(second.checks) == 1);
}
END_TEST

/* A reload before anything is proven changes nothing of it. */
START_TEST(reload_before_proof)
{
	static const char text[] = "exacheck: {guard: {max_withdraw: 50%, window: 60}}\nchecks:\n"
				   "- {name: a, rise: 1, fall: 1, metric: 1, prefixes: [192.0.2.1], " ARGS "}\n"
				   "- {name: b, rise: 1, fall: 1, prefixes: [192.0.2.2], " ARGS "}\n";
	struct config *next;
	char *other;
	struct plan *plan;

	life_begin(&first, "first", text, at(5));
	events(&first, 0, "p", at(5));
	events(&first, 1, "p", at(5));
	events(&first, 0, "f", at(6));
	journal_copy(&first, "second");
	life_begin(&second, "second", text, at(7));
	ck_assert_ptr_nonnull(other = strdup(text));
	memcpy(strstr(other, "metric: 1"), "metric: 2", 9);
	next = config_make(other);
	free(other);
	ck_assert_ptr_nonnull(plan = plan_new(second.config, next));
	ck_assert(checks_prepare(second.checks, plan, next));
	checks_commit(second.checks, at(7));
	plan_free(plan);
	config_free(second.config);
	second.config = next;
	node_journal_reloaded(&second.notes);
	ck_assert_uint_eq(checks_node(second.checks, 0)->lost, 1);
	ck_assert_int_eq(checks_node(second.checks, 0)->verdict, VERDICT_DOWN);
	events(&second, 1, "f", at(8));
	ck_assert_uint_eq(checks_guarded(second.checks), 1);
}
END_TEST

/* A stop that withdraws leaves nothing to go on with; one that keeps does, with or without routes. */
START_TEST(end_of_a_life)
{
	static const char text[] = "checks:\n- {name: a, rise: 3, prefixes: [192.0.2.1], " ARGS "}\n";
	char path[128];

	killed(text, "pp", text, at(5));
	ck_assert_int_eq(checks_at(second.checks, 0)->fsm.count, 2);
	life_end(&second);
	life_begin(&second, "second", text, at(6));
	ck_assert_int_eq(checks_at(second.checks, 0)->fsm.count, 2);
	events(&second, 0, "p", at(7));
	node_journal_forget(&second.notes);
	events(&second, 0, "f", at(8)); /* too late to be noted */
	life_end(&second);
	life_begin(&second, "second", text, at(9));
	ck_assert_int_eq(checks_at(second.checks, 0)->fsm.state, FSM_STARTUP);
	ck_assert(announced(&second, 1)); /* carried */
	node_journal_forget(&second.notes);
	ledger_withdraw_all(second.ledger);
	life_say(&second);
	life_end(&second);
	snprintf(path, sizeof(path), "%s/second/journal", place);
	ck_assert_int_ne(access(path, F_OK), 0);
	ck_assert_uint_eq(warnings, 0);
}
END_TEST

/* Notes of a journal that is otherwise good. */
static void
note_set(const char *note_key, const char *text)
{
	journal_note(first.journal, &(struct journal_note){note_key, text});
}

static const char *const bad_notes[] = {
	"nothing",
	"{",
	"[]",
	"7",
	"{\"verdict\":9}",
	"{\"verdict\":\"up\"}",
	"{\"since\":1e9}",
	"{\"lost\":-1}",
	"{\"fsm\":{\"state\":6}}",
	"{\"fsm\":{\"state\":1,\"count\":65536}}",
	"{\"fsm\":{\"count\":-1}}",
	"{\"wish\":6}",
};

START_TEST(bad_note_costs_its_node_alone)
{
	static const char text[] = "checks:\n- {name: a, rise: 1, prefixes: [192.0.2.1], " ARGS "}\n"
				   "- {name: b, rise: 1, prefixes: [192.0.2.2], " ARGS "}\n";

	life_begin(&first, "first", text, at(5));
	events(&first, 0, "p", at(5));
	events(&first, 1, "p", at(5));
	note_set("check:a", bad_notes[_i]);
	journal_copy(&first, "second");
	life_end(&first);
	life_begin(&second, "second", text, at(7));
	ck_assert_uint_eq(warnings, 1);
	ck_assert_int_eq(checks_at(second.checks, 0)->fsm.state, FSM_STARTUP);
	ck_assert_int_eq(checks_node(second.checks, 0)->verdict, VERDICT_NONE);
	ck_assert_int_eq(checks_at(second.checks, 1)->fsm.state, FSM_UP);
	ck_assert(announced(&second, 1) && announced(&second, 2));
}
END_TEST

/* Times that cannot be are now; a node has not lost more routes than it has. */
START_TEST(absurd_numbers)
{
	static const char text[] = "checks:\n- {name: a, rise: 1, fall: 1, min_up: 60, drain_time: 10,\n"
				   "   prefixes: [192.0.2.1], " ARGS
				   "}\n- {name: b, prefixes: [192.0.2.2], " ARGS "}\n";
	const struct node *node;

	life_begin(&first, "first", text, at(5));
	note_set("check:a", "{\"verdict\":1,\"since\":9223372036854775807,\"drained\":9223372036854775806,\"wish\":4,"
			    "\"guarded\":true,\"guarded_at\":9}");
	note_set("check:b", "{\"verdict\":2,\"wish\":5,\"lost\":9223372036854775807,\"lost_at\":-9223372036854775807}");
	journal_copy(&first, "second");
	life_end(&first);
	life_begin(&second, "second", text, at(7));
	node = checks_node(second.checks, 0);
	ck_assert_uint_eq(warnings, 0);
	ck_assert(node->since.ns == at(7).ns && node->guarded_at.ns == 0 && node->drained.ns == at(17).ns);
	ck_assert(node->lost == 0 && !node->guarded && !node->proven && node->wish == WISH_NOTHING);
	ck_assert(checks_node(second.checks, 1)->lost == 1 && checks_node(second.checks, 1)->lost_at.ns == at(7).ns);
	life_event(&second, 0, FAIL, at(8));
	ck_assert_int_eq(node->verdict, VERDICT_UP);
	life_turn(&second, at(67));
	ck_assert_int_eq(node->verdict, VERDICT_DOWN);
}
END_TEST

static off_t
journal_size(const struct life *life)
{
	char path[128];
	struct stat st;

	snprintf(path, sizeof(path), "%s/journal", life->directory);
	ck_assert_int_eq(stat(path, &st), 0);
	return st.st_size;
}

/* What changes nothing is not written; what changes for ever does not fill the disk. */
START_TEST(size_is_bounded)
{
	static const char text[] = "checks:\n- {name: a, rise: 2, fall: 2, prefixes: [192.0.2.1], " ARGS "}\n";
	off_t size, most = 0;

	life_begin(&first, "first", text, at(5));
	events(&first, 0, "pp", at(6));
	size = journal_size(&first);
	for (int i = 0; i < 100; i++)
		events(&first, 0, "p", at(7 + i));
	ck_assert_int_eq(journal_size(&first), size);
	for (int i = 0; i < 600; i++) {
		events(&first, 0, "fp", at(200 + i));
		most = journal_size(&first) > most ? journal_size(&first) : most;
	}
	ck_assert(most > 16 * 1024 && most < 128 * 1024);
	journal_copy(&first, "second");
	life_begin(&second, "second", text, at(4000));
	ck_assert_int_eq(checks_at(second.checks, 0)->fsm.state, FSM_RISING);
}
END_TEST

int
main(void)
{
	Suite *suite = suite_create("node_journal");
	TCase *tcase = unit_case(suite, "crash");

	tcase_add_checked_fixture(tcase, setup, teardown);
	tcase_add_test(tcase, names_decide);
	tcase_add_test(tcase, hold_goes_on);
	tcase_add_test(tcase, drain_goes_on);
	tcase_add_test(tcase, enabled_meanwhile);
	tcase_add_test(tcase, losses_go_on);
	tcase_add_test(tcase, guarding_goes_on);
	tcase_add_test(tcase, loss_that_was_not_said);
	tcase_add_test(tcase, reload_before_proof);
	tcase_add_test(tcase, end_of_a_life);
	tcase_add_loop_test(tcase, bad_note_costs_its_node_alone, 0, COUNT(bad_notes));
	tcase_add_test(tcase, absurd_numbers);
	tcase_add_test(tcase, size_is_bounded);
	return unit_run(suite);
}
