/*
 * The running exacheck: made of its parts, started, freed. Invariant: whatever ends it goes through stop.c.
 */
#include "supervisor_internal.h"

#include <errno.h>
#include <event2/event.h>
#include <malloc.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <unistd.h>

#include "../common/log.h"
#include "../common/monotime.h"
#include "addresses.h"
#include "channel_output.h"
#include "checks.h"
#include "config_source.h"
#include "confine.h"
#include "control.h"
#include "control_protocol.h"
#include "descriptor.h"
#include "events.h"
#include "feed.h"
#include "hook.h"
#include "journal.h"
#include "launcher.h"
#include "loggers.h"
#include "loop.h"
#include "notifier.h"
#include "once.h"
#include "overrides.h"
#include "program.h"
#include "pulse.h"
#include "route.h"
#include "service.h"
#include "stop.h"
#include "watch.h"
#include "watchdog.h"
#include "worker.h"

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

/* What another program of this process left of everything that is there by now. False: not all could be restored. */
static bool
state_restore(struct supervisor *supervisor, int file)
{
	struct handover handover = supervisor_handover_parts(supervisor);

	handover.usable = supervisor->left->usable;
	return handover_rest(&handover, file);
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
		if (!state_restore(supervisor, supervisor->left_file)) /* what it lost is not to be lost in their file, too */
			overrides_load(supervisor->overrides, monotime_now());
		overrides_changed(supervisor->overrides, problem); /* of the state: their time is to go on */
	} else {
		node_journal_restore(supervisor->journal, supervisor->checks, monotime_now());
		overrides_load(supervisor->overrides, monotime_now());
	}
}

static bool
checks_start(struct supervisor *supervisor)
{
	const struct reload reload = supervisor_reload_parts(supervisor);
	const struct global_options *global = &supervisor->config->global;

	if (!routes_start(supervisor) || !reload_start(&reload))
		return false;
	nodes_restore(supervisor);
	node_journal_begin(&supervisor->notes);
	pulse_set(supervisor->pulse);
	journal_begin(supervisor->journal, ledger_settle(supervisor->ledger));
	feed_configure(supervisor->feed);
	addresses_configure(supervisor->addresses);
	watch_set(supervisor->watch, global->live_reload, global->monitoring_interval_ns);
	config_kept_write(&supervisor->kept, supervisor->config);
	journal_on_turn(supervisor->journal, supervisor_attend, supervisor);
	return true;
}

static struct stop *
stop_make(struct supervisor *supervisor)
{
	const struct stop_parts parts = {supervisor->base, supervisor->ledger, supervisor->channel, supervisor->workers,
		supervisor->hooks, supervisor->launcher, supervisor->checks, supervisor->feed, supervisor->loggers,
		supervisor->notifier, supervisor->addresses, supervisor_alone(supervisor)};

	return stop_new(&parts);
}

static bool
once_make(struct supervisor *supervisor)
{
	const struct once_parts parts = {supervisor->base, supervisor->checks, supervisor->channel, supervisor->hooks};

	supervisor->once = once_new(&parts, supervisor_done, supervisor);
	return supervisor->once != NULL;
}

/* What does not depend on how it starts. Returns false with errno, or out of memory. */
static bool
parts_make(struct supervisor *supervisor)
{
	const struct checks_listener listener = {supervisor_transition, supervisor_change, supervisor};
	const struct handover *left = supervisor->left;
	const struct config *config = supervisor->config;

	if ((supervisor->base = loop_new()) == NULL ||
	    (supervisor->title = event_new(supervisor->base, -1, 0, supervisor_title_turn, supervisor)) == NULL ||
	    event_priority_set(supervisor->title, LOOP_LAST) == -1 || (supervisor->ledger = ledger_new()) == NULL ||
	    (supervisor->journal = journal_new(supervisor->base, config->global.runtime_dir, supervisor->ledger,
	    left != NULL ? left->lock : JOURNAL_LOCK_TAKE)) == NULL ||
	    !config_kept_init(&supervisor->kept, config->global.runtime_dir, journal_lock(supervisor->journal) != -1) ||
	    (supervisor->checks = checks_new(supervisor->ledger, &listener)) == NULL ||
	    (supervisor->overrides = overrides_new(supervisor->base, supervisor->checks, supervisor->journal,
	    config->global.runtime_dir)) == NULL ||
	    (supervisor->events = events_new()) == NULL ||
	    (supervisor->pulse = pulse_new(supervisor->base, supervisor->checks)) == NULL ||
	    !launcher_attach(supervisor->launcher, supervisor->base) ||
	    (supervisor->workers = workers_new(supervisor->base, &supervisor->identity, supervisor->launcher)) == NULL ||
	    (supervisor->hooks = hooks_new(supervisor->base, &supervisor->identity, supervisor->launcher)) == NULL ||
	    (supervisor->loggers = loggers_new(supervisor->base, &supervisor->config, &supervisor->identity,
	    supervisor->launcher)) == NULL ||
	    (supervisor->notifier = notifier_new(supervisor->base, &supervisor->config, &supervisor->identity,
	    supervisor->launcher)) == NULL ||
	    (supervisor->addresses = addresses_new(supervisor->base, &supervisor->config, supervisor->checks,
	    &supervisor->identity, supervisor->launcher, journal_lock(supervisor->journal) != -1)) == NULL)
		return false;
	supervisor->notes = (struct node_journal){supervisor->journal, supervisor->checks};
	supervisor->chronicle = (struct chronicle){.checks = supervisor->checks, .events = supervisor->events,
	    .tell = supervisor_told, .context = supervisor};
	chronicle_begin(&supervisor->chronicle);
	supervisor_outlets_follow(supervisor);
	supervisor->channel = (left != NULL ? channel_adopt : channel_new)(supervisor->base, config, supervisor->ledger,
	    supervisor_channel_ended, supervisor);
	supervisor->upgrade = left != NULL ?
	    upgrade_adopt(supervisor->base, supervisor->launcher, &supervisor_upgrade_hooks, supervisor, supervisor->left_file) :
	    upgrade_new(supervisor->base, supervisor->launcher, &supervisor_upgrade_hooks, supervisor);
	supervisor->view = (struct view){&supervisor->config, supervisor->checks, supervisor->ledger, supervisor->channel,
	    supervisor->events, &supervisor->counts, monotime_now(), supervisor->loggers, supervisor->notifier,
	    supervisor->addresses};
	supervisor->control = supervisor_control(supervisor);
	supervisor->feed = feed_new(supervisor->base, &supervisor->view, supervisor->checks, &supervisor->identity,
	    supervisor->launcher);
	return supervisor->control != NULL && supervisor->feed != NULL && supervisor->channel != NULL &&
	    supervisor->upgrade != NULL &&
	    (supervisor->stop = stop_make(supervisor)) != NULL &&
	    (!(left != NULL ? left->once : supervisor->start->once) || once_make(supervisor)) &&
	    (supervisor->watch = watch_new(supervisor->base, supervisor->start->source->file, supervisor_file_changed, supervisor)) != NULL &&
	    (supervisor->signals = signals_new(supervisor->base, supervisor_signals, supervisor)) != NULL;
}

