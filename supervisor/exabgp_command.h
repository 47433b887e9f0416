/*
 * Commands to ExaBGP: their spelling in each dialect is in exabgp.h's exabgp_command; here is the last
 * check before one is written.
 */
#ifndef EXACHECK_EXABGP_COMMAND_H
#define EXACHECK_EXABGP_COMMAND_H

#include <stdbool.h>

/*
 * Whether a line (without newline) holds nothing but the words of a route command, numbers, addresses and
 * brackets. ExaBGP finds some commands (shutdown, restart …) anywhere in a line, so no other word may pass.
 */
bool exabgp_command_allowed(const char *line);

#endif
