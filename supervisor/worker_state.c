/*
 * Workers across an upgrade: the processes stay, with their channels and their place on the grid. Touches what
 * worker.c does. Invariant: a process is taken over only while the kernel says that it is our child; a check whose
 * worker cannot be taken over gets another one for the grid point that it awaits.
 */
#include "worker_internal.h"

#include <errno.h>
#include <event2/event.h>
#include <signal.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "../common/log.h"
#include "../common/message.h"
#include "child.h"
#include "descriptor.h"
#include "sandbox_reports.h"
#include "spawner.h"

/* Log lines that were counted are forgotten: the next program counts anew. */
static const struct state_field worker_fields[] = {
	STATE_ENUM(struct worker, phase, PHASES),
	STATE_FIELD(struct worker, pid),
	STATE_FIELD(struct worker, former),
	STATE_FIELD(struct worker, retry),
	STATE_ENUM(struct worker, reason, REASONS),
	STATE_FIELD(struct worker, fd),
	STATE_FIELD(struct worker, speaker),
	STATE_FIELD(struct worker, started),
	STATE_FIELD(struct worker, planned),
	STATE_FIELD(struct worker, replacing),
	STATE_FIELD(struct worker, reported),
	STATE_FIELD(struct worker, left),
	STATE_FIELD(struct worker, disabled),
	STATE_FIELD(struct worker, watches),
	STATE_FIELD(struct worker, slot),
	STATE_FIELD(struct worker, since),
	STATE_FIELD(struct worker, deadline),
	STATE_FIELD(struct worker, earliest),
	STATE_FIELD(struct worker, resumed),
	STATE_FIELD(struct worker, owed),
	STATE_FIELD(struct worker, forfeited),
	STATE_FIELD(struct worker, absent),
	STATE_FIELD(struct worker, overdue),
	STATE_FIELD(struct worker, interval_ns),
	STATE_FIELD(struct worker, paced_ns),
	STATE_END,
};

static const struct state_field backoff_fields[] = {
	STATE_FIELD(struct backoff, failures),
	STATE_FIELD(struct backoff, living),
	STATE_FIELD(struct backoff, started),
	STATE_END,
};

static const struct state_field ratelimit_fields[] = {
	STATE_FIELD(struct ratelimit, burst),
	STATE_FIELD(struct ratelimit, refill_ns),
	STATE_FIELD(struct ratelimit, tokens),
	STATE_FIELD(struct ratelimit, filled),
	STATE_END,
};

static const struct state_field fsm_fields[] = {
	STATE_ENUM(struct fsm, state, FSM_STATES),
	STATE_FIELD(struct fsm, count),
	STATE_END,
};

/* The structs within, as maps within the map. */
static const struct {
	const char *name;
	const struct state_field *fields;
	size_t offset;
} parts[] = {
	{"backoff", backoff_fields, offsetof(struct worker, backoff)},
	{"surprises", ratelimit_fields, offsetof(struct worker, surprises)},
	{"chatter", ratelimit_fields, offsetof(struct worker, chatter)},
	{"paced", fsm_fields, offsetof(struct worker, paced)},
};

static json_t *
worker_save(const struct worker *worker)
{
	json_t *map = state_save(worker_fields, worker);
	bool saved = map != NULL && state_put_text(map, "check", worker->check->config->node.name) &&
	    state_put_text(map, "sandbox", worker->sandbox);

	for (size_t i = 0; i < sizeof(parts) / sizeof(parts[0]); i++)
		saved = saved && state_put(map, parts[i].name, state_save(parts[i].fields, (const char *)worker + parts[i].offset));
	if (saved)
		return map;
	json_decref(map);
	return NULL;
}

bool
workers_save(const struct workers *workers, FILE *file)
{
	const struct worker *worker;

	STAILQ_FOREACH(worker, &workers->list, entry)
		if (!state_write(file, "worker", worker_save(worker)))
			return false;
	return true;
}

/* Into a worker as it is made: what is missing keeps the value of one that has no process. */
static bool
worker_decode(struct worker *worker, const json_t *map, char error[static STATE_ERROR_SIZE])
{
	if (!state_load(worker_fields, worker, map, error))
		return false;
	for (size_t i = 0; i < sizeof(parts) / sizeof(parts[0]); i++)
		if (!state_load(parts[i].fields, (char *)worker + parts[i].offset, json_object_get(map, parts[i].name), error))
			return false;
	if (worker->phase == PHASE_SPAWNING) { /* only in a state that is just looked at */
		worker->phase = PHASE_IDLE;
		worker->fd = -1;
		worker->pid = 0;
	}
	if (worker->interval_ns <= 0 || worker->backoff.failures > INT32_MAX || worker->chatter.refill_ns <= 0 ||
	    worker->surprises.refill_ns <= 0) {
		snprintf(error, STATE_ERROR_SIZE, "of \"%.100s\": values that cannot be", state_text(map, "check"));
		return false;
	}
	return true;
}