static bool
supervisor_begin(struct supervisor *supervisor)
{
	int64_t watchdog_ns = supervisor->start->watchdog_ns;

	descriptors_raise();
	/* what a killed worker leaves behind becomes ours to reap */
	prctl(PR_SET_CHILD_SUBREAPER, 1);
	signal(SIGPIPE, SIG_IGN);
	if (!parts_make(supervisor) || !checks_start(supervisor) ||
	    !service_start(supervisor->base, supervisor_describe, supervisor) ||
	    (watchdog_ns > 0 && !watchdog_start(supervisor->base, watchdog_ns))) {
		log_errorx("cannot start: %s", errno != 0 ? strerror(errno) : "out of memory");
		return false;
	}
	supervisor_title_show(supervisor);
	control_listen(supervisor->control);
	malloc_trim(0); /* the configuration was much text, and in pieces; so was the state */
	if (supervisor->left == NULL)
		return supervisor_confine((enum sandbox_level)supervisor->config->global.sandbox);
	/* confined as before; but setting a signal to its default has discarded what said that children ended */
	supervisor_reap(supervisor);
	return true;
}

static void
supervisor_free(struct supervisor *supervisor)
{
	signals_free(supervisor->signals);
	if (supervisor->events != NULL)
		events_listen(supervisor->events, NULL, NULL);
	control_free(supervisor->control);
	once_free(supervisor->once);
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
	chronicle_end(&supervisor->chronicle); /* nobody is told any more */
	loggers_free(supervisor->loggers);
	notifier_free(supervisor->notifier);
	addresses_free(supervisor->addresses);
	launcher_free(supervisor->launcher);
	if (supervisor->channel != NULL)
		channel_free(supervisor->channel);
	journal_free(supervisor->journal);
	config_kept_end(&supervisor->kept);
	if (supervisor->ledger != NULL)
		ledger_free(supervisor->ledger);
	if (supervisor->title != NULL)
		event_free(supervisor->title);
	if (supervisor->base != NULL)
		event_base_free(supervisor->base);
	events_free(supervisor->events);
	checks_free(supervisor->checks);
	config_free(supervisor->config);
}

/* Where there may be several, and how else would one know. */
static void
control_tell(const struct control *control)
{
	const char *path = control_path(control);

	if (path != NULL && strcmp(path, CONTROL_PATH) != 0)
		log_info("to ask what it does: exacheck-ctl -s %s status", path);
}

static int
supervisor_loop(struct supervisor *supervisor)
{
	bool ended = loop_run(supervisor->base) == 0;

	return ended && !supervisor->failed ? 0 : 1;
}

int
supervisor_run(const struct supervisor_start *start, struct config *config, const struct identity *identity,
    struct launcher *launcher)
{
	struct supervisor supervisor = {.start = start, .config = config, .identity = *identity, .launcher = launcher};
	int status = 1;

	errno = 0;
	if (supervisor_begin(&supervisor)) {
		log_info("exacheck %s started: %zu check%s of %s", program_version, config->count, config->count == 1 ? "" : "s",
		    config->path);
		control_tell(supervisor.control);
		status = supervisor_loop(&supervisor);
	}
	supervisor_free(&supervisor);
	return status;
}

bool
supervisor_resume(const struct supervisor_start *start, int file, int *status)
{
	struct handover left;
	struct supervisor supervisor = {.start = start, .left = &left, .left_file = file};
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
	if (supervisor_begin(&supervisor)) {
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
