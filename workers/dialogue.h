/*
 * What is said on a connection: a text to send, and an answer that must match a pattern. The answer is looked at as it
 * comes, the first DIALOGUE_HEARD_MAX bytes of it, and judged once all of the text was sent.
 */
#ifndef EXACHECK_DIALOGUE_H
#define EXACHECK_DIALOGUE_H

#include <stdbool.h>
#include <stddef.h>

#include "../common/monotime.h"
#include "../common/pattern.h"
#include "stream.h"

#define DIALOGUE_HEARD_MAX (64 * 1024) /* bytes of an answer that are looked at */

struct dialogue {
	const char *text; /* or NULL */
	size_t length, sent;
	struct pattern *pattern; /* or NULL */
	char *heard;
	size_t heard_length, heard_size;
	size_t tried; /* bytes of it that the pattern has been tried on */
	bool ended;
	monotime_t next_try; /* the pattern is not tried before; MONOTIME_NEVER: nothing new to try it on */
	monotime_t rested;   /* ... for what may come */
};

/* text: or NULL; pattern: or NULL. Both outlive the dialogue. */
void dialogue_begin(struct dialogue *, const char *text, struct pattern *);

/*
 * Go on as far as it goes without waiting. Returns the poll(2) events to wait for until next_try at most; 0: it is
 * over, with the verdict in the stream's result.
 */
short dialogue_step(struct dialogue *, const struct stream_ops *, struct stream *);

/* The time for it is up: the verdict. seconds: how long that was. */
void dialogue_expire(struct dialogue *, struct stream *, double seconds);

void dialogue_free(struct dialogue *);

#endif
