/*
 * Events into the log, figures and the ring. Touches the log, and of nodes what is kept for those who look. Invariant:
 * what has a line in the log is one event.
 */
#include "chronicle.h"

#include <stddef.h>

#include "../common/log.h"
#include "../common/utf8.h"
#include "checks.h"
#include "events.h"

static struct chronicle *present; /* the log's lines are its events */
static bool told; /* the line that is being written has an event of its own */

static void
line_seen(enum log_level level, const char *subject, const char *text)
{
	const struct events_one one = {.level = level, .name = subject, .text = text};

	if (!told)
		events_add(present->events, &one, monotime_now());
}

void
chronicle_begin(struct chronicle *chronicle)
{
	present = chronicle;
	log_set_tap(line_seen);
}

void
chronicle_end(struct chronicle *chronicle)
{
	if (present != chronicle)
		return;
	log_set_tap(NULL);
	present = NULL;
}

/* What is worth a line: also in the node's history, and an event. A text that was cut is made one of whole characters. */
static void
node_tell(struct chronicle *chronicle, struct node *node, enum log_level level, const char *before, const char *after,
    char *text, monotime_t now)
{
	const struct events_one one = {.level = level, .name = node->config->name, .before = before,
	    .after = after, .text = text};

	utf8_sanitise(text);
	history_add(&node->history, after, text, before != after, now);
	events_add(chronicle->events, &one, now);
}

void
chronicle_transition(struct chronicle *chronicle, const struct transition *transition)
{
	struct check *check = checks_at(chronicle->checks, transition->node->rank);
	char text[TRANSITION_TEXT_SIZE];
	bool changed;

	if (transition->result != NULL)
		results_add(&check->results, transition->result, transition->duration_ns, transition->now);
	told = true;
	changed = transition_log(transition, text);
	told = false;
	check->node.dirty = true;
	if (changed)
		node_tell(chronicle, &check->node, transition_level(transition), fsm_state_name(transition->before.state),
		    fsm_state_name(transition->after.state), text, transition->now);
}

void
chronicle_change(struct chronicle *chronicle, const struct node_change *change)
{
	struct node *node = checks_node(chronicle->checks, change->node->rank);
	char text[TRANSITION_TEXT_SIZE];
	bool changed;

	told = true;
	changed = change_log(change, text);
	told = false;
	node->dirty = true;
	if (changed)
		node_tell(chronicle, node, change_level(change), verdict_name(change->before), verdict_name(change->after), text,
		    change->now);
}
