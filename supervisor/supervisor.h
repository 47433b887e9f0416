/*
 * The running exacheck: event loop, signals, life and end. Owns the checks, the ledger, the channel and
 * the workers.
 */
#ifndef EXACHECK_SUPERVISOR_H
#define EXACHECK_SUPERVISOR_H

#include "config.h"

struct config_source;
struct identity;
struct launcher;

/* What is no part of the configuration. */
struct supervisor_start {
	const struct config_source *source; /* for reloads */
	int64_t watchdog_ns; /* how long the loop may stand still, 0: for ever */
	/*
	 * End, with everything left announced, as soon as every check has a verdict and ExaBGP knows it. After an upgrade
	 * it is what it was: the options may come from a file, which nobody has reloaded.
	 */
	bool once;
};

/*
 * Run until told to stop (SIGTERM, SIGINT, ExaBGP's shutdown or end-of-file), then withdraw every route and end every
 * process. start outlives it; identity is that of the configuration's settings. The configuration is freed here, and so
 * is the launcher, which starts them. Returns the exit status: 0 after an orderly end, 1 when it could not start.
 */
int supervisor_run(const struct supervisor_start *start, struct config *, const struct identity *, struct launcher *);

/*
 * Go on from the state in this file, which another program of this process left: see upgrade.h. False: it cannot be
 * read, which is logged, and its descriptors are closed; one may start as if there were none. Else *status is as
 * above.
 */
bool supervisor_resume(const struct supervisor_start *start, int file, int *status);

#endif
