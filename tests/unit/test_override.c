/*
 * An operator's word on checks and groups: beside the disable file in every order, across upgrades, crashes and reloads
 * at every point, against an oracle; and what is said of it.
 */
#include <stdio.h>
#include <string.h>

#include "../../supervisor/checks.h"
#include "configs.h"
#include "unit.h"

#define CHECK(NAME, PREFIX) \
	"- {name: " NAME ", rise: 1, fall: 2, prefixes: 192.0.2." PREFIX ", args: {method: tcp, host: 127.0.0.1, port: 1}}\n"
#define ONE "checks:\n" CHECK("a", "1")
#define RENAMED "checks:\n" CHECK("z", "1")
#define GROUP(NAME) "groups:\n- {name: " NAME ", require: any, prefixes: 192.0.2.3, members: [a, b]}\n"
#define GROUPED "checks:\n" CHECK("a", "1") CHECK("b", "2") GROUP("g")
#define REGROUPED "checks:\n" CHECK("a", "1") CHECK("b", "2") GROUP("h")

static const monotime_t now = {1000};
static struct ledger *ledger;
static struct checks *checks;
static struct config *config;
static char heard[8192]; /* what transitions and changes say, a line each */

static void
transition_hear(void *context, const struct transition *transition)
{
	char text[TRANSITION_TEXT_SIZE];

	(void)context;
	if (transition_log(transition, text))
		snprintf(heard + strlen(heard), sizeof(heard) - strlen(heard), "%s\n", text);
}

static void
change_hear(void *context, const struct node_change *change)
{
	char text[TRANSITION_TEXT_SIZE];

	(void)context;
	if (change_log(change, text))
		snprintf(heard + strlen(heard), sizeof(heard) - strlen(heard), "%s\n", text);
}

static const struct checks_listener listener = {transition_hear, change_hear, NULL};

/* As reload.c does it. */
static void
change(const char *text)
{
	const struct config nothing = {0};
	struct config *next = parse_clean(text);
	struct plan *plan = plan_new(config != NULL ? config : &nothing, next);

	ck_assert(plan != NULL && checks_prepare(checks, plan, next));
	checks_commit(checks, now);
	plan_free(plan);
	config_free(config);
	config = next;
}

static void
begin(const char *text)
{
	heard[0] = '\0';
	ck_assert(ledger == NULL && (ledger = ledger_new()) != NULL);
	ck_assert_ptr_nonnull(checks = checks_new(ledger, &listener));
	change(text);
}

static void
end(void)
{
	checks_free(checks);
	ledger_free(ledger);
	config_free(config);
	ledger = NULL;
	config = NULL;
}

static void
override(size_t rank, const char *by, const char *reason, monotime_t until)
{
	struct override made = {.kind = OVERRIDE_DISABLE, .set = now, .until = until};

	ck_assert(override_set_texts(&made, by, reason));
	checks_override(checks, rank, &made, now);
	ck_assert_int_eq(made.kind, OVERRIDE_NONE);
}

static void
result(size_t rank, bool pass)
{
	struct result result;

	if (pass)
		result_pass(&result, "yes");
	else
		result_fail(&result, REASON_TIMEOUT, "no");
	check_result(checks_at(checks, rank), &result, 0, now);
}

/* Another set with what this one leaves: at an upgrade, or of a crash, after which overrides come from a file. */
static void
replace(const char *text, bool crash)
{
	char error[STATE_ERROR_SIZE] = "", *state = NULL;
	size_t length;
	FILE *file = open_memstream(&state, &length);
	json_t *notes[3] = {NULL}, *map;
	struct override kept[3] = {{.kind = OVERRIDE_NONE}};
	size_t count = checks_node_count(checks);

	ck_assert(checks_save(checks, file) && fclose(file) == 0);
	for (size_t rank = 0; rank < count; rank++) {
		ck_assert_ptr_nonnull(notes[rank] = checks_save_node(checks, rank));
		override_replace(&kept[rank], &checks_node(checks, rank)->override);
	}
	end();
	begin(text);
	for (char *line = strtok(state, "\n"); line != NULL && !crash; line = strtok(NULL, "\n")) {
		ck_assert_ptr_nonnull(map = json_loads(line, 0, NULL));
		ck_assert_msg(json_object_get(map, "check") != NULL ?
		    checks_load(checks, json_object_get(map, "check"), error) :
		    checks_load_group(checks, json_object_get(map, "group"), error), "%s", error);
		json_decref(map);
	}
	for (size_t rank = 0; rank < count; rank++) {
		if (crash)
			ck_assert_msg(checks_inherit(checks, rank, notes[rank], now, error), "%s", error);
		if (crash && kept[rank].kind != OVERRIDE_NONE)
			checks_override(checks, rank, &kept[rank], now);
		override_clear(&kept[rank]);
		json_decref(notes[rank]);
	}
	free(state);
}

