/*
 * The program that this process runs: where it is, and how it was started. Kept from the start on, because later
 * neither can be had: a package replaces the file, the process title overwrites the arguments.
 */
#ifndef EXACHECK_PROGRAM_H
#define EXACHECK_PROGRAM_H

#include <stdbool.h>

#define PROGRAM_LIMIT_S 15

extern const char program_version[];

/* First of all, once. False: out of memory. */
bool program_remember(char **argv, char **environment);

/* Its path without links, as it was when it was started. */
const char *program_path(void);

/* Whether another program of this process left its state; asked before program_state. */
bool program_goes_on(void);

/*
 * The descriptor of the state that another program of this process left, or -1; the variable that says so is gone
 * afterwards.
 */
int program_state(void);

/*
 * Execute what is at program_path now, with the same arguments and environment, and the descriptor for program_state.
 * Returns only when that failed, with errno. Until the next program calls program_started it has PROGRAM_LIMIT_S; then
 * SIGALRM ends it.
 */
void program_execute(int state);
void program_started(void);

#endif
