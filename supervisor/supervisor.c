/*
 * The event loop and its end. Invariant: whatever ends exacheck, every route is withdrawn and every child
 * reaped first, within STOP_LIMIT.
 */
#include "supervisor.h"

#include <bsd/unistd.h>
#include <errno.h>
#include <event2/event.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/wait.h>

#include "../common/log.h"
#include "../common/monotime.h"
#include "channel.h"
#include "check.h"
#include "child.h"
#include "confine.h"
#include "identity.h"
#include "journal.h"
#include "launcher.h"
#include "loop.h"
#include "route.h"
#include "signals.h"
#include "transition.h"
#include "watchdog.h"
#include "worker.h"

/* ExaBGP 5 kills its helper 2 s after asking it to end. */
#define STOP_LIMIT_NS (1200 * NS_PER_MILLISECOND)
#define STOP_PATIENCE_NS (STOP_LIMIT_NS / 2) /* then commands no longer wait for the answers to earlier ones */
#define STOP_POLL_NS (5 * NS_PER_MILLISECOND)
/* Then processes are killed that end by nobody's word: what a check left behind and nobody knows. */
#define STOP_KILL_NS (100 * NS_PER_MILLISECOND)

struct supervisor {
	const struct config *config;
	struct identity identity;
	struct event_base *base;
	struct ledger *ledger;
	struct journal *journal;
	struct check *checks; /* config->count */
	size_t states[FSM_STATES]; /* checks in each */
	struct launcher *launcher;
	struct workers *workers;
	struct channel *channel;
	struct signals *signals;
	struct event *stop_timer; /* made at the start: the end must not want for memory */
	bool stopping;
	monotime_t stop_deadline;
	bool hurried; /* answers may come that nothing waits for */
	bool failed; /* the end is an error */
	bool children; /* some are left to reap */
};

static void
title_show(const struct supervisor *supervisor, const char *doing)
{
	setproctitle("-ExaCheck Master Process [%s]: %s [%zu of %zu up]", supervisor->config->path, doing,
	    supervisor->states[FSM_UP], supervisor->config->count);
}

static void
transition_seen(void *context, const struct transition *transition)
{
	struct supervisor *supervisor = context;

	transition_log(transition);
	if (transition->before.state == transition->after.state)
		return;
	supervisor->states[transition->before.state]--;
	supervisor->states[transition->after.state]++;
	title_show(supervisor, "Sleeping");
}

/* Reap every child that ended; notes whether any is left. */
static void
children_reap(struct supervisor *supervisor)
{
	pid_t pid;
	int status;

	while ((pid = waitpid(-1, &status, WNOHANG)) > 0 || (pid == -1 && errno == EINTR))
		if (pid > 0 && !launcher_reaped(supervisor->launcher, pid, status))
			workers_reaped(supervisor->workers, pid, status);
	supervisor->children = pid == 0 || errno != ECHILD;
}

/* Called every few milliseconds while stopping: done when all is said and reaped, or when time is up. */
static void
stop_poll(evutil_socket_t fd, short what, void *context)
{
	struct supervisor *supervisor = context;
	int64_t left_ns = monotime_left(supervisor->stop_deadline, monotime_now());
	bool idle = !supervisor->children && channel_idle(supervisor->channel);

	(void)fd;
	(void)what;
	/* ExaBGP must not find our end closed when it answers late: then all of the time is used to read. */
	if (left_ns == 0 || (idle && !supervisor->hurried)) {
		if (!idle)
			log_warnx("not everything could be withdrawn and reaped in time");
		event_base_loopbreak(supervisor->base);
		return;
	}
	if (!supervisor->hurried && left_ns <= STOP_LIMIT_NS - STOP_PATIENCE_NS) {
		supervisor->hurried = true;
		channel_hurry(supervisor->channel);
	}
	if (supervisor->children && left_ns <= STOP_LIMIT_NS - STOP_KILL_NS)
		children_kill();
	loop_arm(supervisor->stop_timer, STOP_POLL_NS);
}

static void
supervisor_stop(struct supervisor *supervisor, const char *why)
{
	if (supervisor->stopping)
		return;
	supervisor->stopping = true;
	log_info("stopping: %s", why);
	title_show(supervisor, "Stopping");
	supervisor->stop_deadline = monotime_add(monotime_now(), STOP_LIMIT_NS);
	workers_stop(supervisor->workers);
	launcher_stop(supervisor->launcher);
	children_reap(supervisor); /* there may be none to wait for */
	ledger_withdraw_all(supervisor->ledger);
	event_active(supervisor->stop_timer, EV_TIMEOUT, 0);
}

static void
channel_ended(void *context, enum channel_end end)
{
	static const char *const reasons[] = {
		[CHANNEL_EOF] = "ExaBGP closed our standard input",
		[CHANNEL_BROKEN] = "nobody reads our standard output any more",
		[CHANNEL_FAILED] = "there is no standard output to write to",
		[CHANNEL_SHUTDOWN] = "ExaBGP asks for shutdown",
	};

	struct supervisor *supervisor = context;

	supervisor->failed = end == CHANNEL_FAILED;
	supervisor_stop(supervisor, reasons[end]);
	channel_hurry(supervisor->channel);
}

