/*
 * Helpers that are no concern of ours any more, but go on for a while to finish what they were told.
 */
#ifndef EXACHECK_HELPER_FORMER_H
#define EXACHECK_HELPER_FORMER_H

#include <stdbool.h>
#include <sys/types.h>

#include "../common/monotime.h"

#define HELPER_FORMER_MAX 4
#define HELPER_FORMER_NS (40 * NS_PER_SECOND) /* then they are killed */

struct event;
struct event_base;

struct helper_former {
	struct event *timer;
	struct {
		pid_t pid; /* 0: none */
		monotime_t due;
	} list[HELPER_FORMER_MAX];
};

/* False: out of memory. helper_former_clear kills those that there are. */
bool helper_former_init(struct helper_former *, struct event_base *);
void helper_former_clear(struct helper_former *);

/* One more, a child of ours that is not reaped. False: there are too many. */
bool helper_former_add(struct helper_former *, pid_t);

/* A child ended: true if it was one of them. */
bool helper_former_reaped(struct helper_former *, pid_t);

#endif
