/*
 * Upgrade in place: the program is executed anew, as it is installed by then, under the same pid, with the same
 * standard input and output, the same workers and the state of everything. Until the very end the running one can go
 * on, and does whenever anything is wrong.
 */
#ifndef EXACHECK_UPGRADE_H
#define EXACHECK_UPGRADE_H

#include <stdbool.h>
#include <stdio.h>
#include <sys/types.h>

struct event_base;
struct launcher;
struct upgrade;

/* What the supervisor does for it. */
struct upgrade_hooks {
	/* Write the state, see state.h. False: out of memory, or the file cannot be written. */
	bool (*save)(void *context, FILE *);
	/* Say nothing to ExaBGP and begin no worker, or go on as before. */
	void (*pause)(void *context, bool pause);
	/* Whether, while paused, nothing is under way that the state cannot tell. */
	bool (*quiet)(void *context);
	/* Let execve(2) leave open what the next program needs, or not. False with errno. */
	bool (*keep)(void *context, bool keep);
	/* It came to nothing: why, for people. */
	void (*refused)(void *context, const char *why);
};

/*
 * To be made before the confinement. launcher, hooks and context outlive it. NULL with errno: out of memory. Where the
 * system has no place for the state, every upgrade is refused.
 */
struct upgrade *upgrade_new(struct event_base *, struct launcher *, const struct upgrade_hooks *, void *context);

/* The same after an upgrade, with the file that handed the state over. */
struct upgrade *upgrade_adopt(struct event_base *, struct launcher *, const struct upgrade_hooks *, void *context,
    int file);

/* The state that was handed over is not needed any more. */
void upgrade_adopted(struct upgrade *);

/*
 * Begin: have the program look at the state (its output are log lines), wait until all is quiet, execute it. Does not
 * block; either this process is another program afterwards, or the log says why not.
 */
void upgrade_begin(struct upgrade *);

/* Whether one is under way: what would change the configuration has to wait. */
bool upgrade_active(const struct upgrade *);

/* The end of exacheck is near: it comes to nothing. */
void upgrade_cancel(struct upgrade *);

/* A child ended: true if it was the one that looked at the state. */
bool upgrade_reaped(struct upgrade *, pid_t, int status);

void upgrade_free(struct upgrade *);

#endif
