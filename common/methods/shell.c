/* The shell method's options. Pure. */
#include "shell.h"

#include <string.h>

#include "../option_error.h"

#define AT(MEMBER) .offset = offsetof(struct shell_args, MEMBER)

static const struct option shell_options[] = {
	COMMON_OPTIONS(struct shell_args, common),
	{.name = "command", .type = OPTION_STRING, .flags = OPTION_REQUIRED, AT(command), .min = 1, .max = SHELL_COMMAND_MAX,
	    .help = "command for /bin/sh -c; exit status 0 passes"},
	{.name = "environment", .type = OPTION_STRING, .flags = OPTION_MAP, AT(environment),
	    .help = "variables to add to PATH, LANG and CHECK"},
	OPTION_END,
};

static void
shell_cross_check(struct cross_check *check)
{
	const struct shell_args *args = check->args;
	char quoted[OPTION_QUOTE_SIZE];

	for (size_t i = 0; i < args->environment.count; i++)
		if (args->environment.keys[i][0] == '\0' || strchr(args->environment.keys[i], '=') != NULL)
			check->error(check, "environment",
			    "must have variable names that are not empty and without =, got %s",
			    option_quote(args->environment.keys[i], quoted));
}

const struct check_method method_shell = {
	.name = "shell",
	.options = shell_options,
	.args_size = sizeof(struct shell_args),
	.cross_check = shell_cross_check,
	.needs = NEED_COMMANDS,
	.may_need = NEED_LOOK,
};
