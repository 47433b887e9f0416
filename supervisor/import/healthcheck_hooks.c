/*
 * Commands that ExaBGP's healthcheck executes, as hooks. Touches memory only. Invariant: every command runs, whatever those
 * before it did.
 */
#include "healthcheck_hooks.h"

#include <stdlib.h>
#include <string.h>

#include "healthcheck_note.h"

#define HOOK_TIMEOUT_NONE_S 3600 /* the longest that a hook may have */

static bool
quoted_write(FILE *file, const char *command)
{
	fputs("sh -c '", file);
	for (; *command != '\0'; command++)
		if (*command == '\'')
			fputs("'\\''", file);
		else
			fputc(*command, file);
	fputc('\'', file);
	return !ferror(file);
}

/* Commands that all run whatever the others do, each in a shell of its own. */
static void
commands_add(struct importing *importing, json_t *hooks, const char *key, const struct string_list *commands)
{
	char *text = NULL;
	size_t length;
	FILE *file;

	if (commands->count == 1) {
		import_add_text(importing, hooks, key, commands->items[0]);
		return;
	}
	if ((file = open_memstream(&text, &length)) != NULL) {
		for (size_t i = 0; i < commands->count; i++) {
			if (i > 0)
				fputc('\n', file);
			quoted_write(file, commands->items[i]);
		}
		if (fclose(file) == EOF) {
			free(text);
			text = NULL;
		}
	}
	if (text == NULL)
		import_note(importing, IMPORT_WRONG, NULL, "out of memory");
	else
		import_add_text(importing, hooks, key, text);
	free(text);
}

void
healthcheck_hooks_add(struct importing *importing, const struct healthcheck_options *options, json_t *check)
{
	const struct {
		const char *key, *option;
		const struct string_list *commands;
	} all[] = {
		{"up", "up-execute", &options->up_execute},
		{"down", "down-execute", &options->down_execute},
		{"disabled", "disabled-execute", &options->disabled_execute},
		{"transition", "execute", &options->execute},
	};
	json_t *hooks = NULL;

	for (size_t i = 0; i < sizeof(all) / sizeof(all[0]); i++) {
		if (all[i].commands->count == 0)
			continue;
		if (hooks == NULL)
			hooks = import_add_map(importing, check, "hooks");
		commands_add(importing, hooks, all[i].key, all[i].commands);
		if (all[i].commands != &options->execute)
			healthcheck_note(importing, options, IMPORT_DIFFERS, all[i].option,
			    "does not run again when the state only began to change and returned; there it does");
	}
	if (hooks == NULL)
		return;
	import_add_integer(importing, hooks, "timeout", HOOK_TIMEOUT_NONE_S);
	healthcheck_note_general(importing, "--execute",
	    "commands run when the route has changed, one after the other, for at most an hour each, and nothing waits for them; "
	    "there all waits for them, for any time");
	healthcheck_note_general(importing, "--execute",
	    "commands have no more than PATH, LANG, CHECK, STATE, PREFIXES and REASON in their environment, and run as the "
	    "user of exacheck.user; there with all that ExaBGP has, as its user");
}
