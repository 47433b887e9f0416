/*
 * Input and output with ExaBGP: never blocks, writes whole lines, always drains what ExaBGP answers. exabgp.output
 * says how: stdin and stdout; a pair of named pipes or a unix socket beside ExaBGP, which then may come and go.
 */
#ifndef EXACHECK_CHANNEL_H
#define EXACHECK_CHANNEL_H

#include <stdbool.h>

#include "config.h"
#include "route.h"
#include "state.h"

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

/*
 * ended: called once when ExaBGP is gone or asks for shutdown, with stdout only: otherwise its return is awaited.
 * The ledger outlives the result; of the configuration nothing is kept. NULL: out of memory.
 */
struct channel *channel_new(struct event_base *, const struct config *, struct ledger *,
    void (*ended)(void *context, enum channel_end), void *context);
void channel_free(struct channel *);

/*
 * The same after an upgrade: nothing is opened before the loop turns, and then only if channel_load could not restore
 * what channel_save told of an idle channel. The descriptors are to be left open by execve(2), or not any more.
 */
struct channel *channel_adopt(struct event_base *, const struct config *, struct ledger *,
    void (*ended)(void *context, enum channel_end), void *context);
bool channel_keep(const struct channel *, bool keep);
json_t *channel_save(const struct channel *);
bool channel_load(struct channel *, const json_t *, char error[static STATE_ERROR_SIZE]);
bool channel_state_valid(const json_t *, char error[static STATE_ERROR_SIZE]);

/* From now on nothing waits for ExaBGP's answers: see exabgp_hurry. Ends a pause. */
void channel_hurry(struct channel *);

/* Nothing left to write and nothing unanswered; or ExaBGP is not there. While paused, whatever there is to say. */
bool channel_idle(const struct channel *);

/* Whether ExaBGP is there: with stdout until it is gone, otherwise when it has said something. */
bool channel_connected(const struct channel *);

/* The conversation, as people want to know it. */
struct exabgp_status;
void channel_status(const struct channel *, struct exabgp_status *);

/* Say nothing new, so that the channel becomes idle; go on. */
void channel_pause(struct channel *);
void channel_resume(struct channel *);

/*
 * Apply another configuration, of the same output: dialect, ack, max_in_flight and resync. What there is no memory for
 * stays as it was, and a warning tells.
 */
void channel_change(struct channel *, const struct config *);

#endif
