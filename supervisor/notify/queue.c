/*
 * Letters to one target. Pure. Invariant: every event that was taken waits, is in the letter, was delivered, or is
 * counted as given up.
 */
#include "queue.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "words.h"

#define BURST 3
#define MINUTE_NS (60 * NS_PER_SECOND)
#define DELAY_NS (5 * NS_PER_SECOND)
#define DELAY_MAX_NS (300 * NS_PER_SECOND)
#define SAID_NS (60 * NS_PER_SECOND)
#define REASON_SIZE 120

struct queue {
	struct queue_options options;
	const struct queue_content *kind;
	void *content;

	struct letter *letter; /* NULL: none is on its way, nor waits for another attempt */
	struct tally part;      /* what it is made of */
	bool away;
	monotime_t first;      /* attempt of it */
	monotime_t next;       /* attempt, of it or the next one, is not before */
	unsigned failures;     /* in a row, of whatever letters */
	unsigned delays;       /* of them, in a row: how many are to be tried again */
	monotime_t failing;    /* since when */
	struct tally given_up;  /* nobody was told of yet */

	int64_t refill_ns; /* one more letter may begin */
	int64_t burst_ns;  /* how far a full bucket is ahead of an empty one */
	monotime_t empty;  /* when the bucket would be full again: a later time is an emptier bucket */
	bool hurry;

	/* What is yet to be said. */
	bool trouble, partly, works;
	unsigned attempts; /* that failed before it did */
	int64_t took_ns;
	uint64_t gave_up;
	int64_t gave_up_ns; /* after that time; 0: at once */
	char reason[REASON_SIZE];
	monotime_t quiet; /* when what was said is forgotten */

	struct queue_figures figures;
};

struct queue *
queue_new(const struct queue_options *options, const struct queue_content *kind, void *content)
{
	struct queue *queue = content != NULL ? calloc(1, sizeof(*queue)) : NULL;
	int64_t burst = options->rate < BURST ? options->rate : BURST;

	if (queue == NULL) {
		if (content != NULL)
			kind->free(content);
		return NULL;
	}
	queue->options = *options;
	queue->kind = kind;
	queue->content = content;
	if (options->rate > 0) {
		/* the burst and what follows it within a minute are no more than the rate */
		queue->refill_ns = MINUTE_NS / (options->rate - burst + 1);
		queue->burst_ns = (burst - 1) * queue->refill_ns;
	}
	return queue;
}

void
queue_free(struct queue *queue)
{
	if (queue == NULL)
		return;
	if (queue->letter != NULL)
		letter_free(queue->letter);
	queue->kind->free(queue->content);
	free(queue);
}

void
queue_take(struct queue *queue, struct notice *notice, monotime_t now)
{
	queue->kind->take(queue->content, notice, now);
}

void
queue_lost(struct queue *queue, uint64_t count, monotime_t now)
{
	queue->kind->lost(queue->content, count, now);
}

static monotime_t
later(monotime_t a, monotime_t b)
{
	return monotime_before(a, b) ? b : a;
}

monotime_t
queue_due(const struct queue *queue)
{
	monotime_t due;

	if (queue->away)
		return MONOTIME_NEVER;
	if (queue->letter != NULL)
		return queue->next;
	if (queue->hurry)
		return queue->kind->waiting(queue->content) > 0 ? queue->next : MONOTIME_NEVER;
	due = later(queue->kind->due(queue->content), queue->next);
	return later(due, monotime_add(queue->empty, -queue->burst_ns));
}

const struct letter *
queue_begin(struct queue *queue, monotime_t now)
{
	if (queue->letter == NULL) {
		queue->letter = queue->kind->letter(queue->content, &queue->given_up, &queue->part, now);
		if (queue->letter == NULL) {
			queue->next = monotime_add(now, DELAY_NS);
			return NULL;
		}
		queue->first = now;
		queue->empty = monotime_add(later(queue->empty, now), queue->refill_ns);
	}
	queue->away = true;
	return queue->letter;
}

static void
letter_drop(struct queue *queue)
{
	letter_free(queue->letter);
	queue->letter = NULL;
	queue->part = (struct tally){0};
}

static void
delivered(struct queue *queue, monotime_t now)
{
	queue->figures.delivered++;
	if (queue->failures > 0) {
		queue->works = !queue->trouble; /* what was never said need not be taken back */
		queue->trouble = false;
		queue->attempts = queue->failures;
		queue->took_ns = monotime_sub(now, queue->failing);
	}
	queue->failures = queue->delays = 0;
	queue->given_up = (struct tally){0}; /* the letter told it */
	letter_drop(queue);
}

