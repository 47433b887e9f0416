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

static void
line_seen(const struct log_record *record)
{
	const struct log_about *about = &record->about;
	const struct events_one one = {.level = about->level, .name = about->subject, .before = about->before,
	    .after = about->after, .text = record->text};

	if (about->level <= LOG_LEVEL_SUCCESS)
		events_add(present->events, &one, monotime_now());
	if (present->tell != NULL)
		present->tell(present->context, record, present->change);
}

void
chronicle_begin(struct chronicle *chronicle)
{
	present = chronicle;
	log_set_tap(line_seen, LOG_LEVEL_SUCCESS);
}

void
chronicle_listen(enum log_level level)
{
	log_set_tap(line_seen, level > LOG_LEVEL_SUCCESS ? level : LOG_LEVEL_SUCCESS);
}

void
chronicle_end(struct chronicle *chronicle)
{
	if (present != chronicle)
		return;
	log_set_tap(NULL, LOG_LEVEL_ERROR);
	present = NULL;
}

/* What was worth a line is also in the node's history. A text that was cut is made one of whole characters. */
static void
node_tell(struct node *node, const char *before, const char *after, char *text, monotime_t now)
{
	utf8_sanitise(text);
	history_add(&node->history, after, text, before != after, now);
}

/* The line of a transition, which may be that of a change of the verdict, too. */
static bool
line_of_transition(struct chronicle *chronicle, const struct transition *transition,
    char text[static TRANSITION_TEXT_SIZE])
{
	char cause[TRANSITION_CAUSE_SIZE];
	const struct node_change found = chronicle->found;
	const struct notifier_change change = {&found, false, cause};
	bool told;

	if (found.node == transition->node) {
		transition_cause(transition, cause);
		chronicle->change = &change;
	}
	told = transition_log(transition, text);
	chronicle->change = NULL;
	chronicle->found.node = NULL;
	return told;
}

static bool
line_of_change(struct chronicle *chronicle, const struct node_change *change, char text[static TRANSITION_TEXT_SIZE])
{
	const bool group = change->node->rank >= checks_count(chronicle->checks);
	const struct notifier_change telling = {change, group, change->reason};
	bool told;

	if (change->cause == CAUSE_RESULT)
		chronicle->found = *change;
	chronicle->change = &telling;
	told = change_log(change, text);
	chronicle->change = NULL;
	return told;
}

void
chronicle_transition(struct chronicle *chronicle, const struct transition *transition)
{
	struct check *check = checks_at(chronicle->checks, transition->node->rank);
	char text[TRANSITION_TEXT_SIZE];

	if (transition->result != NULL)
		results_add(&check->results, transition->result, transition->duration_ns, transition->now);
	check->node.dirty = true;
	if (line_of_transition(chronicle, transition, text))
		node_tell(&check->node, fsm_state_name(transition->before.state), fsm_state_name(transition->after.state), text,
		    transition->now);
}

void
chronicle_change(struct chronicle *chronicle, const struct node_change *change)
{
	struct node *node = checks_node(chronicle->checks, change->node->rank);
	char text[TRANSITION_TEXT_SIZE];

	node->dirty = true;
	if (line_of_change(chronicle, change, text))
		node_tell(node, verdict_name(change->before), verdict_name(change->after), text, change->now);
}
