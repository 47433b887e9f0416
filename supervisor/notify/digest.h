/*
 * The letters of a notification: what it wants of what happens, gathered for a while. See queue.h.
 */
#ifndef EXACHECK_NOTIFY_DIGEST_H
#define EXACHECK_NOTIFY_DIGEST_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "../../common/log.h"
#include "queue.h"
#include "summary.h"

/* What it wants; outlives the digest. */
struct digest_rules {
	char **checks; /* names of checks and groups; none: all */
	size_t check_count;
	bool events[LOG_EVENTS];
	bool general;	  /* what is of no check too */
	int64_t group_ns; /* how long the first of several waits for others */
};

extern const struct queue_content digest_content;

/* The content of a queue. NULL: out of memory. The sender outlives it. */
void *digest_new(const struct digest_rules *, const struct sender *);

#endif
