/*
 * The running exacheck: what it is made of, and who hears of what. Invariant: whatever ends it goes through stop.c.
 */
#include "supervisor.h"

#include <bsd/unistd.h>
#include <errno.h>
#include <event2/event.h>
#include <malloc.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include "../common/log.h"
#include "../common/monotime.h"
#include "channel.h"
#include "channel_output.h"
#include "checks.h"
#include "chronicle.h"
#include "confine.h"
#include "control.h"
#include "descriptor.h"
#include "events.h"
#include "feed.h"
#include "handover.h"
#include "hook.h"
#include "hook_node.h"
#include "identity.h"
#include "journal.h"
#include "launcher.h"
#include "lock.h"
#include "loop.h"
#include "node_journal.h"
#include "overrides.h"
#include "program.h"
#include "pulse.h"
#include "reload.h"
#include "route.h"
#include "service.h"
#include "signals.h"
#include "stop.h"
#include "transition.h"
#include "upgrade.h"
#include "view.h"
#include "watch.h"
#include "watchdog.h"
#include "worker.h"

struct supervisor {
	struct config *config;
	struct identity identity;
	struct event_base *base;
	struct ledger *ledger;
	struct journal *journal;
	struct checks *checks;
	struct node_journal notes; /* of these */
	struct overrides *overrides; /* likewise */
	struct pulse *pulse; /* of the checks */
	bool guarding;	     /* the guard keeps something announced */
	struct launcher *launcher;
	struct workers *workers;
	struct hooks *hooks;
	struct channel *channel;
	struct signals *signals;
	struct event *title; /* when it is to be shown anew */
	struct watch *watch; /* of the configuration's file */
	struct stop *stop;
	struct upgrade *upgrade;
	struct events *events;
	struct chronicle chronicle; /* of checks and events */
	struct view view;
	struct view_counts counts;
	struct feed *feed;
	struct control *control;
	bool reload_due; /* asked for during an upgrade */
	bool failed; /* the end is an error */
	const struct handover *left; /* at a start that goes on from what another program left; NULL: it does not */
	int left_file;
};

#define TITLE_NS (100 * NS_PER_MILLISECOND) /* until changes are shown: counting takes all checks */

static void
title_show(const struct supervisor *supervisor)
{
	setproctitle("-ExaCheck Master Process [%s]: %s [%zu of %zu up]", supervisor->config->path,
	    stop_begun(supervisor->stop) ? "Stopping" : "Sleeping", checks_up(supervisor->checks),
	    checks_count(supervisor->checks));
}

static void
title_turn(evutil_socket_t fd, short what, void *context)
{
	(void)fd;
	(void)what;
	title_show(context);
}

/* Soon: many checks may change at once. */
static void
title_changed(const struct supervisor *supervisor)
{
	if (event_pending(supervisor->title, EV_TIMEOUT, NULL) == 0)
		loop_arm(supervisor->title, TITLE_NS);
}

/* Loudly: what is announced is not what checks say. */
static void
guard_tell(struct supervisor *supervisor)
{
	size_t guarded = checks_guarded(supervisor->checks);

	if ((guarded > 0) == supervisor->guarding)
		return;
	supervisor->guarding = guarded > 0;
	if (guarded > 0)
		log_errorx("the guard: failing checks would withdraw too much; what is refused stays announced");
	else
		log_info("the guard: nothing is kept announced any more");
}

static void
transition_seen(void *context, const struct transition *transition)
{
	struct supervisor *supervisor = context;

	node_journal_event(&supervisor->notes, transition); /* before anyone is told of it */
	chronicle_transition(&supervisor->chronicle, transition);
	pulse_set(supervisor->pulse);
	guard_tell(supervisor);
	if (transition->result != NULL)
		control_result(supervisor->control);
	if (transition->before.state == transition->after.state)
		return;
	title_changed(supervisor);
}

static void
change_seen(void *context, const struct node_change *change)
{
	struct supervisor *supervisor = context;

	node_journal_change(&supervisor->notes, change);
	chronicle_change(&supervisor->chronicle, change);
	hooks_node_changed(supervisor->hooks, change);
	pulse_set(supervisor->pulse); /* what the guard permits comes after the event that made it do so */
	guard_tell(supervisor);
	if (change->before != change->after)
		title_changed(supervisor);
}

