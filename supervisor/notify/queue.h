/*
 * The letters to one target: when the next one begins, how often it is tried again, when it is given up. At most one is
 * on its way or waits for another attempt; what happens meanwhile will be the next one. Pure: every call is given the
 * time.
 *
 * Rate: in any minute at most so many letters begin, up to 3 of them at once; another attempt counts for nothing, as it
 * has its own delays: 5 s, twice as long each time, up to 5 min, until it is delivered, or its time is over that begins
 * with its first attempt. The delay lasts when it is over, so that the next letter does not begin anew with a target
 * that does not work.
 */
#ifndef EXACHECK_NOTIFY_QUEUE_H
#define EXACHECK_NOTIFY_QUEUE_H

#include <stdbool.h>
#include <stdint.h>

#include "../../common/monotime.h"
#include "courier.h"
#include "letter.h"
#include "notice.h"
#include "summary.h"

struct queue;

/* What letters are made of. */
struct queue_content {
	/* Take what is of interest, held. */
	void (*take)(void *content, struct notice *, monotime_t now);
	/* So many events were lost, which may have been of interest. */
	void (*lost)(void *content, uint64_t count, monotime_t now);
	/* When the next letter is to begin: MONOTIME_NEVER: there is nothing for one. */
	monotime_t (*due)(const void *content);
	/* How many events wait. */
	uint64_t (*waiting)(const void *content);
	/*
	 * What is there, or the first of it, due or not, as a letter, which is the caller's; nothing of it waits then.
	 * What was given up is told with it; *part: of what it is made. NULL: out of memory, and all of it still waits.
	 */
	struct letter *(*letter)(void *content, const struct tally *given_up, struct tally *part, monotime_t now);
	void (*free)(void *content);
};

struct queue_options {
	const char *name; /* "notification ops": for words about it; outlives the queue */
	int64_t rate;	  /* letters a minute, 1 or more; 0: no limit */
	int64_t retry_ns; /* from the first attempt to the last one */
};

/* The content is the queue's from now on, even if there is none: NULL: out of memory. */
struct queue *queue_new(const struct queue_options *, const struct queue_content *, void *content);
void queue_free(struct queue *);

void queue_take(struct queue *, struct notice *, monotime_t now);
void queue_lost(struct queue *, uint64_t count, monotime_t now);

/* When an attempt is to begin; MONOTIME_NEVER: not before something else happens. */
monotime_t queue_due(const struct queue *);

/* Begin the attempt that is due: its letter, the queue's until queue_ended. NULL: out of memory, it is due later. */
const struct letter *queue_begin(struct queue *, monotime_t now);

/* It ended. text: why, for people. */
void queue_ended(struct queue *, enum courier_end, const char *text, monotime_t now);

/* The end is near: what waits is due now, whatever was to be waited for; a letter is still tried again, each 5 s. */
void queue_hurry(struct queue *, monotime_t now);

/* Whether the last attempt failed. */
bool queue_troubled(const struct queue *);

/* How many events have not been told yet. */
uint64_t queue_waiting(const struct queue *);

/* How many events were given up, of which no word was said yet. */
uint64_t queue_unsaid(const struct queue *);

/*
 * What is to be said of it, each thing once, two at once and then one a minute at most: text is it without a full stop.
 * QUEUE_QUIET: nothing.
 */
enum queue_word { QUEUE_QUIET, QUEUE_PROBLEM, QUEUE_NOTE };
#define QUEUE_TEXT_SIZE 180
enum queue_word queue_word(struct queue *, monotime_t now, char text[static QUEUE_TEXT_SIZE]);
/* When to ask; MONOTIME_NEVER: not before something else happens. */
monotime_t queue_word_due(const struct queue *);

/* So far; what there is of another queue is added. */
struct queue_figures {
	uint64_t delivered; /* letters */
	uint64_t failed;    /* attempts */
	uint64_t given_up;  /* letters */
};
void queue_figures(const struct queue *, struct queue_figures *);

#endif
