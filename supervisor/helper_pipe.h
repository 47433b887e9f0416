/*
 * The connection to a helper: a stream socket on which it is told lines, and says words.
 */
#ifndef EXACHECK_HELPER_PIPE_H
#define EXACHECK_HELPER_PIPE_H

#include <stdbool.h>
#include <stddef.h>

#include "../common/monotime.h"

struct event;
struct event_base;
struct evbuffer;

#define HELPER_PIPE_STUCK_NS (30 * NS_PER_SECOND) /* that not all may have been taken */

struct helper_pipe {
	int fd;	   /* -1: there is none */
	bool deaf; /* nobody reads at its other end any more */
	bool full; /* it took no more when something was written last: what it takes next is room that reading made */
	struct event *readable, *writable; /* there while fd is */
	struct evbuffer *out; /* what is yet to be written */
	monotime_t taken; /* when all that was written had been read, or so much that there was room again */
};

/* Not open yet. False: out of memory. */
bool helper_pipe_init(struct helper_pipe *);
void helper_pipe_clear(struct helper_pipe *);

/* The calls of its events, see event_new(3). */
struct helper_pipe_calls {
	void (*readable)(int fd, short what, void *context);
	void (*writable)(int fd, short what, void *context);
	void *context;
};

/* Open it; nothing is read until its event is added. Returns the other end, the caller's, or -1 with errno. */
int helper_pipe_open(struct helper_pipe *, struct event_base *, const struct helper_pipe_calls *);

/* Returns how many bytes were never written; nothing is left of them. */
size_t helper_pipe_close(struct helper_pipe *);

/* There is nothing more to tell, as the other end sees; false: not all is written yet. What it says is still read. */
bool helper_pipe_end(struct helper_pipe *);

/* Write. Returns false when something is left to be written; or nobody takes it (deaf), which reading tells as well. */
bool helper_pipe_flush(struct helper_pipe *);

bool helper_pipe_empty(const struct helper_pipe *);

/* Whether all that was written, or of a full pipe some, has been read at some time that is not too long ago. */
bool helper_pipe_heard(struct helper_pipe *);

#endif
