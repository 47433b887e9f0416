/*
 * The log line of a transition: check, old -> new state, reason, duration, what became of the routes.
 */
#include "transition.h"

#include <stdio.h>
#include <string.h>

#include "../common/log.h"
#include "../common/monotime.h"
#include "nodes.h"
#include "route.h"

#define PREFIXES_TEXT_SIZE 256

static const enum log_level state_levels[FSM_STATES] = {
	[FSM_STARTUP] = LOG_LEVEL_INFO,
	[FSM_RISING] = LOG_LEVEL_INFO,
	[FSM_UP] = LOG_LEVEL_SUCCESS,
	[FSM_FALLING] = LOG_LEVEL_WARNING,
	[FSM_DOWN] = LOG_LEVEL_ERROR,
	[FSM_DISABLED] = LOG_LEVEL_INFO,
};

/* "192.0.2.1/32 192.0.2.2/32 and 7 more". */
static void
prefixes_text(const struct string_list *prefixes, char text[static PREFIXES_TEXT_SIZE])
{
	size_t length = 0, i;

	text[0] = '\0';
	for (i = 0; i < prefixes->count && length < PREFIXES_TEXT_SIZE - PREFIX_TEXT_SIZE - 24; i++)
		length += (size_t)snprintf(text + length, PREFIXES_TEXT_SIZE - length, " %s", prefixes->items[i]);
	if (i < prefixes->count)
		snprintf(text + length, PREFIXES_TEXT_SIZE - length, " and %zu more", prefixes->count - i);
}

/*
 * What the line of an effect is about: ExaCheck, too, calls it an announcement when a service that is down stays announced.
 * What has no routes announces and withdraws nothing.
 */
static enum log_event
effect_event(const struct node *node, enum node_effect effect)
{
	static const enum log_event events[] = {
		[NODE_SAME] = LOG_EVENT_INFO,
		[NODE_HELD] = LOG_EVENT_INFO,
		[NODE_ANNOUNCED] = LOG_EVENT_ANNOUNCE,
		[NODE_DRAINS] = LOG_EVENT_ANNOUNCE,
		[NODE_WITHDREW] = LOG_EVENT_WITHDRAW,
		[NODE_GUARDED] = LOG_EVENT_ERROR,
	};

	return node->config->prefixes.count > 0 ? events[effect] : LOG_EVENT_USUAL;
}

/* The line of a change of a node, of which the states are known. */
static void
line_write(const struct log_source *source, enum log_level level, const struct node *node, enum node_effect effect,
    const char *before, const char *after, const char *text)
{
	const struct log_about about = {.level = level, .subject = node->config->name, .event = effect_event(node, effect),
	    .before = before, .after = after};

	log_write(source, &about, 0, "%s", text);
}

static bool
count_kept(const struct node *node, const struct route_key *key, size_t prefix, void *context)
{
	const struct route *route = ledger_look_up(node->nodes->ledger, key);
	size_t *wanted = context;

	(void)prefix;
	*wanted += route != NULL && route_desired(route) != NULL;
	return true;
}

size_t
transition_kept(const struct node *node, enum node_effect effect)
{
	size_t kept = 0;

	if (effect == NODE_WITHDREW)
		node_each_route(node, count_kept, &kept);
	return kept;
}

/* What became of the routes: "; withdrew 192.0.2.1/32", ", of which others keep 1 announced". */
static const char *
effect_text(const struct node *node, enum node_effect effect, monotime_t now, char *text, size_t size)
{
	static const char *const verbs[] = {
		[NODE_ANNOUNCED] = "announced",
		[NODE_DRAINS] = "draining",
		[NODE_WITHDREW] = "withdrew",
		[NODE_GUARDED] = "the guard keeps announced",
	};
	static const char *const suffixes[WISHES] = {
		[WISH_DOWN] = " with the attributes of down",
		[WISH_DISABLED] = " with the attributes of disabled",
	};
	const char *suffix = effect == NODE_ANNOUNCED ? suffixes[node->wish] : NULL;
	char prefixes[PREFIXES_TEXT_SIZE];
	monotime_t until = now;
	size_t length, kept;

	text[0] = '\0';
	if (effect == NODE_HELD && node_held(node, &until)) {
		snprintf(text, size, "; held %s for %.1f s", verdict_name(node->verdict),
		    (double)monotime_left(until, now) / NS_PER_SECOND);
	} else if (effect != NODE_SAME && effect != NODE_HELD && node->config->prefixes.count > 0) {
		prefixes_text(&node->config->prefixes, prefixes);
		length = (size_t)snprintf(text, size, "; %s%s%s", verbs[effect], prefixes, suffix != NULL ? suffix : "");
		if ((kept = transition_kept(node, effect)) > 0 && length < size)
			snprintf(text + length, size - length, ", of which others keep %zu announced", kept);
	}
	return text;
}

