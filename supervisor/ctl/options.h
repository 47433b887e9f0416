/*
 * The command line of exacheck-ctl: one table of commands, one of options.
 */
#ifndef EXACHECK_CTL_OPTIONS_H
#define EXACHECK_CTL_OPTIONS_H

#include "ctl.h"

struct command {
	const char *name, *usage, *help; /* help NULL: not for people */
	unsigned options;		 /* letters of options that it takes, as bits: see options.c */
	size_t least, most;		 /* of names */
	enum ctl_exit (*run)(const struct ctl *);
};

/*
 * Read the command line into ctl, whose texts point into it, or are static. Returns the command to run; NULL: *code is
 * what to exit with, all was told.
 */
const struct command *options_read(int argc, char **argv, struct ctl *, enum ctl_exit *code);

#endif
