/*
 * Applying a configuration to what runs: all of it or nothing. What did not change is not touched.
 */
#ifndef EXACHECK_RELOAD_H
#define EXACHECK_RELOAD_H

#include <stdbool.h>
#include <stdio.h>

#include "checks.h"
#include "config.h"
#include "identity.h"
#include "worker.h"

struct channel;
struct config_source;
struct hooks;

/* What a reload works on. */
struct reload {
	const struct config_source *source;
	struct config **config; /* that is running: replaced by the new one and freed */
	struct identity *identity; /* of the workers, which refer to it */
	struct checks *checks;
	struct workers *workers;
	struct hooks *hooks;
	struct channel *channel;
};

/* The start: everything of the running configuration is new. False: out of memory. */
bool reload_start(const struct reload *);

enum reload_result {
	RELOAD_REFUSED, /* nothing has changed; why is logged */
	RELOAD_SAME,	/* it means what it meant before */
	RELOAD_DONE,
};

/*
 * Load the configuration from its source again and apply the difference. asked: somebody waits for a word, also when
 * nothing has changed. report (NULL: nobody reads it): is given what the log is told of it, a line each.
 */
enum reload_result reload_run(const struct reload *, bool asked, FILE *report);

/*
 * What that would come to, without anything being changed, or told to the log. report: what is wrong with the file, what
 * changes of what, and the commands that ExaBGP would be told at once if every check were up.
 */
enum reload_result reload_try(const struct reload *, FILE *report);

#endif
