/*
 * What a channel is: shared with the file that carries it through an upgrade.
 */
#ifndef EXACHECK_CHANNEL_INTERNAL_H
#define EXACHECK_CHANNEL_INTERNAL_H

#include "channel.h"
#include "channel_transport.h"
#include "exabgp.h"

struct event;

struct channel {
	struct event_base *base;
	struct exabgp *exabgp;
	struct ledger *ledger;
	struct transport transport;
	char *target; /* exabgp.output, owned */
	bool open;
	/* gone: an error on output; disturbed: somebody opened the way to ExaBGP; retry: open again, or listen again. */
	struct event *readable, *writable, *gone, *disturbed, *flush, *timer, *retry, *end_event;
	monotime_t armed; /* when the timer fires */
	void (*ended)(void *, enum channel_end);
	void *context;
	enum channel_end end; /* what was told */
	bool broken, eof;     /* of stdout, of stdin */
	bool there, waiting;  /* told that ExaBGP is there, or that it is not */
	char problem[TRANSPORT_PROBLEM_SIZE]; /* told why it is not open */
	size_t length, written; /* of output, of it already written */
	char output[EXABGP_LINE_MAX];
};

/* Make the events those of the descriptors that there are now. Nothing pends. */
void channel_watch(struct channel *);

#endif
