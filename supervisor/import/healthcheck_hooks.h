/*
 * Commands that ExaBGP's healthcheck executes, as hooks.
 */
#ifndef EXACHECK_HEALTHCHECK_HOOKS_H
#define EXACHECK_HEALTHCHECK_HOOKS_H

#include "healthcheck_options.h"

/* Add them to the map of a check, if there are any. */
void healthcheck_hooks_add(struct importing *, const struct healthcheck_options *, json_t *check);

#endif
