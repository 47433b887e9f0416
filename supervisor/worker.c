/*
 * Workers as processes: spawned, killed, reaped and respawned. Invariant: no process is signalled but one that is
 * the kernel's word our child and its spawner's make.
 */
#include "worker_internal.h"

#include <errno.h>
#include <event2/event.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "../common/log.h"
#include "../common/message.h"
#include "child.h"
#include "job.h"
#include "launcher.h"
#include "loop.h"
#include "sandbox_reports.h"
#include "spawner.h"

/* A planned end comes after at least this long a life, or the next one waits for the rest of it. */
#define PLANNED_LIFE_NS (100 * NS_PER_MILLISECOND)

void
workers_pump_wake(struct workers *workers)
{
	if (!workers->stopping && !workers->paused)
		event_active(workers->pump, EV_TIMEOUT, 0);
}

void
worker_kill(struct worker *worker)
{
	if (worker->channel != NULL)
		event_free(worker->channel);
	worker->channel = NULL;
	if (worker->fd != -1)
		close(worker->fd);
	worker->fd = -1;
	if (worker->pid > 0)
		kill(worker->pid, SIGKILL); /* not reaped yet, so the number is still its own */
}

static enum log_fault
loss_fault(enum reason reason)
{
	return reason == REASON_VIOLATION ? LOG_FAULT_PROTOCOL : reason == REASON_LEASE ? LOG_FAULT_SILENCE : LOG_FAULT_CRASH;
}

void
worker_lost(struct worker *worker, enum reason reason)
{
	const char *name = worker->check->config->node.name;
	bool planned = worker->planned && reason == REASON_DIED;
	monotime_t now = monotime_now();

	worker_kill(worker);
	worker->reason = reason;
	if (worker->phase == PHASE_SPAWNING)
		return; /* the spawner's report is still to come */
	worker->phase = PHASE_IDLE;
	if (worker->pid != 0)
		worker->former = worker->pid;
	worker->pid = 0;
	worker->check->node.dirty = true;
	worker->started = worker->planned = false;
	worker->replacing = planned;
	worker->renewing &= planned;
	worker->outdated = false; /* the next one is of the new program */
	if (planned) {
		worker->retry = monotime_add(worker->backoff.started, PLANNED_LIFE_NS);
	} else {
		worker->losses++;
		worker->overdue |= reason == REASON_LEASE; /* until one gives a result */
		worker->retry = backoff_ended(&worker->backoff, now);
		log_fault(loss_fault(reason), LOG_LEVEL_WARNING, name, "worker lost (%s): a new one in %.0f s", reason_name(reason),
		    (double)monotime_left(worker->retry, now) / NS_PER_SECOND);
		if (!monotime_before(now, worker->slot))
			worker_fail(worker, reason, now);
	}
	worker_arm(worker);
	workers_pump_wake(worker->workers);
}

void
worker_abandon_birth(struct worker *worker)
{
	if (worker->birth != NULL)
		worker->birth->worker = NULL;
	worker->birth = NULL;
}

void
worker_replace(struct worker *worker)
{
	if (worker->phase == PHASE_SPAWNING) {
		worker_abandon_birth(worker);
		worker->phase = PHASE_IDLE;
	}
	worker->planned = true;
	worker_lost(worker, REASON_DIED);
	worker->since = monotime_now();
	if (monotime_before(worker->since, worker->retry))
		worker->since = worker->retry;
	worker_arm(worker);
}

/* Ask the worker's spawner for a process that holds this descriptor. Returns false with errno. */
static bool
worker_ask(struct worker *worker, int fd)
{
	struct workers *workers = worker->workers;
	struct birth *birth = malloc(sizeof(*birth));

	if (birth == NULL)
		return false;
	*birth = (struct birth){.id = ++workers->last_birth, .spawner = worker->spawner, .worker = worker};
	if (!spawner_request(worker->spawner, birth->id, fd)) {
		free(birth);
		return false;
	}
	STAILQ_INSERT_TAIL(&workers->births, birth, entry);
	worker->birth = birth;
	return true;
}

/* Give a new worker its channel and its job, and ask the spawner for it. Returns false with errno. */
static bool
worker_spawn(struct worker *worker, monotime_t now)
{
	int fds[2];
	bool asked = false;

	if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, fds) == -1)
		return false;
	if (message_identify(fds[0]) == 0 && job_send(fds[0], worker->check, worker->workers->identity, worker->slot) &&
	    (worker->channel = event_new(worker->workers->base, fds[0], EV_READ | EV_PERSIST, worker_read, worker)) != NULL &&
	    event_add(worker->channel, NULL) == 0)
		asked = worker_ask(worker, fds[1]);
	close(fds[1]);
	if (!asked) {
		if (worker->channel != NULL)
			event_free(worker->channel);
		worker->channel = NULL;
		close(fds[0]);
		return false;
	}
	worker->fd = fds[0];
	worker->phase = PHASE_SPAWNING;
	worker->paced = worker->check->fsm;
	worker->interval_ns = worker->paced_ns = check_interval_ns(worker->check);
	worker_peer_begin(worker);
	backoff_started(&worker->backoff, now);
	return true;
}

