/*
 * What everything that wants to know reads: each event of a check, each change of a node, each line of the log goes
 * through here, into the log, the figures and the history of the node, and the ring of events.
 */
#ifndef EXACHECK_CHRONICLE_H
#define EXACHECK_CHRONICLE_H

#include "transition.h"

struct checks;
struct events;

/* The caller fills it in; both outlive it. Neither may be NULL. */
struct chronicle {
	struct checks *checks;
	struct events *events;
};

/* From now on lines of the log are events, until the end. One chronicle at a time. */
void chronicle_begin(struct chronicle *);
void chronicle_end(struct chronicle *);

void chronicle_transition(struct chronicle *, const struct transition *);
void chronicle_change(struct chronicle *, const struct node_change *);

#endif