/* Every order. */

enum word { THERE, GONE, OVERRIDE, RELEASE, PASSES, FAILS, WORDS };
enum meanwhile { UPGRADED, KILLED, RELOADED, MEANWHILES };

struct oracle {
	bool file, overridden;
	bool left; /* killed while the file was there: nobody has said so since */
	int passes, failures;
	enum verdict verdict;
};

static void
oracle_count(struct oracle *oracle, bool pass)
{
	oracle->left = false;
	oracle->passes = pass ? oracle->passes + 1 : 0;
	oracle->failures = pass ? 0 : oracle->failures + 1;
	if (oracle->passes >= 1)
		oracle->verdict = VERDICT_UP;
	if (oracle->failures >= 2)
		oracle->verdict = VERDICT_DOWN;
}

static void
oracle_hear(struct oracle *oracle, enum word word)
{
	if (word == THERE || word == GONE)
		oracle->file = word == THERE;
	if (word == THERE || word == GONE || word == OVERRIDE)
		oracle->left = false;
	if (word == OVERRIDE || word == RELEASE)
		oracle->overridden = word == OVERRIDE;
	if (oracle->file || oracle->overridden) {
		oracle->passes = oracle->failures = 0;
		oracle->verdict = VERDICT_DISABLED;
	} else if (word == PASSES || word == FAILS)
		oracle_count(oracle, word == PASSES);
}

static void
hear(enum word word)
{
	if (word == THERE || word == GONE)
		check_disabled(checks_at(checks, 0), word == THERE, now);
	else if (word == OVERRIDE)
		override(0, "root", NULL, MONOTIME_NEVER);
	else if (word == RELEASE)
		checks_release(checks, 0, "enabled by root", now);
	else
		result(0, word == PASSES);
}

static void
meanwhile(enum meanwhile what, struct oracle *oracle)
{
	if (what == UPGRADED || what == KILLED)
		replace(ONE, what == KILLED);
	if (what == RELOADED)
		change(RENAMED);
	if (what != KILLED)
		return;
	oracle->left = oracle->file && !oracle->overridden;
	oracle->file = false;
}

static void
compare(const struct oracle *oracle, unsigned number, int step)
{
	const struct check *check = checks_at(checks, 0);
	bool disabled = oracle->file || oracle->overridden || oracle->left;
	const struct node *node = &check->node;

	ck_assert_msg((check->fsm.state == FSM_DISABLED) == disabled, "sequence %u step %d: %s", number, step,
	    fsm_state_name(check->fsm.state));
	ck_assert_int_eq(node->override.kind != OVERRIDE_NONE, oracle->overridden);
	if (node->proven)
		ck_assert_msg(node->verdict == oracle->verdict, "sequence %u step %d: %s, not %s", number, step,
		    verdict_name(node->verdict), verdict_name(oracle->verdict));
	if (disabled && node->proven)
		ck_assert(!node_announces(node));
}

#define STEPS 4
#define SEQUENCES (WORDS * WORDS * WORDS * WORDS)

START_TEST(every_order)
{
	for (unsigned number = 0; number < SEQUENCES; number += (unsigned)unit_stride(7)) {
		struct oracle oracle = {.verdict = VERDICT_NONE};
		unsigned rest = number;

		begin(ONE);
		for (int step = 0; step < STEPS; step++, rest /= WORDS) {
			if (step == STEPS - 2)
				meanwhile((enum meanwhile)_i, &oracle);
			hear((enum word)(rest % WORDS));
			oracle_hear(&oracle, (enum word)(rest % WORDS));
			compare(&oracle, number, step);
		}
		end();
	}
}
END_TEST

/* Groups. */

static enum verdict
group_verdict(void)
{
	return node_verdict(checks_node(checks, 2));
}

START_TEST(group_members_count_for_nothing)
{
	begin(GROUPED);
	result(0, true);
	result(0, true);
	ck_assert_int_eq(group_verdict(), VERDICT_UP);
	override(2, "root", "moving", MONOTIME_NEVER);
	ck_assert_int_eq(group_verdict(), VERDICT_DISABLED);
	for (int i = 0; i < 2; i++) {
		result(0, false);
		result(1, false);
	}
	ck_assert_int_eq(group_verdict(), VERDICT_DISABLED);
	checks_release(checks, 2, "enabled by root", now);
	ck_assert_int_eq(group_verdict(), VERDICT_DOWN); /* judged at once by what they are now */
	override(0, "root", NULL, MONOTIME_NEVER);
	override(1, "root", NULL, MONOTIME_NEVER);
	ck_assert_int_eq(group_verdict(), VERDICT_DOWN);
	end();
}
END_TEST

