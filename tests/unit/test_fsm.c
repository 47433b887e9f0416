/*
 * The state machine against an oracle that knows no states: it looks at the history alone (the run of
 * equal results at its end), for every history up to a length.
 */
#include <check.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "../../supervisor/fsm.h"
#include "unit.h"

#define RESULTS_LENGTH 12
#define MIXED_LENGTH 7
#define THRESHOLD_MAX 4

struct expectation {
	enum fsm_state state;
	unsigned count;
};

static unsigned
at_least_one(unsigned threshold)
{
	return threshold > 1 ? threshold : 1;
}

/* Whether checks are disabled after the history, and where its last enabled stretch begins. */
static bool
history_disabled(const enum fsm_event *history, unsigned length, unsigned *begin)
{
	bool disabled = false;

	*begin = 0;
	for (unsigned i = 0; i < length; i++) {
		if (history[i] == FSM_DISABLE)
			disabled = true;
		if (history[i] == FSM_ENABLE && disabled) {
			disabled = false;
			*begin = i + 1;
		}
	}
	return disabled;
}

static struct expectation
oracle(const enum fsm_event *history, unsigned length, unsigned rise, unsigned fall)
{
	unsigned begin, run = 0, threshold;
	struct expectation expected = {FSM_STARTUP, 0};
	enum fsm_event direction = FSM_EVENTS;

	if (history_disabled(history, length, &begin)) {
		expected.state = FSM_DISABLED;
		return expected;
	}
	for (unsigned i = length; i > begin; i--) {
		if (history[i - 1] != FSM_PASS && history[i - 1] != FSM_FAIL)
			continue;
		if (direction == FSM_EVENTS)
			direction = history[i - 1];
		if (history[i - 1] != direction)
			break;
		run++;
	}
	if (run == 0)
		return expected;
	threshold = at_least_one(direction == FSM_PASS ? rise : fall);
	if (run < threshold) {
		expected.state = direction == FSM_PASS ? FSM_RISING : FSM_FALLING;
		expected.count = run;
	} else
		expected.state = direction == FSM_PASS ? FSM_UP : FSM_DOWN;
	return expected;
}

/* Extend the history by every event below `alphabet` until `length`, comparing at each step. */
static unsigned long
explore(struct fsm before, enum fsm_event *history, unsigned done, unsigned length, unsigned alphabet, unsigned rise,
    unsigned fall)
{
	unsigned long compared = 0;

	if (done == length)
		return 0;
	for (unsigned event = 0; event < alphabet; event++) {
		struct fsm fsm = before;
		struct expectation expected;

		fsm_step(&fsm, event, rise, fall);
		history[done] = event;
		expected = oracle(history, done + 1, rise, fall);
		if (fsm.state != expected.state || fsm.count != expected.count)
			ck_abort_msg("rise %u fall %u after %u events, last %u: %s(%u), expected %s(%u)", rise, fall, done + 1, event,
			    fsm_state_name(fsm.state), fsm.count, fsm_state_name(expected.state), expected.count);
		compared += 1 + explore(fsm, history, done + 1, length, alphabet, rise, fall);
	}
	return compared;
}

START_TEST(every_string_of_results)
{
	enum fsm_event history[RESULTS_LENGTH];
	unsigned long compared = 0;

	for (unsigned rise = 0; rise <= THRESHOLD_MAX; rise++)
		for (unsigned fall = 0; fall <= THRESHOLD_MAX; fall++)
			compared += explore((struct fsm){FSM_STARTUP, 0}, history, 0, RESULTS_LENGTH, 2, rise, fall);
	ck_assert_uint_eq(compared, 25UL * ((2UL << RESULTS_LENGTH) - 2));
}
END_TEST