/* Reap every child that ended. */
static void
children_reap(struct supervisor *supervisor)
{
	pid_t pid;
	int status;

	while ((pid = waitpid(-1, &status, WNOHANG)) > 0 || (pid == -1 && errno == EINTR))
		if (pid > 0 && !launcher_reaped(supervisor->launcher, pid, status) &&
		    !upgrade_reaped(supervisor->upgrade, pid, status) && !hooks_reaped(supervisor->hooks, pid, status) &&
		    !feed_reaped(supervisor->feed, pid, status))
			workers_reaped(supervisor->workers, pid, status);
}

/* What a service manager shows. */
static void
status_describe(void *context, char *text, size_t size)
{
	const struct supervisor *supervisor = context;

	size_t held = checks_held(supervisor->checks), guarded = checks_guarded(supervisor->checks);
	char kept[64] = "";

	if (held + guarded > 0)
		snprintf(kept, sizeof(kept), "; %zu held, %zu kept by the guard", held, guarded);
	snprintf(text, size, "%zu of %zu up%s%s%s", checks_up(supervisor->checks), checks_count(supervisor->checks), kept,
	    channel_connected(supervisor->channel) ? "" : "; waiting for ExaBGP",
	    stop_begun(supervisor->stop) ? "; stopping" : "");
}

static void
supervisor_stop(struct supervisor *supervisor, const char *why, enum stop_cause cause)
{
	if (!stop_begun(supervisor->stop)) {
		supervisor->reload_due = false; /* too late */
		upgrade_cancel(supervisor->upgrade);
		log_info("stopping: %s", why);
		if (supervisor->config->global.on_exit != ON_EXIT_KEEP)
			node_journal_forget(&supervisor->notes);
		title_changed(supervisor);
	}
	stop_begin(supervisor->stop, cause, supervisor->config->global.on_exit == ON_EXIT_KEEP);
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
	supervisor_stop(supervisor, reasons[end], STOP_GONE);
	channel_hurry(supervisor->channel);
}

static void
signal_stop(void *context, int number)
{
	supervisor_stop(context, strsignal(number), STOP_SIGNAL);
}

static struct reload
reload_parts(struct supervisor *supervisor)
{
	return (struct reload){&supervisor->config, &supervisor->identity, supervisor->checks, supervisor->workers,
		supervisor->hooks, supervisor->channel};
}

static enum reload_result
reload_now(struct supervisor *supervisor, bool asked, FILE *report)
{
	const struct reload reload = reload_parts(supervisor);
	const struct global_options *global;
	char problem[OVERRIDES_PROBLEM_SIZE];
	enum reload_result result;

	supervisor->reload_due = false;
	service_reloading();
	watch_read(supervisor->watch);
	result = reload_run(&reload, asked, report);
	supervisor->counts.reloads[result]++;
	if (result == RELOAD_DONE) {
		global = &supervisor->config->global;
		watch_set(supervisor->watch, global->live_reload, global->monitoring_interval_ns);
		node_journal_reloaded(&supervisor->notes);
		overrides_changed(supervisor->overrides, problem); /* names may be others */
		title_show(supervisor);
		pulse_set(supervisor->pulse);
		feed_configure(supervisor->feed);
		control_listen(supervisor->control);
	}
	service_ready();
	return result;
}

static void
supervisor_reload(struct supervisor *supervisor, bool asked)
{
	if (stop_begun(supervisor->stop))
		return;
	if (upgrade_active(supervisor->upgrade))
		supervisor->reload_due = true; /* the program looked at this configuration, no other */
	else
		(void)reload_now(supervisor, asked, NULL);
}

static void
file_changed(void *context)
{
	supervisor_reload(context, false);
}

static void
signal_reload(void *context, int number)
{
	(void)number;
	supervisor_reload(context, true);
}

static struct handover
handover_parts(const struct supervisor *supervisor)
{
	return (struct handover){.upgrades = supervisor->counts.upgrades + 1, .refusals = supervisor->counts.refusals,
	    .reload = supervisor->reload_due, .lock = journal_lock(supervisor->journal), .config = supervisor->config,
	    .identity = supervisor->identity, .launcher = supervisor->launcher, .ledger = supervisor->ledger,
	    .checks = supervisor->checks, .workers = supervisor->workers, .hooks = supervisor->hooks,
	    .channel = supervisor->channel};
}

static bool
upgrade_save(void *context, FILE *file)
{
	const struct handover handover = handover_parts(context);

	return handover_save(&handover, file);
}