START_TEST(group_without_findings_stays_disabled)
{
	begin(GROUPED);
	override(2, "root", NULL, MONOTIME_NEVER);
	checks_release(checks, 2, "enabled by root", now);
	ck_assert_int_eq(group_verdict(), VERDICT_DISABLED);
	result(1, true);
	result(1, true);
	ck_assert_int_eq(group_verdict(), VERDICT_UP);
	end();
}
END_TEST

START_TEST(group_goes_on)
{
	begin(GROUPED);
	override(2, "root", "moving", at(9));
	if (_i == RELOADED)
		change(REGROUPED);
	else
		replace(GROUPED, _i == KILLED);
	ck_assert_int_eq(group_verdict(), VERDICT_DISABLED);
	ck_assert_str_eq(checks_node(checks, 2)->override.by, "root");
	ck_assert_str_eq(checks_node(checks, 2)->override.reason, "moving");
	ck_assert_int_eq(checks_node(checks, 2)->override.until.ns, at(9).ns);
	result(0, true);
	result(0, true);
	ck_assert_int_eq(group_verdict(), VERDICT_DISABLED);
	checks_release(checks, 2, "enabled by root", now);
	ck_assert_int_eq(group_verdict(), VERDICT_UP);
	end();
}
END_TEST

/* The attributes of disabled, and of drain, are a group's as well. */
START_TEST(group_with_attributes)
{
	struct node *group;

	begin("checks:\n" CHECK("a", "1") "groups:\n"
	    "- {name: g, prefixes: 192.0.2.3, members: a, drain_time: 5, drain: {metric: 8}, disabled: {metric: 9}}\n");
	result(0, true);
	group = checks_node(checks, 1);
	override(1, "root", NULL, MONOTIME_NEVER);
	ck_assert_int_eq(group->wish, WISH_DRAIN);
	checks_turn(checks, monotime_add(now, 6 * NS_PER_SECOND));
	ck_assert_int_eq(group->wish, WISH_DISABLED);
	checks_release(checks, 1, "enabled by root", monotime_add(now, 7 * NS_PER_SECOND));
	ck_assert_int_eq(group->wish, WISH_UP);
	end();
}
END_TEST

/* What goes takes its override along. */
START_TEST(removed)
{
	begin(GROUPED);
	override(2, "root", NULL, MONOTIME_NEVER);
	override(1, "root", NULL, MONOTIME_NEVER);
	change(ONE);
	ck_assert_uint_eq(checks_node_count(checks), 1);
	change(GROUPED);
	ck_assert_int_eq(checks_node(checks, 1)->override.kind, OVERRIDE_NONE);
	ck_assert_int_eq(checks_node(checks, 2)->override.kind, OVERRIDE_NONE);
	end();
}
END_TEST

/* What is said. */

START_TEST(everything_is_told)
{
	begin("checks:\n- {name: a, rise: 1, fall: 2, disable: /tmp/off, prefixes: 192.0.2.1,\n"
	    "   args: {method: tcp, host: 127.0.0.1, port: 1}}\n"
	    "groups:\n- {name: g, require: any, prefixes: 192.0.2.2, members: [a]}\n");
	result(0, true);
	heard[0] = '\0';
	override(0, "root", "new kernel", MONOTIME_NEVER);
	override(0, "anna (uid 1001)", NULL, MONOTIME_NEVER);
	check_disabled(checks_at(checks, 0), true, now);
	checks_release(checks, 0, "enabled by root", now);
	checks_release(checks, 0, "enabled by root", now); /* which it is not */
	check_disabled(checks_at(checks, 0), false, now);
	override(1, "root", NULL, MONOTIME_NEVER);
	override(1, "root", "again", MONOTIME_NEVER);
	checks_release(checks, 1, "enabled by root", now);
	ck_assert_str_eq(heard, "up -> down: 0 of its members up, 1 needed; withdrew 192.0.2.2/32\n"
	    "up -> disabled: disabled by root: new kernel; withdrew 192.0.2.1/32\n"
	    "disabled: disabled by anna (uid 1001)\n"
	    "disabled: enabled by root, but /tmp/off exists\n"
	    "disabled -> startup: /tmp/off is gone\n"
	    "down -> disabled: disabled by root; withdrew 192.0.2.2/32\n"
	    "disabled: disabled by root: again\n"
	    "disabled: enabled by root\n"
	    "disabled -> down: 0 of its members up, 1 needed; withdrew 192.0.2.2/32\n");
	end();
}
END_TEST