static void
give_up(struct queue *queue, int64_t after_ns)
{
	queue->gave_up += queue->part.events;
	queue->gave_up_ns = after_ns;
	queue->trouble = false;
	queue->figures.given_up++;
	tally_add(&queue->given_up, &queue->part);
	letter_drop(queue);
}

static int64_t
delay_ns(unsigned delays)
{
	int64_t delay = delays <= 6 ? DELAY_NS << delays : DELAY_MAX_NS;

	return delay < DELAY_MAX_NS ? delay : DELAY_MAX_NS;
}

static void
failed(struct queue *queue, enum courier_end end, const char *text, monotime_t now)
{
	monotime_t last = monotime_add(queue->first, queue->options.retry_ns);

	queue->figures.failed++;
	snprintf(queue->reason, sizeof(queue->reason), "%s", text);
	if (queue->failures++ == 0) {
		queue->failing = now;
		queue->trouble = true;
	}
	queue->works = false;
	if (end == COURIER_NEVER) {
		queue->delays = 0; /* it answers: the next letter may do better */
		give_up(queue, 0);
		return;
	}
	queue->next = monotime_add(now, queue->hurry ? DELAY_NS : delay_ns(queue->delays++));
	if (!monotime_before(now, last))
		give_up(queue, monotime_sub(now, queue->first));
	else
		queue->next = monotime_min(queue->next, last);
}

void
queue_ended(struct queue *queue, enum courier_end end, const char *text, monotime_t now)
{
	queue->away = false;
	if (end == COURIER_LATER || end == COURIER_NEVER) {
		failed(queue, end, text, now);
		return;
	}
	delivered(queue, now);
	if (end == COURIER_PARTLY) {
		queue->partly = true;
		snprintf(queue->reason, sizeof(queue->reason), "%s", text);
	}
}

void
queue_hurry(struct queue *queue, monotime_t now)
{
	queue->hurry = true;
	queue->next = now;
}

bool
queue_troubled(const struct queue *queue)
{
	return queue->failures > 0;
}

uint64_t
queue_waiting(const struct queue *queue)
{
	return queue->part.events + queue->kind->waiting(queue->content);
}

uint64_t
queue_unsaid(const struct queue *queue)
{
	return queue->gave_up;
}

monotime_t
queue_word_due(const struct queue *queue)
{
	return queue->gave_up > 0 || queue->trouble || queue->partly || queue->works ?
	    monotime_add(queue->quiet, -SAID_NS) : MONOTIME_NEVER;
}

static void
gave_up_text(struct queue *queue, char text[static QUEUE_TEXT_SIZE])
{
	char span[WORDS_SPAN_SIZE];
	bool tried = queue->gave_up_ns >= NS_PER_SECOND;

	snprintf(text, QUEUE_TEXT_SIZE, "%s: gave up %llu event%s%s%s: %s", queue->options.name,
	    (unsigned long long)queue->gave_up, queue->gave_up == 1 ? "" : "s", tried ? " after " : "",
	    tried ? words_span(queue->gave_up_ns / NS_PER_MICROSECOND, span) : "", queue->reason);
}

enum queue_word
queue_word(struct queue *queue, monotime_t now, char text[static QUEUE_TEXT_SIZE])
{
	char span[WORDS_SPAN_SIZE];

	if (monotime_before(now, queue_word_due(queue)))
		return QUEUE_QUIET;
	queue->quiet = monotime_add(later(queue->quiet, now), SAID_NS);
	if (queue->gave_up > 0) {
		gave_up_text(queue, text);
		queue->gave_up = 0;
		return QUEUE_PROBLEM;
	}
	if (queue->trouble) {
		snprintf(text, QUEUE_TEXT_SIZE, "%s: not delivered, tried again for %s: %s", queue->options.name,
		    words_span(queue->options.retry_ns / NS_PER_MICROSECOND, span), queue->reason);
		queue->trouble = false;
		return QUEUE_PROBLEM;
	}
	if (queue->partly) {
		snprintf(text, QUEUE_TEXT_SIZE, "%s: %s", queue->options.name, queue->reason);
		queue->partly = false;
		return QUEUE_PROBLEM;
	}
	snprintf(text, QUEUE_TEXT_SIZE, "%s: delivers again, %s and %u failed attempt%s later", queue->options.name,
	    words_span(queue->took_ns / NS_PER_MICROSECOND, span), queue->attempts, queue->attempts == 1 ? "" : "s");
	queue->works = false;
	return QUEUE_NOTE;
}

void
queue_figures(const struct queue *queue, struct queue_figures *figures)
{
	figures->delivered += queue->figures.delivered;
	figures->failed += queue->figures.failed;
	figures->given_up += queue->figures.given_up;
}