static bool
upgrade_keep(void *context, bool keep)
{
	const struct supervisor *supervisor = context;
	const struct handover handover = handover_parts(supervisor);

	if (keep)
		feed_leave(supervisor->feed);
	return handover_keep(&handover, keep);
}

static void
upgrade_pause(void *context, bool pause)
{
	struct supervisor *supervisor = context;

	workers_pause(supervisor->workers, pause);
	hooks_pause(supervisor->hooks, pause);
	if (pause)
		channel_pause(supervisor->channel);
	else
		channel_resume(supervisor->channel);
}

static bool
upgrade_quiet(void *context)
{
	const struct supervisor *supervisor = context;

	return channel_idle(supervisor->channel) && workers_quiet(supervisor->workers) &&
	    hooks_quiet(supervisor->hooks);
}

static void
upgrade_refused(void *context, const char *why)
{
	struct supervisor *supervisor = context;

	supervisor->counts.refusals++;
	control_upgrade_refused(supervisor->control, why);
	if (supervisor->reload_due)
		supervisor_reload(supervisor, true);
}

static const struct upgrade_hooks upgrade_hooks = {upgrade_save, upgrade_pause, upgrade_quiet, upgrade_keep,
	upgrade_refused};

static void
signal_upgrade(void *context, int number)
{
	struct supervisor *supervisor = context;

	(void)number;
	if (!stop_begun(supervisor->stop))
		upgrade_begin(supervisor->upgrade);
}

