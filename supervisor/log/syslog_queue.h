/*
 * The messages for a syslog server: those that it has not been sent, and before them those that may yet come back, since
 * nobody knows whether they arrived. Pure data.
 */
#ifndef EXACHECK_LOG_SYSLOG_QUEUE_H
#define EXACHECK_LOG_SYSLOG_QUEUE_H

#include <bsd/sys/queue.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "../../common/monotime.h"

struct syslog_message {
	STAILQ_ENTRY(syslog_message) entry;
	monotime_t sent; /* when all of it was */
	uint64_t end;	 /* of the bytes that the connection has taken, when all of it was sent */
	size_t length;
	char bytes[];
};

STAILQ_HEAD(syslog_messages, syslog_message);

struct syslog_queue {
	size_t most; /* bytes of all messages */
	size_t size;
	struct syslog_messages sent, waiting;
	size_t begun;	/* bytes of the first waiting message that were sent */
	uint64_t taken; /* bytes that the connection has taken */
};

void syslog_queue_init(struct syslog_queue *, size_t most);
void syslog_queue_clear(struct syslog_queue *);

/* Whether a message of this length fits beside what there is; and add one: a head and a body. False: out of memory. */
bool syslog_queue_fits(const struct syslog_queue *, size_t length);
bool syslog_queue_add(struct syslog_queue *, const char *head, const char *body, size_t body_length);

/* The bytes to send next; false: none wait. */
bool syslog_queue_next(const struct syslog_queue *, const char **bytes, size_t *length);
/* So many of them were sent. */
void syslog_queue_sent(struct syslog_queue *, size_t bytes, monotime_t now);

/* The first message that waits will never be sent. */
void syslog_queue_drop(struct syslog_queue *);

/* What was sent has arrived: all of it, up to some byte of the connection, before some time. */
void syslog_queue_arrived(struct syslog_queue *);
void syslog_queue_arrived_bytes(struct syslog_queue *, uint64_t taken);
void syslog_queue_arrived_before(struct syslog_queue *, monotime_t);

/* The connection is another one: what has not arrived waits again, from its beginning. */
void syslog_queue_restart(struct syslog_queue *);

/* How many wait. */
size_t syslog_queue_waiting(const struct syslog_queue *);

#endif
