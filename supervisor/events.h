/*
 * What happened lately, in a ring of bounded size: for whoever follows, and for who asks afterwards. Everything that is
 * worth a line in the log at its usual level is an event; what happens to a node has fields of its own.
 */
#ifndef EXACHECK_EVENTS_H
#define EXACHECK_EVENTS_H

#include <stdbool.h>
#include <stdint.h>

#include "../common/log.h"
#include "../common/monotime.h"

#define EVENTS_KEPT 1024

struct events;

struct events_one {
	uint64_t number; /* 1 is the first */
	monotime_t at;
	enum log_level level;
	const char *name;   /* of the node; NULL: exacheck itself */
	const char *before, *after; /* states, of a node that changed; NULL: it is another kind of event */
	const char *text;   /* one line */
};

/* NULL: out of memory. */
struct events *events_new(void);
void events_free(struct events *);

/* Keep a copy of all but number and at, which are set here. before and after live for ever. */
void events_add(struct events *, const struct events_one *, monotime_t now);

/* The event of this number; NULL: it is gone, or has not happened. And the number of the last one, 0: there was none. */
const struct events_one *events_at(const struct events *, uint64_t number);
uint64_t events_last(const struct events *);

/* Called after each event; one listener. The events must not be added to in it. */
void events_listen(struct events *, void (*heard)(void *), void *context);

#endif
