/*
 * A check's grid points. Invariant: each has exactly one outcome for the state machine: the worker's result, or a
 * failure when there is none in time.
 */
#include "worker_internal.h"

#include "../common/log.h"
#include "../common/message.h"
#include "loop.h"

/* How long after its timeout a result may still come: scheduling, not checking. */
#define LEASE_GRACE_NS (250 * NS_PER_MILLISECOND)
/* Between executions of a check that were asked for. */
#define ASKED_PAUSE_NS NS_PER_SECOND
/* Results that may wait in a channel, at least as many as its buffer holds. */
#define OWED_MAX 512

static bool
worker_alive(const struct worker *worker)
{
	return worker->phase == PHASE_STARTING || worker->phase == PHASE_RUNNING;
}

/* When an execution that begins now must have been reported. */
static monotime_t
lease_end(const struct worker *worker, monotime_t begin)
{
	const struct common_args *args = worker->check->config->args;

	return monotime_add(begin, args->timeout_ns + LEASE_GRACE_NS);
}

/*
 * When the outcome of the awaited grid point is a failure for want of a result. Where one has just been awaited in
 * vain, no other is awaited for longer than an interval, so that silence counts as a failure an interval.
 */
static monotime_t
worker_due(const struct worker *worker)
{
	monotime_t due = lease_end(worker, monotime_before(worker->slot, worker->since) ? worker->since : worker->slot);

	if (worker->absent ||
	    (worker->phase == PHASE_IDLE && !worker->replacing && monotime_before(worker->slot, worker->retry)))
		due = worker->slot;
	else if (worker->overdue)
		due = monotime_min(due, monotime_add(worker->slot, worker->interval_ns));
	return worker_alive(worker) ? monotime_min(due, worker->deadline) : due;
}

void
worker_arm(struct worker *worker)
{
	if (!worker->workers->stopping)
		loop_arm(worker->lease, monotime_left(worker_due(worker), monotime_now()));
}

void
worker_grid_begin(struct worker *worker, monotime_t now)
{
	worker->deadline = lease_end(worker, monotime_before(worker->slot, now) ? now : worker->slot);
}

void
worker_pace(struct worker *worker)
{
	struct message_pace pace = {.next_ns = worker->slot.ns, .interval_ns = worker->interval_ns};
	const struct fsm *fsm = &worker->check->fsm;

	if (fsm->state == worker->paced.state && fsm->count == worker->paced.count &&
	    worker->interval_ns == worker->paced_ns)
		return;
	worker->paced = *fsm;
	worker->paced_ns = worker->interval_ns;
	if (worker->fd == -1)
		return; /* the next job says it */
	check_describe(worker->check, pace.state, sizeof(pace.state));
	if (message_send(worker->fd, MESSAGE_PACE, &pace, sizeof(pace), -1) == -1)
		log_debug("%s: worker does not take its pace", worker->check->config->node.name);
}

static int64_t
shortest_interval_ns(const struct worker *worker)
{
	const struct check_options *options = &worker->check->config->options;

	return options->fast_interval_ns < options->interval_ns ? options->fast_interval_ns : options->interval_ns;
}

/* So many results may come of grid points that are counted already, or are none any more. */
static void
worker_forgive(struct worker *worker, int64_t count)
{
	if (worker->fd == -1)
		return;
	worker->forfeited += count < OWED_MAX ? (unsigned)count : OWED_MAX;
	if (worker->forfeited > OWED_MAX)
		worker->forfeited = OWED_MAX;
}

/*
 * From the last grid point on the grid is one of the check's present interval. A grid point that has come keeps its
 * place.
 */
static void
worker_regrid(struct worker *worker, monotime_t now)
{
	int64_t old_ns = worker->interval_ns, new_ns = check_interval_ns(worker->check);

	worker->interval_ns = new_ns;
	if (new_ns == old_ns || !monotime_before(now, worker->slot))
		return;
	worker->slot = monotime_next(monotime_add(worker->slot, -old_ns), new_ns, now);
	/* one result of the old grid may come before it */
	worker->earliest = monotime_min(worker->earliest, monotime_add(worker->slot, -shortest_interval_ns(worker)));
	worker_grid_begin(worker, now);
}

/*
 * What was told is read before the next execution, so that of the old grid what has come by then is still to be
 * reported. Where the new grid expects no result, it is let pass.
 */
void
worker_repace(struct worker *worker)
{
	int64_t old_ns = worker->interval_ns, new_ns = check_interval_ns(worker->check);
	monotime_t now = monotime_now(), from = monotime_min(worker->slot, now);

	if (new_ns != old_ns)
		worker_forgive(worker, monotime_sub(now, from) / old_ns + 1);
	worker_drain(worker); /* what was executed counts */
	old_ns = worker->interval_ns;
	new_ns = check_interval_ns(worker->check);
	worker_regrid(worker, now);
	worker_pace(worker);
	if (new_ns != old_ns)
		worker_forgive(worker, monotime_sub(monotime_now(), now) / old_ns);
	worker_arm(worker);
}

