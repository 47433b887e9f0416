/*
 * From verdicts and states to hooks. Touches nothing but the hooks' queue. Invariant: what stays as it is runs nothing.
 */
#include "hook_node.h"

#include <stdlib.h>
#include <string.h>

#include "../common/log.h"
#include "hook.h"
#include "node.h"
#include "transition.h"

/* STATE, as users of ExaBGP's healthcheck know it, and the hook of its own. */
static const struct {
	const char *state, *key;
	size_t command; /* offset in struct hook_options */
} by_verdict[VERDICTS] = {
	[VERDICT_UP] = {"UP", "up", offsetof(struct hook_options, up)},
	[VERDICT_DOWN] = {"DOWN", "down", offsetof(struct hook_options, down)},
	[VERDICT_DISABLED] = {"DISABLED", "disabled", offsetof(struct hook_options, disabled)},
};

/* STATE of a transition: theirs begins as INIT, and is that again when the file that disabled it is gone. */
static const char *const by_state[FSM_STATES] = {
	[FSM_STARTUP] = "INIT",
	[FSM_RISING] = "RISING",
	[FSM_UP] = "UP",
	[FSM_FALLING] = "FALLING",
	[FSM_DOWN] = "DOWN",
	[FSM_DISABLED] = "DISABLED",
};

/* Items separated by blanks, malloc'd. NULL: out of memory. */
static char *
list_join(const struct string_list *list)
{
	size_t size = 1;
	char *text, *end;

	for (size_t i = 0; i < list->count; i++)
		size += strlen(list->items[i]) + 1;
	if ((text = malloc(size)) == NULL)
		return NULL;
	end = text;
	for (size_t i = 0; i < list->count; i++) {
		if (i > 0)
			*end++ = ' ';
		end = stpcpy(end, list->items[i]);
	}
	*end = '\0';
	return text;
}

/* A run that may be asked for. */
struct wish {
	const char *key, *command; /* NULL: it is not */
};

/* Queue those that are asked for, in order. hook: what they have in common, of a node. */
static void
wishes_run(struct hooks *hooks, const struct node_config *config, struct hook hook, const struct wish *wishes,
    size_t count)
{
	char *prefixes = NULL;

	hook.name = config->name;
	hook.timeout_ns = config->hooks.timeout_ns;
	for (size_t i = 0; i < count; i++) {
		if (wishes[i].command == NULL)
			continue;
		if (prefixes == NULL && (prefixes = list_join(&config->prefixes)) == NULL) {
			log_line(LOG_LEVEL_ERROR, config->name, "hooks are not run: out of memory");
			return;
		}
		hook.prefixes = prefixes;
		hook.key = wishes[i].key;
		hook.command = wishes[i].command;
		hooks_run(hooks, &hook);
	}
	free(prefixes);
}

void
hooks_node_changed(struct hooks *hooks, const struct node_change *change, bool group)
{
	const struct node_config *config = change->node->config;
	const struct hook_options *options = &config->hooks;
	const struct hook hook = {.state = by_verdict[change->after].state, .reason = change->reason};
	const struct wish wishes[] = {
		{by_verdict[change->after].key, *(char *const *)((const char *)options + by_verdict[change->after].command)},
		{"change", options->change},
		{"transition", group ? options->transition : NULL},
	};

	if (change->after != change->before && hook.state != NULL)
		wishes_run(hooks, config, hook, wishes, sizeof(wishes) / sizeof(wishes[0]));
}

void
hooks_transition(struct hooks *hooks, const struct transition *transition)
{
	const struct node_config *config = transition->node->config;
	const struct wish wish = {"transition", config->hooks.transition};
	char cause[TRANSITION_CAUSE_SIZE];

	if (wish.command == NULL || transition->before.state == transition->after.state)
		return;
	wishes_run(hooks, config, (struct hook){.state = by_state[transition->after.state],
	    .reason = transition_cause(transition, cause)}, &wish, 1);
}
