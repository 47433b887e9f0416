/*
 * A ring of commands in flight. Touches its own memory. Invariant: commands leave in the order in which they came.
 */
#include "exabgp_flights.h"

#include <stdlib.h>

/*
 * A pipe holds the answers to some 13,000 commands. With fewer in flight ExaBGP 4.2, whose writes block, never waits
 * for us to read, not even while we are stopped; and its relay on named pipes, which reads commands and answers in
 * turns, never stands between two full pipes. So any number up to this is safe; more than the default of
 * max_in_flight gains nothing (3,000 routes take as long with 100 as with 10,000).
 */
#define FLIGHTS_MAX 10000

bool
flights_resize(struct flights *flights, int64_t size)
{
	size_t limit = size < 1 ? 1 : size > FLIGHTS_MAX ? FLIGHTS_MAX : (size_t)size;
	struct flights resized = {.size = limit < flights->count ? flights->count : limit, .limit = limit};

	if (resized.size == flights->size) {
		flights->limit = limit;
		return true;
	}
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
	return flights->count < flights->limit;
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
