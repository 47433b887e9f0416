/*
 * The table of control commands. Touches nothing. Invariant: what a command takes, and who may give it, is said here
 * and nowhere else.
 */
#include <string.h>

#include "control_internal.h"
#include "suggest.h"

static const struct control_command commands[] = {
	{.name = "version", .step = control_version, .lasting = true},
	{.name = "status", .fields = FIELD_NAMES | FIELD_DETAIL, .step = control_status},
	{.name = "routes", .fields = FIELD_NAMES, .step = control_routes, .other = control_routes_other},
	{.name = "history", .fields = FIELD_NAMES, .step = control_history},
	{.name = "events", .fields = FIELD_SINCE | FIELD_FOLLOW, .step = control_events, .lasting = true},
	{.name = "check", .fields = FIELD_NAMES, .step = control_check, .writes = true},
	{.name = "reload", .fields = FIELD_DRY_RUN, .step = control_reload, .writes = true, .lasting = true},
	{.name = "upgrade", .step = control_upgrade, .writes = true, .lasting = true},
	{.name = "log", .fields = FIELD_LEVEL, .step = control_log, .writes = true, .lasting = true},
	{.name = "notify-test", .fields = FIELD_TARGET, .step = control_notify_test, .writes = true, .lasting = true},
	{.name = "disable", .fields = FIELD_NAMES | FIELD_FOR | FIELD_REASON, .writes = true, .step = control_disable},
	{.name = "drain", .fields = FIELD_NAMES | FIELD_FOR | FIELD_REASON, .writes = true, .step = control_disable},
	{.name = "enable", .fields = FIELD_NAMES, .writes = true, .step = control_enable},
};
#define COMMANDS (sizeof(commands) / sizeof(commands[0]))

const struct control_command *
control_command_find(const char *name)
{
	for (size_t i = 0; i < COMMANDS; i++)
		if (strcmp(commands[i].name, name) == 0)
			return &commands[i];
	return NULL;
}

static const char *
name_at(const void *context, size_t i)
{
	(void)context;
	return i < COMMANDS ? commands[i].name : NULL;
}

const char *
control_command_suggest(const char *name)
{
	return suggest(name, name_at, NULL);
}
