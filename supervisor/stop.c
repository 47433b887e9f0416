/*
 * The end: drain, then withdraw and reap, then out of the loop. Invariant: it comes to its end in a time that is
 * known at its beginning, whatever ExaBGP and the children do.
 */
#include "stop.h"

#include <event2/event.h>
#include <stdlib.h>

#include "../common/log.h"
#include "../common/monotime.h"
#include "addresses.h"
#include "channel.h"
#include "checks.h"
#include "child.h"
#include "feed.h"
#include "hook.h"
#include "launcher.h"
#include "loggers.h"
#include "loop.h"
#include "notifier.h"
#include "route.h"
#include "service.h"
#include "worker.h"

/* ExaBGP 5 kills its process 2 s after asking it to end. */
#define LIMIT_NS (1200 * NS_PER_MILLISECOND)
#define DRAIN_LIMIT_NS (500 * NS_PER_MILLISECOND) /* of which the drain may have this much */
/* Nobody kills a service that soon, and a long table takes ExaBGP a while. */
#define ALONE_LIMIT_NS (10 * NS_PER_SECOND)
/*
 * ExaBGP beside us is out of reach for a moment when it reloads its configuration, and keeps its routes: what is yet
 * to be withdrawn is worth this wait for it.
 */
#define RETURN_NS (1 * NS_PER_SECOND)
#define POLL_NS (5 * NS_PER_MILLISECOND)
/* Then processes are killed that end by nobody's word: what a check left behind and nobody knows. */
#define SPARED_MAX 5
#define KILL_NS (100 * NS_PER_MILLISECOND)
#define FEED_NS (400 * NS_PER_MILLISECOND) /* exacheck-web writes its files for the last time */
#define NOTIFY_NS (950 * NS_PER_MILLISECOND) /* exacheck-notify delivers what it has */
#define REAP_NS (50 * NS_PER_MILLISECOND) /* those are killed and reaped in */
/* exacheck-log writes the last lines, after all that: at least, and at most, when the end itself was short. */
#define LAST_NS (200 * NS_PER_MILLISECOND)
#define LAST_LONG_NS (750 * NS_PER_MILLISECOND)

enum phase { PHASE_NONE, PHASE_DRAIN, PHASE_END, PHASE_LAST };

struct stop {
	struct stop_parts parts;
	struct event *timer;
	enum phase phase;
	bool keep;
	monotime_t begun;
	int64_t limit_ns; /* of the end after the drain */
	monotime_t deadline;
	monotime_t there; /* when ExaBGP was last there, not before the end began */
	bool signalled;
	bool addresses; /* exacheck-address was told */
	bool hurried; /* commands no longer wait for answers to earlier ones, so answers may come that nothing waits for */
};

/* The drain. */

/* How long the drain goes on: until the first node has drained, until the last has; 0: none does. */
struct drain {
	int64_t first_ns, last_ns;
};

/* apply: tell each node, too. */
static struct drain
drain_walk(const struct stop *stop, bool apply)
{
	monotime_t now = monotime_now();
	int64_t limit_ns = stop->parts.alone ? INT64_MAX : DRAIN_LIMIT_NS;
	struct drain drain = {0, 0};

	for (size_t i = 0; i < checks_node_count(stop->parts.checks); i++) {
		struct node *node = checks_node(stop->parts.checks, i);
		int64_t left_ns = node_drain_time(node, stop->begun, limit_ns, now);

		if (left_ns > drain.last_ns)
			drain.last_ns = left_ns;
		if (left_ns > 0 && (drain.first_ns == 0 || left_ns < drain.first_ns))
			drain.first_ns = left_ns;
		if (apply)
			node_stop(node, left_ns > 0 ? NODE_ENDING : NODE_ENDED);
	}
	return drain;
}

