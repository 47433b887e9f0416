/*
 * Timers of helpers, which end when there is no memory for one: another helper is started.
 */
#ifndef EXACHECK_HELPERS_TIMER_H
#define EXACHECK_HELPERS_TIMER_H

#include <stdint.h>

struct event;

/* Let an event fire once, after a delay. */
void timer_arm(struct event *, int64_t delay_ns);

#endif
