/*
 * Notes about commands. Touches memory only. Invariant: quotes and a path do not hide what a command runs.
 */
#include "import_command.h"

#include <stdbool.h>
#include <string.h>

/* Whether the program is one of the words of a command, or of what another one is to run. */
static bool
has_program(const char *command, const char *program)
{
	static const char ends[] = " \t\n;&|()'\"`";
	size_t length = strlen(program), found;

	for (; *command != '\0'; command += found) {
		command += strspn(command, ends);
		found = strcspn(command, ends);
		if (found >= length && strncmp(command + found - length, program, length) == 0 &&
		    (found == length || command[found - length - 1] == '/'))
			return true;
	}
	return false;
}

void
import_command_note(struct importing *importing, const char *place, const char *command, const char *instead)
{
	if (has_program(command, "sudo"))
		import_note(importing, IMPORT_LOST, place, "sudo does not work in a command, as commands gain no privilege: let "
		    "it do without, or run %s with exacheck.sandbox: off", instead);
}

void
import_commands_note(struct importing *importing, const char *there)
{
	import_note(importing, IMPORT_DIFFERS, NULL, "commands have no more than PATH, LANG and CHECK in their environment "
	    "(see args.environment), and run as the user of exacheck.user; those of %s have all that it has, as its own user",
	    there);
}
