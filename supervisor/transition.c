/*
 * The log line of a transition: check, old -> new state, reason, duration, what became of the routes.
 */
#include "transition.h"

#include <stdio.h>
#include <string.h>

#include "../common/log.h"
#include "../common/monotime.h"

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

static const char *
action_text(const struct transition *transition, char *text, size_t size)
{
	char prefixes[PREFIXES_TEXT_SIZE];
	const char *verb = "", *suffix = "";

	text[0] = '\0';
	if (transition->action == FSM_NOTHING)
		return text;
	if (transition->action == FSM_ANNOUNCE) {
		verb = "announced";
	} else if (transition->after.state == FSM_DOWN && transition->config->attributes_down != NULL) {
		verb = "announced";
		suffix = " with the attributes of down";
	} else if (transition->after.state == FSM_DISABLED && transition->config->attributes_disabled != NULL) {
		verb = "announced";
		suffix = " with the attributes of disabled";
	} else {
		verb = "withdrew";
	}
	prefixes_text(&transition->config->options.prefixes, prefixes);
	snprintf(text, size, "; %s%s%s", verb, prefixes, suffix);
	return text;
}

static const char *
cause_text(const struct transition *transition, char *text, size_t size)
{
	const struct result *result = transition->result;

	if (result == NULL)
		snprintf(text, size, "%s %s", transition->config->options.disable != NULL ?
		    transition->config->options.disable : "disable file",
		    transition->event == FSM_DISABLE ? "exists" : "is gone");
	else
		snprintf(text, size, "%s %s (%s) in %.1f ms", result_code_name(result->code),
		    reason_name(result->reason), result->text, (double)transition->duration_ns / NS_PER_MILLISECOND);
	return text;
}

void
transition_log(const struct transition *transition)
{
	const struct check_options *options = &transition->config->options;
	unsigned rise = (unsigned)options->rise, fall = (unsigned)options->fall;
	char before[FSM_TEXT_SIZE], after[FSM_TEXT_SIZE], cause[512], action[PREFIXES_TEXT_SIZE + 64];
	bool changed = transition->before.state != transition->after.state;
	enum log_level level = changed ? state_levels[transition->after.state] : LOG_LEVEL_DEBUG;

	if (!log_enabled(level))
		return;
	fsm_describe(&transition->before, rise, fall, before, sizeof(before));
	fsm_describe(&transition->after, rise, fall, after, sizeof(after));
	cause_text(transition, cause, sizeof(cause));
	if (changed)
		log_line(level, options->name, "%s -> %s: %s%s", before, after, cause,
		    action_text(transition, action, sizeof(action)));
	else
		log_line(level, options->name, "%s: %s", after, cause);
}
