/*
 * The way to exacheck-address: a process of its own that puts addresses of nodes with ip_setup on interfaces. What it
 * is told is the whole of what is wanted, whenever that changes, and that it is over. It is never waited for: an
 * address is told before the route that needs it is on its way to ExaBGP, and for a while after that has been withdrawn.
 */
#ifndef EXACHECK_ADDRESSES_H
#define EXACHECK_ADDRESSES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "identity.h"

struct addresses;
struct checks;
struct event_base;
struct launcher;

/*
 * All arguments outlive the result; *config is the one that is in force. alone: no other exacheck uses the runtime
 * directory, so that what a predecessor of ours left can be told from what others have put there. NULL: out of memory.
 */
struct addresses *addresses_new(struct event_base *, struct config *const *config, const struct checks *,
    const struct identity *, struct launcher *, bool alone);
void addresses_free(struct addresses *);

/* Begin, or follow a configuration that is in force from now on, and which the checks are of. */
void addresses_configure(struct addresses *);

/* From time to time: the file that says that there may be addresses of ours is made again if it was removed. */
void addresses_attend(struct addresses *);

/* What a node wishes has changed, or may have. */
void addresses_changed(struct addresses *);

/*
 * The end: all addresses of ours are taken away first, unless keep. See helper.h for the rest. addresses_leave: nothing
 * is taken away. addresses_starting: it is yet to be started, by the launcher, so that nobody can be told.
 */
bool addresses_starting(const struct addresses *);
void addresses_stop(struct addresses *, bool keep);
pid_t addresses_pid(const struct addresses *);
void addresses_leave(struct addresses *);
bool addresses_reaped(struct addresses *, pid_t, int status);

/* For those who look. */
struct addresses_figures {
	size_t wanted, there; /* as exacheck-address said last; before it did, by the checks, and none */
	uint64_t failures; /* how often it ended unexpectedly */
};
void addresses_figures(const struct addresses *, struct addresses_figures *);

#endif
