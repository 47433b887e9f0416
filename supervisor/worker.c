/*
 * Workers as processes and as peers. Invariant: a worker can hurt only its own check - whatever it sends
 * that is not a well-formed, permitted message in its turn ends it, and its check goes on with failures.
 */
#include "worker.h"

#include <bsd/string.h>
#include <bsd/sys/queue.h>
#include <errno.h>
#include <event2/event.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "../common/log.h"
#include "../common/message.h"
#include "backoff.h"
#include "child.h"
#include "job.h"
#include "launcher.h"
#include "loop.h"
#include "sandbox_reports.h"
#include "spawner.h"

/* How long after its timeout a result may still come: scheduling, not checking. */
#define LEASE_GRACE_NS (250 * NS_PER_MILLISECOND)
/* Results that may wait in a channel, at least as many as its buffer holds. */
#define OWED_MAX 512
/* Messages of one worker between two grid points; more is a flood. */
#define MESSAGES_MAX 64

enum phase {
	PHASE_IDLE,	/* no process; may be spawned from `retry` on */
	PHASE_SPAWNING, /* asked of the spawner, pid unknown */
	PHASE_STARTING, /* has a pid, has not said "started" */
	PHASE_RUNNING,
	PHASES
};

/* What a worker may say in which phase. */
static const unsigned permitted[PHASES] = {
	[PHASE_SPAWNING] = 1u << MESSAGE_STARTED | 1u << MESSAGE_LOG,
	[PHASE_STARTING] = 1u << MESSAGE_STARTED | 1u << MESSAGE_LOG,
	[PHASE_RUNNING] = 1u << MESSAGE_RESULT | 1u << MESSAGE_DISABLED | 1u << MESSAGE_LOG | 1u << MESSAGE_LEAVING,
};

struct worker {
	STAILQ_ENTRY(worker) entry;
	struct workers *workers;
	struct check *check;
	struct spawner *spawner;
	uint32_t id;
	enum phase phase;
	pid_t pid; /* 0: none, or not known yet */
	pid_t former; /* its last process, for its name when it is reaped: never to be killed by this number */
	int fd;	   /* -1: none */
	struct event *channel;
	struct event *lease;
	bool started;	     /* said so, perhaps before the spawner told the pid */
	bool absent;	     /* a grid point failed because no worker had started: the next ones fail at once */
	bool forfeited;	     /* a grid point is counted that the worker may still execute: one result is too many */
	bool planned;	     /* announced its own end: neither a failure nor a reason to wait */
	bool reported;	     /* this process has given a result or said "disabled" */
	bool left;	     /* a process left before the awaited grid point: the next may not */
	bool disabled;	     /* as last said */
	unsigned messages;   /* since the last grid point */
	monotime_t slot;     /* the grid point whose outcome is awaited */
	monotime_t earliest; /* no result can be true before */
	unsigned owed;	     /* results of grid points that were passed over: they may come before the awaited one's */
	monotime_t retry;
	struct backoff backoff;
	struct fsm paced;    /* state that the worker was told last */
	int64_t interval_ns; /* pace that the worker was told last */
	enum reason reason;  /* why there is no process */
	const char *sandbox; /* of the process that started last; NULL: none has */
};

struct spawner_entry {
	STAILQ_ENTRY(spawner_entry) entry;
	const struct check_method *method;
	enum sandbox_level level; /* workers share their spawner's confinement: a check without one needs another */
	struct spawner *spawner;
};

struct workers {
	struct event_base *base;
	const struct identity *identity;
	struct launcher *launcher;
	bool stopping;
	uint32_t count;
	STAILQ_HEAD(, worker) list;
	STAILQ_HEAD(, spawner_entry) spawners;
	struct sandbox_reports *sandboxes;
	struct event *pump; /* spawns what is to be spawned */
};

static void worker_read(evutil_socket_t, short, void *);

/* When the outcome of the awaited grid point is a failure for want of a result. */
static monotime_t
worker_due(const struct worker *worker)
{
	const struct common_args *args = worker->check->config->args;

	if (worker->absent || (worker->phase == PHASE_IDLE && monotime_before(worker->slot, worker->retry)))
		return worker->slot;
	return monotime_add(worker->slot, args->timeout_ns + LEASE_GRACE_NS);
}

static void
worker_arm(struct worker *worker)
{
	if (!worker->workers->stopping)
		loop_arm(worker->lease, monotime_left(worker_due(worker), monotime_now()));
}

static void
pump_wake(struct workers *workers)
{
	if (!workers->stopping)
		event_active(workers->pump, EV_TIMEOUT, 0);
}

/* Close the channel and kill the process; it is reaped later. */
static void
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

