/*
 * Events on their way to a helper, as lines in order: for those who tell what happens, not what is. Bounded: what does
 * not fit is counted, and the count is told in its place. What is there waits while the helper is started anew.
 */
#ifndef EXACHECK_HELPER_QUEUE_H
#define EXACHECK_HELPER_QUEUE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "../common/monotime.h"

struct evbuffer;
struct helper;
struct helper_queue;

#define HELPER_QUEUE_BYTES ((size_t)1024 * 1024)

/* bytes: how much of lines it holds at most. NULL: out of memory. */
struct helper_queue *helper_queue_new(size_t bytes);
void helper_queue_free(struct helper_queue *);

/* Add a line, malloc'd, with its newline, which is the queue's from now on; NULL: it is lost, for want of memory. */
void helper_queue_add(struct helper_queue *, char *line);

/* Nobody is told anything any more: drop all. */
void helper_queue_clear(struct helper_queue *);

/* As helper_kind has them. */
monotime_t helper_queue_tell(struct helper_queue *, struct evbuffer *, monotime_t now);
void helper_queue_gone(struct helper_queue *, size_t unsent);

/*
 * The same, and have the helper, whose queue it is, told: soon, or now, when very much has come at once, as when thousands
 * of checks are disabled.
 */
void helper_queue_say(struct helper_queue *, struct helper *, char *line);

/* Whether it is so full that what is in it should be told at once. */
bool helper_queue_urgent(const struct helper_queue *);
/* Whether all that was added has been told. */
bool helper_queue_empty(const struct helper_queue *);
/* How many lines were lost, ever: for want of room or memory. */
uint64_t helper_queue_lost(const struct helper_queue *);

#endif
