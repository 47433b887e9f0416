/*
 * What a reload would say to ExaBGP: `exacheck test --diff`.
 */
#ifndef EXACHECK_DIFF_H
#define EXACHECK_DIFF_H

#include <stdbool.h>
#include <stdio.h>

#include "config.h"

/*
 * Print the commands, one a line and in their order, that a reload from one configuration to the other sends at once
 * while every check of the first is up. Made by the very code that runs. False: out of memory. Errors of the stream are
 * the caller's to ask for.
 */
bool diff_print(const struct config *running, const struct config *next, FILE *);

#endif
