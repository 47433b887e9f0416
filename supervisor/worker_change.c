/*
 * Workers while the configuration changes under them. Invariant: whatever phase a worker is in, what is taken from it
 * ends, no grid point gets a second outcome, and nothing here can fail for want of memory.
 */
#include "worker_internal.h"

#include <event2/event.h>
#include <stdlib.h>

#include "spawner.h"

void
workers_remove(struct workers *workers, struct check *check)
{
	struct worker *worker = check->worker;

	if (worker == NULL)
		return;
	check->worker = NULL;
	worker_abandon_birth(worker);
	worker_kill(worker);
	event_free(worker->lease);
	STAILQ_REMOVE(&workers->list, worker, worker, entry);
	free(worker);
}

/* What its predecessor could not do says nothing of the new one. */
static void
worker_renew(struct worker *worker)
{
	worker->spawner = workers_spawner(worker->workers, worker->check->config);
	worker->backoff.failures = 0;
	worker->absent = worker->overdue = false;
	worker_replace(worker);
}

void
workers_drain(struct workers *workers)
{
	struct worker *worker;

	STAILQ_FOREACH(worker, &workers->list, entry)
		worker_drain(worker);
}

void
workers_change(struct workers *workers, const struct check *check, bool renew)
{
	struct worker *worker = check->worker;

	if (worker == NULL || workers->stopping)
		return;
	worker_repace(worker);
	if (renew)
		worker_renew(worker);
}

static bool
spawner_needed(const struct workers *workers, const struct spawner *spawner)
{
	const struct worker *worker;
	const struct birth *birth;

	STAILQ_FOREACH(worker, &workers->list, entry) {
		if (worker->spawner == spawner)
			return true;
	}
	STAILQ_FOREACH(birth, &workers->births, entry) {
		if (birth->spawner == spawner)
			return true;
	}
	return false;
}

void
workers_tidy(struct workers *workers)
{
	workers->untidy = true;
	workers_pump_wake(workers);
}

void
workers_tidy_now(struct workers *workers)
{
	struct spawner_entry *entry = STAILQ_FIRST(&workers->spawners), *next;

	workers->untidy = false;
	for (; entry != NULL; entry = next) {
		next = STAILQ_NEXT(entry, entry);
		if (spawner_needed(workers, entry->spawner))
			continue;
		STAILQ_REMOVE(&workers->spawners, entry, spawner_entry, entry);
		spawner_free(entry->spawner);
		free(entry);
	}
}
