/*
 * Notes about options. Touches memory only. Invariant: an option with its default value has no note of its own.
 */
#include "healthcheck_note.h"

#include <stdarg.h>
#include <string.h>

#include "import_command.h"

#define DASHED_SIZE 64

/* Where it is given, or else its name. */
static const char *
option_place(const struct healthcheck_options *options, const char *option, char dashed[static DASHED_SIZE])
{
	const char *place = healthcheck_option_place(options, option);

	snprintf(dashed, DASHED_SIZE, "--%s", option);
	return place != NULL ? place : dashed;
}

void
healthcheck_note(struct importing *importing, const struct healthcheck_options *options, enum import_kind kind,
    const char *option, const char *format, ...)
{
	char dashed[DASHED_SIZE], text[1024];
	va_list arguments;

	va_start(arguments, format);
	vsnprintf(text, sizeof(text), format, arguments);
	va_end(arguments);
	import_note(importing, kind, option_place(options, option, dashed), "%s", text);
}

void
healthcheck_note_general(struct importing *importing, const char *option, const char *text)
{
	const char *where = import_within(importing, NULL);

	import_note(importing, IMPORT_DIFFERS, option, "%s", text);
	import_within(importing, where);
}

/* Options that do nothing where others are given, or are not. */
static void
idle_note(struct importing *importing, const struct healthcheck_options *options)
{
	bool places_known = options->ips.count > 0, no_setup = options->no_ip_setup && !options->dynamic_ip_setup;
	const struct {
		const char *option;
		bool idle;
		const char *because;
	} idle[] = {
		{"down-metric", options->withdraw_on_down, "with --withdraw-on-down"},
		{"disabled-metric", options->withdraw_on_down, "with --withdraw-on-down"},
		{"disabled-community", options->withdraw_on_down, "with --withdraw-on-down"},
		{"down-as-path", options->withdraw_on_down, "with --withdraw-on-down"},
		{"disabled-as-path", options->withdraw_on_down, "with --withdraw-on-down"},
		{"syslog-facility", options->debug, "with --debug"},
		{"label", places_known && no_setup, "with --ip and --no-ip-setup"},
		{"label-exact-match", options->label == NULL, "without --label"},
		{"timeout", options->command == NULL, "without --command"},
	};

	for (size_t i = 0; i < sizeof(idle) / sizeof(idle[0]); i++)
		if (idle[i].idle && healthcheck_option_place(options, idle[i].option) != NULL)
			healthcheck_note(importing, options, IMPORT_DIFFERS, idle[i].option,
			    "has no effect %s, nor has it there", idle[i].because);
	if (places_known && options->label != NULL && options->label_exact_match)
		healthcheck_note(importing, options, IMPORT_DIFFERS, "label-exact-match",
		    "is not needed where --ip names the addresses: exacheck knows which ones it set up");
}

static void
command_note(struct importing *importing, const struct healthcheck_options *options, const char *option,
    const char *command)
{
	char dashed[DASHED_SIZE];

	import_command_note(importing, option_place(options, option, dashed), command,
	    "what `exacheck import` makes of the options");
}

static void
commands_note(struct importing *importing, const struct healthcheck_options *options)
{
	const struct {
		const char *option;
		const struct string_list *commands;
	} hooks[] = {
		{"execute", &options->execute},
		{"up-execute", &options->up_execute},
		{"down-execute", &options->down_execute},
		{"disabled-execute", &options->disabled_execute},
	};

	if (options->user != NULL && strcmp(options->user, "root") == 0)
		return; /* who has them all */
	if (options->command != NULL)
		command_note(importing, options, "command", options->command);
	for (size_t i = 0; i < sizeof(hooks) / sizeof(hooks[0]); i++)
		for (size_t j = 0; j < hooks[i].commands->count; j++)
			command_note(importing, options, hooks[i].option, hooks[i].commands->items[j]);
}

void
healthcheck_notes_add(struct importing *importing, const struct healthcheck_options *options)
{
	for (size_t i = 0; healthcheck_option_table[i].names[0] != NULL; i++)
		if (options->places[i] != NULL && healthcheck_option_table[i].fate != HEALTHCHECK_KEPT)
			import_note(importing,
			    healthcheck_option_table[i].fate == HEALTHCHECK_LOST ? IMPORT_LOST : IMPORT_DIFFERS,
			    options->places[i], "%s", healthcheck_option_table[i].note);
	idle_note(importing, options);
	commands_note(importing, options);
}