static struct worker *
worker_by_pid(struct workers *workers, pid_t pid)
{
	struct worker *worker;

	STAILQ_FOREACH(worker, &workers->list, entry) {
		if (worker->pid == pid)
			return worker;
	}
	return NULL;
}

/* Whose process it is; what was asked for no longer matters. */
static struct birth
birth_take(struct workers *workers, uint32_t id)
{
	struct birth *birth, taken = {.worker = NULL};

	STAILQ_FOREACH(birth, &workers->births, entry) {
		if (birth->id == id)
			break;
	}
	if (birth == NULL)
		return taken;
	STAILQ_REMOVE(&workers->births, birth, birth, entry);
	taken = *birth;
	free(birth);
	if (taken.worker != NULL)
		taken.worker->birth = NULL;
	return taken;
}

/* The spawner's report: the worker has a process, or none. */
static void
worker_spawned(void *context, uint32_t id, pid_t pid, int error)
{
	struct workers *workers = context;
	struct birth birth = birth_take(workers, id);
	struct worker *worker = birth.worker;

	if (birth.spawner != NULL && worker == NULL) {
		if (worker_by_pid(workers, pid) == NULL && spawner_made(birth.spawner, pid))
			kill(pid, SIGKILL);
		workers_tidy(workers);
	}
	if (worker == NULL || worker->phase != PHASE_SPAWNING)
		return;
	worker->phase = PHASE_STARTING;
	if (worker_by_pid(workers, pid) == NULL && spawner_made(worker->spawner, pid))
		worker->pid = pid;
	if (worker->pid == 0 || worker->fd == -1 || workers->stopping) {
		if (error != 0)
			log_line(LOG_LEVEL_WARNING, worker->check->config->node.name, "no worker: %s", strerror(error));
		worker_lost(worker, error != 0 ? REASON_SPAWN : worker->fd == -1 ? worker->reason : REASON_DIED);
		return;
	}
	if (!worker_peer_known(worker)) {
		worker_lost(worker, REASON_VIOLATION);
		return;
	}
	if (worker->started)
		worker->phase = PHASE_RUNNING;
	worker_grid_begin(worker, monotime_now());
	if (event_add(worker->channel, NULL) == -1) {
		worker_lost(worker, REASON_SPAWN);
		return;
	}
	worker_drain(worker);
	worker_arm(worker);
	workers_pump_wake(workers);
}

/* A spawner may be started again, if only later. */
static void
spawner_changed(void *context)
{
	workers_pump_wake(context);
}

struct spawner *
workers_spawner(struct workers *workers, const struct check_config *check)
{
	const struct check_method *method = check->method;
	enum sandbox_level level = job_sandbox(check->args, workers->identity);
	struct spawner_entry *entry;

	STAILQ_FOREACH(entry, &workers->spawners, entry) {
		if (entry->method == method && entry->level == level)
			return entry->spawner;
	}
	if ((entry = calloc(1, sizeof(*entry))) == NULL)
		return NULL;
	entry->method = method;
	entry->level = level;
	entry->spawner = spawner_new(workers->base, workers->launcher, method, level, worker_spawned, spawner_changed,
	    workers);
	if (entry->spawner == NULL) {
		free(entry);
		return NULL;
	}
	STAILQ_INSERT_TAIL(&workers->spawners, entry, entry);
	return entry->spawner;
}

/* Spawn an idle worker if that is possible now. Returns when to try again, now for as soon as its spawner can. */
static monotime_t
worker_try(struct worker *worker, monotime_t now)
{
	bool ready = true;

	if (monotime_before(now, worker->retry))
		return worker->retry;
	errno = ENOMEM;
	if (worker->spawner == NULL)
		worker->spawner = workers_spawner(worker->workers, worker->check->config);
	if (worker->spawner != NULL)
		ready = spawner_ready(worker->spawner, now);
	if (!ready)
		return spawner_retry(worker->spawner);
	if (worker->spawner == NULL || !worker_spawn(worker, now)) {
		worker->reason = REASON_SPAWN;
		worker->retry = backoff_ended(&worker->backoff, now);
		log_line(LOG_LEVEL_WARNING, worker->check->config->node.name, "cannot start a worker: %s", strerror(errno));
	}
	return worker->retry;
}

/* Spawn every idle worker that may be; come back when the next back-off ends. */
static void
workers_pump(evutil_socket_t fd, short what, void *context)
{
	struct workers *workers = context;
	struct worker *worker;
	monotime_t now = monotime_now(), next = MONOTIME_NEVER;

	(void)fd;
	(void)what;
	STAILQ_FOREACH(worker, &workers->list, entry) {
		monotime_t again = worker->phase == PHASE_IDLE ? worker_try(worker, now) : now;

		if (worker->phase == PHASE_IDLE && monotime_before(now, again))
			next = monotime_min(next, again);
	}
	if (workers->untidy)
		workers_tidy_now(workers);
	if (next.ns == MONOTIME_NEVER.ns)
		return;
	loop_arm(workers->pump, monotime_left(next, now));
}

