/*
 * What everything that wants to know reads: each event of a check, each change of a node, each line of the log goes
 * through here, into the log, the figures and the history of the node, and the ring of events.
 */
#ifndef EXACHECK_CHRONICLE_H
#define EXACHECK_CHRONICLE_H

#include "notifier.h"
#include "transition.h"

struct checks;
struct events;

/* A line of the log. change: that it is the line of, NULL: none. It must not write lines itself. */
typedef void chronicle_tell(void *context, const struct log_record *, const struct notifier_change *change);

/* The caller fills it in; all of it outlives it. Neither checks nor events may be NULL. */
struct chronicle {
	struct checks *checks;
	struct events *events;
	chronicle_tell *tell; /* who else wants to know; NULL: nobody */
	void *context;

	/* Its own */
	struct node_change found; /* of a check by its results: the line of its transition comes after it */
	const struct notifier_change *change; /* whose line is being written */
};

/* From now on lines of the log are events, until the end. One chronicle at a time. */
void chronicle_begin(struct chronicle *);
void chronicle_end(struct chronicle *);

/* From now on lines up to this level are told, at least those up to LOG_LEVEL_SUCCESS. */
void chronicle_listen(enum log_level);

void chronicle_transition(struct chronicle *, const struct transition *);
void chronicle_change(struct chronicle *, const struct node_change *);

#endif
