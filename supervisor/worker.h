/*
 * The workers: one process per check, spawned, listened to, leased, killed and respawned. Every grid point
 * of a check has exactly one outcome for its state machine: the worker's result, or a failure when there
 * is none in time.
 */
#ifndef EXACHECK_SUPERVISOR_WORKER_H
#define EXACHECK_SUPERVISOR_WORKER_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "../common/monotime.h"
#include "check.h"
#include "identity.h"

struct event_base;
struct launcher;
struct workers;

/* launcher: starts the spawners. All arguments outlive the result. NULL: out of memory. */
struct workers *workers_new(struct event_base *, const struct identity *, struct launcher *);

/*
 * Start a worker for check, whose first execution is at `first`; check outlives the workers. False: out of
 * memory.
 */
bool workers_add(struct workers *, struct check *, monotime_t first);

/* A child ended, whoever it was. */
void workers_reaped(struct workers *, pid_t, int status);

/* Kill every worker and spawner now; none is started again. Then workers_free once they are reaped. */
void workers_stop(struct workers *);
void workers_free(struct workers *);

#endif
