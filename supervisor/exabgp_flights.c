/*
 * A ring of commands in flight. Touches its own memory. Invariant: commands leave in the order in which they came.
 */
#include "exabgp_flights.h"

#include <stdlib.h>

/* 4.2 blocks when some 13,000 answers are unread: see exabgp.h. */
#define FLIGHTS_MAX 10000

bool
flights_resize(struct flights *flights, int64_t size)
{
	struct flights resized = {.size = size < 1 ? 1 : size > FLIGHTS_MAX ? FLIGHTS_MAX : (size_t)size};

	if (resized.size < flights->count)
		resized.size = flights->count;
	if (resized.size == flights->size)
		return true;
	if ((resized.ring = calloc(resized.size, sizeof(*resized.ring))) == NULL)
		return false;
	while (flights->count > 0)
		flights_push(&resized, flights_pop(flights));
	free(flights->ring);
	*flights = resized;
	return true;
}

void
flights_free(struct flights *flights)
{
	free(flights->ring);
	*flights = (struct flights){0};
}

bool
flights_room(const struct flights *flights)
{
	return flights->count < flights->size;
}

void
flights_push(struct flights *flights, struct flight flight)
{
	flights->ring[(flights->first + flights->count) % flights->size] = flight;
	flights->count++;
}

struct flight
flights_pop(struct flights *flights)
{
	struct flight flight = flights->ring[flights->first];

	flights->first = (flights->first + 1) % flights->size;
	flights->count--;
	return flight;
}

bool
flights_refused(const struct flights *flights)
{
	return flights->count > 0 && flights->ring[flights->first].refusal != NULL;
}
