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
#include "state.h"

struct event_base;
struct launcher;
struct workers;

/* launcher: starts the spawners. All arguments outlive the result. NULL: out of memory. */
struct workers *workers_new(struct event_base *, const struct identity *, struct launcher *);

/*
 * Start a worker for check, whose first execution is at `first`; check lives until it is removed here, or longer than
 * the workers. False: out of memory.
 */
bool workers_add(struct workers *, struct check *, monotime_t first);

/* End the worker of a check, whatever it is about; the check is not heard of any more. */
void workers_remove(struct workers *, struct check *);

/* Hear what workers have reported by now: before their checks change, since it is of the grid that they have. */
void workers_drain(struct workers *);

/*
 * The check has another configuration. renew: its process is replaced by one that has it, on the same grid; until that
 * one's first result nothing happens to the check. Otherwise the process goes on, at the new interval at once.
 */
void workers_change(struct workers *, const struct check *, bool renew);

/* Whether all of them can be replaced by others, of another user or another sandbox: that takes other spawners. */
bool workers_renewable(const struct workers *);

/* End, in the next turn of the loop, the spawners that no worker needs any more. */
void workers_tidy(struct workers *);

/* A child ended, whoever it was. */
void workers_reaped(struct workers *, pid_t, int status);

/*
 * Upgrades. The processes stay: their descriptors are to be left open by execve(2), or not any more; one line of state
 * each. While paused none is begun; quiet: none is being. workers_load is given a line after workers_add for all:
 * usable: whether the processes speak this program's protocol; otherwise they are replaced at once, else one after the
 * other as they report. worker_state_valid: whether a line could be loaded.
 */
void workers_pause(struct workers *, bool pause);
bool workers_quiet(const struct workers *);
bool workers_save(const struct workers *, FILE *);
bool workers_keep(const struct workers *, bool keep);
bool workers_load(struct workers *, const json_t *, bool usable, char error[static STATE_ERROR_SIZE]);
bool worker_state_valid(const json_t *, char error[static STATE_ERROR_SIZE]);
/* How many have a process of the program from before an upgrade. */
size_t workers_outdated(const struct workers *);

/* A check's process, as people want to know it. */
struct worker_view {
	pid_t pid; /* 0: there is none */
	unsigned long restarts; /* of a process that was lost, since the check was added */
	const char *sandbox; /* of the one that started last, see worker's "started"; NULL: none has */
	monotime_t next;     /* execution */
};
struct worker_view worker_view(const struct check *);

/*
 * Have the check executed now, beside its grid, which goes on as it was; what comes of it is a result as any other. NULL,
 * or why that cannot be now.
 */
const char *workers_run_now(const struct check *);

/* Kill every worker and spawner now; none is started again. Then workers_free once they are reaped. */
void workers_stop(struct workers *);
void workers_free(struct workers *);

#endif