void
worker_advance(struct worker *worker, monotime_t now)
{
	int64_t worker_ns = worker->interval_ns, passed;
	monotime_t before = worker->slot;
	/*
	 * The outcome of a grid point that was passed over here? Results come in order, so those that waited while we
	 * were late are told from the awaited one by their number: the clock may reach it while they are read.
	 */
	bool early = worker->owed > 0 || monotime_before(now, before);
	monotime_t origin = early ? monotime_add(before, -worker_ns) : before;

	worker->earliest = monotime_add(early ? worker->earliest : before, shortest_interval_ns(worker));
	worker->interval_ns = check_interval_ns(worker->check);
	worker->slot = monotime_next(worker->resumed.ns != 0 ? worker->resumed : origin, worker->interval_ns, now);
	if (worker->resumed.ns != 0) {
		worker->resumed = (monotime_t){0};
		worker->earliest = monotime_min(worker->earliest, worker->slot);
		worker->paced_ns = 0; /* to be told, as it takes the grid to be from the point that was asked for */
	}
	passed = monotime_sub(worker->slot, before) / worker_ns + worker->owed;
	worker->owed = passed < 1 ? 0 : passed > OWED_MAX ? OWED_MAX : (unsigned)passed - 1;
	worker->left = false;
	log_limit_tell(&worker->log, worker->check->config->node.name, now);
	if (monotime_before(worker->slot, before))
		worker_arm(worker); /* otherwise the lease's timer fires in time, and is set anew then */
	worker_pace(worker);
}

/*
 * The point now is put before the awaited one. What the process may be executing at this moment, of a grid that was left
 * or a point that was passed over, is taken for its outcome, and the result that comes then is one of those that are let
 * pass.
 */
const char *
workers_run_now(const struct check *check)
{
	struct worker *worker = check->worker;
	monotime_t now;

	if (worker == NULL || worker->workers->stopping)
		return "it is not executed any more";
	worker_drain(worker); /* what has come is of the awaited grid point */
	now = monotime_now();
	if (worker->disabled || check_rests(check))
		return "it is disabled";
	if (worker->phase != PHASE_RUNNING || worker->fd == -1)
		return "it has no worker at the moment";
	if (!monotime_before(now, worker->slot))
		return "it is being executed";
	if (worker->asked.ns != 0 && monotime_sub(now, worker->asked) < ASKED_PAUSE_NS)
		return "it was executed on request within the last second";
	worker_forgive(worker, worker->owed > 0);
	worker->owed = 0;
	worker->asked = now;
	worker->resumed = monotime_add(worker->slot, -worker->interval_ns);
	worker->slot = worker->earliest = now;
	worker->paced_ns = 0;
	worker_grid_begin(worker, now);
	worker_pace(worker);
	worker_arm(worker);
	return NULL;
}

void
worker_step_aside(struct worker *worker, monotime_t now)
{
	worker_regrid(worker, now);
	worker_pace(worker);
	worker_arm(worker);
}

void
worker_heard(struct worker *worker)
{
	worker->reported = true;
	worker->overdue = false;
	worker->deadline = lease_end(worker, worker->slot);
}

void
worker_fail(struct worker *worker, enum reason reason, monotime_t now)
{
	static const char *const texts[REASONS] = {
		[REASON_LEASE] = "no result from the worker in time",
		[REASON_DIED] = "the worker died",
		[REASON_VIOLATION] = "the worker broke the protocol: it was killed",
		[REASON_SPAWN] = "no worker could be started",
	};
	struct result result;

	result_fail(&result, reason, "%s", texts[reason]);
	worker->absent = !worker->started;
	check_result(worker->check, &result, monotime_left(now, worker->slot), now);
	worker_advance(worker, now);
	/* what is executed nevertheless, of this grid point and of those passed over, comes too late */
	worker->forfeited += worker->owed + 1;
	if (worker->forfeited > OWED_MAX)
		worker->forfeited = OWED_MAX;
	worker->owed = 0;
}

/* Why there is no result now. */
static enum reason
worker_silence(const struct worker *worker)
{
	static const enum reason reasons[PHASES] = {
		[PHASE_SPAWNING] = REASON_SPAWN,
		[PHASE_STARTING] = REASON_LEASE,
		[PHASE_RUNNING] = REASON_LEASE,
	};

	return worker->phase == PHASE_IDLE ? worker->reason : reasons[worker->phase];
}

void
worker_lease(int fd, short what, void *context)
{
	struct worker *worker = context;
	monotime_t now = monotime_now();

	(void)fd;
	(void)what;
	if (!monotime_before(now, worker_due(worker)))
		worker_drain(worker); /* a result that came while we were busy counts */
	if (worker_alive(worker) && !monotime_before(now, worker->deadline)) {
		worker_lost(worker, REASON_LEASE);
	} else if (!monotime_before(now, worker_due(worker))) {
		worker_fail(worker, worker_silence(worker), now);
		if (worker->phase == PHASE_IDLE)
			workers_pump_wake(worker->workers);
	}
	worker_arm(worker);
}
