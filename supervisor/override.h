/*
 * An operator's word on a node, which outweighs what checks find: disabled, or drained, until it is taken back or its
 * time is over. Part of the node; see check.h and group.h for what it does there. Pure but for memory.
 */
#ifndef EXACHECK_OVERRIDE_H
#define EXACHECK_OVERRIDE_H

#include <stdbool.h>

#include "../common/monotime.h"
#include "state.h"

/* DRAIN does what DISABLE does; it was asked of a node that has a drain_time. */
enum override_kind { OVERRIDE_NONE, OVERRIDE_DISABLE, OVERRIDE_DRAIN, OVERRIDE_KINDS };

#define OVERRIDE_BY_MAX 63	/* bytes */
#define OVERRIDE_REASON_MAX 200 /* likewise */
#define OVERRIDE_TIME_MAX_S (10 * 366 * 86400.0) /* from being set to its end: below what nanoseconds can say */

struct override {
	enum override_kind kind;
	char *by;     /* who set it, for people; owned */
	char *reason; /* one line, NULL: none was given; owned */
	monotime_t set;
	monotime_t until; /* NEVER: until it is taken back */
};

/* "disable", "drain"; NONE: NULL. And the kind of this name; NONE: of another one, or of NULL. */
const char *override_kind_name(enum override_kind);
enum override_kind override_kind_named(const char *name);

/*
 * Fill in by and reason (NULL, or empty: none) with copies, of which what does not print is replaced and what is too long
 * is cut. False: out of memory, and it owns nothing.
 */
bool override_set_texts(struct override *, const char *by, const char *reason);

/* Free what it owns: it is NONE then. */
void override_clear(struct override *);

/* Put another one in its place, which is NONE then. */
void override_replace(struct override *, struct override *by);

/* "disabled by root until 2026-01-31T14:30:00.000Z: maintenance". Returns text. */
#define OVERRIDE_TEXT_SIZE 384
const char *override_describe(const struct override *, char text[static OVERRIDE_TEXT_SIZE]);

/* For an upgrade: NONE is null. What is loaded is the caller's to clear. */
json_t *override_save(const struct override *);
bool override_load(struct override *, const json_t *, char error[static STATE_ERROR_SIZE]);

#endif