START_TEST(every_string_with_disable_and_enable)
{
	enum fsm_event history[MIXED_LENGTH];
	unsigned long compared = 0;

	for (unsigned rise = 1; rise <= THRESHOLD_MAX; rise++)
		for (unsigned fall = 1; fall <= THRESHOLD_MAX; fall++)
			compared += explore((struct fsm){FSM_STARTUP, 0}, history, 0, MIXED_LENGTH, FSM_EVENTS, rise, fall);
	ck_assert_uint_eq(compared, 16UL * (4UL * ((1UL << (2 * MIXED_LENGTH)) - 1) / 3));
}
END_TEST

/* Every state x event x count, against what the words of the documentation say. */
START_TEST(every_cell)
{
	for (unsigned state = 0; state < FSM_STATES; state++)
		for (unsigned event = 0; event < FSM_EVENTS; event++)
			for (unsigned count = 0; count < 5; count++) {
				bool counting = state == FSM_RISING || state == FSM_FALLING;
				struct fsm fsm = {state, counting ? count : 0}, old = fsm;

				fsm_step(&fsm, event, 3, 3);
				ck_assert_int_lt(fsm.state, FSM_STATES);
				ck_assert(fsm.count == 0 || fsm.state == FSM_RISING || fsm.state == FSM_FALLING);
				ck_assert(fsm.count < 3 || fsm.count == old.count);
				if (fsm.state != old.state && fsm.state == FSM_UP)
					ck_assert_int_eq(event, FSM_PASS);
				if (fsm.state != old.state && fsm.state == FSM_DOWN)
					ck_assert_int_eq(event, FSM_FAIL);
				if (event == FSM_DISABLE)
					ck_assert_int_eq(fsm.state, FSM_DISABLED);
				if (event == FSM_ENABLE)
					ck_assert_int_eq(fsm.state, state == FSM_DISABLED ? FSM_STARTUP : state);
				if (state == FSM_DISABLED && event != FSM_ENABLE)
					ck_assert_int_eq(fsm.state, FSM_DISABLED);
			}
}
END_TEST

START_TEST(largest_thresholds)
{
	struct fsm fsm = {FSM_STARTUP, 0};

	for (unsigned i = 1; i <= 65535; i++) {
		ck_assert_int_ne(fsm.state, FSM_UP);
		fsm_step(&fsm, FSM_PASS, 65535, 65535);
	}
	ck_assert_int_eq(fsm.state, FSM_UP);
	for (unsigned i = 1; i <= 65535; i++) {
		ck_assert_int_ne(fsm.state, FSM_DOWN);
		fsm_step(&fsm, FSM_FAIL, 65535, 65535);
	}
	ck_assert_int_eq(fsm.state, FSM_DOWN);
}
END_TEST

START_TEST(descriptions)
{
	static const struct {
		struct fsm fsm;
		const char *text;
	} rows[] = {
	    {{FSM_STARTUP, 0}, "startup"},
	    {{FSM_RISING, 1}, "rising (1/3)"},
	    {{FSM_UP, 0}, "up"},
	    {{FSM_FALLING, 2}, "falling (2/5)"},
	    {{FSM_DOWN, 0}, "down"},
	    {{FSM_DISABLED, 0}, "disabled"},
	};
	char text[32], cut[8];

	for (size_t i = 0; i < COUNT(rows); i++)
		ck_assert_str_eq(fsm_describe(&rows[i].fsm, 3, 5, text, sizeof(text)), rows[i].text);
	ck_assert_str_eq(fsm_describe(&rows[1].fsm, 3, 5, cut, sizeof(cut)), "rising ");
}
END_TEST

int
main(void)
{
	Suite *suite = suite_create("fsm");
	TCase *tcase = unit_case(suite, "fsm");

	tcase_add_test(tcase, every_string_of_results);
	tcase_add_test(tcase, every_string_with_disable_and_enable);
	tcase_add_test(tcase, every_cell);
	tcase_add_test(tcase, largest_thresholds);
	tcase_add_test(tcase, descriptions);
	return unit_run(suite);
}
