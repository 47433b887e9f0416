/*
 * What the supervisor hears: of its checks, its children and the time. Touches the process's title, and tells everyone
 * else. Invariant: what is kept for the next start is kept before anyone is told.
 */
#include <bsd/unistd.h>
#include <errno.h>
#include <stdio.h>
#include <sys/wait.h>

#include "../common/log.h"
#include "../common/monotime.h"
#include "addresses.h"
#include "control.h"
#include "feed.h"
#include "hook.h"
#include "hook_node.h"
#include "launcher.h"
#include "loggers.h"
#include "loop.h"
#include "notifier.h"
#include "pulse.h"
#include "stop.h"
#include "supervisor_internal.h"
#include "worker.h"

#define TITLE_NS (100 * NS_PER_MILLISECOND) /* until changes are shown: counting takes all checks */

void
supervisor_title_show(const struct supervisor *supervisor)
{
	setproctitle("-ExaCheck Master Process [%s]: %s [%zu of %zu up]", supervisor->config->path,
	    stop_begun(supervisor->stop) ? "Stopping" : "Sleeping", checks_up(supervisor->checks),
	    checks_count(supervisor->checks));
}

void
supervisor_title_turn(evutil_socket_t fd, short what, void *context)
{
	(void)fd;
	(void)what;
	supervisor_title_show(context);
}

/* Soon: many checks may change at once. */
void
supervisor_title_changed(const struct supervisor *supervisor)
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

void
supervisor_transition(void *context, const struct transition *transition)
{
	struct supervisor *supervisor = context;

	node_journal_event(&supervisor->notes, transition); /* before anyone is told of it */
	chronicle_transition(&supervisor->chronicle, transition);
	hooks_transition(supervisor->hooks, transition);
	pulse_set(supervisor->pulse);
	guard_tell(supervisor);
	if (transition->result != NULL)
		control_result(supervisor->control);
	if (transition->before.state == transition->after.state)
		return;
	supervisor_title_changed(supervisor);
}

void
supervisor_change(void *context, const struct node_change *change)
{
	struct supervisor *supervisor = context;

	node_journal_change(&supervisor->notes, change);
	chronicle_change(&supervisor->chronicle, change);
	hooks_node_changed(supervisor->hooks, change, change->node->rank >= checks_count(supervisor->checks));
	pulse_set(supervisor->pulse); /* what the guard permits comes after the event that made it do so */
	addresses_changed(supervisor->addresses);
	guard_tell(supervisor);
	if (change->before != change->after)
		supervisor_title_changed(supervisor);
}

void
supervisor_told(void *context, const struct log_record *record, const struct notifier_change *change)
{
	const struct supervisor *supervisor = context;

	loggers_record(supervisor->loggers, record);
	notifier_record(supervisor->notifier, record, change);
}

/* Reap every child that ended. */
void
supervisor_reap(struct supervisor *supervisor)
{
	pid_t pid;
	int status;

	while ((pid = waitpid(-1, &status, WNOHANG)) > 0 || (pid == -1 && errno == EINTR))
		if (pid > 0 && !launcher_reaped(supervisor->launcher, pid, status) &&
		    !upgrade_reaped(supervisor->upgrade, pid, status) && !hooks_reaped(supervisor->hooks, pid, status) &&
		    !feed_reaped(supervisor->feed, pid, status) && !loggers_reaped(supervisor->loggers, pid, status) &&
		    !notifier_reaped(supervisor->notifier, pid, status) &&
		    !addresses_reaped(supervisor->addresses, pid, status))
			workers_reaped(supervisor->workers, pid, status);
}

/* What a service manager shows. */
void
supervisor_describe(void *context, char *text, size_t size)
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
