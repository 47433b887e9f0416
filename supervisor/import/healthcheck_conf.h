/*
 * ExaBGP's configuration file, of which no more is read than what its process blocks run.
 */
#ifndef EXACHECK_HEALTHCHECK_CONF_H
#define EXACHECK_HEALTHCHECK_CONF_H

#include <stdbool.h>

#include "importing.h"

/* Whether the text of a file is one, and not options of the healthcheck. */
bool healthcheck_conf_is(const char *text);

/* Import every healthcheck that one of its processes runs; notes say which processes are left alone. */
void healthcheck_conf_import(struct importing *, const char *path, const char *text);

/*
 * Of the words of a command line, the first that is an option of the healthcheck: `python3 -m exabgp healthcheck --ip ...`,
 * or of ours in its place. 0: it does not run the healthcheck.
 */
int healthcheck_command_options(int argc, char *const *argv);

/* Note what stands before that one and is lost: `sudo -u web`, `ip netns exec blue`. */
void healthcheck_command_note(struct importing *, int first, char *const *argv);

#endif