static void
signal_ignored(void *context, int number)
{
	(void)context;
	log_warnx("%s: ignored", strsignal(number));
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
	{SIGHUP, signal_reload},
	{SIGUSR1, signal_ignored},
	{SIGUSR2, signal_upgrade},
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

/* What another program of this process left of everything that is there by now. */
static void
state_restore(struct supervisor *supervisor, int file)
{
	struct handover handover = handover_parts(supervisor);

	handover.usable = supervisor->left->usable;
	handover_rest(&handover, file);
}

/* Beside ExaBGP, not under it. */
static bool
supervisor_alone(const struct supervisor *supervisor)
{
	enum output_kind output = OUTPUT_STDOUT;
	const char *path;

	output_parse(supervisor->config->global.exabgp.output, &output, &path);
	return output != OUTPUT_STDOUT;
}

/* What ExaBGP may have, before the checks claim it. False: out of memory. */
static bool
routes_start(struct supervisor *supervisor)
{
	struct handover handover = {.ledger = supervisor->ledger};

	if (supervisor->left == NULL)
		return journal_load(supervisor->journal, !supervisor_alone(supervisor));
	if (!handover_routes(&handover, supervisor->left_file))
		journal_load(supervisor->journal, !supervisor_alone(supervisor)); /* it has the same routes, if not as sure */
	return true;
}

/* What a predecessor knew of checks and groups, before anything is said of their routes. */
static void
nodes_restore(struct supervisor *supervisor)
{
	char problem[OVERRIDES_PROBLEM_SIZE];

	if (supervisor->left != NULL) {
		state_restore(supervisor, supervisor->left_file);
		overrides_changed(supervisor->overrides, problem); /* of the state: their time is to go on */
	} else {
		node_journal_restore(supervisor->journal, supervisor->checks, monotime_now());
		overrides_load(supervisor->overrides, monotime_now());
	}
}

static bool
checks_start(struct supervisor *supervisor)
{
	const struct reload reload = reload_parts(supervisor);
	const struct global_options *global = &supervisor->config->global;

	if (!routes_start(supervisor) || !reload_start(&reload))
		return false;
	nodes_restore(supervisor);
	node_journal_begin(&supervisor->notes);
	pulse_set(supervisor->pulse);
	journal_begin(supervisor->journal, ledger_settle(supervisor->ledger));
	feed_configure(supervisor->feed);
	watch_set(supervisor->watch, global->live_reload, global->monitoring_interval_ns);
	return true;
}

static struct stop *
stop_make(struct supervisor *supervisor)
{
	const struct stop_parts parts = {supervisor->base, supervisor->ledger, supervisor->channel, supervisor->workers,
		supervisor->hooks, supervisor->launcher, supervisor->checks, supervisor->feed, supervisor_alone(supervisor)};

	return stop_new(&parts);
}

/* Why nothing can be changed now; NULL: it can. */
static const char *
control_hindered(const struct supervisor *supervisor)
{
	if (stop_begun(supervisor->stop))
		return "exacheck is ending";
	return upgrade_active(supervisor->upgrade) ? "an upgrade is under way: try again" : NULL;
}

static const char *
control_reload_act(void *context, bool dry, FILE *report, enum reload_result *result)
{
	struct supervisor *supervisor = context;
	const struct reload reload = reload_parts(supervisor);
	const char *problem = control_hindered(supervisor);

	if (problem == NULL)
		*result = dry ? reload_try(&reload, report) : reload_now(supervisor, true, report);
	return problem;
}

static const char *
control_upgrade_act(void *context)
{
	struct supervisor *supervisor = context;
	const char *problem = control_hindered(supervisor);

	if (problem == NULL)
		upgrade_begin(supervisor->upgrade);
	return problem;
}

/* NULL, or why the next start will not know of it. */
static const char *
nodes_overridden(void *context)
{
	static char problem[OVERRIDES_PROBLEM_SIZE];
	struct supervisor *supervisor = context;

	return overrides_changed(supervisor->overrides, problem) ? NULL : problem;
}

static struct control *
control_make(struct supervisor *supervisor)
{
	const struct control_acts acts = {.reload = control_reload_act, .upgrade = control_upgrade_act,
	    .changed = nodes_overridden, .context = supervisor};
	struct control *control = control_new(supervisor->base, &supervisor->view, supervisor->checks, supervisor->workers,
	    &acts);

	if (control != NULL)
		events_listen(supervisor->events, control_heard, control);
	return control;
}

/* What does not depend on how it starts. Returns false with errno, or out of memory. */
static bool
parts_make(struct supervisor *supervisor)
{
	const struct checks_listener listener = {transition_seen, change_seen, supervisor};
	const struct handover *left = supervisor->left;
	const struct config *config = supervisor->config;

	if ((supervisor->base = loop_new()) == NULL ||
	    (supervisor->title = event_new(supervisor->base, -1, 0, title_turn, supervisor)) == NULL ||
	    event_priority_set(supervisor->title, LOOP_LAST) == -1 || (supervisor->ledger = ledger_new()) == NULL ||
	    (supervisor->journal = journal_new(supervisor->base, config->global.runtime_dir, supervisor->ledger,
	    left != NULL ? left->lock : JOURNAL_LOCK_TAKE)) == NULL ||
	    (supervisor->checks = checks_new(supervisor->ledger, &listener)) == NULL ||
	    (supervisor->overrides = overrides_new(supervisor->base, supervisor->checks, supervisor->journal,
	    config->global.runtime_dir)) == NULL ||
	    (supervisor->events = events_new()) == NULL ||
	    (supervisor->pulse = pulse_new(supervisor->base, supervisor->checks)) == NULL ||
	    !launcher_attach(supervisor->launcher, supervisor->base) ||
	    (supervisor->workers = workers_new(supervisor->base, &supervisor->identity, supervisor->launcher)) == NULL ||
	    (supervisor->hooks = hooks_new(supervisor->base, &supervisor->identity, supervisor->launcher)) == NULL)
		return false;
	supervisor->notes = (struct node_journal){supervisor->journal, supervisor->checks};
	supervisor->chronicle = (struct chronicle){supervisor->checks, supervisor->events};
	chronicle_begin(&supervisor->chronicle);
	supervisor->channel = (left != NULL ? channel_adopt : channel_new)(supervisor->base, config, supervisor->ledger,
	    channel_ended, supervisor);
	supervisor->upgrade = left != NULL ?
	    upgrade_adopt(supervisor->base, supervisor->launcher, &upgrade_hooks, supervisor, supervisor->left_file) :
	    upgrade_new(supervisor->base, supervisor->launcher, &upgrade_hooks, supervisor);
	supervisor->view = (struct view){&supervisor->config, supervisor->checks, supervisor->ledger, supervisor->channel,
	    supervisor->events, &supervisor->counts, monotime_now()};
	supervisor->control = control_make(supervisor);
	supervisor->feed = feed_new(supervisor->base, &supervisor->view, supervisor->checks, &supervisor->identity,
	    supervisor->launcher);
	return supervisor->control != NULL && supervisor->feed != NULL && supervisor->channel != NULL &&
	    supervisor->upgrade != NULL &&
	    (supervisor->stop = stop_make(supervisor)) != NULL &&
	    (supervisor->watch = watch_new(supervisor->base, config->path, file_changed, supervisor)) != NULL &&
	    (supervisor->signals = signals_new(supervisor->base, signal_handlers, supervisor)) != NULL;
}

static bool
supervisor_start(struct supervisor *supervisor, int64_t watchdog_ns)
{
	descriptors_raise();
	/* what a killed worker leaves behind becomes ours to reap */
	prctl(PR_SET_CHILD_SUBREAPER, 1);
	signal(SIGPIPE, SIG_IGN);
	if (!parts_make(supervisor) || !checks_start(supervisor) ||
	    !service_start(supervisor->base, status_describe, supervisor) ||
	    (watchdog_ns > 0 && !watchdog_start(supervisor->base, watchdog_ns))) {
		log_errorx("cannot start: %s", errno != 0 ? strerror(errno) : "out of memory");
		return false;
	}
	title_show(supervisor);
	control_listen(supervisor->control);
	malloc_trim(0); /* the configuration was much text, and in pieces; so was the state */
	if (supervisor->left == NULL)
		return supervisor_confine((enum sandbox_level)supervisor->config->global.sandbox);
	/* confined as before; but setting a signal to its default has discarded what said that children ended */
	children_reap(supervisor);
	return true;
}

static void
supervisor_free(struct supervisor *supervisor)
{
	signals_free(supervisor->signals);
	if (supervisor->events != NULL)
		events_listen(supervisor->events, NULL, NULL);
	control_free(supervisor->control);
	stop_free(supervisor->stop);
	upgrade_free(supervisor->upgrade);
	service_stop();
	watch_free(supervisor->watch);
	watchdog_stop();
	pulse_free(supervisor->pulse);
	overrides_free(supervisor->overrides);
	if (supervisor->workers != NULL)
		workers_free(supervisor->workers);
	hooks_free(supervisor->hooks);
	feed_free(supervisor->feed);
	launcher_free(supervisor->launcher);
	if (supervisor->channel != NULL)
		channel_free(supervisor->channel);
	journal_free(supervisor->journal);
	if (supervisor->ledger != NULL)
		ledger_free(supervisor->ledger);
	if (supervisor->title != NULL)
		event_free(supervisor->title);
	if (supervisor->base != NULL)
		event_base_free(supervisor->base);
	chronicle_end(&supervisor->chronicle);
	events_free(supervisor->events);
	checks_free(supervisor->checks);
	config_free(supervisor->config);
}

static int
supervisor_loop(struct supervisor *supervisor)
{
	int status = loop_run(supervisor->base) == -1 || supervisor->failed ? 1 : 0;

	log_info("stopped");
	return status;
}

int
supervisor_run(struct config *config, struct launcher *launcher, int64_t watchdog_ns)
{
	struct supervisor supervisor = {.config = config, .launcher = launcher};
	int status = 1;

	errno = 0;
	if (identity_find(&config->global, &supervisor.identity) && supervisor_start(&supervisor, watchdog_ns)) {
		log_info("exacheck %s: %zu check%s of %s", program_version, config->count, config->count == 1 ? "" : "s",
		    config->path);
		status = supervisor_loop(&supervisor);
	}
	supervisor_free(&supervisor);
	return status;
}

bool
supervisor_resume(int file, int64_t watchdog_ns, int *status)
{
	struct handover left;
	struct supervisor supervisor = {.left = &left, .left_file = file};
	char error[STATE_ERROR_SIZE] = "";

	*status = 1;
	if (!handover_begin(&left, file, error)) {
		log_errorx("upgrade: cannot go on from the state (%s): starting anew, or ending for ExaBGP to do it", error);
		program_started();
		close_range(STDERR_FILENO + 1, ~0u, 0); /* workers and the launcher end with their channels */
		return false;
	}
	descriptor_keep(file, false);
	supervisor.config = left.config;
	supervisor.identity = left.identity;
	supervisor.launcher = left.launcher;
	supervisor.counts.upgrades = left.upgrades;
	supervisor.counts.refusals = left.refusals;
	errno = 0;
	if (supervisor_start(&supervisor, watchdog_ns)) {
		program_started();
		upgrade_adopted(supervisor.upgrade);
		log_info("upgraded from %s to %s: %zu workers kept", left.version, program_version,
		    workers_outdated(supervisor.workers));
		supervisor.left = NULL;
		if (left.reload)
			supervisor_reload(&supervisor, true);
		*status = supervisor_loop(&supervisor);
	}
	supervisor_free(&supervisor);
	return true;
}
