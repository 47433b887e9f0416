/*
 * The running exacheck: event loop, signals, life and end. Owns the checks, the ledger, the channel and
 * the workers.
 */
#ifndef EXACHECK_SUPERVISOR_H
#define EXACHECK_SUPERVISOR_H

#include "config.h"

struct launcher;

/*
 * Run until told to stop (SIGTERM, SIGINT, ExaBGP's shutdown or end-of-file), then withdraw every route and end every
 * process. The configuration is freed here, and so is the launcher, which starts them. watchdog_ns: how long the loop
 * may stand still, 0: for ever. Returns the exit status: 0 after an orderly end, 1 when it could not start.
 */
int supervisor_run(struct config *, struct launcher *, int64_t watchdog_ns);

/*
 * Go on from the state in this file, which another program of this process left: see upgrade.h. False: it cannot be
 * read, which is logged, and its descriptors are closed; one may start as if there were none. Else *status is as
 * above.
 */
bool supervisor_resume(int file, int64_t watchdog_ns, int *status);

#endif
