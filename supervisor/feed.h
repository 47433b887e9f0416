/*
 * The way to exacheck-web: a process of its own that shows what it is told. It is started when there is something for
 * it to do, restarted with back-off, and ended with its work; it is never listened to. What it is told are lines of
 * JSON (exacheck-ctl(8), view.h): first `setup`, then whatever has changed, at most twice a second, coalesced to the
 * latest: one that does not read costs nothing.
 */
#ifndef EXACHECK_FEED_H
#define EXACHECK_FEED_H

#include <stdbool.h>
#include <sys/types.h>

#include "identity.h"
#include "view.h"

struct event_base;
struct feed;
struct launcher;

/* All arguments outlive the result. NULL: out of memory. */
struct feed *feed_new(struct event_base *, const struct view *, struct checks *, const struct identity *, struct launcher *);
void feed_free(struct feed *);

/* Begin, or follow a configuration that is in force from now on: the set of checks may be another. */
void feed_configure(struct feed *);

/* The end is near: say so, then nothing more. feed_ends: whether it is yet to end by itself. feed_pid: its process; 0: none. */
void feed_stop(struct feed *);
bool feed_ends(const struct feed *);
pid_t feed_pid(const struct feed *);

/*
 * Another program is about to take this one's place, and starts an exacheck-web of its own: what there is is killed, so
 * that it does not tell of an end. If the other does not come, there is another one.
 */
void feed_leave(struct feed *);

/* A child ended: true if it was exacheck-web. */
bool feed_reaped(struct feed *, pid_t, int status);

#endif
