/*
 * Messages in order. Pure. Invariant: each message is in one list, and those sent are older than those that wait.
 */
#include "syslog_queue.h"

#include <stdlib.h>
#include <string.h>

void
syslog_queue_init(struct syslog_queue *queue, size_t most)
{
	*queue = (struct syslog_queue){.most = most};
	STAILQ_INIT(&queue->sent);
	STAILQ_INIT(&queue->waiting);
}

static void
first_free(struct syslog_queue *queue, struct syslog_messages *list)
{
	struct syslog_message *message = STAILQ_FIRST(list);

	STAILQ_REMOVE_HEAD(list, entry);
	queue->size -= message->length;
	free(message);
}

void
syslog_queue_clear(struct syslog_queue *queue)
{
	syslog_queue_arrived(queue);
	while (!STAILQ_EMPTY(&queue->waiting))
		syslog_queue_drop(queue);
}

bool
syslog_queue_fits(const struct syslog_queue *queue, size_t length)
{
	return length <= queue->most && queue->size <= queue->most - length;
}

bool
syslog_queue_add(struct syslog_queue *queue, const char *head, const char *body, size_t body_length)
{
	size_t head_length = strlen(head);
	struct syslog_message *message = malloc(sizeof(*message) + head_length + body_length);

	if (message == NULL)
		return false;
	message->length = head_length + body_length;
	memcpy(message->bytes, head, head_length);
	memcpy(message->bytes + head_length, body, body_length);
	STAILQ_INSERT_TAIL(&queue->waiting, message, entry);
	queue->size += message->length;
	return true;
}

bool
syslog_queue_next(const struct syslog_queue *queue, const char **bytes, size_t *length)
{
	const struct syslog_message *message = STAILQ_FIRST(&queue->waiting);

	if (message == NULL)
		return false;
	*bytes = message->bytes + queue->begun;
	*length = message->length - queue->begun;
	return true;
}

void
syslog_queue_sent(struct syslog_queue *queue, size_t bytes, monotime_t now)
{
	struct syslog_message *message = STAILQ_FIRST(&queue->waiting);

	queue->taken += bytes;
	queue->begun += bytes;
	if (queue->begun < message->length)
		return;
	queue->begun = 0;
	message->sent = now;
	message->end = queue->taken;
	STAILQ_REMOVE_HEAD(&queue->waiting, entry);
	STAILQ_INSERT_TAIL(&queue->sent, message, entry);
}

void
syslog_queue_drop(struct syslog_queue *queue)
{
	queue->begun = 0;
	first_free(queue, &queue->waiting);
}

void
syslog_queue_arrived(struct syslog_queue *queue)
{
	while (!STAILQ_EMPTY(&queue->sent))
		first_free(queue, &queue->sent);
}

void
syslog_queue_arrived_bytes(struct syslog_queue *queue, uint64_t taken)
{
	while (!STAILQ_EMPTY(&queue->sent) && STAILQ_FIRST(&queue->sent)->end <= taken)
		first_free(queue, &queue->sent);
}

void
syslog_queue_arrived_before(struct syslog_queue *queue, monotime_t moment)
{
	while (!STAILQ_EMPTY(&queue->sent) && monotime_before(STAILQ_FIRST(&queue->sent)->sent, moment))
		first_free(queue, &queue->sent);
}

void
syslog_queue_restart(struct syslog_queue *queue)
{
	STAILQ_CONCAT(&queue->sent, &queue->waiting);
	STAILQ_SWAP(&queue->sent, &queue->waiting, syslog_message);
	queue->begun = 0;
	queue->taken = 0;
}

size_t
syslog_queue_waiting(const struct syslog_queue *queue)
{
	const struct syslog_message *message;
	size_t count = 0;

	STAILQ_FOREACH(message, &queue->waiting, entry)
		count++;
	return count;
}
