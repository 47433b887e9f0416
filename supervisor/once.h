/*
 * Ending as soon as there is nothing left to find out: for those who want routes announced once, and no process that
 * keeps them so.
 */
#ifndef EXACHECK_ONCE_H
#define EXACHECK_ONCE_H

struct channel;
struct checks;
struct event_base;
struct hooks;
struct once;

/* What is looked at; all of it outlives the result. */
struct once_parts {
	struct event_base *base;
	const struct checks *checks;
	const struct channel *channel;
	const struct hooks *hooks;
};

/*
 * Call done, once, from the loop, when every check and group has a verdict, ExaBGP has answered all that this came to,
 * and no hook runs or waits. NULL: out of memory.
 */
struct once *once_new(const struct once_parts *, void (*done)(void *context), void *context);
/* NULL is allowed. */
void once_free(struct once *);

#endif
