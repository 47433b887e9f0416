/*
 * What the sandbox leaves to each check, as a table for people: `exacheck test --sandbox`.
 */
#ifndef EXACHECK_SANDBOX_TABLE_H
#define EXACHECK_SANDBOX_TABLE_H

#include <stdio.h>

#include "config.h"

/*
 * One line a check: what remains of network, files and processes; then the system calls of each need that occurs, from
 * the very tables that the filters are made of. Errors of the stream are the caller's to ask for.
 */
void sandbox_table_print(const struct config *, FILE *);

#endif
