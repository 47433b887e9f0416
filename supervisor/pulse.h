/*
 * The clock of the checks: has what waits for a time happen then.
 */
#ifndef EXACHECK_PULSE_H
#define EXACHECK_PULSE_H

struct checks;
struct event_base;
struct pulse;

/* Both arguments outlive the result. NULL: out of memory. */
struct pulse *pulse_new(struct event_base *, struct checks *);
void pulse_free(struct pulse *);

/* Something happened to the checks: the next time may be another one. */
void pulse_set(struct pulse *);

#endif
