/*
 * The command line and its environment variables. Apart from main.c because getopt's struct option is not
 * ours.
 */
#ifndef EXACHECK_COMMAND_LINE_H
#define EXACHECK_COMMAND_LINE_H

#include <stdbool.h>
#include <stdint.h>

#define EXIT_USAGE 2 /* the configuration or the command line is wrong */

struct command_line {
	const char *command;
	const char *path; /* of the configuration */
	int verbosity;
	bool print, sandbox; /* what `test` shows */
	const char *running; /* ... and the configuration from which a reload is shown, NULL: none */
	int64_t watchdog_ns; /* 0: off */
};

/* The defaults, and what the environment says in their place. False: what is wrong there was printed. */
bool command_line_defaults(struct command_line *);

/*
 * Read the command line. Returns false when there is nothing left to do, with the exit status: help and
 * version were printed, or what is wrong was.
 */
bool command_line_parse(int argc, char **argv, struct command_line *, int *status);

#endif
