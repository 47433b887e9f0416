/*
 * The end of exacheck, from the first word of it until nothing is left to say, to hear or to reap.
 */
#ifndef EXACHECK_STOP_H
#define EXACHECK_STOP_H

#include <stdbool.h>

struct addresses;
struct channel;
struct checks;
struct event_base;
struct feed;
struct hooks;
struct launcher;
struct ledger;
struct loggers;
struct notifier;
struct stop;
struct workers;

/* Whoever asks for the end. */
enum stop_cause {
	STOP_SIGNAL, /* a second one ends the drain */
	STOP_GONE,   /* ExaBGP is gone or about to go: nobody would hear of a drain */
};

/* What is to be ended, all of it outliving the result. */
struct stop_parts {
	struct event_base *base;
	struct ledger *ledger;
	struct channel *channel;
	struct workers *workers;
	struct hooks *hooks;
	struct launcher *launcher;
	const struct checks *checks;
	struct feed *feed;
	struct loggers *loggers;
	struct notifier *notifier;
	struct addresses *addresses;
	bool alone; /* we are no process of ExaBGP, which would wait for 2 s only */
};

/* Made at the start: the end must not want for memory. NULL: out of memory. */
struct stop *stop_new(const struct stop_parts *);
void stop_free(struct stop *);

/*
 * Begin, or go on faster. The drain comes first, while checks go on; then every process is ended and, unless keep,
 * every route withdrawn; then the log ends, and the loop is broken.
 */
void stop_begin(struct stop *, enum stop_cause, bool keep);

/* Whether the end has begun: nothing new is to be undertaken. */
bool stop_begun(const struct stop *);

#endif
