/*
 * The worker's life: job, preparation, sandbox, then sleep - execute - report on the grid, and off it when the method
 * noticed a change. Invariant: every grid point that is not missed sends exactly one message, a result or "disabled".
 */
#include "worker.h"

#include <bsd/string.h>
#include <bsd/unistd.h>
#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/time.h>
#include <unistd.h>

#include "../common/message.h"
#include "../common/signals_default.h"
#include "channel.h"
#include "lookout.h"
#include "method.h"
#include "path_watch.h"
#include "sandbox.h"

/* How much longer than its timeout an execution may take before the worker ends itself. */
#define GUARD_NS (50 * NS_PER_MILLISECOND)
/* How long a worker lives that cannot execute anything: a new one costs little, yet not nothing. */
#define BROKEN_LIFE_NS (2 * NS_PER_SECOND)

static struct {
	struct message_job *job;
	struct common_args *args; /* the method's */
	monotime_t next; /* the next execution's grid point */
	monotime_t last, ended; /* when the last one of a grid point began and ended */
	int64_t interval_ns;
	char state[MESSAGE_STATE_SIZE];
	char broken[OPTION_ERROR_SIZE]; /* why nothing can be executed; empty: all is well */
	unsigned needs;			/* of the system: bits of enum sandbox_need */
	monotime_t patience; /* a broken one leaves after it */
	bool guarded;			/* an execution may block in a library: a timer ends it */
	struct path_watch watch;	/* of the disable file */
	bool disabled;
	bool reported; /* at least one grid point: one that leaves before would be replaced for ever */
} worker = {.watch = PATH_WATCH_NONE};

/* What the guard's signal handler sends: made before the execution, because it cannot format. */
static struct message_result timed_out;
static volatile sig_atomic_t executing;

/* A library did not return in time (a resolver, say): report it, and end what it holds with the process. */
static void
guard_expired(int number)
{
	(void)number;
	if (!executing)
		return;
	if (!monotime_before(monotime_now(), worker.next))
		timed_out.off_grid = 0; /* as in turn_off_grid */
	message_send(CHANNEL_FD, MESSAGE_RESULT, &timed_out, sizeof(timed_out), -1);
	_exit(0);
}

static void
guard_arm(int64_t duration_ns)
{
	struct itimerval timer = {.it_value = monotime_timeval(duration_ns)};

	setitimer(ITIMER_REAL, &timer, NULL);
}

static void
guard_prepare(void)
{
	struct sigaction action = {.sa_handler = guard_expired};
	struct result result;

	result_fail(&result, REASON_TIMEOUT, "no result within %g s", (double)worker.args->timeout_ns / NS_PER_SECOND);
	timed_out = (struct message_result){.code = (uint32_t)result.code, .reason = (uint32_t)result.reason, .last = 1,
	    .duration_ns = worker.args->timeout_ns};
	strlcpy(timed_out.text, result.text, sizeof(timed_out.text));
	sigemptyset(&action.sa_mask);
	sigaction(SIGALRM, &action, NULL);
	/* a remote check of a literal address only polls sockets, within its own deadline */
	worker.guarded = !worker_method.method->remote || (worker.needs & NEED_RESOLVER) != 0;
}

/* Decode the arguments and let the method prepare; what goes wrong is kept in worker.broken. */
static void
job_prepare(void)
{
	const struct check_method *method = worker_method.method;
	char error[OPTION_ERROR_SIZE];

	if ((worker.args = calloc(1, method->args_size)) == NULL)
		_exit(1);
	if (!options_decode(method->options, worker.args, worker.job->args, worker.job->args_length, error)) {
		log_errorx("arguments of the job: %s", error);
		_exit(1);
	}
	if (worker_method.prepare != NULL && !worker_method.prepare(worker.args, worker.job->name, error))
		strlcpy(worker.broken, error, sizeof(worker.broken));
}