START_TEST(texts_are_lines)
{
	char reason[300], text[OVERRIDE_TEXT_SIZE];
	struct override made = {.kind = OVERRIDE_DRAIN, .until = MONOTIME_NEVER};

	memset(reason, 'x', sizeof(reason));
	memcpy(reason + OVERRIDE_REASON_MAX - 2, "\xe2\x82\xac", 3); /* cut in its middle */
	reason[sizeof(reason) - 1] = '\0';
	ck_assert(override_set_texts(&made, "ro\not", reason));
	ck_assert_str_eq(made.by, "ro?ot");
	ck_assert_uint_eq(strlen(made.reason), OVERRIDE_REASON_MAX - 2);
	ck_assert_uint_eq(strspn(made.reason, "x"), OVERRIDE_REASON_MAX - 2);
	override_clear(&made);
	made.kind = OVERRIDE_DRAIN;
	made.until = monotime_add(monotime_now(), 3600 * NS_PER_SECOND);
	ck_assert(override_set_texts(&made, "root", ""));
	ck_assert_ptr_null(made.reason);
	override_describe(&made, text);
	ck_assert_msg(strncmp(text, "drained by root until 20", 24) == 0 && text[strlen(text) - 1] == 'Z', "%s", text);
	override_clear(&made);
	ck_assert_int_eq(made.kind, OVERRIDE_NONE);
	ck_assert_int_eq(override_kind_named("drain"), OVERRIDE_DRAIN);
	ck_assert_int_eq(override_kind_named("sleep"), OVERRIDE_NONE);
	ck_assert_int_eq(override_kind_named(NULL), OVERRIDE_NONE);
}
END_TEST

static const char *const bad_states[] = {
	"{\"override\": {}}",
	"{\"override\": {\"kind\": 1}}",
	"{\"override\": {\"kind\": 7, \"by\": \"x\"}}",
	"{\"override\": {\"by\": \"x\"}}",
	"{\"override\": {\"kind\": 1, \"by\": 5}}",
	"{\"override\": {\"kind\": 1, \"by\": \"x\", \"until\": 9223372036854775806}}",
	"{\"override\": {\"kind\": 1, \"by\": \"x\", \"set\": -9223372036854775807}}",
};

START_TEST(bad_state_is_refused)
{
	char error[STATE_ERROR_SIZE] = "";
	json_t *map = json_loads(bad_states[_i], 0, NULL);

	ck_assert_ptr_nonnull(map);
	ck_assert(!check_state_valid(map, error) && error[0] != '\0');
	ck_assert(!group_state_valid(map, error));
	json_decref(map);
}
END_TEST

/* One that was saved before there were overrides: its disabled check is disabled by the file. */
START_TEST(older_state)
{
	char error[STATE_ERROR_SIZE] = "";
	json_t *map = json_loads("{\"name\": \"a\", \"verdict\": 3, \"found\": 3, \"proven\": true, \"fsm\": {\"state\": 5}}", 0,
	    NULL);

	begin(ONE);
	ck_assert_msg(checks_load(checks, map, error), "%s", error);
	json_decref(map);
	result(0, true);
	ck_assert_int_eq(checks_at(checks, 0)->fsm.state, FSM_DISABLED);
	override(0, "root", NULL, MONOTIME_NEVER);
	checks_release(checks, 0, "enabled by root", now);
	ck_assert_int_eq(checks_at(checks, 0)->fsm.state, FSM_DISABLED);
	check_disabled(checks_at(checks, 0), false, now);
	ck_assert_int_eq(checks_at(checks, 0)->fsm.state, FSM_STARTUP);
	end();
}
END_TEST

int
main(void)
{
	Suite *suite = suite_create("override");
	TCase *tcase = unit_case(suite, "override");

	unit_log_silence();
	tcase_add_loop_test(tcase, every_order, UPGRADED, MEANWHILES);
	tcase_add_test(tcase, group_members_count_for_nothing);
	tcase_add_test(tcase, group_without_findings_stays_disabled);
	tcase_add_loop_test(tcase, group_goes_on, UPGRADED, MEANWHILES);
	tcase_add_test(tcase, group_with_attributes);
	tcase_add_test(tcase, removed);
	tcase_add_test(tcase, everything_is_told);
	tcase_add_test(tcase, texts_are_lines);
	tcase_add_loop_test(tcase, bad_state_is_refused, 0, (int)COUNT(bad_states));
	tcase_add_test(tcase, older_state);
	return unit_run(suite);
}
