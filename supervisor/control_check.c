/*
 * The control command that has checks executed now. Touches their workers. Invariant: each check that was asked for is
 * told of once, with its next result or with why there is none.
 */
#include <stdlib.h>

#include "checks.h"
#include "control_internal.h"
#include "worker.h"

/* How much longer than its timeout a check is waited for: another process may have to be started for it. */
#define PATIENCE_NS (2 * NS_PER_SECOND)

struct run {
	size_t rank;
	uint64_t executions; /* before */
};

struct runs {
	size_t count;
	struct run list[]; /* that are waited for */
};

void
control_result(struct control *control)
{
	answers_wake(control, control_check);
}

static uint64_t
executions(const struct check *check)
{
	return check->results.passes + check->results.failures;
}

static enum control_step
say_skipped(struct control_answer *answer, size_t rank, const char *why)
{
	const struct node *node = checks_node(answer->control->checks, rank);

	return answer_more(answer, "skipped", json_pack("{ss ss}", "name", node->config->name, "message", why));
}

/* Ask for one. */
static enum control_step
run_begin(struct control_answer *answer, struct runs *runs, size_t rank)
{
	const struct checks *checks = answer->control->checks;
	const struct common_args *args;
	const struct check *check;
	const char *why;

	if (rank >= checks_count(checks))
		return say_skipped(answer, rank, "it is a group: its members are executed");
	check = checks_at(checks, rank);
	if ((why = workers_run_now(check)) != NULL)
		return say_skipped(answer, rank, why);
	runs->list[runs->count++] = (struct run){rank, executions(check)};
	args = check->config->args;
	if (monotime_before(answer->wakes, monotime_add(monotime_now(), args->timeout_ns + PATIENCE_NS)))
		answer->wakes = monotime_add(monotime_now(), args->timeout_ns + PATIENCE_NS);
	return STEP_MORE;
}

/* Tell of one that has its result, or will have none. */
static enum control_step
runs_tell(struct control_answer *answer, struct runs *runs)
{
	const struct control *control = answer->control;
	monotime_t now = monotime_now();
	struct run run;

	for (size_t i = 0; i < runs->count; i++) {
		const struct check *check = checks_at(control->checks, runs->list[i].rank);
		bool done = executions(check) != runs->list[i].executions;

		if (!done && !check_rests(check) && monotime_before(now, answer->wakes))
			continue;
		run = runs->list[i];
		runs->list[i] = runs->list[--runs->count];
		if (done)
			return answer_more(answer, "check", view_node(control->view, run.rank, VIEW_BRIEF, now));
		return say_skipped(answer, run.rank, check_rests(check) ? "it was disabled meanwhile" :
		    "no result came in time");
	}
	return runs->count > 0 ? STEP_WAIT : STEP_DONE;
}

enum control_step
control_check(struct control_answer *answer)
{
	struct runs *runs = answer->own;
	size_t rank;

	if (runs == NULL) {
		runs = answer->own = calloc(1, sizeof(*runs) + answer->selected_count * sizeof(runs->list[0]));
		answer->own_free = free;
		if (runs == NULL)
			return STEP_MEMORY;
	}
	return select_next(answer, &rank) ? run_begin(answer, runs, rank) : runs_tell(answer, runs);
}
