/*
 * What the files of a worker share: worker.c (processes), worker_change.c (reloads), worker_grid.c (grid points and
 * their outcomes), worker_peer.c (messages), worker_state.c (upgrades). Nobody else includes it.
 */
#ifndef EXACHECK_WORKER_INTERNAL_H
#define EXACHECK_WORKER_INTERNAL_H

#include <bsd/sys/queue.h>

#include "../common/backoff.h"
#include "log_limit.h"
#include "ratelimit.h"
#include "worker.h"

struct event;
struct launcher;
struct sandbox_reports;
struct spawner;

enum worker_phase {
	PHASE_IDLE,	/* no process; may be spawned from `retry` on */
	PHASE_SPAWNING, /* asked of the spawner, pid unknown */
	PHASE_STARTING, /* has a pid, has not said "started" */
	PHASE_RUNNING,
	PHASES
};

/* A process that a spawner was asked for and has not reported on. */
struct birth {
	STAILQ_ENTRY(birth) entry;
	uint32_t id;
	struct spawner *spawner;
	struct worker *worker; /* NULL: it is not wanted any more */
};

struct worker {
	STAILQ_ENTRY(worker) entry;
	struct workers *workers;
	struct check *check;
	struct spawner *spawner; /* NULL: not chosen yet */
	struct birth *birth;	 /* while SPAWNING */

	/* The process */
	enum worker_phase phase;
	pid_t pid;    /* 0: none, or not known yet */
	pid_t former; /* its last process, for its name when it is reaped: never to be killed by this number */
	monotime_t retry;
	struct backoff backoff;
	enum reason reason; /* why there is no process */
	unsigned long losses; /* of processes */

	/* The peer */
	int fd; /* -1: none */
	struct event *channel;
	pid_t speaker;	     /* who sent the first message: nobody else may send one; 0: none came yet */
	bool started;	     /* said so, perhaps before the spawner told the pid */
	bool planned;	     /* announced its own end: neither a failure nor a reason to wait */
	bool replacing;	     /* a planned end, not a failure, is why there is no process */
	bool reported;	     /* this process has given a result or said "disabled" */
	bool left;	     /* a process left before the awaited grid point: the next may not */
	bool disabled;	     /* as last said */
	bool outdated;	     /* its program is that from before an upgrade */
	bool renewing;	     /* its successor has not started yet */
	bool watches;	     /* this process may give results off the grid */
	struct ratelimit surprises; /* of this process: those results */
	struct ratelimit chatter;   /* ... and what else it may say beyond the results of its grid */
	struct log_limit log;
	const char *sandbox; /* of the process that started last; NULL: none has */

	/* The grid */
	struct event *lease;
	monotime_t slot;     /* the grid point whose outcome is awaited */
	monotime_t since;    /* its lease counts from here when this is later: the process was replaced meanwhile */
	monotime_t deadline; /* of the living process for its next report: later it is killed */
	monotime_t earliest; /* no result can be true before */
	monotime_t resumed;  /* the awaited one was asked for: the grid goes on from this point; 0: it is of the grid */
	monotime_t asked;    /* when that was last */
	unsigned owed;	     /* results of grid points that were passed over: they may come before the awaited one's */
	unsigned forfeited;  /* grid points that failed though the process may still execute them: such results are late */
	bool absent;	     /* a grid point failed because no worker had started: the next ones fail at once */
	bool overdue;	     /* a process was killed for its silence, and none has given a result since */
	int64_t interval_ns; /* from the grid point before the awaited one to it */
	struct fsm paced;    /* state and interval that the worker was told last */
	int64_t paced_ns;
};

struct spawner_entry {
	STAILQ_ENTRY(spawner_entry) entry;
	const struct check_method *method;
	enum sandbox_level level; /* workers share their spawner's confinement: a check without one needs another */
	struct spawner *spawner;
};

struct workers {
	struct event_base *base;
	const struct identity *identity;
	struct launcher *launcher;
	bool stopping;
	bool paused; /* nothing is spawned */
	uint32_t last_birth;
	STAILQ_HEAD(, worker) list;
	STAILQ_HEAD(, birth) births;
	STAILQ_HEAD(, spawner_entry) spawners;
	bool untidy; /* one of them may not be needed any more */
	struct sandbox_reports *sandboxes;
	struct event *pump; /* spawns what is to be spawned */
};

/* worker.c */

/* There is no worker any more, or must not be: the awaited grid point failed if it has come, a new one is due. */
void worker_lost(struct worker *, enum reason);

/* The spawner of a check's workers, made if need be. NULL: out of memory; a worker without one asks again. */
struct spawner *workers_spawner(struct workers *, const struct check_config *);

/* Close the channel and kill the process; it is reaped later. */
void worker_kill(struct worker *);

/* The process that the spawner was asked for is killed as soon as its number is known. The phase is the caller's. */
void worker_abandon_birth(struct worker *);

/*
 * Have a new process take the place of this one, if there is one: neither a failure nor a reason to wait. The awaited
 * grid point is the new one's, which has all of its time for it from now on.
 */
void worker_replace(struct worker *);

/* Look again for what can be spawned. */
void workers_pump_wake(struct workers *);

/* worker_change.c */

/* Not from a spawner's report: it may be the one that ends. */
void workers_tidy_now(struct workers *);

/* worker_grid.c */

/* Set the timer for what is due next. */
void worker_arm(struct worker *);

/* Handler of the timer. */
void worker_lease(int fd, short what, void *worker);

/* A new process: it owes nothing, and has until its first report. */
void worker_grid_begin(struct worker *, monotime_t now);

/* Tell the worker its pace when the state or the interval changed. */
void worker_pace(struct worker *);

/*
 * The check's intervals changed: what was reported is heard, then the grid goes on from its last point at the new
 * interval, at once, and the worker is told. A grid point that has come keeps its place.
 */
void worker_repace(struct worker *);

/*
 * The awaited grid point has its outcome: await the next one, at the interval of the state that the outcome led
 * to, and tell the worker.
 */
void worker_advance(struct worker *, monotime_t now);

/*
 * A result off the grid is the check's: it takes no grid point, but the next one comes at the interval of the state that
 * it led to, as the worker is told.
 */
void worker_step_aside(struct worker *, monotime_t now);

/* The process has reported: it lives and has until its next report is due. */
void worker_heard(struct worker *);

/* The awaited grid point failed for want of a result. */
void worker_fail(struct worker *, enum reason, monotime_t now);

/* worker_state.c */

/* It has just reported, the best of moments: replace it by one of the new program if it is of an old one. */
void worker_update(struct worker *);

/* worker_peer.c */

/* Handler of the channel's event. */
void worker_read(int fd, short what, void *worker);

/* A new process at the other end. */
void worker_peer_begin(struct worker *);

/* The process's number is known. False: its messages came from another. */
bool worker_peer_known(struct worker *);

/* Handle every message that is here. */
void worker_drain(struct worker *);

#endif
