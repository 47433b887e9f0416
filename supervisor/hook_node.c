/*
 * From verdicts to hooks. Touches nothing but the hooks' queue. Invariant: a verdict that stays runs nothing.
 */
#include "hook_node.h"

#include <stdlib.h>
#include <string.h>

#include "../common/log.h"
#include "hook.h"
#include "node.h"

/* STATE, as users of ExaBGP's healthcheck know it, and the hook of its own. */
static const struct {
	const char *state, *key;
	size_t command; /* offset in struct hook_options */
} by_verdict[VERDICTS] = {
	[VERDICT_UP] = {"UP", "up", offsetof(struct hook_options, up)},
	[VERDICT_DOWN] = {"DOWN", "down", offsetof(struct hook_options, down)},
	[VERDICT_DISABLED] = {"DISABLED", "disabled", offsetof(struct hook_options, disabled)},
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

void
hooks_node_changed(struct hooks *hooks, const struct node_change *change)
{
	const struct node_config *config = change->node->config;
	const struct hook_options *options = &config->hooks;
	struct hook hook = {.name = config->name, .state = by_verdict[change->after].state, .reason = change->reason,
	    .timeout_ns = options->timeout_ns};
	const struct {
		const char *key, *command;
	} runs[] = {
		{by_verdict[change->after].key, *(char *const *)((const char *)options + by_verdict[change->after].command)},
		{"change", options->change},
	};
	char *prefixes;

	if (change->after == change->before || hook.state == NULL || (runs[0].command == NULL && runs[1].command == NULL))
		return;
	if ((prefixes = list_join(&config->prefixes)) == NULL) {
		log_line(LOG_LEVEL_ERROR, config->name, "hooks are not run: out of memory");
		return;
	}
	hook.prefixes = prefixes;
	for (size_t i = 0; i < sizeof(runs) / sizeof(runs[0]); i++) {
		hook.key = runs[i].key;
		hook.command = runs[i].command;
		if (hook.command != NULL)
			hooks_run(hooks, &hook);
	}
	free(prefixes);
}