/* Returns how long the drain goes on; 0: it is over, or there is none. */
static int64_t
drain_turn(struct stop *stop)
{
	struct drain drain = drain_walk(stop, false);

	/* Where nothing drains, the end withdraws all at once. */
	if (drain.last_ns > 0)
		drain = drain_walk(stop, true);
	if (drain.last_ns > 0)
		loop_arm(stop->timer, drain.first_ns);
	return drain.last_ns;
}

/* The end. */

/* For good: while answers are awaited, what waits for its time must not announce anything anew. */
static void
withdraw_all(const struct stop *stop)
{
	ledger_withdraw_all(stop->parts.ledger);
	for (size_t i = 0; i < checks_node_count(stop->parts.checks); i++)
		node_stop(checks_node(stop->parts.checks, i), NODE_ENDED);
}

static void
stop_end(struct stop *stop)
{
	int64_t drain_ns = stop->phase == PHASE_DRAIN ? DRAIN_LIMIT_NS : 0;

	stop->phase = PHASE_END;
	stop->limit_ns = stop->parts.alone ? ALONE_LIMIT_NS : LIMIT_NS - drain_ns;
	stop->deadline = monotime_add(monotime_now(), stop->limit_ns);
	stop->there = monotime_now();
	workers_stop(stop->parts.workers);
	hooks_stop(stop->parts.hooks);
	feed_stop(stop->parts.feed);
	notifier_stop(stop->parts.notifier);
	if (!stop->keep)
		withdraw_all(stop);
	event_active(stop->timer, EV_TIMEOUT, 0);
}

/* Whether ExaBGP is away, may be back in a moment, and would then be told something. */
static bool
return_awaited(struct stop *stop, monotime_t now)
{
	if (!stop->parts.alone || stop->keep)
		return false;
	if (channel_connected(stop->parts.channel)) {
		stop->there = now;
		return false;
	}
	return ledger_pending(stop->parts.ledger) > 0 && monotime_before(now, monotime_add(stop->there, RETURN_NS));
}

/*
 * Those that end by themselves and have time for it yet, since the end began; the log is the last that does. Returns
 * how many they are.
 */
static size_t
spared(const struct stop *stop, int64_t elapsed_ns, pid_t list[static SPARED_MAX])
{
	const struct {
		pid_t pid;
		int64_t time_ns;
	} helpers[SPARED_MAX] = {
		{loggers_pid(stop->parts.loggers), INT64_MAX},
		{feed_ends(stop->parts.feed) ? feed_pid(stop->parts.feed) : 0, FEED_NS},
		{notifier_ends(stop->parts.notifier) ? notifier_pid(stop->parts.notifier) : 0, NOTIFY_NS},
		{addresses_pid(stop->parts.addresses), stop->limit_ns},
		{stop->addresses ? 0 : launcher_pid(stop->parts.launcher), stop->limit_ns},
	};
	bool over = elapsed_ns >= stop->limit_ns - REAP_NS;
	size_t count = 0;

	for (size_t i = 0; i < SPARED_MAX; i++)
		if (helpers[i].pid > 0 && (helpers[i].time_ns == INT64_MAX || (!over && elapsed_ns < helpers[i].time_ns)))
			list[count++] = helpers[i].pid;
	return count;
}

/* All that is left to be done is told by now: the log is the last that ends. */
static void
last_begin(struct stop *stop)
{
	int64_t left_ns = monotime_left(stop->deadline, monotime_now()) + LAST_NS;

	log_info("stopped");
	stop->phase = PHASE_LAST;
	stop->deadline = monotime_add(monotime_now(), left_ns < LAST_LONG_NS ? left_ns : LAST_LONG_NS);
	loggers_stop(stop->parts.loggers);
	event_active(stop->timer, EV_TIMEOUT, 0);
}

static void
last_turn(struct stop *stop)
{
	bool late = monotime_left(stop->deadline, monotime_now()) == 0;

	if (loggers_ends(stop->parts.loggers) && !late) {
		loop_arm(stop->timer, POLL_NS);
		return;
	}
	if (late)
		log_warnx("exacheck-log did not end in time");
	children_kill(NULL, 0);
	event_base_loopbreak(stop->parts.base);
}

