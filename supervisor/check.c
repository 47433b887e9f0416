/*
 * Results into states into findings, and one event about it. Touches the check. Invariant: what the state machine
 * settled on is what the node was last told.
 */
#include "check.h"

#include <stdio.h>

#include "nodes.h"

/* The finding that a state is; NONE: it is on its way to one. */
static const enum verdict findings[FSM_STATES] = {
	[FSM_UP] = VERDICT_UP,
	[FSM_DOWN] = VERDICT_DOWN,
	[FSM_DISABLED] = VERDICT_DISABLED,
};

void
check_init(struct check *check, const struct check_config *config, unsigned owner, unsigned rank, struct nodes *nodes,
    void (*observe)(void *context, const struct transition *), void *context)
{
	*check = (struct check){.config = config, .fsm = {.state = FSM_STARTUP}, .observe = observe, .context = context};
	node_init(&check->node, &config->node, owner, rank, nodes);
}

void
check_reconfigure(struct check *check, const struct check_config *config, unsigned owner, unsigned rank)
{
	check->config = config;
	node_reconfigure(&check->node, &config->node, owner, rank);
}

static void
check_event(struct check *check, enum fsm_event event, const struct result *result, int64_t duration_ns, monotime_t now)
{
	const struct check_options *options = &check->config->options;
	struct nodes *nodes = check->node.nodes;
	struct transition transition = {.config = check->config, .node = &check->node, .event = event,
	    .before = check->fsm, .result = result, .duration_ns = duration_ns};
	char reason[TRANSITION_CAUSE_SIZE];
	enum verdict finding;

	nodes_begin(nodes, now);
	fsm_step(&check->fsm, event, (unsigned)options->rise, (unsigned)options->fall);
	transition.after = check->fsm;
	if ((finding = findings[check->fsm.state]) != VERDICT_NONE)
		/* most results are no news: nobody reads the reason, which is the dearest part of them */
		transition.effect = node_found(&check->node, finding, CAUSE_RESULT,
		    node_news(&check->node, finding) ? transition_cause(&transition, reason) : "", now);
	transition.now = now;
	if (check->observe != NULL)
		check->observe(check->context, &transition);
	nodes_end(nodes, now);
}

void
check_result(struct check *check, const struct result *result, int64_t duration_ns, monotime_t now)
{
	/* A predecessor found it disabled, and nobody has said that it is not any more. */
	if (check->fsm.state == FSM_DISABLED && !check->node.proven)
		check_event(check, FSM_ENABLE, NULL, 0, now);
	check_event(check, result->code == RESULT_PASS ? FSM_PASS : FSM_FAIL, result, duration_ns, now);
}

void
check_disabled(struct check *check, bool disabled, monotime_t now)
{
	check_event(check, disabled ? FSM_DISABLE : FSM_ENABLE, NULL, 0, now);
}

int64_t
check_interval_ns(const struct check *check)
{
	const struct check_options *options = &check->config->options;
	bool moving = check->fsm.state == FSM_RISING || check->fsm.state == FSM_FALLING;

	return moving ? options->fast_interval_ns : options->interval_ns;
}

const char *
check_describe(const struct check *check, char *text, size_t size)
{
	const struct check_options *options = &check->config->options;
	monotime_t until;

	if (!node_held(&check->node, &until))
		return fsm_describe(&check->fsm, (unsigned)options->rise, (unsigned)options->fall, text, size);
	snprintf(text, size, "%s (held)", verdict_name(check->node.verdict));
	return text;
}
