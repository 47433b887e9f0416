/*
 * Timers of exacheck-web, which ends when there is no memory for one: another is started.
 */
#ifndef EXACHECK_WEB_TIMER_H
#define EXACHECK_WEB_TIMER_H

#include <stdint.h>

struct event;

/* Let an event fire once, after a delay. */
void timer_arm(struct event *, int64_t delay_ns);

#endif
