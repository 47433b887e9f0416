/*
 * The life of a helper: a process of exacheck's own beside the workers (exacheck-web, exacheck-log, exacheck-notify) and
 * the pipe to it. It is started while there is something for it to do, restarted with back-off, and ended with its work.
 * What it is told are lines of JSON, the first one its setup. It is hardly listened to: what it says are words, lines of a
 * few printable characters, and whatever else it says ends it.
 */
#ifndef EXACHECK_HELPER_H
#define EXACHECK_HELPER_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

#include "../common/monotime.h"
#include "identity.h"

struct event_base;
struct evbuffer;
struct helper;
struct launcher;

/* What differs from helper to helper; lives for ever. Calls get the context; none may be made to the helper in them. */
struct helper_kind {
	const char *name; /* "exacheck-web" */
	size_t program;	  /* of the launcher */
	/* Somebody listens who knows nothing but the setup. */
	void (*begin)(void *context);
	/*
	 * Add what is to be told now: called only when everything before has been taken. Returns when there will be more,
	 * which may be now.
	 */
	monotime_t (*tell)(void *context, struct evbuffer *, monotime_t now);
	/*
	 * A word of its own beyond those that all have (ready, problem, note: these are logged); NULL: it has none. False:
	 * that is none of its words.
	 */
	bool (*hear)(void *context, const char *word);
};

/* All arguments outlive the result. NULL: out of memory. */
struct helper *helper_new(struct event_base *, const struct helper_kind *, const struct identity *, struct launcher *,
    void *context);
void helper_free(struct helper *);

/*
 * What there is to do from now on: its first line, malloc'd, with the newline, which is the helper's from now on; NULL:
 * nothing. Where it is another one than before the process is ended, in order, and the next one started once it has ended.
 */
void helper_setup(struct helper *, char *setup);

/* There is more to tell than was said. */
void helper_wake(struct helper *);

/* Whether there is something for it to do. */
bool helper_wanted(const struct helper *);

/* The end is near: say so, then nothing more. helper_ends: whether it is yet to end by itself. */
void helper_stop(struct helper *);
bool helper_ends(const struct helper *);

/*
 * Another program is about to take this one's place, and starts a helper of its own: this one is killed at once, or
 * finishes what it has been told. If the other program does not come, there is another helper.
 */
void helper_leave(struct helper *, bool finish);

/* A child ended: true if it was this one. */
bool helper_reaped(struct helper *, pid_t, int status);

#endif
