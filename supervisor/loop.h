/*
 * The event loop as everyone here uses it: priorities, timers that need no memory to be kept, libevent's own
 * messages in the log.
 */
#ifndef EXACHECK_LOOP_H
#define EXACHECK_LOOP_H

#include <stdint.h>

struct event;
struct event_base;

/* Events of one turn of the loop are served in this order: results before leases, commands in one batch. */
enum loop_priority { LOOP_FIRST, LOOP_NORMAL, LOOP_LAST, LOOP_PRIORITIES };

/* NULL with errno: out of memory or descriptors. */
struct event_base *loop_new(void);

/* Run until event_base_loopbreak. Returns 0, or -1 when it cannot run, which is logged. */
int loop_run(struct event_base *);

/*
 * Let an event fire after a delay. Without memory for a timer it fires in the next turn of the loop: a handler
 * that finds itself too early calls this again.
 */
void loop_arm(struct event *, int64_t delay_ns);

/* Wait for the event's descriptor, once more as far as memory goes: like loop_arm, it may fire without cause. */
void loop_watch(struct event *);

#endif
