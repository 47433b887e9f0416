/*
 * The queue of lines. Invariant: a line is told once, in its order, or is part of a count that is told in its place;
 * what has been handed on is kept until it is known to have gone out.
 */
#include "helper_queue.h"

#include <bsd/sys/queue.h>
#include <event2/buffer.h>
#include <inttypes.h>
#include <malloc.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "helper.h"

#define PIECE ((size_t)64 * 1024) /* bytes that are handed on in one go */
#define RETRY_NS (1 * NS_PER_SECOND)
#define NEVER_NS (3600 * NS_PER_SECOND) /* unless it is woken */
#define COUNT_SIZE 64
#define TRIM ((size_t)32 * 1024) /* bytes that were held: once they are not, memory is given back */

struct line {
	STAILQ_ENTRY(line) entry;
	uint64_t lost; /* before it, since the line before it */
	size_t length; /* of its text */
	size_t offered; /* bytes that were handed on for it, with the count; 0: it was not */
	char text[]; /* without NUL, in no more memory than it needs: there may be very many */
};

struct helper_queue {
	STAILQ_HEAD(, line) lines; /* those that were handed on come first */
	size_t room, held; /* bytes of texts */
	size_t most; /* that were held since the queue was empty */
	uint64_t lost_next; /* since the last line */
	uint64_t count_offered; /* of lost_next, what was handed on, after the last line */
	size_t count_bytes;
	uint64_t lost;
};

struct helper_queue *
helper_queue_new(size_t bytes)
{
	struct helper_queue *queue = calloc(1, sizeof(*queue));

	if (queue == NULL)
		return NULL;
	queue->room = bytes;
	STAILQ_INIT(&queue->lines);
	return queue;
}

static void
first_drop(struct helper_queue *queue)
{
	struct line *line = STAILQ_FIRST(&queue->lines);

	STAILQ_REMOVE_HEAD(&queue->lines, entry);
	queue->held -= line->length;
	free(line);
}

void
helper_queue_clear(struct helper_queue *queue)
{
	while (!STAILQ_EMPTY(&queue->lines))
		first_drop(queue);
	queue->lost_next = queue->count_offered = 0;
	queue->count_bytes = 0;
}

void
helper_queue_free(struct helper_queue *queue)
{
	if (queue == NULL)
		return;
	helper_queue_clear(queue);
	free(queue);
}

void
helper_queue_add(struct helper_queue *queue, char *text)
{
	size_t length = text != NULL ? strlen(text) : 0;
	struct line *line = NULL;

	if (text != NULL && length <= queue->room - queue->held)
		line = malloc(sizeof(*line) + length);
	if (line == NULL) {
		free(text);
		queue->lost_next++;
		queue->lost++;
		return;
	}
	*line = (struct line){.lost = queue->lost_next - queue->count_offered, .length = length};
	memcpy(line->text, text, length);
	free(text);
	queue->lost_next = queue->count_offered;
	queue->held += length;
	if (queue->held > queue->most)
		queue->most = queue->held;
	STAILQ_INSERT_TAIL(&queue->lines, line, entry);
}

void
helper_queue_say(struct helper_queue *queue, struct helper *helper, char *text)
{
	helper_queue_add(queue, text);
	if (helper_queue_urgent(queue))
		helper_press(helper);
	else
		helper_wake(helper);
}

/* Hand on a count of lost lines, if there are any, and a text. Returns their bytes; SIZE_MAX: no memory for both. */
static size_t
offer(struct evbuffer *out, uint64_t lost, const char *text, size_t length)
{
	char count[COUNT_SIZE] = "";

	if (lost > 0)
		snprintf(count, sizeof(count), "{\"type\":\"lost\",\"count\":%" PRIu64 "}\n", lost);
	/* with this room none of the two can fail */
	if (evbuffer_expand(out, strlen(count) + length) == -1 || evbuffer_add(out, count, strlen(count)) == -1 ||
	    evbuffer_add(out, text, length) == -1)
		return SIZE_MAX;
	return strlen(count) + length;
}

/* What was handed on before has gone out. */
static void
offered_drop(struct helper_queue *queue)
{
	struct line *line;

	while ((line = STAILQ_FIRST(&queue->lines)) != NULL && line->offered > 0)
		first_drop(queue);
	queue->lost_next -= queue->count_offered;
	queue->count_offered = 0;
	queue->count_bytes = 0;
	if (line != NULL)
		return;
	if (queue->most > TRIM)
		malloc_trim(0);
	queue->most = 0;
}

monotime_t
helper_queue_tell(struct helper_queue *queue, struct evbuffer *out, monotime_t now)
{
	struct line *line;
	size_t offered;

	offered_drop(queue);
	STAILQ_FOREACH(line, &queue->lines, entry) {
		if (evbuffer_get_length(out) >= PIECE)
			return now;
		if ((offered = offer(out, line->lost, line->text, line->length)) == SIZE_MAX)
			return monotime_add(now, RETRY_NS);
		line->offered = offered;
	}
	if ((offered = offer(out, queue->lost_next, "", 0)) == SIZE_MAX)
		return monotime_add(now, RETRY_NS);
	queue->count_bytes = offered;
	queue->count_offered = queue->lost_next;
	return monotime_add(now, NEVER_NS);
}

/* Whole lines that went out may have been read; what went out in part was not. */
void
helper_queue_gone(struct helper_queue *queue, size_t unsent)
{
	size_t sent = queue->count_bytes;
	struct line *line;

	STAILQ_FOREACH(line, &queue->lines, entry)
		sent += line->offered;
	sent -= unsent < sent ? unsent : sent;
	while ((line = STAILQ_FIRST(&queue->lines)) != NULL && line->offered > 0 && line->offered <= sent) {
		sent -= line->offered;
		first_drop(queue);
	}
	if (line != NULL && line->offered > 0 && line->offered - line->length <= sent)
		line->lost = 0; /* this was told */
	while (line != NULL && line->offered > 0) {
		line->offered = 0;
		sent = 0;
		line = STAILQ_NEXT(line, entry);
	}
	if (sent >= queue->count_bytes)
		queue->lost_next -= queue->count_offered;
	else if (line != NULL) { /* what came meanwhile comes after it */
		queue->lost_next -= queue->count_offered;
		line->lost += queue->count_offered;
	}
	queue->count_offered = 0;
	queue->count_bytes = 0;
}

bool
helper_queue_urgent(const struct helper_queue *queue)
{
	return queue->held > queue->room / 4;
}

bool
helper_queue_empty(const struct helper_queue *queue)
{
	const struct line *line;

	STAILQ_FOREACH(line, &queue->lines, entry) {
		if (line->offered == 0)
			return false;
	}
	return queue->lost_next == queue->count_offered;
}

uint64_t
helper_queue_lost(const struct helper_queue *queue)
{
	return queue->lost;
}