/* Tell the worker its pace when the state or the interval changed. */
static void
worker_pace(struct worker *worker)
{
	struct message_pace pace = {.next_ns = worker->slot.ns, .interval_ns = worker->interval_ns};
	const struct fsm *fsm = &worker->check->fsm;

	if (fsm->state == worker->paced.state && fsm->count == worker->paced.count)
		return;
	worker->paced = *fsm;
	if (worker->fd == -1)
		return; /* the next job says it */
	check_describe(worker->check, pace.state, sizeof(pace.state));
	if (message_send(worker->fd, MESSAGE_PACE, &pace, sizeof(pace), -1) == -1)
		log_debug("%s: worker does not take its pace", worker->check->config->options.name);
}

/*
 * The awaited grid point has its outcome: await the next one, at the interval of the state that the
 * outcome led to, and tell the worker.
 */
static void
worker_advance(struct worker *worker, monotime_t now)
{
	const struct check_options *options = &worker->check->config->options;
	int64_t shortest_ns = options->fast_interval_ns < options->interval_ns ? options->fast_interval_ns :
	    options->interval_ns;
	int64_t worker_ns = worker->interval_ns, passed;
	monotime_t before = worker->slot;
	/*
	 * The outcome of a grid point that was passed over here? Results come in order, so those that waited while we
	 * were late are told from the awaited one by their number: the clock may reach it while they are read.
	 */
	bool early = worker->owed > 0 || monotime_before(now, before);
	monotime_t origin = early ? monotime_add(before, -worker_ns) : before;

	worker->earliest = monotime_add(early ? worker->earliest : before, shortest_ns);
	worker->interval_ns = check_interval_ns(worker->check);
	worker->slot = monotime_next(origin, worker->interval_ns, now);
	passed = monotime_sub(worker->slot, before) / worker_ns + worker->owed;
	worker->owed = passed < 1 ? 0 : passed > OWED_MAX ? OWED_MAX : (unsigned)passed - 1;
	worker->messages = 0;
	worker->left = false;
	if (monotime_before(worker->slot, before))
		worker_arm(worker); /* otherwise the lease's timer fires in time, and is set anew then */
	worker_pace(worker);
}

static void
worker_fail(struct worker *worker, enum reason reason, monotime_t now)
{
	struct result result;

	switch (reason) {
	case REASON_LEASE:
		result_fail(&result, reason, "no result from the worker in time: it was killed");
		break;
	case REASON_VIOLATION:
		result_fail(&result, reason, "the worker broke the protocol: it was killed");
		break;
	case REASON_SPAWN:
		result_fail(&result, reason, "no worker could be started");
		break;
	default:
		result_fail(&result, REASON_DIED, "the worker died");
		break;
	}
	worker->absent = !worker->started;
	worker->forfeited = worker->phase == PHASE_SPAWNING;
	check_result(worker->check, &result, monotime_left(now, worker->slot));
	worker_advance(worker, now);
}

/* There is no worker any more: the awaited grid point failed if it has come, a new worker is due. */
static void
worker_lost(struct worker *worker, enum reason reason)
{
	const char *name = worker->check->config->options.name;
	bool planned = worker->planned && reason == REASON_DIED;
	monotime_t now = monotime_now();

	worker_kill(worker);
	worker->owed = 0;
	worker->reason = reason;
	if (worker->phase == PHASE_SPAWNING)
		return; /* the spawner's report is still to come */
	worker->phase = PHASE_IDLE;
	if (worker->pid != 0)
		worker->former = worker->pid;
	worker->pid = 0;
	worker->started = worker->planned = false;
	worker->retry = planned ? now : backoff_ended(&worker->backoff, now);
	if (!planned) {
		log_line(LOG_LEVEL_WARNING, name, "worker lost (%s): a new one in %.0f s", reason_name(reason),
		    (double)monotime_left(worker->retry, now) / NS_PER_SECOND);
		if (!monotime_before(now, worker->slot))
			worker_fail(worker, reason, now);
	}
	worker_arm(worker);
	pump_wake(worker->workers);
}

static bool
handle_result(struct worker *worker, const union message *message)
{
	const struct message_result *sent = &message->result;
	monotime_t now = monotime_now();
	struct result result;

	if (sent->code >= RESULT_CODES || sent->reason >= REASON_LEASE || sent->last > 1 || sent->reserved != 0 ||
	    sent->duration_ns < 0 || (sent->code == RESULT_PASS) != (sent->reason == REASON_OK))
		return false;
	if (monotime_before(now, worker->earliest)) {
		bool late = worker->forfeited; /* its grid point is counted already */

		worker->forfeited = false;
		return late;
	}
	/* stays forfeited: this may be the failed grid point's, come when the awaited one's was due, which is then late */
	if (worker->disabled) {
		/* its predecessor said so: a worker that finds no file says nothing of it */
		worker->disabled = false;
		check_disabled(worker->check, false);
	}
	result.code = (enum result_code)sent->code;
	result.reason = (enum reason)sent->reason;
	strlcpy(result.text, sent->text, sizeof(result.text));
	text_sanitise(result.text);
	worker->planned = sent->last == 1;
	worker->reported = true;
	check_result(worker->check, &result, sent->duration_ns);
	worker_advance(worker, now);
	return true;
}

