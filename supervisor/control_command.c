/*
 * The table of control commands. Touches nothing.
 */
#include <string.h>

#include "control_internal.h"
#include "suggest.h"

static const struct control_command commands[] = {
	{.name = "version", .step = control_version, .lasting = true},
	{.name = "status", .fields = FIELD_NAMES | FIELD_DETAIL, .step = control_status},
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
