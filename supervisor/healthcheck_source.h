/*
 * The options of ExaBGP's healthcheck, and its file, as the source of a configuration.
 */
#ifndef EXACHECK_HEALTHCHECK_SOURCE_H
#define EXACHECK_HEALTHCHECK_SOURCE_H

#include <stddef.h>

#include "config_source.h"
#include "instance.h"

/* The options as they were given, which are read again at every reload. */
struct healthcheck_command {
	int argc;
	char **argv; /* argv[0] is the first option */
	struct instance instance;
	char name[sizeof("healthcheck ") + sizeof(((struct instance *)NULL)->name)]; /* of the source */
};

/* For config_source.load; its context is a healthcheck_command. */
struct config *healthcheck_load(const struct config_source *, const struct config *running, struct diagnostics *);

#endif