const char *
transition_cause(const struct transition *transition, char text[static TRANSITION_CAUSE_SIZE])
{
	const struct result *result = transition->result;

	if (transition->word != NULL)
		snprintf(text, TRANSITION_CAUSE_SIZE, "%s", transition->word);
	else if (result == NULL)
		snprintf(text, TRANSITION_CAUSE_SIZE, "%s %s", transition->config->options.disable != NULL ?
		    transition->config->options.disable : "disable file",
		    transition->event == FSM_DISABLE ? "exists" : "is gone");
	else
		snprintf(text, TRANSITION_CAUSE_SIZE, "%s %s (%s) in %.1f ms", result_code_name(result->code),
		    reason_name(result->reason), result->text, (double)transition->duration_ns / NS_PER_MILLISECOND);
	return text;
}

bool
transition_log(const struct transition *transition, char text[static TRANSITION_TEXT_SIZE])
{
	const struct check_options *options = &transition->config->options;
	unsigned rise = (unsigned)options->rise, fall = (unsigned)options->fall;
	char before[FSM_TEXT_SIZE], after[FSM_TEXT_SIZE], cause[TRANSITION_CAUSE_SIZE], effect[PREFIXES_TEXT_SIZE + 64];
	bool moved = transition->before.state != transition->after.state;
	bool changed = moved || transition->effect != NODE_SAME || transition->word != NULL;

	if (!changed && !log_enabled(LOG_LEVEL_DEBUG))
		return false;
	fsm_describe(&transition->before, rise, fall, before, sizeof(before));
	fsm_describe(&transition->after, rise, fall, after, sizeof(after));
	transition_cause(transition, cause);
	effect_text(transition->node, transition->effect, transition->now, effect, sizeof(effect));
	if (moved || transition->effect != NODE_SAME)
		snprintf(text, TRANSITION_TEXT_SIZE, "%s -> %s: %s%s", before, after, cause, effect);
	else
		snprintf(text, TRANSITION_TEXT_SIZE, "%s: %s", after, cause);
	if (changed)
		line_write(LOG_HERE, state_levels[transition->after.state], transition->node, transition->effect,
		    fsm_state_name(transition->before.state), fsm_state_name(transition->after.state), text);
	else
		log_line(LOG_LEVEL_DEBUG, transition->config->node.name, "%s", text);
	return changed;
}

bool
change_log(const struct node_change *change, char text[static TRANSITION_TEXT_SIZE])
{
	static const enum log_level levels[VERDICTS] = {LOG_LEVEL_INFO, LOG_LEVEL_SUCCESS, LOG_LEVEL_ERROR, LOG_LEVEL_INFO};
	char effect[PREFIXES_TEXT_SIZE + 64];

	if (change->cause == CAUSE_RESULT ||
	    (change->cause != CAUSE_OVERRIDE && change->before == change->after && change->effect == NODE_SAME))
		return false;
	effect_text(change->node, change->effect, change->now, effect, sizeof(effect));
	if (change->before != change->after)
		snprintf(text, TRANSITION_TEXT_SIZE, "%s -> %s: %s%s", verdict_name(change->before),
		    verdict_name(change->after), change->reason, effect);
	else
		snprintf(text, TRANSITION_TEXT_SIZE, "%s: %s%s", verdict_name(change->after), change->reason, effect);
	line_write(LOG_HERE, levels[change->after], change->node, change->effect, verdict_name(change->before),
	    verdict_name(change->after), text);
	return true;
}
