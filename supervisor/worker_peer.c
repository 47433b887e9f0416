/*
 * A worker as a peer. Invariant: a worker can hurt only its own check - whatever it sends that is not a
 * well-formed, permitted message in its turn, from the process that is the worker, ends it.
 */
#include "worker_internal.h"

#include <bsd/string.h>
#include <event2/event.h>

#include "../common/log.h"
#include "../common/message.h"
#include "peer.h"
#include "sandbox_reports.h"

/* Results off the grid, each of which may move a route; more than any worker of ours gives, see workers/lookout.c. */
#define SURPRISE_BURST 16
#define SURPRISES_A_SECOND 1

/* What a worker may say in which phase. */
static const unsigned permitted[PHASES] = {
	[PHASE_SPAWNING] = 1u << MESSAGE_STARTED | 1u << MESSAGE_LOG,
	[PHASE_STARTING] = 1u << MESSAGE_STARTED | 1u << MESSAGE_LOG,
	[PHASE_RUNNING] = 1u << MESSAGE_RESULT | 1u << MESSAGE_DISABLED | 1u << MESSAGE_LOG | 1u << MESSAGE_LEAVING,
};

void
worker_peer_begin(struct worker *worker)
{
	worker->speaker = 0;
	worker->started = worker->reported = worker->planned = false;
	worker->owed = worker->forfeited = 0;
	worker->watches = method_watches(worker->check->config->method, worker->check->config->args);
	ratelimit_init(&worker->chatter, PEER_CHATTER_BURST, PEER_CHATTER_A_SECOND);
	ratelimit_init(&worker->surprises, SURPRISE_BURST, SURPRISES_A_SECOND);
}

bool
worker_peer_known(struct worker *worker)
{
	if (worker->speaker == 0)
		worker->speaker = worker->pid;
	return worker->speaker == worker->pid;
}

/* Whether it is the worker itself that speaks, not a process that it or its spawner handed the channel. */
static bool
worker_speaks(struct worker *worker, pid_t sender)
{
	if (worker->speaker == 0)
		worker->speaker = sender;
	return sender > 0 && worker->speaker == sender;
}

/* An execution's outcome, for the check. */
static void
result_take(struct worker *worker, const struct result *result, int64_t duration_ns, monotime_t now)
{
	if (worker->disabled) {
		/* its predecessor said so: a worker that finds no file says nothing of it */
		worker->disabled = false;
		check_disabled(worker->check, false, now);
	}
	check_result(worker->check, result, duration_ns, now);
}

/*
 * Something that the worker watches made it execute. One that ends with that is replaced at once, but once only before
 * the awaited grid point, as one that leaves: the next one that does so dies.
 */
static bool
handle_surprise(struct worker *worker, const struct message_result *sent, const struct result *result, monotime_t now)
{
	if (!worker->watches || !ratelimit_take(&worker->surprises, now))
		return false;
	worker->planned = sent->last == 1 && !worker->left;
	worker->left |= sent->last == 1;
	result_take(worker, result, sent->duration_ns, now);
	worker_step_aside(worker, now);
	worker_heard(worker);
	return true;
}

static bool
handle_result(struct worker *worker, const union message *message)
{
	const struct message_result *sent = &message->result;
	monotime_t now = monotime_now();
	struct result result;

	if (!peer_result(sent, monotime_sub(now, worker->backoff.started), &result))
		return false;
	if (sent->off_grid == 1)
		return handle_surprise(worker, sent, &result, now);
	worker->planned = sent->last == 1;
	if (monotime_before(now, worker->earliest)) {
		if (worker->forfeited == 0)
			return false;
		worker->forfeited--; /* its grid point is counted already */
		worker_heard(worker);
		return true;
	}
	result_take(worker, &result, sent->duration_ns, now);
	worker_advance(worker, now);
	worker_heard(worker);
	worker_update(worker);
	return true;
}

static bool
handle_disabled(struct worker *worker, const union message *message)
{
	monotime_t now = monotime_now();
	bool disabled = message->disabled.disabled == 1;
	bool early = worker->owed == 0 && monotime_before(now, worker->slot);

	if (message->disabled.disabled > 1 || ((early || !disabled) && !ratelimit_take(&worker->chatter, now)))
		return false;
	if (disabled != worker->disabled)
		check_disabled(worker->check, disabled, now);
	worker->disabled = disabled;
	if (early) {
		worker_pace(worker);
	} else if (disabled) {
		worker_advance(worker, now); /* in place of a result */
		if (worker->forfeited == 0)
			worker->forfeited = 1; /* which may come nevertheless, when the file goes right now */
	}
	/* else the result is on its way, and the pace with it: the awaited grid point must not be executed again */
	worker_heard(worker);
	if (!early && disabled)
		worker_update(worker);
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
	worker->absent = worker->renewing = false;
	if (worker->phase == PHASE_STARTING)
		worker->phase = PHASE_RUNNING;
	worker->sandbox = sandbox_reports_keep(worker->workers->sandboxes, worker->check->config->method->name,
	    worker->check->config->node.name, sandbox[0] != '\0' ? sandbox : "none");
	worker->check->node.dirty = true;
	log_line(LOG_LEVEL_DEBUG, worker->check->config->node.name, "worker started; sandbox: %s", worker->sandbox);
	return true;
}

static bool
handle_log(struct worker *worker, const union message *message)
{
	return peer_log(&message->log, worker->check->config->node.name, &worker->chatter, &worker->log, monotime_now());
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
	pid_t sender;

	if (!worker_listening(worker)) {
		if (worker->channel != NULL)
			event_del(worker->channel); /* until the report: it would be readable all the time */
		return false;
	}
	status = message_receive_from(worker->fd, &message, permitted[worker->phase], &sender);
	if (status == MESSAGE_OK && (!worker_speaks(worker, sender) || !handlers[message.header.type](worker, &message)))
		status = MESSAGE_BAD;
	if (status == MESSAGE_BAD)
		worker_lost(worker, REASON_VIOLATION);
	else if (status == MESSAGE_CLOSED)
		worker_lost(worker, REASON_DIED);
	return status == MESSAGE_OK;
}

void
worker_drain(struct worker *worker)
{
	while (worker_receive(worker))
		;
}

/* One message a turn: the loop comes back for more, and one is nearly always all. */
void
worker_read(int fd, short what, void *context)
{
	(void)fd;
	(void)what;
	worker_receive(context);
}
