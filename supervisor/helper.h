/*
 * The life of a helper: a process of exacheck's own beside the workers (exacheck-web, exacheck-log, exacheck-notify)
 * and the pipe to it. It is started while there is something for it to do, restarted with back-off, and ended with its
 * work. What it is told are lines of JSON, the first one its setup. It is hardly listened to: what it says are words,
 * lines of a few printable characters, and whatever else it says ends it.
 */
#ifndef EXACHECK_HELPER_H
#define EXACHECK_HELPER_H

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
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
	const char *subsystem; /* of lines about it (log_source); NULL: they are of exacheck itself */
	/*
	 * What it is told are events, each of which counts, not states: before an end that is in order all of them are told;
	 * one that is replaced or left finishes in the background what it was told, while another does what comes.
	 */
	bool events;
	/*
	 * What there is to do now: *line is its first line, malloc'd, with the newline, and the helper's from then on; NULL:
	 * nothing. False: out of memory.
	 */
	bool (*setup)(void *context, char **line);
	/* Somebody listens who knows nothing but the setup. NULL: that makes no difference. */
	void (*begin)(void *context);
	/*
	 * Add what is to be told now: called only when everything before has been taken. Returns when there will be more,
	 * which may be now.
	 */
	monotime_t (*tell)(void *context, struct evbuffer *, monotime_t now);
	/* It is gone: so many bytes at the end of what was added last never went out. NULL: that does not matter. */
	void (*gone)(void *context, size_t unsent);
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
 * There may be something else to do from now on: its setup is asked for. Where it is another one than before the
 * process is ended, in order, and the next one started once it has ended, or, of one that finishes what it was told,
 * soon.
 */
void helper_configure(struct helper *);

/*
 * There is more to tell than was said. press: so much more that it is handed on now, as far as it is taken, rather than
 * when there is nothing else to be done.
 */
void helper_wake(struct helper *);
void helper_press(struct helper *);

/* Whether there is something for it to do, or that is not known for want of memory. */
bool helper_wanted(const struct helper *);

/*
 * The end is near: say so, then nothing more; when it is time to kill it, if it has not ended, is the caller's to know.
 * helper_ends: whether it is yet to end by itself. helper_pid: its process; 0: none.
 */
void helper_stop(struct helper *);
bool helper_ends(const struct helper *);
pid_t helper_pid(const struct helper *);

/*
 * Another program is about to take this one's place, and starts a helper of its own: this one is killed at once, or,
 * if it is told events, finishes. If the other program does not come, there is another helper. helper_told: whether
 * all that there is has been told, so that nothing is lost by that.
 */
void helper_leave(struct helper *);
bool helper_told(const struct helper *);

/*
 * The processes that may outlast an upgrade, one that is told events and those that finish: as lines of the state, see
 * state.h, of kind "helper", and what the next program makes of such a line, which may be of another helper: so that one
 * that hangs does not stay, and keep its files locked, for ever. helper_save: false: out of memory, or as state_write.
 */
bool helper_save(const struct helper *, FILE *);
void helper_load(struct helper *, const json_t *);

/* How often it ended unexpectedly. */
uint64_t helper_failures(const struct helper *);

/* A child ended: true if it was this one, or a former one that was finishing. */
bool helper_reaped(struct helper *, pid_t, int status);

#endif