static bool
handle_disabled(struct worker *worker, const union message *message)
{
	monotime_t now = monotime_now();
	bool disabled = message->disabled.disabled == 1;

	if (message->disabled.disabled > 1)
		return false;
	if (disabled != worker->disabled)
		check_disabled(worker->check, disabled);
	worker->disabled = disabled;
	worker->reported = true;
	if (monotime_before(now, worker->slot))
		worker_pace(worker);
	else if (disabled) {
		worker_advance(worker, now); /* in place of a result */
		/* or told earlier, and the file has gone by the grid point, which is then executed all the same */
		worker->forfeited = true;
	}
	/* else the result is on its way, and the pace with it: the awaited grid point must not be executed again */
	return true;
}

static bool
handle_started(struct worker *worker, const union message *message)
{
	char sandbox[MESSAGE_TEXT_SIZE];

	if (worker->started)
		return false;
	strlcpy(sandbox, message->started.sandbox, sizeof(sandbox));
	text_sanitise(sandbox);
	worker->started = true;
	worker->absent = false;
	if (worker->phase == PHASE_STARTING)
		worker->phase = PHASE_RUNNING;
	worker->sandbox = sandbox_reports_keep(worker->workers->sandboxes, worker->check->config->method->name,
	    worker->check->config->options.name, sandbox[0] != '\0' ? sandbox : "none");
	log_line(LOG_LEVEL_DEBUG, worker->check->config->options.name, "worker started; sandbox: %s", worker->sandbox);
	return true;
}

static bool
handle_log(struct worker *worker, const union message *message)
{
	if (message->log.level >= LOG_LEVELS)
		return false;
	log_line((enum log_level)message->log.level, worker->check->config->options.name, "%s", message->log.text);
	return true;
}

/*
 * The awaited grid point is the successor's. Once a grid point and after a report only: a worker that does
 * nothing but leave would be respawned without any back-off.
 */
static bool
handle_leaving(struct worker *worker, const union message *message)
{
	(void)message;
	if (!worker->reported || worker->left)
		return false;
	worker->left = worker->planned = true;
	worker_lost(worker, REASON_DIED);
	return true;
}

static bool (*const handlers[MESSAGE_TYPES])(struct worker *, const union message *) = {
	[MESSAGE_RESULT] = handle_result,
	[MESSAGE_DISABLED] = handle_disabled,
	[MESSAGE_STARTED] = handle_started,
	[MESSAGE_LOG] = handle_log,
	[MESSAGE_LEAVING] = handle_leaving,
};

/* Before the spawner's report the started message may already be here: leave what follows it for later. */
static bool
worker_listening(const struct worker *worker)
{
	return worker->fd != -1 && !(worker->phase == PHASE_SPAWNING && worker->started);
}

/* Receive and handle one message. Returns whether there may be more. */
static bool
worker_receive(struct worker *worker)
{
	union message message;
	enum message_status status;

	if (!worker_listening(worker)) {
		if (worker->channel != NULL)
			event_del(worker->channel); /* until the report: it would be readable all the time */
		return false;
	}
	status = message_receive(worker->fd, &message, permitted[worker->phase], NULL);
	if (status == MESSAGE_OK && (++worker->messages > MESSAGES_MAX || !handlers[message.header.type](worker, &message)))
		status = MESSAGE_BAD;
	if (status == MESSAGE_BAD)
		worker_lost(worker, REASON_VIOLATION);
	else if (status == MESSAGE_CLOSED)
		worker_lost(worker, REASON_DIED);
	return status == MESSAGE_OK;
}

static void
worker_drain(struct worker *worker)
{
	while (worker_receive(worker))
		;
}

/* One message a turn: the loop comes back for more, and one is nearly always all. */
static void
worker_read(evutil_socket_t fd, short what, void *context)
{
	(void)fd;
	(void)what;
	worker_receive(context);
}

static void
worker_lease(evutil_socket_t fd, short what, void *context)
{
	struct worker *worker = context;
	monotime_t now = monotime_now();

	(void)fd;
	(void)what;
	if (!monotime_before(now, worker_due(worker)))
		worker_drain(worker); /* a result that came while we were busy counts */
	if (!monotime_before(now, worker_due(worker))) {
		if (worker->phase == PHASE_IDLE) {
			worker_fail(worker, worker->reason, now);
			pump_wake(worker->workers);
		} else if (worker->phase == PHASE_SPAWNING)
			worker_fail(worker, REASON_SPAWN, now);
		else
			worker_lost(worker, REASON_LEASE);
	}
	worker_arm(worker);
}

