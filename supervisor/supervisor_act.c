/*
 * What the supervisor is asked for, by signals, files, ExaBGP and control clients: reload, upgrade, the end. Invariant:
 * while an upgrade is under way, or the end, nothing changes the configuration.
 */
#include <signal.h>
#include <string.h>

#include "../common/log.h"
#include "addresses.h"
#include "control.h"
#include "events.h"
#include "feed.h"
#include "hook.h"
#include "journal.h"
#include "loggers.h"
#include "notifier.h"
#include "overrides.h"
#include "pulse.h"
#include "service.h"
#include "stop.h"
#include "supervisor_internal.h"
#include "watch.h"

#define OUTLETS_WAIT_NS (500 * NS_PER_MILLISECOND)

void
supervisor_outlets_follow(struct supervisor *supervisor)
{
	loggers_configure(supervisor->loggers);
	notifier_configure(supervisor->notifier);
	chronicle_listen(loggers_level(supervisor->loggers));
}

/* Whether routes stay announced at the end. */
static bool
routes_stay(const struct supervisor *supervisor)
{
	return supervisor->done || (supervisor->config->global.on_exit == ON_EXIT_KEEP && !supervisor->last);
}

static void
supervisor_stop(struct supervisor *supervisor, const char *why, enum stop_cause cause)
{
	if (!stop_begun(supervisor->stop)) {
		supervisor->reload_due = false; /* too late */
		upgrade_cancel(supervisor->upgrade);
		log_info("stopping: %s", why);
		if (supervisor->done || !routes_stay(supervisor)) /* the next one that is run once finds out by itself */
			node_journal_forget(&supervisor->notes);
		supervisor_title_changed(supervisor);
	}
	stop_begin(supervisor->stop, cause, routes_stay(supervisor));
}

void
supervisor_done(void *context)
{
	struct supervisor *supervisor = context;

	if (stop_begun(supervisor->stop))
		return;
	supervisor->done = true;
	supervisor_stop(supervisor, "there is a verdict, and that was all", STOP_GONE);
}

void
supervisor_channel_ended(void *context, enum channel_end end)
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
	struct supervisor *supervisor = context;

	supervisor->last = number == SIGINT;
	supervisor_stop(supervisor, strsignal(number), STOP_SIGNAL);
}

struct reload
supervisor_reload_parts(struct supervisor *supervisor)
{
	return (struct reload){supervisor->start->source, &supervisor->config, &supervisor->identity, supervisor->checks,
		supervisor->workers, supervisor->hooks, supervisor->channel};
}

void
supervisor_attend(void *context)
{
	struct supervisor *supervisor = context;

	if (stop_begun(supervisor->stop))
		return;
	supervisor->kept.ours = journal_ours(supervisor->journal);
	config_kept_attend(&supervisor->kept, supervisor->config);
	overrides_attend(supervisor->overrides);
	addresses_attend(supervisor->addresses);
	control_attend(supervisor->control);
}

static enum reload_result
reload_now(struct supervisor *supervisor, bool asked, FILE *report)
{
	const struct reload reload = supervisor_reload_parts(supervisor);
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
		supervisor->kept.ours = journal_ours(supervisor->journal);
		config_kept_write(&supervisor->kept, supervisor->config);
		overrides_changed(supervisor->overrides, problem); /* names may be others */
		supervisor_title_show(supervisor);
		pulse_set(supervisor->pulse);
		supervisor_outlets_follow(supervisor);
		feed_configure(supervisor->feed);
		addresses_configure(supervisor->addresses);
		control_listen(supervisor->control);
	}
	supervisor_attend(supervisor);
	service_ready();
	return result;
}

void
supervisor_reload(struct supervisor *supervisor, bool asked)
{
	if (stop_begun(supervisor->stop))
		return;
	if (upgrade_active(supervisor->upgrade))
		supervisor->reload_due = true; /* the program looked at this configuration, no other */
	else
		(void)reload_now(supervisor, asked, NULL);
}

