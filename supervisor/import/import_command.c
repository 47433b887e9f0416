/*
 * Notes about commands. Touches memory only. Invariant: quotes and a path do not hide what a command runs.
 */
#include "import_command.h"

#include <stdbool.h>
#include <string.h>

/* Programs that live by privileges of their files. */
static const struct {
	const char *names[6], *note;
	bool instead; /* there is another way, which the note ends with */
} powerless[] = {
	{{"sudo", "su", "doas", "runuser", "pkexec", NULL},
	    "does not work in a command, as commands gain no privilege: let it do without, or run", true},
	{{"ping", "ping4", "ping6", "fping", NULL},
	    "works in a command only where net.ipv4.ping_group_range has a group of its user, as commands gain no privilege: "
	    "method icmp does without", false},
};

/* The program of these names that a command has among its words, whatever its path. NULL: none. */
static const char *
program_find(const char *command, const char *const *names)
{
	static const char ends[] = " \t\n;&|()'\"`/";
	size_t found;

	for (; *command != '\0'; command += found) {
		command += strspn(command, ends);
		found = strcspn(command, ends);
		for (size_t i = 0; names[i] != NULL; i++)
			if (found == strlen(names[i]) && strncmp(command, names[i], found) == 0 && command[found] != '/')
				return names[i];
	}
	return NULL;
}

void
import_command_note(struct importing *importing, const char *place, const char *command, const char *instead)
{
	for (size_t i = 0; i < sizeof(powerless) / sizeof(powerless[0]); i++) {
		const char *name = program_find(command, powerless[i].names);

		if (name != NULL && powerless[i].instead)
			import_note(importing, IMPORT_LOST, place, "%s %s %s with exacheck.sandbox: off", name, powerless[i].note,
			    instead);
		else if (name != NULL)
			import_note(importing, IMPORT_LOST, place, "%s %s", name, powerless[i].note);
	}
}

void
import_commands_note(struct importing *importing, const char *there)
{
	import_note(importing, IMPORT_DIFFERS, NULL, "commands have no more than PATH, LANG and CHECK in their environment "
	    "(see args.environment), and run as the user of exacheck.user; those of %s have all that it has, as its own user",
	    there);
}