/*
 * Addresses go after the routes that lead to them, as far as ExaBGP lets go of these in time. Who takes them away, or
 * was to put up what is kept, may be yet to be started: the launcher is not wanted any more after that.
 */
static void
addresses_turn(struct stop *stop, int64_t elapsed_ns)
{
	bool early = !channel_idle(stop->parts.channel) || addresses_starting(stop->parts.addresses);

	if (stop->addresses || (early && elapsed_ns < stop->limit_ns / 2))
		return;
	stop->addresses = true;
	addresses_stop(stop->parts.addresses, stop->keep);
	launcher_stop(stop->parts.launcher);
}

/* Called every few milliseconds: done when all is said and reaped, or when time is up. */
static void
end_turn(struct stop *stop)
{
	pid_t last = loggers_pid(stop->parts.loggers), list[SPARED_MAX];
	monotime_t now = monotime_now();
	int64_t left_ns = monotime_left(stop->deadline, now), elapsed_ns = stop->limit_ns - left_ns;
	bool children;
	bool idle;

	addresses_turn(stop, elapsed_ns);
	children = children_left(&last, last > 0 ? 1 : 0);
	idle = !return_awaited(stop, now) && !children && channel_idle(stop->parts.channel);

	/* As its process, ExaBGP must not find our end closed when it answers late: then all of the time is used to read. */
	if (left_ns == 0 || (idle && (!stop->hurried || stop->parts.alone))) {
		if (!idle)
			log_warnx("not everything could be withdrawn and reaped in time");
		last_begin(stop);
		return;
	}
	if (!stop->hurried && left_ns <= stop->limit_ns / 2) {
		stop->hurried = true;
		channel_hurry(stop->parts.channel);
	}
	if (children && elapsed_ns >= KILL_NS)
		children_kill(list, spared(stop, elapsed_ns, list));
	loop_arm(stop->timer, POLL_NS);
}

static void
stop_turn(evutil_socket_t fd, short what, void *context)
{
	struct stop *stop = context;

	(void)fd;
	(void)what;
	if (stop->phase == PHASE_DRAIN && drain_turn(stop) == 0)
		stop_end(stop);
	else if (stop->phase == PHASE_END)
		end_turn(stop);
	else if (stop->phase == PHASE_LAST)
		last_turn(stop);
}

void
stop_begin(struct stop *stop, enum stop_cause cause, bool keep)
{
	bool again = stop->phase != PHASE_NONE && cause == STOP_SIGNAL && stop->signalled;
	int64_t drain_ns = 0;

	stop->signalled |= cause == STOP_SIGNAL;
	if (stop->phase == PHASE_DRAIN && (again || cause == STOP_GONE)) {
		log_info("no more draining");
		stop_end(stop);
	}
	if (stop->phase != PHASE_NONE)
		return;
	stop->begun = monotime_now();
	stop->keep = keep;
	if (!keep && cause == STOP_SIGNAL && channel_connected(stop->parts.channel))
		drain_ns = drain_turn(stop);
	service_stopping(drain_ns + (stop->parts.alone ? ALONE_LIMIT_NS : LIMIT_NS));
	if (drain_ns == 0) {
		stop_end(stop);
		return;
	}
	stop->phase = PHASE_DRAIN;
	log_info("draining for %.1f s", (double)drain_ns / NS_PER_SECOND);
}

bool
stop_begun(const struct stop *stop)
{
	return stop->phase != PHASE_NONE;
}

struct stop *
stop_new(const struct stop_parts *parts)
{
	struct stop *stop = calloc(1, sizeof(*stop));

	if (stop == NULL)
		return NULL;
	stop->parts = *parts;
	if ((stop->timer = event_new(parts->base, -1, 0, stop_turn, stop)) != NULL)
		return stop;
	free(stop);
	return NULL;
}

void
stop_free(struct stop *stop)
{
	if (stop == NULL)
		return;
	event_free(stop->timer);
	free(stop);
}
