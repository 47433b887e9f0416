/*
 * The commands that ExaBGP has not answered yet, oldest first: answers carry no number. Memory is taken when the
 * ring is made, so that sending needs none.
 */
#ifndef EXACHECK_EXABGP_FLIGHTS_H
#define EXACHECK_EXABGP_FLIGHTS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct route;

/* A command whose answer is awaited. */
struct flight {
	struct route *route; /* NULL: the bare newline */
	const char *refusal; /* not NULL: it never went out, this is its answer; not owned */
};

struct flights {
	struct flight *ring;
	size_t size, limit, first, count; /* limit: how many there may be before another one is added */
};

/*
 * Room for so many commands, within sensible bounds; what is in flight stays, and there is room again when it has
 * become fewer. False: out of memory, nothing has changed. The first call is for a structure of zeros.
 */
bool flights_resize(struct flights *, int64_t size);
void flights_free(struct flights *);

bool flights_room(const struct flights *);
/* There must be room. */
void flights_push(struct flights *, struct flight);
/* There must be one. */
struct flight flights_pop(struct flights *);
/* Whether the oldest never went out and can be answered now. */
bool flights_refused(const struct flights *);

#endif