void
supervisor_file_changed(void *context)
{
	supervisor_reload(context, false);
}

static void
signal_reload(void *context, int number)
{
	(void)number;
	supervisor_reload(context, true);
}

struct handover
supervisor_handover_parts(const struct supervisor *supervisor)
{
	return (struct handover){.upgrades = supervisor->counts.upgrades + 1, .refusals = supervisor->counts.refusals,
	    .reload = supervisor->reload_due, .once = supervisor->once != NULL,
	    .lock = journal_lock(supervisor->journal), .config = supervisor->config,
	    .identity = supervisor->identity, .launcher = supervisor->launcher, .ledger = supervisor->ledger,
	    .checks = supervisor->checks, .workers = supervisor->workers, .hooks = supervisor->hooks,
	    .channel = supervisor->channel, .loggers = supervisor->loggers, .notifier = supervisor->notifier};
}

static bool
upgrade_save(void *context, FILE *file)
{
	const struct handover handover = supervisor_handover_parts(context);

	return handover_save(&handover, file);
}

static bool
upgrade_keep(void *context, bool keep)
{
	const struct supervisor *supervisor = context;
	const struct handover handover = supervisor_handover_parts(supervisor);

	if (keep) {
		feed_leave(supervisor->feed);
		loggers_leave(supervisor->loggers);
		notifier_leave(supervisor->notifier);
		addresses_leave(supervisor->addresses);
	}
	return handover_keep(&handover, keep);
}

static void
upgrade_pause(void *context, bool pause)
{
	struct supervisor *supervisor = context;

	supervisor->paused = monotime_now();
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

	/* who does not listen is not waited for long */
	bool told = (loggers_told(supervisor->loggers) && notifier_told(supervisor->notifier)) ||
	    monotime_sub(monotime_now(), supervisor->paused) >= OUTLETS_WAIT_NS;

	return told && channel_idle(supervisor->channel) && workers_quiet(supervisor->workers) &&
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

const struct upgrade_hooks supervisor_upgrade_hooks = {upgrade_save, upgrade_pause, upgrade_quiet, upgrade_keep,
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
signal_reopen(void *context, int number)
{
	const struct supervisor *supervisor = context;

	(void)number;
	if (loggers_wanted(supervisor->loggers))
		log_info("log files are opened anew");
	else
		log_info("there are no log files to open anew");
	loggers_reopen(supervisor->loggers);
}

static void
signal_child(void *context, int number)
{
	(void)number;
	supervisor_reap(context);
}

const struct signal_handler supervisor_signals[] = {
	{SIGTERM, signal_stop},
	{SIGINT, signal_stop},
	{SIGHUP, signal_reload},
	{SIGUSR1, signal_reopen},
	{SIGUSR2, signal_upgrade},
	{SIGCHLD, signal_child},
	{0, NULL},
};

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
	const struct reload reload = supervisor_reload_parts(supervisor);
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

static const char *
notify_test(void *context, size_t target, uint32_t *id)
{
	const struct supervisor *supervisor = context;

	if (stop_begun(supervisor->stop))
		return "exacheck is ending";
	if (notifier_pid(supervisor->notifier) == 0)
		return "exacheck-notify is not running: if it does not come in a moment, the log says why";
	*id = notifier_test(supervisor->notifier, target);
	return *id != 0 ? NULL : "out of memory";
}

struct control *
supervisor_control(struct supervisor *supervisor)
{
	const struct control_acts acts = {.reload = control_reload_act, .upgrade = control_upgrade_act,
	    .changed = nodes_overridden, .notify_test = notify_test, .context = supervisor};
	struct control *control = control_new(supervisor->base, &supervisor->view, supervisor->checks, supervisor->workers,
	    &acts);

	if (control == NULL)
		return NULL;
	events_listen(supervisor->events, control_heard, control);
	notifier_listen(supervisor->notifier, control_tested, control);
	return control;
}