static void
signal_stop(void *context, int number)
{
	supervisor_stop(context, strsignal(number));
}

static void
signal_ignored(void *context, int number)
{
	(void)context;
	log_warnx("%s: changes of the configuration need a restart in this version", strsignal(number));
}

static void
signal_child(void *context, int number)
{
	(void)number;
	children_reap(context);
}

static const struct signal_handler signal_handlers[] = {
	{SIGTERM, signal_stop},
	{SIGINT, signal_stop},
	{SIGHUP, signal_ignored},
	{SIGUSR1, signal_ignored},
	{SIGUSR2, signal_ignored},
	{SIGCHLD, signal_child},
	{0, NULL},
};

/* A descriptor a worker, and some for ourselves. */
static void
descriptors_raise(void)
{
	struct rlimit limit;

	if (getrlimit(RLIMIT_NOFILE, &limit) == 0 && limit.rlim_cur < limit.rlim_max) {
		limit.rlim_cur = limit.rlim_max;
		setrlimit(RLIMIT_NOFILE, &limit);
	}
}

/*
 * Where in its interval a check's first execution falls: steps of the golden ratio spread any number of
 * checks evenly, and the same configuration alike each time.
 */
static monotime_t
first_execution(const struct check_options *options, size_t rank, monotime_t now)
{
	double fraction = (double)rank * 0.6180339887498949;

	if (!options->splay)
		return now;
	return monotime_add(now, (int64_t)((fraction - (double)(int64_t)fraction) * (double)options->interval_ns));
}

static bool
checks_start(struct supervisor *supervisor)
{
	const struct config *config = supervisor->config;
	monotime_t now = monotime_now();

	supervisor->states[FSM_STARTUP] = config->count;
	for (size_t i = 0; i < config->count; i++) {
		check_init(&supervisor->checks[i], &config->checks[i], (unsigned)i, (unsigned)i, supervisor->ledger,
		    transition_seen, supervisor);
		if (!check_claim(&supervisor->checks[i]) || !workers_add(supervisor->workers, &supervisor->checks[i],
		    first_execution(&config->checks[i].options, i, now)))
			return false;
	}
	journal_begin(supervisor->journal, ledger_settle(supervisor->ledger));
	return true;
}

static bool
supervisor_start(struct supervisor *supervisor, int64_t watchdog_ns)
{
	const struct config *config = supervisor->config;

	descriptors_raise();
	/* what a killed worker leaves behind becomes ours to reap */
	prctl(PR_SET_CHILD_SUBREAPER, 1);
	signal(SIGPIPE, SIG_IGN);
	if ((supervisor->base = loop_new()) == NULL || (supervisor->ledger = ledger_new()) == NULL ||
	    (supervisor->journal = journal_new(supervisor->base, config->global.runtime_dir, supervisor->ledger, -1)) == NULL ||
	    !journal_load(supervisor->journal) ||
	    (supervisor->checks = calloc(config->count, sizeof(*supervisor->checks))) == NULL ||
	    !launcher_attach(supervisor->launcher, supervisor->base) ||
	    (supervisor->workers = workers_new(supervisor->base, &supervisor->identity, supervisor->launcher)) == NULL ||
	    (supervisor->channel = channel_new(supervisor->base, config, supervisor->ledger, channel_ended,
	    supervisor)) == NULL ||
	    (supervisor->stop_timer = event_new(supervisor->base, -1, 0, stop_poll, supervisor)) == NULL ||
	    (supervisor->signals = signals_new(supervisor->base, signal_handlers, supervisor)) == NULL ||
	    !checks_start(supervisor) ||
	    (watchdog_ns > 0 && !watchdog_start(supervisor->base, watchdog_ns))) {
		log_errorx("cannot start: %s", errno != 0 ? strerror(errno) : "out of memory");
		return false;
	}
	supervisor->children = true;
	title_show(supervisor, "Sleeping");
	return supervisor_confine((enum sandbox_level)config->global.sandbox);
}

static void
supervisor_free(struct supervisor *supervisor)
{
	signals_free(supervisor->signals);
	if (supervisor->stop_timer != NULL)
		event_free(supervisor->stop_timer);
	watchdog_stop();
	if (supervisor->workers != NULL)
		workers_free(supervisor->workers);
	launcher_free(supervisor->launcher);
	if (supervisor->channel != NULL)
		channel_free(supervisor->channel);
	journal_free(supervisor->journal);
	if (supervisor->ledger != NULL)
		ledger_free(supervisor->ledger);
	if (supervisor->base != NULL)
		event_base_free(supervisor->base);
	free(supervisor->checks);
}

int
supervisor_run(const struct config *config, struct launcher *launcher, int64_t watchdog_ns)
{
	struct supervisor supervisor = {.config = config, .launcher = launcher};
	int status = 1;

	errno = 0;
	if (identity_find(&config->global, &supervisor.identity) && supervisor_start(&supervisor, watchdog_ns)) {
		log_info("exacheck %s: %zu check%s of %s", EXACHECK_VERSION, config->count, config->count == 1 ? "" : "s",
		    config->path);
		status = loop_run(supervisor.base) == -1 || supervisor.failed ? 1 : 0;
		log_info("stopped");
	}
	supervisor_free(&supervisor);
	return status;
}
