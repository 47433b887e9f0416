/*
 * Input and output with ExaBGP on stdin and stdout: never blocks, writes whole lines, always drains
 * what ExaBGP answers.
 */
#ifndef EXACHECK_CHANNEL_H
#define EXACHECK_CHANNEL_H

#include <stdbool.h>

#include "config.h"
#include "route.h"

struct event_base;
struct channel;

/* Why the conversation ended. */
enum channel_end {
	CHANNEL_OPEN,
	CHANNEL_EOF,
	CHANNEL_BROKEN, /* the reader of our output is gone */
	CHANNEL_FAILED, /* our output cannot be written: closed, a full disk */
	CHANNEL_SHUTDOWN,
};

/* ended: called once when ExaBGP is gone or asks for shutdown. NULL: out of memory. */
struct channel *channel_new(struct event_base *, const struct config *, struct ledger *,
    void (*ended)(void *context, enum channel_end), void *context);
void channel_free(struct channel *);

/* From now on nothing waits for ExaBGP's answers: see exabgp_hurry. */
void channel_hurry(struct channel *);

/* Nothing left to write and nothing unanswered. */
bool channel_idle(const struct channel *);

#endif