bool
worker_state_valid(const json_t *map, char error[static STATE_ERROR_SIZE])
{
	struct worker worker = {.fd = -1, .interval_ns = 1, .chatter = {.refill_ns = 1}, .surprises = {.refill_ns = 1}};

	if (state_text(map, "check") != NULL)
		return worker_decode(&worker, map, error);
	snprintf(error, STATE_ERROR_SIZE, "without a check");
	return false;
}

static struct worker *
worker_named(struct workers *workers, const char *name)
{
	struct worker *worker;

	STAILQ_FOREACH(worker, &workers->list, entry)
		if (name != NULL && strcmp(worker->check->config->node.name, name) == 0)
			return worker;
	return NULL;
}

/* Listen to the process. False: it cannot be done. */
static bool
worker_adopt(struct worker *worker)
{
	if (!child_exists(worker->pid))
		worker->pid = 0;
	if (!descriptor_take_socket(worker->fd, SOCK_SEQPACKET))
		worker->fd = -1;
	if (worker->pid == 0 || worker->fd == -1)
		return false;
	worker->channel = event_new(worker->workers->base, worker->fd, EV_READ | EV_PERSIST, worker_read, worker);
	return worker->channel != NULL && event_add(worker->channel, NULL) == 0;
}

/* Its successor is to be there as soon as it is wanted. */
static void
worker_prepare(struct worker *worker)
{
	worker->outdated = true;
	if (worker->spawner == NULL)
		worker->spawner = workers_spawner(worker->workers, worker->check->config);
	if (worker->spawner != NULL)
		spawner_ready(worker->spawner, monotime_now());
}

bool
workers_load(struct workers *workers, const json_t *map, bool usable, char error[static STATE_ERROR_SIZE])
{
	struct worker *worker = worker_named(workers, state_text(map, "check")), found;
	const char *sandbox = state_text(map, "sandbox");

	if (worker == NULL) {
		snprintf(error, STATE_ERROR_SIZE, "of a check that is not in the configuration");
		return false;
	}
	found = *worker;
	if (!worker_decode(&found, map, error))
		return false;
	*worker = found;
	if (sandbox != NULL)
		worker->sandbox = sandbox_reports_keep(workers->sandboxes, worker->check->config->method->name,
		    worker->check->config->node.name, sandbox);
	if (worker->phase != PHASE_IDLE) {
		/* its end is our doing, and no failure */
		if (!worker_adopt(worker) || !usable)
			worker_replace(worker);
		else
			worker_prepare(worker);
	}
	worker_arm(worker);
	return true;
}

/* Whether another one is being replaced: that many processes are not to be started at once as would delay others. */
static bool
workers_renewing(const struct workers *workers)
{
	const struct worker *worker;

	STAILQ_FOREACH(worker, &workers->list, entry)
		if (worker->renewing)
			return true;
	return false;
}

void
worker_update(struct worker *worker)
{
	struct workers *workers = worker->workers;

	if (!worker->outdated || worker->planned || workers->stopping || workers->paused || workers_renewing(workers))
		return;
	worker_prepare(worker);
	/* the old process is better than none: where the new program of the method does not work, it stays */
	if (worker->spawner == NULL || !spawner_proven(worker->spawner) || !spawner_ready(worker->spawner, monotime_now()))
		return;
	worker->outdated = false;
	worker->renewing = true;
	worker_replace(worker);
}

bool
workers_keep(const struct workers *workers, bool keep)
{
	const struct worker *worker;
	bool kept = true;

	STAILQ_FOREACH(worker, &workers->list, entry)
		kept &= descriptor_keep(worker->fd, keep);
	return kept;
}

void
workers_pause(struct workers *workers, bool pause)
{
	workers->paused = pause;
	event_del(workers->pump);
	workers_pump_wake(workers);
}

bool
workers_quiet(const struct workers *workers)
{
	return STAILQ_EMPTY(&workers->births);
}

size_t
workers_outdated(const struct workers *workers)
{
	const struct worker *worker;
	size_t count = 0;

	STAILQ_FOREACH(worker, &workers->list, entry)
		count += worker->outdated;
	return count;
}
