/*
 * Signals as events of the loop. They wait in the kernel until they are read, so that none is lost for want of
 * anything.
 */
#ifndef EXACHECK_SIGNALS_H
#define EXACHECK_SIGNALS_H

struct event_base;
struct signals;

struct signal_handler {
	int number;
	void (*handle)(void *context, int number); /* from the loop */
};

/*
 * Block the signals of the table (which ends with number 0 and outlives the result) and hand each to its handler.
 * NULL with errno.
 */
struct signals *signals_new(struct event_base *, const struct signal_handler *table, void *context);

/* They stay blocked: what comes while the process ends must not change how it ends. */
void signals_free(struct signals *);

#endif