/* Give a new worker its channel and its job, and ask the spawner for it. Returns false with errno. */
static bool
worker_spawn(struct worker *worker, monotime_t now)
{
	int fds[2];
	bool asked = false;

	if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, fds) == -1)
		return false;
	if (job_send(fds[0], worker->check, worker->workers->identity, worker->slot) &&
	    (worker->channel = event_new(worker->workers->base, fds[0], EV_READ | EV_PERSIST, worker_read, worker)) != NULL &&
	    event_add(worker->channel, NULL) == 0)
		asked = spawner_request(worker->spawner, worker->id, fds[1]);
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
	worker->interval_ns = check_interval_ns(worker->check);
	worker->messages = 0;
	worker->forfeited = worker->reported = false;
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

/* Whether a process that a spawner names can be the worker that was asked for: a child that is nobody else. */
static bool
worker_pid_plausible(struct workers *workers, pid_t pid)
{
	struct spawner_entry *entry;

	if (!child_exists(pid) || worker_by_pid(workers, pid) != NULL || launcher_is(workers->launcher, pid))
		return false;
	STAILQ_FOREACH(entry, &workers->spawners, entry) {
		if (entry->spawner != NULL && spawner_is(entry->spawner, pid))
			return false;
	}
	return true;
}

/* The spawner's report: the worker has a process, or none. */
static void
worker_spawned(void *context, uint32_t id, pid_t pid, int error)
{
	struct workers *workers = context;
	struct worker *worker;

	STAILQ_FOREACH(worker, &workers->list, entry) {
		if (worker->id == id)
			break;
	}
	if (worker == NULL || worker->phase != PHASE_SPAWNING)
		return;
	worker->phase = PHASE_STARTING;
	if (worker_pid_plausible(workers, pid))
		worker->pid = pid;
	if (worker->pid == 0 || worker->fd == -1 || workers->stopping) {
		if (error != 0)
			log_line(LOG_LEVEL_WARNING, worker->check->config->options.name, "no worker: %s", strerror(error));
		worker_lost(worker, error != 0 ? REASON_SPAWN : worker->fd == -1 ? worker->reason : REASON_DIED);
		return;
	}
	if (worker->started)
		worker->phase = PHASE_RUNNING;
	if (event_add(worker->channel, NULL) == -1) {
		worker_lost(worker, REASON_SPAWN);
		return;
	}
	worker_drain(worker);
	pump_wake(workers);
}

/* A spawner may be started again, if only later. */
static void
spawner_changed(void *context)
{
	pump_wake(context);
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
		if (worker->phase != PHASE_IDLE)
			continue;
		if (!monotime_before(now, worker->retry) && spawner_ready(worker->spawner, now) &&
		    !worker_spawn(worker, now)) {
			worker->reason = REASON_SPAWN;
			worker->retry = backoff_ended(&worker->backoff, now);
			log_line(LOG_LEVEL_WARNING, worker->check->config->options.name, "cannot start a worker: %s",
			    strerror(errno));
		}
		if (worker->phase != PHASE_IDLE)
			continue;
		if (monotime_before(now, worker->retry))
			next = monotime_min(next, worker->retry);
		else if (monotime_before(now, spawner_retry(worker->spawner)))
			next = monotime_min(next, spawner_retry(worker->spawner));
	}
	if (next.ns == MONOTIME_NEVER.ns)
		return;
	loop_arm(workers->pump, monotime_left(next, now));
}

static struct spawner *
workers_spawner(struct workers *workers, const struct check_config *check)
{
	const struct check_method *method = check->method;
	enum sandbox_level level = job_sandbox(check, workers->identity);
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
	worker->id = workers->count++;
	worker->fd = -1;
	worker->slot = worker->earliest = first;
	worker->interval_ns = check_interval_ns(check);
	worker->reason = REASON_SPAWN;
	worker->spawner = workers_spawner(workers, check->config);
	worker->lease = event_new(workers->base, -1, 0, worker_lease, worker);
	if (worker->spawner == NULL || worker->lease == NULL) {
		if (worker->lease != NULL)
			event_free(worker->lease);
		free(worker);
		return false;
	}
	STAILQ_INSERT_TAIL(&workers->list, worker, entry);
	worker_arm(worker);
	pump_wake(workers);
	return true;
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
		name = worker->check->config->options.name;
		worker->former = 0;
	}
	return name;
}

void
workers_reaped(struct workers *workers, pid_t pid, int status)
{
	struct worker *worker = worker_by_pid(workers, pid);
	struct spawner_entry *entry;

	child_log_end(name_by_pid(workers, pid), pid, status);
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