static void
job_confine(struct message_started *started)
{
	struct sandbox sandbox = {.level = (enum sandbox_level)worker.job->sandbox, .drop_identity = worker.job->drop != 0,
	    .uid = worker.job->uid, .gid = worker.job->gid};

	sandbox_profile(&sandbox.profile, worker_method.method, worker.args, worker.job->disable);
	worker.needs = sandbox.profile.needs;
	if (!sandbox_enter(&sandbox, started->sandbox, sizeof(started->sandbox)) && worker.broken[0] == '\0')
		snprintf(worker.broken, sizeof(worker.broken), "sandbox: %.200s", started->sandbox);
}

struct execution {
	struct result result;
	monotime_t begin, end;
};

static void
result_send(const struct execution *execution, bool off_grid)
{
	const struct result *result = &execution->result;
	struct message_result message = {.code = (uint32_t)result->code, .reason = (uint32_t)result->reason,
	    .off_grid = off_grid, .duration_ns = monotime_sub(execution->end, execution->begin)};

	strlcpy(message.text, result->text, sizeof(message.text));
	channel_send(MESSAGE_RESULT, &message, sizeof(message));
}

static void
execute(struct execution *execution, bool off_grid)
{
	struct result *result = &execution->result;

	execution->begin = monotime_now();
	if (worker.broken[0] != '\0') {
		result_error(result, REASON_LOCAL, "%s", worker.broken);
	} else {
		result_error(result, REASON_LOCAL, "the method gave no result");
		lookout_arm();
		timed_out.off_grid = off_grid;
		executing = 1;
		if (worker.guarded)
			guard_arm(worker.args->timeout_ns + GUARD_NS);
		worker_method.execute(worker.args, monotime_add(execution->begin, worker.args->timeout_ns), result);
		executing = 0;
		if (worker.guarded)
			guard_arm(0);
	}
	execution->end = monotime_now();
	lookout_executed(execution->end);
}

static void
disabled_send(void)
{
	struct message_disabled message = {.disabled = worker.disabled};

	channel_send(MESSAGE_DISABLED, &message, sizeof(message));
}

/* A file that cannot be looked at changes nothing; told once for each reason. */
static void
disabled_complain(int error)
{
	static int told;

	if (error != 0 && error != told)
		log_warnx("cannot look at the disable file as the worker's user (%s), going on as before: %s",
		    strerror(error), worker.job->disable);
	told = error;
}

/* Look at the disable file; returns whether its state changed. */
static bool
disabled_look(void)
{
	bool before = worker.disabled;

	if (worker.job->disable[0] == '\0')
		return false;
	path_watch_begin(&worker.watch, worker.job->disable, false); /* its directory may have come only now */
	disabled_complain(path_look(worker.job->disable, &worker.disabled) ? 0 : errno);
	if (worker.disabled)
		lookout_rest();
	return worker.disabled != before;
}

/*
 * A successor takes the next grid point when the files that the sandbox left are not the ones any more, and when
 * this worker could not be made whole: what it lacked, memory or a file, may be there now.
 */
static void
leave_if_useless(void)
{
	struct message_leaving leaving = {0};
	bool broken = worker.broken[0] != '\0';

	if (!worker.reported || (broken ? monotime_before(monotime_now(), worker.patience) : !sandbox_stale()))
		return;
	channel_send(MESSAGE_LEAVING, &leaving, sizeof(leaving));
	_exit(0);
}

/* One grid point: exactly one message about it, and one before it when the disable file just went. */
static void
turn(void)
{
	struct execution execution;
	bool changed;

	worker.last = monotime_now();
	changed = disabled_look();
	if (changed || worker.disabled)
		disabled_send();
	if (worker.disabled)
		return;
	execute(&execution, false);
	result_send(&execution, false);
}

/* The awaited grid point has had its message. */
static void
grid_advance(void)
{
	worker.reported = true;
	worker.ended = monotime_now();
	worker.next = monotime_next(worker.next, worker.interval_ns, worker.ended);
}

static void
title_show(void)
{
	double left = (double)monotime_left(worker.next, monotime_now()) / NS_PER_SECOND;

	setproctitle("-ExaCheck Worker [%s]: Sleeping for %.3f seconds [%s]", worker.job->name, left, worker.state);
}

