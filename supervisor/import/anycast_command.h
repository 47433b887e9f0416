/*
 * Commands that anycast-healthchecker executes without a shell, for one.
 */
#ifndef EXACHECK_ANYCAST_COMMAND_H
#define EXACHECK_ANYCAST_COMMAND_H

#include <stdio.h>

/*
 * Write the command so that a shell executes the same words: split as Python's shlex does it, and quoted where a shell
 * would make something else of them. Returns what is wrong with it; NULL: nothing. *meant: a word such as "|", which
 * somebody may have meant for a shell, points into the text; NULL: there is none.
 */
const char *anycast_command_write(FILE *, const char *text, const char **meant);

#endif
