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

/* Whether something disables it: while it does, the state is disabled. */
static bool
check_barred(const struct check *check)
{
	return check->disabled || check->node.override.kind != OVERRIDE_NONE;
}

/* What happened is said by the event's own fields of the transition, which are the caller's. */
static void
check_event(struct check *check, struct transition transition, monotime_t now)
{
	const struct check_options *options = &check->config->options;
	enum fsm_event event = check_barred(check) ? FSM_DISABLE : transition.event;
	struct nodes *nodes = check->node.nodes;
	char reason[TRANSITION_CAUSE_SIZE];
	enum verdict finding;

	transition.config = check->config;
	transition.node = &check->node;
	transition.now = now;
	nodes_begin(nodes, now);
	transition.before = check->fsm;
	fsm_step(&check->fsm, event, (unsigned)options->rise, (unsigned)options->fall);
	transition.after = check->fsm;
	if ((finding = findings[check->fsm.state]) != VERDICT_NONE)
		/* most results are no news: nobody reads the reason, which is the dearest part of them */
		transition.effect = node_found(&check->node, finding, CAUSE_RESULT,
		    node_news(&check->node, finding) ? transition_cause(&transition, reason) : "", now);
	if (check->observe != NULL)
		check->observe(check->context, &transition);
	nodes_end(nodes, now);
}

void
check_result(struct check *check, const struct result *result, int64_t duration_ns, monotime_t now)
{
	/* A predecessor found it disabled, and nobody has said so since. */
	if (check->fsm.state == FSM_DISABLED && !check_barred(check))
		check_event(check, (struct transition){.event = FSM_ENABLE}, now);
	check_event(check, (struct transition){.event = result->code == RESULT_PASS ? FSM_PASS : FSM_FAIL,
	    .result = result, .duration_ns = duration_ns}, now);
}

void
check_disabled(struct check *check, bool disabled, monotime_t now)
{
	check->disabled = disabled;
	check_event(check, (struct transition){.event = disabled ? FSM_DISABLE : FSM_ENABLE}, now);
}

void
check_override(struct check *check, struct override *override, monotime_t now)
{
	char word[OVERRIDE_TEXT_SIZE];

	override_replace(&check->node.override, override);
	check_event(check, (struct transition){.event = FSM_DISABLE,
	    .word = override_describe(&check->node.override, word)}, now);
}

void
check_release(struct check *check, const char *why, monotime_t now)
{
	char word[TRANSITION_CAUSE_SIZE];

	override_clear(&check->node.override);
	snprintf(word, sizeof(word), "%s%s%s%s", why, check->disabled ? ", but " : "",
	    check->disabled ? check->config->options.disable : "", check->disabled ? " exists" : "");
	check_event(check, (struct transition){.event = FSM_ENABLE, .word = word}, now);
}

bool
check_rests(const struct check *check)
{
	return check->disabled || (check->fsm.state == FSM_DISABLED && check->node.override.kind == OVERRIDE_NONE);
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
