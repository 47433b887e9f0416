/*
 * Commands that ExaBGP's healthcheck executes, as hooks. Touches memory only. Invariant: every command runs, whatever those
 * before it did.
 */
#include "healthcheck_hooks.h"

#include <stdlib.h>
#include <string.h>

#include "healthcheck_note.h"

#define TIMEOUT_NONE_S 3600	/* the longest that a hook may have */
#define TIMEOUT_BACKGROUND_S 60 /* where the next one may wait for what does not mean to end */
#define WAIT "\nwait" /* for what a shell has in the background */

/* Whether the shell goes on without waiting for a part of the command: there is a & that is none of && >& <&. */
static bool
leaves_running(const char *command)
{
	char quote = '\0', before = '\0';

	for (; *command != '\0'; before = *command++) {
		if (*command == '\\' && quote != '\'' && command[1] != '\0')
			command++;
		else if (quote != '\0')
			quote = *command == quote ? '\0' : quote;
		else if (*command == '\'' || *command == '"')
			quote = *command;
		else if (*command == '&' && command[1] == '&')
			command++;
		else if (*command == '&' && before != '>' && before != '<')
			return true;
	}
	return false;
}

static bool
any_leaves_running(const struct string_list *commands)
{
	for (size_t i = 0; i < commands->count; i++)
		if (leaves_running(commands->items[i]))
			return true;
	return false;
}

static bool
quoted_write(FILE *file, const char *command)
{
	const char *end = leaves_running(command) ? WAIT "'" : "'";

	fputs("sh -c '", file);
	for (; *command != '\0'; command++)
		if (*command == '\'')
			fputs("'\\''", file);
		else
			fputc(*command, file);
	fputs(end, file);
	return !ferror(file);
}

/* Commands that all run whatever the others do, each in a shell of its own, which stays for what runs beside it. */
static void
commands_add(struct importing *importing, json_t *hooks, const char *key, const struct string_list *commands)
{
	char *text = NULL;
	size_t length;
	FILE *file;

	if (commands->count == 1 && !leaves_running(commands->items[0])) {
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
	int timeout_s = TIMEOUT_NONE_S;

	for (size_t i = 0; i < sizeof(all) / sizeof(all[0]); i++) {
		if (all[i].commands->count == 0)
			continue;
		if (hooks == NULL)
			hooks = import_add_map(importing, check, "hooks");
		commands_add(importing, hooks, all[i].key, all[i].commands);
		if (all[i].commands != &options->execute)
			healthcheck_note(importing, options, IMPORT_DIFFERS, all[i].option,
			    "does not run again when the state only began to change and returned; there it does");
		if (!any_leaves_running(all[i].commands))
			continue;
		timeout_s = TIMEOUT_BACKGROUND_S;
		healthcheck_note(importing, options, IMPORT_LOST, all[i].option,
		    "what it leaves in the background is waited for, and is killed with the command, which like all hooks of this "
		    "check has %d seconds: let a service manager run what is to last", timeout_s);
	}
	if (hooks == NULL)
		return;
	import_add_integer(importing, hooks, "timeout", timeout_s);
	healthcheck_note_general(importing, "--execute",
	    "commands run when the route has changed, one after the other, each for as long as hooks.timeout at most, and nothing "
	    "waits for them; there all waits for them, for any time");
	healthcheck_note_general(importing, "--execute",
	    "commands have no more than PATH, LANG, CHECK, STATE, PREFIXES and REASON in their environment, and run as the "
	    "user of exacheck.user; there with all that ExaBGP has, as its user");
}
