/*
 * The supervisor's words as lines.
 */
#ifndef EXACHECK_HELPERS_INTAKE_H
#define EXACHECK_HELPERS_INTAKE_H

#include <stdbool.h>
#include <stddef.h>

#include "../../common/monotime.h"

struct event_base;
struct intake;

struct intake_calls {
	void (*line)(void *context, const char *line, size_t length); /* without its newline */
	void (*pause)(void *context); /* after the last line that was there to be read */
	void (*end)(void *context);   /* there is no more; called once */
	void *context;
};

/* Lines from this descriptor, which the caller closes. NULL: out of memory. */
struct intake *intake_new(int fd);
void intake_free(struct intake *);

/* Wait for one line, before the loop runs; malloc'd. NULL: there is none by then, or out of memory. */
char *intake_wait(struct intake *, monotime_t deadline, size_t *length);

/* Have what comes from now on called, from the loop. False: out of memory. */
bool intake_begin(struct intake *, struct event_base *, const struct intake_calls *);

#endif