static void
pace_follow(const struct message_pace *pace)
{
	monotime_t next = {pace->next_ns};

	strlcpy(worker.state, pace->state, sizeof(worker.state));
	worker.interval_ns = pace->interval_ns;
	/* one that was sent before the last execution's outcome was known speaks of that execution */
	worker.next = monotime_before(worker.last, next) ? next : monotime_next(next, worker.interval_ns, worker.ended);
	title_show();
}

static void
pace_read(void)
{
	union message message;
	enum message_status status;

	while ((status = message_receive(CHANNEL_FD, &message, 1u << MESSAGE_PACE, NULL)) == MESSAGE_OK)
		pace_follow(&message.pace);
	if (status != MESSAGE_NONE)
		_exit(0);
}

/*
 * Execute because something changed. Whatever grid point comes meanwhile has its execution in this one: it gets the
 * result in time, and the service is not asked twice. Before that is decided, what was told of the grid is to be heard.
 */
static void
turn_off_grid(void)
{
	struct execution execution;
	bool off_grid;

	if (disabled_look())
		disabled_send();
	if (worker.disabled)
		return;
	setproctitle("-ExaCheck Worker [%s]: Checking [%s]", worker.job->name, worker.state);
	execute(&execution, true);
	pace_read();
	off_grid = monotime_before(execution.end, worker.next);
	if (!off_grid)
		worker.last = execution.end;
	result_send(&execution, off_grid);
	if (!off_grid)
		grid_advance();
	title_show();
}

/* After poll(2): the supervisor, the disable file, and `count` descriptors of the lookout. */
static void
attend(const struct pollfd *pfds, size_t count)
{
	if (pfds[0].revents != 0)
		pace_read();
	if (pfds[1].revents != 0 && path_watch_read(&worker.watch) && disabled_look())
		disabled_send();
	if (!worker.disabled)
		lookout_heed(pfds + 2, count, monotime_now());
}

/* Whether a change is to be followed now, by a worker that can: otherwise its successor looks at the next grid point. */
static bool
is_off_grid_due(void)
{
	monotime_t now = monotime_now();

	if (monotime_before(now, lookout_due()) || !monotime_before(now, worker.next))
		return false;
	if (worker.broken[0] == '\0' && !sandbox_stale())
		return true;
	lookout_executed(now);
	return false;
}

/* Sleep until the next grid point, minding the supervisor, first of all, the disable file and what may change. */
static void
sleep_until_next(void)
{
	struct pollfd pfds[2 + LOOKOUT_MAX] = {{.fd = CHANNEL_FD, .events = POLLIN}, {.events = POLLIN}};
	struct timespec timeout;
	size_t count;

	do {
		timeout = monotime_timespec(monotime_left(monotime_min(worker.next, lookout_due()), monotime_now()));
		pfds[1].fd = worker.watch.fd;
		count = lookout_descriptors(pfds + 2);
		if (ppoll(pfds, 2 + count, &timeout, NULL) > 0)
			attend(pfds, count);
		if (is_off_grid_due())
			turn_off_grid();
	} while (monotime_left(worker.next, monotime_now()) > 0);
}

void
worker_main(void)
{
	struct message_started started = {0};

	signals_default();
	signal(SIGPIPE, SIG_IGN);
	if ((worker.job = message_receive_job(CHANNEL_FD)) == NULL)
		_exit(1);
	worker.next = (monotime_t){worker.job->first_ns};
	worker.interval_ns = worker.job->interval_ns;
	strlcpy(worker.state, worker.job->state, sizeof(worker.state));
	worker.patience = monotime_add(monotime_now(), BROKEN_LIFE_NS);
	setproctitle("-ExaCheck Worker [%s]: Starting", worker.job->name);
	job_prepare();
	job_confine(&started);
	guard_prepare();
	channel_send(MESSAGE_STARTED, &started, sizeof(started));
	lookout_begin(worker.args, monotime_now());
	if (disabled_look())
		disabled_send();
	for (;;) {
		title_show();
		sleep_until_next();
		setproctitle("-ExaCheck Worker [%s]: Checking [%s]", worker.job->name, worker.state);
		leave_if_useless();
		turn();
		grid_advance();
	}
}
