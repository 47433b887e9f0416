/*
 * The start of what runs: from the configuration's source to the running exacheck, or on from what another program of
 * this process left.
 */
#ifndef EXACHECK_START_H
#define EXACHECK_START_H

#include "supervisor.h"

/* Returns the exit status, see supervisor_run; EXIT_USAGE: the configuration has errors, which were logged. */
int start_run(const struct supervisor_start *);

#endif
