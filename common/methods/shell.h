/* Arguments of the shell method. */
#ifndef EXACHECK_METHOD_SHELL_H
#define EXACHECK_METHOD_SHELL_H

#include "method.h"

#define SHELL_COMMAND_MAX 65536 /* bytes; an argument of execve(2) has at most 128 KiB */

struct shell_args {
	struct common_args common;
	char *command;
	struct string_map environment;
};

extern const struct check_method method_shell;

#endif