bool
workers_renewable(const struct workers *workers)
{
	return launcher_alive(workers->launcher);
}

struct workers *
workers_new(struct event_base *base, const struct identity *identity, struct launcher *launcher)
{
	struct workers *workers = calloc(1, sizeof(*workers));

	if (workers == NULL)
		return NULL;
	workers->base = base;
	workers->identity = identity;
	workers->launcher = launcher;
	STAILQ_INIT(&workers->list);
	STAILQ_INIT(&workers->births);
	STAILQ_INIT(&workers->spawners);
	workers->sandboxes = sandbox_reports_new();
	workers->pump = event_new(base, -1, 0, workers_pump, workers);
	if (workers->sandboxes != NULL && workers->pump != NULL)
		return workers;
	if (workers->pump != NULL)
		event_free(workers->pump);
	if (workers->sandboxes != NULL)
		sandbox_reports_free(workers->sandboxes);
	free(workers);
	return NULL;
}

bool
workers_add(struct workers *workers, struct check *check, monotime_t first)
{
	struct worker *worker = calloc(1, sizeof(*worker));

	if (worker == NULL)
		return false;
	worker->workers = workers;
	worker->check = check;
	worker->fd = -1;
	worker->slot = worker->earliest = first;
	worker->interval_ns = check_interval_ns(check);
	worker->reason = REASON_SPAWN;
	worker_peer_begin(worker);
	log_limit_init(&worker->log);
	worker->lease = event_new(workers->base, -1, 0, worker_lease, worker);
	if (worker->lease == NULL) {
		free(worker);
		return false;
	}
	STAILQ_INSERT_TAIL(&workers->list, worker, entry);
	check->worker = worker;
	worker_arm(worker);
	workers_pump_wake(workers);
	return true;
}

struct worker_view
worker_view(const struct check *check)
{
	const struct worker *worker = check->worker;

	if (worker == NULL)
		return (struct worker_view){.next = MONOTIME_NEVER};
	return (struct worker_view){worker->phase == PHASE_IDLE ? 0 : worker->pid, worker->losses, worker->sandbox, worker->slot};
}

/* The name of the check that has, or had, this process; NULL: it is no worker. */
static const char *
name_by_pid(struct workers *workers, pid_t pid)
{
	const char *name = NULL;
	struct worker *worker;

	STAILQ_FOREACH(worker, &workers->list, entry) {
		if (worker->pid != pid && worker->former != pid)
			continue;
		name = worker->check->config->node.name;
		worker->former = 0;
	}
	return name;
}

void
workers_reaped(struct workers *workers, pid_t pid, int status)
{
	struct worker *worker = worker_by_pid(workers, pid);
	const char *name = name_by_pid(workers, pid);
	struct spawner_entry *entry;

	if (name != NULL || workers->stopping)
		child_log_end(name, pid, status);
	if (workers->stopping)
		return;
	if (worker != NULL) {
		worker->pid = 0; /* from now on it may be another process's */
		worker_drain(worker); /* its last words */
		if (worker->phase != PHASE_IDLE)
			worker_lost(worker, REASON_DIED);
		return;
	}
	STAILQ_FOREACH(entry, &workers->spawners, entry) {
		if (spawner_reaped(entry->spawner, pid, status))
			return;
	}
	if (name == NULL)
		log_debug("process %d, left behind by another, ended", (int)pid); /* as often as a command likes */
}

void
workers_stop(struct workers *workers)
{
	struct spawner_entry *entry;
	struct worker *worker;

	workers->stopping = true;
	event_del(workers->pump);
	STAILQ_FOREACH(worker, &workers->list, entry) {
		event_del(worker->lease);
		worker_kill(worker); /* one whose pid is still unknown ends at the end of its channel */
		worker->phase = PHASE_IDLE;
		worker->former = worker->pid;
		worker->pid = 0;
	}
	STAILQ_FOREACH(entry, &workers->spawners, entry) {
		spawner_free(entry->spawner);
		entry->spawner = NULL;
	}
}

void
workers_free(struct workers *workers)
{
	struct spawner_entry *entry;
	struct worker *worker;
	struct birth *birth;

	while ((birth = STAILQ_FIRST(&workers->births)) != NULL) {
		STAILQ_REMOVE_HEAD(&workers->births, entry);
		free(birth);
	}
	while ((worker = STAILQ_FIRST(&workers->list)) != NULL) {
		STAILQ_REMOVE_HEAD(&workers->list, entry);
		event_free(worker->lease);
		free(worker);
	}
	while ((entry = STAILQ_FIRST(&workers->spawners)) != NULL) {
		STAILQ_REMOVE_HEAD(&workers->spawners, entry);
		spawner_free(entry->spawner);
		free(entry);
	}
	event_free(workers->pump);
	sandbox_reports_free(workers->sandboxes);
	free(workers);
}
