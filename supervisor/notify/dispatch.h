/*
 * All targets: each with its queue, and the couriers that are on their way.
 */
#ifndef EXACHECK_NOTIFY_DISPATCH_H
#define EXACHECK_NOTIFY_DISPATCH_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "notice.h"
#include "orders.h"

struct dispatch;
struct event_base;

/* The orders outlive the result. What a target's URL needs of the system is read here. NULL: out of memory. */
struct dispatch *dispatch_new(struct event_base *, const struct orders *);
void dispatch_free(struct dispatch *);

/* Whether a target's couriers execute the `apprise` command. */
bool dispatch_needs_apprise(const struct dispatch *);

void dispatch_notice(struct dispatch *, struct notice *);
void dispatch_lost(struct dispatch *, uint64_t count);

/* Send a test to the target of this name, NULL: to all. What comes of it is a word of kind "test" for each. */
void dispatch_test(struct dispatch *, int64_t id, const char *name);

/* What was told so far is all for now: begin what is due. */
void dispatch_pause(struct dispatch *);

/*
 * Nothing more comes: deliver what there is without waiting for anything, for so long at most, then leave the loop. Words
 * are heard for heard_ns: what is left by then is said.
 */
void dispatch_end(struct dispatch *, int64_t heard_ns, int64_t limit_ns);

/* How many events were left at the end, of which nobody could be told. */
uint64_t dispatch_unsaid(const struct dispatch *);

#endif
