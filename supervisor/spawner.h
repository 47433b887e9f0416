/*
 * The spawner process of one method: started on demand, restarted with back-off when it dies. Its workers
 * are the supervisor's own children and outlive it.
 */
#ifndef EXACHECK_SUPERVISOR_SPAWNER_H
#define EXACHECK_SUPERVISOR_SPAWNER_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "../common/methods/method.h"
#include "../common/monotime.h"

struct event_base;
struct launcher;
struct spawner;

/* What a spawner reports about a worker that was asked for: pid > 0, or 0 and an errno. */
typedef void spawner_report(void *context, uint32_t id, pid_t pid, int error);

/* It ended, or could not be started: it may be started again from spawner_retry on. */
typedef void spawner_change(void *context);

/*
 * method: one of worker_methods. level: of its own sandbox and the most that its workers' can be. report: called from
 * the event loop for every request, once; a spawner that dies reports an error for what was asked of it. launcher and
 * context outlive it.
 */
struct spawner *spawner_new(struct event_base *, struct launcher *, const struct check_method *, enum sandbox_level,
    spawner_report *, spawner_change *, void *context);

/* Kill the process, free the rest. */
void spawner_free(struct spawner *);

/*
 * Ask for a worker that holds fd (which stays the caller's to close). Returns false when it cannot be
 * asked now (not running, too many unanswered requests): try again when spawner_ready.
 */
bool spawner_request(struct spawner *, uint32_t id, int fd);

/*
 * Whether a request would be taken now; has the process started when it is not running and its back-off is
 * over.
 */
bool spawner_ready(struct spawner *, monotime_t now);

/* Whether it runs and has said that it can make workers. */
bool spawner_proven(const struct spawner *);

/* When a spawner that is not running may be started again. */
monotime_t spawner_retry(const struct spawner *);

/*
 * Whether pid is a child of ours, not reaped yet, that this spawner's process made: it is in that process's
 * session, which nobody can enter from outside.
 */
bool spawner_made(const struct spawner *, pid_t pid);

/* A child ended: true if it was this spawner's process. */
bool spawner_reaped(struct spawner *, pid_t, int status);

#endif
