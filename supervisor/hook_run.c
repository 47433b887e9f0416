/*
 * One run of a hook: a worker that is given one job, executes it once, reports once and is killed. Touches processes
 * and their channels. Invariant: a process gets its job only when it is known to be ours, so that a run that did not
 * come about has run nothing and can be begun again; what a process says that is not its turn to say ends it.
 */
#include "hook_internal.h"

#include <bsd/string.h>
#include <errno.h>
#include <event2/event.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

#include "../common/log.h"
#include "../common/message.h"
#include "../common/methods/shell.h"
#include "job.h"
#include "loop.h"
#include "peer.h"
#include "spawner.h"

/* How much longer than its time-out a run may take: nothing is in a hurry for its result. */
#define GRACE_NS (2 * NS_PER_SECOND)
/* Until a second execution, which the worker does not live to see. */
#define NEVER_AGAIN_NS (INT64_C(365) * 86400 * NS_PER_SECOND)

/* What a run's process may say in which phase. */
static const unsigned permitted[RUN_PHASES] = {
	[RUN_STARTING] = 1u << MESSAGE_STARTED | 1u << MESSAGE_LOG,
	[RUN_RUNNING] = 1u << MESSAGE_RESULT | 1u << MESSAGE_LOG,
};

/* The process. */

static void
run_events_free(struct hook_run *run)
{
	if (run->channel != NULL)
		event_free(run->channel);
	if (run->timer != NULL)
		event_free(run->timer);
	run->channel = run->timer = NULL;
}

void
run_kill(struct hook_run *run)
{
	run_events_free(run);
	if (run->fd != -1)
		close(run->fd);
	run->fd = -1;
	if (run->pid > 0)
		kill(run->pid, SIGKILL); /* not reaped yet, so the number is still its own */
	run->pid = 0;
}

static void
run_end(struct hook_run *run)
{
	log_limit_tell(&run->log, run->owner->name, monotime_now());
	run_kill(run);
	run_free(run);
}

/* Without a result. */
static void
run_failed(struct hook_run *run, const char *why)
{
	log_line(LOG_LEVEL_WARNING, run->owner->name, "hook %s failed: %s", run->texts[TEXT_KEY], why);
	run_end(run);
}

struct hook_run *
run_by_pid(struct hooks *hooks, pid_t pid)
{
	struct hook_run *run;

	TAILQ_FOREACH(run, &hooks->active, entry)
		if (pid > 0 && run->pid == pid)
			return run;
	return NULL;
}

/* Messages. */

/* What a message means to the run. */
enum heard { HEARD_ON, HEARD_END /* it is freed */, HEARD_BAD };

static enum heard
handle_started(struct hook_run *run, const union message *message)
{
	char sandbox[MESSAGE_TEXT_SIZE];

	strlcpy(sandbox, message->started.sandbox, sizeof(sandbox));
	text_sanitise(sandbox);
	run->phase = RUN_RUNNING;
	log_line(LOG_LEVEL_DEBUG, run->owner->name, "hook %s started; sandbox: %s", run->texts[TEXT_KEY], sandbox);
	return HEARD_ON;
}

static enum heard
handle_log(struct hook_run *run, const union message *message)
{
	return peer_log(&message->log, run->owner->name, &run->chatter, &run->log, monotime_now()) ? HEARD_ON : HEARD_BAD;
}

static enum heard
handle_result(struct hook_run *run, const union message *message)
{
	const struct message_result *sent = &message->result;
	const char *key = run->texts[TEXT_KEY], *name = run->owner->name;
	double seconds = (double)sent->duration_ns / NS_PER_SECOND;
	struct result result;

	if (sent->off_grid != 0 || !peer_result(sent, monotime_sub(monotime_now(), run->begun), &result))
		return HEARD_BAD;
	if (result.code == RESULT_PASS)
		log_line(LOG_LEVEL_DEBUG, name, "hook %s: %s (%.3f s)", key, result.text, seconds);
	else
		log_line(LOG_LEVEL_WARNING, name, "hook %s failed (%s): %s (%.3f s)", key, reason_name(result.reason),
		    result.text, seconds);
	run_end(run);
	return HEARD_END;
}

static enum heard (*const handlers[MESSAGE_TYPES])(struct hook_run *, const union message *) = {
	[MESSAGE_STARTED] = handle_started,
	[MESSAGE_LOG] = handle_log,
	[MESSAGE_RESULT] = handle_result,
};

/* Receive and handle one message. Returns whether there may be more; ended: the run is freed. */
static bool
run_receive(struct hook_run *run, bool *ended)
{
	enum heard heard = HEARD_BAD;
	union message message;
	enum message_status status;
	pid_t sender;

	*ended = false;
	status = message_receive_from(run->fd, &message, permitted[run->phase], &sender);
	if (status == MESSAGE_NONE)
		return false;
	if (status == MESSAGE_OK && sender == run->speaker)
		heard = handlers[message.header.type](run, &message);
	if (heard == HEARD_BAD)
		run_failed(run,
		    status == MESSAGE_CLOSED ? "its process died" : "its process broke the protocol: it was killed");
	*ended = heard != HEARD_ON;
	return heard == HEARD_ON;
}

