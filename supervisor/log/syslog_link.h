/*
 * The way to a syslog server: a local socket, UDP or TCP. It is tried again and again, with delays of at most a minute, as
 * long as it is there.
 */
#ifndef EXACHECK_LOG_SYSLOG_LINK_H
#define EXACHECK_LOG_SYSLOG_LINK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "needs.h"

struct event_base;
struct syslog_link;

/* When what was sent has arrived: with the call; unless it is refused soon; when the other side acknowledges it. */
enum syslog_arrival { ARRIVAL_AT_ONCE, ARRIVAL_UNLESS_REFUSED, ARRIVAL_ACKNOWLEDGED };

/* How soon a refusal is heard of. */
#define SYSLOG_REFUSAL_NS (INT64_C(250) * 1000 * 1000)

/* From the loop, never from within a call of the link's. */
struct syslog_link_calls {
	void (*up)(void *context);	 /* it works, from its beginning or again */
	void (*writable)(void *context); /* something can be sent */
	/* nothing can, for a while; reason: for people. It can still be asked what was acknowledged, the last time. */
	void (*down)(void *context, const char *reason);
};

/*
 * destination: the path of a socket, or the address or name of a host; it outlives the link. Adds to the needs what it
 * needs once it is confined. NULL: out of memory.
 */
struct syslog_link *syslog_link_new(const char *destination, uint16_t port, bool tcp, const struct syslog_link_calls *,
    void *context, struct needs *);
void syslog_link_free(struct syslog_link *);

/* Go. False: out of memory. */
bool syslog_link_begin(struct syslog_link *, struct event_base *);

/*
 * Send some bytes: a message, or some of one where it is a stream. Returns how many were taken; -1 with EAGAIN: none now,
 * writable or down is called when that has changed; with EMSGSIZE: never any of this message.
 */
ssize_t syslog_link_send(struct syslog_link *, const char *, size_t);

/* Something was sent and nothing was refused since. */
bool syslog_link_is_up(const struct syslog_link *);

bool syslog_link_is_local(const struct syslog_link *);
bool syslog_link_is_stream(const struct syslog_link *);
enum syslog_arrival syslog_link_arrival(const struct syslog_link *);

/* Bytes that this connection has taken, and the other side not yet (ARRIVAL_ACKNOWLEDGED). */
size_t syslog_link_unacknowledged(const struct syslog_link *);

/* What it leads to may be elsewhere by now: begin anew, at once. What was sent is on its way. */
void syslog_link_renew(struct syslog_link *);

#endif
