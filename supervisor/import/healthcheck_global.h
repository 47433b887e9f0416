/*
 * Options of ExaBGP's healthcheck that are about the program, not about a service: identity, answers, the log.
 */
#ifndef EXACHECK_HEALTHCHECK_GLOBAL_H
#define EXACHECK_HEALTHCHECK_GLOBAL_H

#include "healthcheck_options.h"

/* Add them to the configuration, which may have those of another process. */
void healthcheck_global_add(struct importing *, const struct healthcheck_options *);

#endif