/* Handle what is there. Returns whether the run goes on. */
static bool
run_drain(struct hook_run *run)
{
	bool ended;

	while (run_receive(run, &ended))
		;
	return !ended;
}

/* One message a turn, as of the workers. */
static void
run_read(evutil_socket_t fd, short what, void *context)
{
	bool ended;

	(void)fd;
	(void)what;
	run_receive(context, &ended);
}

static void
run_expired(evutil_socket_t fd, short what, void *context)
{
	struct hook_run *run = context;

	(void)fd;
	(void)what;
	if (!run_drain(run)) /* a result that came while we were busy counts */
		return;
	if (monotime_left(run->deadline, monotime_now()) > 0)
		loop_arm(run->timer, monotime_left(run->deadline, monotime_now()));
	else
		run_failed(run, "no result in time: its process was killed");
}

void
run_died(struct hook_run *run)
{
	if (run_drain(run))
		run_failed(run, "its process died");
}

/* Begin. */

bool
run_events_new(struct hook_run *run)
{
	struct event_base *base = run->owner->hooks->base;

	run->channel = event_new(base, run->fd, EV_READ | EV_PERSIST, run_read, run);
	run->timer = event_new(base, -1, 0, run_expired, run);
	if (run->channel != NULL && run->timer != NULL)
		return true;
	run_events_free(run);
	errno = ENOMEM;
	return false;
}

bool
run_listen(struct hook_run *run)
{
	errno = ENOMEM;
	if (event_add(run->channel, NULL) == -1)
		return false;
	loop_arm(run->timer, monotime_left(run->deadline, monotime_now()));
	return true;
}

bool
run_begin(struct hook_run *run)
{
	struct hooks *hooks = run->owner->hooks;
	int fds[2], error;
	bool asked;

	if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, fds) == -1)
		return false;
	run->fd = fds[0];
	run->id = ++hooks->last_id;
	errno = EAGAIN; /* unless it is something else */
	asked = message_identify(fds[0]) == 0 && run_events_new(run) && spawner_request(hooks->spawner, run->id, fds[1]);
	error = errno;
	close(fds[1]);
	if (!asked) {
		run_kill(run);
		errno = error;
		return false;
	}
	run->phase = RUN_SPAWNING;
	run_activate(run);
	return true;
}

/* Returns false with errno. */
static bool
run_send_job(const struct hook_run *run)
{
	static char state[] = "STATE", prefixes[] = "PREFIXES", reason[] = "REASON";
	char *keys[] = {state, prefixes, reason};
	char *values[] = {run->texts[TEXT_STATE], run->texts[TEXT_PREFIXES], run->texts[TEXT_REASON]};
	const struct shell_args args = {.common = {.timeout_ns = run->timeout_ns, .sandbox = SANDBOX_DEFAULT},
	    .command = run->texts[TEXT_COMMAND], .environment = {sizeof(keys) / sizeof(keys[0]), keys, values}};
	char title[MESSAGE_STATE_SIZE];
	const struct job job = {.name = run->owner->name, .method = &method_shell, .args = &args, .first = run->begun,
	    .interval_ns = NEVER_AGAIN_NS, .state = title};

	snprintf(title, sizeof(title), "hook %s", run->texts[TEXT_KEY]);
	return job_write(run->fd, &job, run->owner->hooks->identity);
}

/* It has a process: give it its job. Returns false with errno. */
static bool
run_start(struct hook_run *run)
{
	run->begun = monotime_now();
	run->deadline = monotime_add(run->begun, run->timeout_ns + GRACE_NS);
	run->phase = RUN_STARTING;
	run->speaker = run->pid;
	ratelimit_init(&run->chatter, PEER_CHATTER_BURST, PEER_CHATTER_A_SECOND);
	log_limit_init(&run->log);
	return run_listen(run) && run_send_job(run);
}

static struct hook_run *
run_asked(struct hooks *hooks, uint32_t id)
{
	struct hook_run *run;

	TAILQ_FOREACH(run, &hooks->active, entry)
		if (run->phase == RUN_SPAWNING && run->id == id)
			return run;
	return NULL;
}

/* It cannot be begun now, or ever. Nothing was run. */
static void
run_put_off(struct hook_run *run, int error)
{
	struct hooks *hooks = run->owner->hooks;

	if (error == EMSGSIZE) {
		run_failed(run, "the command is too long");
	} else if (run->unwanted) {
		run_end(run);
	} else {
		run_kill(run);
		run_requeue(run);
		hooks_failed(hooks, error);
	}
}

void
run_spawned(void *context, uint32_t id, pid_t pid, int error)
{
	struct hooks *hooks = context;
	struct hook_run *run = run_asked(hooks, id);

	if (run == NULL || hooks->stopping)
		return;
	if (pid > 0 && run_by_pid(hooks, pid) == NULL && spawner_made(hooks->spawner, pid))
		run->pid = pid;
	if (run->pid == 0 || run->unwanted) {
		run_put_off(run, error != 0 ? error : ECHILD);
		return;
	}
	if (!run_start(run)) {
		run_put_off(run, errno);
		return;
	}
	hooks->backoff = (struct backoff){.failures = 0};
	hooks->retry = (monotime_t){0};
	hooks_wake(hooks); /* another spawner may have waited for this report */
}
