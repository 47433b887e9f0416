/*
 * What lets a worker execute before its next grid point: whatever its method looks out for between executions, such as
 * a connection that is held or a file, tells of a change. Changes that come again and again are followed ever later.
 * Does nothing for a check with nothing to look out for. Pure but for what the method's own functions touch.
 */
#ifndef EXACHECK_LOOKOUT_H
#define EXACHECK_LOOKOUT_H

#include <poll.h>
#include <stddef.h>

#include "../common/monotime.h"

/* Descriptors that a method may have waited for. */
#define LOOKOUT_MAX 32

/* In the worker, once, when nothing was executed yet. args: the check's, which outlive it. */
void lookout_begin(const void *args, monotime_t now);

/* An execution begins: what happens from now on is to be noticed. */
void lookout_arm(void);

/* It ended: it was the answer to all that was noticed until it began, at least. */
void lookout_executed(monotime_t now);

/* The descriptors to wait for, of room for LOOKOUT_MAX. Returns how many. */
size_t lookout_descriptors(struct pollfd *);

/* They are as poll(2) left them. */
void lookout_heed(const struct pollfd *, size_t count, monotime_t now);

/* When to execute, off the grid: MONOTIME_NEVER while nothing was noticed. */
monotime_t lookout_due(void);

/* The check is disabled: let go of everything until the next execution. */
void lookout_rest(void);

#endif
