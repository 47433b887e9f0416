/*
 * The supervisor's own watchdog: a loop that does not turn any more aborts the process, because nothing else would
 * notice - the workers' leases are kept by that loop. ExaBGP then starts exacheck again.
 */
#ifndef EXACHECK_WATCHDOG_H
#define EXACHECK_WATCHDOG_H

#include <stdbool.h>
#include <stdint.h>

struct event_base;

/* Longer than a fifth of the 64 s in which ExaBGP 4.2 and 5.0 allow five starts: one that always stalls goes on. */
#define WATCHDOG_DEFAULT_S 15

/*
 * Abort when the loop has not turned for limit_ns (more than 0). Time during which the process was itself stopped,
 * frozen or traced by a debugger does not count. Uses SIGALRM; once a process. Returns false with errno.
 */
bool watchdog_start(struct event_base *, int64_t limit_ns);

/* Before the loop is freed. */
void watchdog_stop(void);

#endif
