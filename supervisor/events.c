/*
 * The ring of events. Touches memory only. Invariant: numbers have no gap; what there was no memory for has no text.
 */
#include "events.h"

#include <stdlib.h>
#include <string.h>

struct events {
	struct events_one ring[EVENTS_KEPT]; /* event n is at n % EVENTS_KEPT; name and text are owned */
	uint64_t last;
	void (*heard)(void *);
	void *context;
};

struct events *
events_new(void)
{
	return calloc(1, sizeof(struct events));
}

static void
one_clear(struct events_one *one)
{
	free((char *)(uintptr_t)one->name);
	free((char *)(uintptr_t)one->text);
}

void
events_free(struct events *events)
{
	if (events == NULL)
		return;
	for (size_t i = 0; i < EVENTS_KEPT; i++)
		one_clear(&events->ring[i]);
	free(events);
}

void
events_add(struct events *events, const struct events_one *told, monotime_t now)
{
	struct events_one *one = &events->ring[++events->last % EVENTS_KEPT];

	one_clear(one);
	*one = *told;
	one->number = events->last;
	one->at = now;
	one->name = told->name != NULL ? strdup(told->name) : NULL;
	one->text = told->text != NULL ? strdup(told->text) : NULL;
	if (events->heard != NULL)
		events->heard(events->context);
}

const struct events_one *
events_at(const struct events *events, uint64_t number)
{
	const struct events_one *one = &events->ring[number % EVENTS_KEPT];

	return number != 0 && one->number == number ? one : NULL;
}

uint64_t
events_last(const struct events *events)
{
	return events->last;
}

void
events_listen(struct events *events, void (*heard)(void *), void *context)
{
	events->heard = heard;
	events->context = context;
}
