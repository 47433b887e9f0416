/*
 * What the files of the hooks share: hook.c (who waits for what), hook_run.c (processes and their messages),
 * hook_state.c (upgrades). Nobody else includes it.
 */
#ifndef EXACHECK_HOOK_INTERNAL_H
#define EXACHECK_HOOK_INTERNAL_H

#include <bsd/sys/queue.h>

#include "../common/backoff.h"
#include "hook.h"
#include "log_limit.h"
#include "ratelimit.h"

struct event;
struct spawner;

enum run_phase {
	RUN_WAITING,
	RUN_SPAWNING, /* asked of the spawner, pid unknown; has no job yet */
	RUN_STARTING, /* has a pid and the job, has not said "started" */
	RUN_RUNNING,
	RUN_PHASES
};

/* The texts of a run, copied. */
enum run_text { TEXT_KEY, TEXT_COMMAND, TEXT_STATE, TEXT_PREFIXES, TEXT_REASON, RUN_TEXTS };

struct hook_run {
	TAILQ_ENTRY(hook_run) entry; /* in its owner's queue or among the active ones */
	struct hook_owner *owner;
	char *texts[RUN_TEXTS]; /* parts of this allocation */
	int64_t timeout_ns;

	/* Of one under way */
	enum run_phase phase;
	uint32_t id; /* the spawner's request */
	pid_t pid;   /* 0: none, not known yet, or reaped */
	pid_t speaker; /* who may send messages: it, dead or alive */
	int fd;	     /* -1: none */
	bool unwanted; /* forgotten: not to be begun again */
	struct event *channel, *timer;
	monotime_t begun;
	monotime_t deadline; /* for its result: later it is killed */
	struct ratelimit chatter;
	struct log_limit log;
};

TAILQ_HEAD(hook_queue, hook_run);

/* Whose runs follow each other. There is one as long as it has runs. */
struct hook_owner {
	TAILQ_ENTRY(hook_owner) entry;
	struct hooks *hooks;
	struct hook_run *active; /* NULL: the next one may begin */
	struct hook_queue queue;
	unsigned count; /* in the queue */
	unsigned long dropped; /* not told yet */
	monotime_t told;
	char name[];
};

struct hooks {
	struct event_base *base;
	const struct identity *identity;
	struct launcher *launcher;
	struct spawner *spawner; /* NULL: none is needed */
	enum sandbox_level level; /* the spawner's */
	bool paused, stopping;
	monotime_t told; /* that none can be begun; 0: never */
	struct backoff backoff;
	monotime_t retry; /* none is begun before */
	uint32_t last_id;
	TAILQ_HEAD(, hook_owner) owners; /* the next to have a run first */
	struct hook_queue active;
	size_t waiting, running; /* in all queues; active */
	struct event *pump; /* begins what may begin */
	struct event *idle; /* ends the spawner when nothing was to be run for a while */
};

/* hook.c */

/* A run at the end of its owner's queue; none is dropped for it. NULL: out of memory. */
struct hook_run *run_append(struct hooks *, const struct hook *);

/* A waiting run becomes an active one, or (requeue) again the first that waits: nothing has been run. */
void run_activate(struct hook_run *);
void run_requeue(struct hook_run *);

/* Take it out of the lists and free it; what is next may begin. Its process is nobody's by then. */
void run_free(struct hook_run *);

/* Look again for what can begin. */
void hooks_wake(struct hooks *);

/* None can be begun now, for this errno: the next attempt waits. */
void hooks_failed(struct hooks *, int error);

/* hook_run.c */

/* Ask for the process of a waiting run. Returns false with errno: nothing has changed. */
bool run_begin(struct hook_run *);

/* Close the channel and kill the process. */
void run_kill(struct hook_run *);

/* Listen to the process of an active run. Returns false with errno. */
bool run_listen(struct hook_run *);

/* The events of a run, not added yet. Returns false with errno, and there are none. */
bool run_events_new(struct hook_run *);

/* Its process is there no more: handle its last words; without a result it has failed. Frees it. */
void run_died(struct hook_run *);

/* Of the active runs, NULL: none. */
struct hook_run *run_by_pid(struct hooks *, pid_t);

/* The spawner's report. */
void run_spawned(void *hooks, uint32_t id, pid_t pid, int error);

#endif
