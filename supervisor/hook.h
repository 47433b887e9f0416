/*
 * Hooks: commands of the configuration that are run when the verdict of a check or group changes. Each is run by a
 * process of its own, a worker of the shell method with the same identity, sandbox and time-out, whose life is one
 * execution. Nothing ever waits for a hook; hooks wait for each other.
 */
#ifndef EXACHECK_SUPERVISOR_HOOK_H
#define EXACHECK_SUPERVISOR_HOOK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <sys/types.h>

#include "../common/message.h"
#include "identity.h"
#include "state.h"

struct event_base;
struct hooks;
struct launcher;

#define HOOKS_AT_ONCE 16 /* runs under way, of all */
#define HOOKS_WAITING 64 /* runs of one name that wait: of more the oldest are dropped */

#define HOOK_REASON_MAX 1024 /* bytes: of a longer one the rest is left out */
#define HOOK_TEXTS_MAX (MESSAGE_ARGS_MAX - 1024) /* bytes of command, PREFIXES and REASON together, which are one job */

/* One run. */
struct hook {
	const char *name;    /* of the check or group: CHECK. Runs of one name follow each other, in order */
	const char *key;     /* which of its hooks, as in the configuration, for the log: "up" … */
	const char *command; /* for /bin/sh -c */
	const char *state;   /* STATE: "UP", "DOWN", "DISABLED", "INIT", "RISING", "FALLING" */
	const char *prefixes; /* PREFIXES, separated by blanks; what is too long is cut at one */
	const char *reason;  /* REASON: a line; what is not printable is replaced */
	int64_t timeout_ns;
};

/* identity, launcher: as of the workers. All arguments outlive the result. NULL: out of memory. */
struct hooks *hooks_new(struct event_base *, const struct identity *, struct launcher *);

/* Queue a run, of which everything is copied; it begins in a later turn of the loop. False: out of memory, logged. */
bool hooks_run(struct hooks *, const struct hook *);

/* Drop the runs of this name that have not begun: there is no such check or group any more. */
void hooks_forget(struct hooks *, const char *name);

/* A child ended: true if it was a run's, or the spawner. */
bool hooks_reaped(struct hooks *, pid_t, int status);

/* How many runs wait, and how many are under way. */
size_t hooks_waiting(const struct hooks *);
size_t hooks_active(const struct hooks *);

/*
 * Upgrades, as of the workers (worker.h): runs under way go on, those that wait still do. hooks_load is given a line;
 * usable: whether the processes speak this program's protocol. hook_state_valid: whether a line could be loaded.
 */
void hooks_pause(struct hooks *, bool pause);
bool hooks_quiet(const struct hooks *);
bool hooks_save(const struct hooks *, FILE *);
bool hooks_keep(const struct hooks *, bool keep);
bool hooks_load(struct hooks *, const json_t *, bool usable, char error[static STATE_ERROR_SIZE]);
bool hook_state_valid(const json_t *, char error[static STATE_ERROR_SIZE]);

/* Kill every run, drop what waits; none begins any more. */
void hooks_stop(struct hooks *);
/* After hooks_stop, or before anything was run; NULL is allowed. */
void hooks_free(struct hooks *);

#endif
