/*
 * Commands of other programs' configurations: what of them does not work here, or works differently.
 */
#ifndef EXACHECK_IMPORT_COMMAND_H
#define EXACHECK_IMPORT_COMMAND_H

#include "importing.h"

/* Note what of a command cannot work. place: as import_note has it; instead: what can be run without a sandbox. */
void import_command_note(struct importing *, const char *place, const char *command, const char *instead);

/* Note, of all commands together, who runs them and with what; there: the program that did. */
void import_commands_note(struct importing *, const char *there);

#endif
