/*
 * The life of helpers. Invariant: there is one exactly while there is something for it to do, but for the times between
 * one and the next.
 */
#include "helper_internal.h"

#include <errno.h>
#include <event2/buffer.h>
#include <event2/event.h>
#include <limits.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "child.h"
#include "launcher.h"
#include "loop.h"
#include "state.h"

static void
helper_wait(struct helper *helper, monotime_t until)
{
	helper->phase = HELPER_WAITING;
	helper->due = until;
	loop_arm(helper->timer, monotime_left(until, monotime_now()));
}

/* Nobody wanted its end. */
static void
helper_failed(struct helper *helper, monotime_t next)
{
	const char *then = monotime_before(monotime_now(), next) ? "; another is started soon" : "; another is started now";

	if (helper->stopping || helper->setup == NULL)
		then = "";
	helper->failures++;
	HELPER_SAY(helper, LOG_LEVEL_WARNING, LOG_FAULT_CRASH, 0, "%s ended%s%s", helper->kind->name, then,
	    helper->kind->events ? "; what was on its way to it may be lost" : "");
}

/* There is no process any more. */
static void
helper_ended(struct helper *helper, bool unexpected)
{
	monotime_t next;

	if (helper->pipe.fd != -1)
		helper_hear(helper); /* its last words */
	helper_close(helper);
	next = backoff_ended(&helper->backoff, monotime_now());
	if (unexpected)
		helper_failed(helper, next);
	helper->lost = false;
	if (helper->stopping)
		helper->phase = HELPER_ENDING;
	else
		helper_wait(helper, next);
}

/* The report of the launcher. */
static void
helper_launched(void *context, pid_t pid, int error)
{
	struct helper *helper = context;

	helper->launch = 0;
	helper->pid = pid;
	if (pid > 0) {
		HELPER_SAY(helper, LOG_LEVEL_DEBUG, LOG_FAULT_NONE, 0, "started %s, pid %d", helper->kind->name, (int)pid);
		backoff_started(&helper->backoff, monotime_now());
		if (helper->phase == HELPER_ENDING)
			return; /* it is not wanted any more, and sees that */
		if (event_add(helper->pipe.readable, NULL) == -1) {
			helper_kill(helper);
			return;
		}
		if (helper->phase == HELPER_LAUNCHING)
			helper->phase = HELPER_RUNNING;
		helper->pipe.taken = monotime_now();
		helper_tell(helper);
		return;
	}
	if (error != ECHILD)
		HELPER_SAY(helper, LOG_LEVEL_ERROR, LOG_FAULT_NONE, 0, "cannot start %s: %s", helper->kind->name, error == EINVAL ?
		    "what starts programs is of a former version, and does not know it: restart exacheck" : strerror(error));
	/* as soon as it was started, which may have been all that it had to do */
	helper_ended(helper, error == ECHILD && helper->phase != HELPER_ENDING);
}

static void
helper_launch(struct helper *helper)
{
	int theirs = helper_connect(helper);

	if (theirs != -1)
		helper->launch = launcher_request(helper->launcher, helper->kind->program,
		    (enum sandbox_level)helper->identity->sandbox, theirs, helper_launched, helper);
	if (helper->launch == 0) {
		HELPER_SAY(helper, LOG_LEVEL_ERROR, LOG_FAULT_NONE, LOG_ERRNO, "cannot start %s", helper->kind->name);
		helper_close(helper);
		helper_wait(helper, backoff_ended(&helper->backoff, monotime_now()));
	} else {
		helper->phase = HELPER_LAUNCHING;
		helper->lost = false;
		helper_words_begin(&helper->words);
		if (helper->kind->begin != NULL)
			helper->kind->begin(helper->context);
	}
	if (theirs != -1)
		close(theirs);
}

/* It goes on to its end by itself, and is no concern of ours any more. False: there are too many of these. */
static bool
helper_part_with(struct helper *helper)
{
	if (!helper_former_add(&helper->former, helper->pid))
		return false;
	helper->pid = 0;
	helper_close(helper);
	helper_wait(helper, monotime_now());
	return true;
}

/* Follow what there is to do. */
static void
helper_follow(struct helper *helper)
{
	char *setup = NULL;
	bool known = helper->kind->setup(helper->context, &setup);
	bool same = known && (setup == NULL || helper->setup == NULL ? setup == helper->setup :
	    strcmp(setup, helper->setup) == 0);

	if (!known && !helper->stale)
		HELPER_SAY(helper, LOG_LEVEL_ERROR, LOG_FAULT_NONE, 0, "out of memory: %s follows the configuration later",
		    helper->kind->name);
	helper->stale = !known;
	if (!known || same) {
		free(setup);
		return;
	}
	free(helper->setup);
	helper->setup = setup;
	switch (helper->phase) {
	case HELPER_OFF:
	case HELPER_WAITING:
		helper->backoff = (struct backoff){.living = true};
		helper_wait(helper, monotime_now());
		break;
	case HELPER_LAUNCHING:
	case HELPER_RUNNING:
		helper->backoff = (struct backoff){.living = true};
		if (helper->kind->events) {
			helper_finish(helper, "{\"type\":\"leave\"}\n");
			break;
		}
		helper_close(helper);
		helper_end(helper);
		break;
	case HELPER_FINISHING:
	case HELPER_ENDING:
		break;
	}
}

/* Its time is over, and it has not ended. */
static void
helper_outlast(struct helper *helper)
{
	if (helper->stopping)
		return; /* who stops everything kills what is left, in a time of its own: see stop.h */
	if (helper->kind->events && !helper->lost && helper->launch == 0 && helper_part_with(helper))
		return;
	if (helper->kind->events && !helper->lost && helper->pid > 0) {
		HELPER_SAY(helper, LOG_LEVEL_WARNING, LOG_FAULT_SILENCE, 0, "%s, pid %d, does not end: it is killed",
		    helper->kind->name, (int)helper->pid);
		helper->lost = true;
	}
	if (helper->pid > 0)
		kill(helper->pid, SIGKILL);
	loop_arm(helper->timer, HELPER_RETRY_NS);
}

static void
helper_turn(evutil_socket_t fd, short what, void *context)
{
	struct helper *helper = context;
	int64_t left_ns = monotime_left(helper->due, monotime_now());

	(void)fd;
	(void)what;
	if (helper->stale)
		helper_follow(helper);
	switch (helper->phase) {
	case HELPER_WAITING:
		if (left_ns > 0)
			loop_arm(helper->timer, left_ns);
		else if (helper->setup != NULL)
			helper_launch(helper);
		else
			helper->phase = HELPER_OFF;
		break;
	case HELPER_RUNNING:
	case HELPER_FINISHING:
		if (helper->launch != 0 || helper_pipe_heard(&helper->pipe)) {
			helper_tell(helper);
			break;
		}
		HELPER_SAY(helper, LOG_LEVEL_WARNING, LOG_FAULT_SILENCE, 0, "%s, pid %d, does not listen any more: it is killed",
		    helper->kind->name, (int)helper->pid);
		helper_kill(helper);
		break;
	case HELPER_ENDING:
		if (helper->pid == 0 && helper->launch == 0)
			break;
		if (left_ns > 0)
			loop_arm(helper->timer, left_ns);
		else
			helper_outlast(helper);
		break;
	case HELPER_OFF:
	case HELPER_LAUNCHING:
		break;
	}
	if (helper->stale)
		loop_arm(helper->timer, HELPER_RETRY_NS);
}

struct helper *
helper_new(struct event_base *base, const struct helper_kind *kind, const struct identity *identity,
    struct launcher *launcher, void *context)
{
	struct helper *helper = calloc(1, sizeof(*helper));

	if (helper == NULL)
		return NULL;
	*helper = (struct helper){.base = base, .kind = kind, .identity = identity, .launcher = launcher,
	    .context = context};
	if (helper_pipe_init(&helper->pipe) && helper_former_init(&helper->former, base) &&
	    (helper->timer = event_new(base, -1, 0, helper_turn, helper)) != NULL &&
	    event_priority_set(helper->timer, LOOP_LAST) == 0)
		return helper;
	helper_free(helper);
	return NULL;
}

void
helper_free(struct helper *helper)
{
	if (helper == NULL)
		return;
	helper_pipe_clear(&helper->pipe);
	helper_former_clear(&helper->former);
	if (helper->launch != 0)
		launcher_forget(helper->launcher, helper->launch);
	if (helper->pid > 0)
		kill(helper->pid, SIGKILL);
	if (helper->timer != NULL)
		event_free(helper->timer);
	free(helper->setup);
	free(helper);
}

void
helper_configure(struct helper *helper)
{
	helper_follow(helper);
	if (helper->stale || helper->phase == HELPER_RUNNING)
		loop_arm(helper->timer, 0);
}

void
helper_wake(struct helper *helper)
{
	if (helper->phase == HELPER_RUNNING && !helper->stale && helper_pipe_empty(&helper->pipe))
		loop_arm(helper->timer, 0);
}

void
helper_press(struct helper *helper)
{
	/* while it takes nothing, the time goes on that it may do so */
	if (helper->phase == HELPER_RUNNING && !helper->stale && helper_pipe_flush(&helper->pipe))
		helper_tell(helper);
}

bool
helper_wanted(const struct helper *helper)
{
	return helper->setup != NULL || helper->stale;
}

void
helper_stop(struct helper *helper)
{
	static const char bye[] = "{\"type\":\"bye\"}\n";
	bool tells = helper->phase == HELPER_RUNNING || (helper->kind->events && helper->phase == HELPER_LAUNCHING);

	helper->stopping = true;
	if (tells && helper->kind->events) {
		helper_finish(helper, bye);
		return;
	}
	if (tells && helper_pipe_flush(&helper->pipe) && evbuffer_add(helper->pipe.out, bye, sizeof(bye) - 1) == 0)
		helper_pipe_flush(&helper->pipe);
	if (helper->phase == HELPER_FINISHING)
		return;
	if (!helper->kind->events)
		helper_close(helper);
	if (helper->phase != HELPER_ENDING || !helper->kind->events)
		helper_end(helper);
}

bool
helper_ends(const struct helper *helper)
{
	return helper->stopping && (helper->pid > 0 || helper->launch != 0);
}

pid_t
helper_pid(const struct helper *helper)
{
	return helper->pid;
}

void
helper_leave(struct helper *helper)
{
	if (helper->kind->events) {
		if (helper->phase == HELPER_RUNNING)
			helper_finish(helper, "{\"type\":\"leave\"}\n");
		/* nobody comes back to this: what it does not take now it does not get */
		if (helper->pid > 0 && !helper->lost)
			helper_part_with(helper);
		return;
	}
	if (helper->phase == HELPER_RUNNING)
		helper_kill(helper);
	helper->lost = false;
}

bool
helper_told(const struct helper *helper)
{
	return helper->phase == HELPER_OFF || (helper->phase == HELPER_RUNNING && helper_pipe_empty(&helper->pipe));
}

static bool
process_save(const struct helper *helper, pid_t pid, FILE *file)
{
	return pid == 0 || state_write(file, "helper", json_pack("{ss si}", "name", helper->kind->name, "pid", (int)pid));
}

bool
helper_save(const struct helper *helper, FILE *file)
{
	if (helper->kind->events && !process_save(helper, helper->pid, file))
		return false;
	for (size_t i = 0; i < HELPER_FORMER_MAX; i++)
		if (!process_save(helper, helper->former.list[i].pid, file))
			return false;
	return true;
}

void
helper_load(struct helper *helper, const json_t *map)
{
	const char *name = state_text(map, "name");
	json_int_t pid = json_integer_value(json_object_get(map, "pid"));

	if (name == NULL || strcmp(name, helper->kind->name) != 0 || pid <= 0 || pid > INT_MAX || !child_exists((pid_t)pid))
		return;
	if (helper_former_add(&helper->former, (pid_t)pid))
		return;
	HELPER_SAY(helper, LOG_LEVEL_WARNING, LOG_FAULT_NONE, 0,
	    "too many of %s are yet to finish: pid %d is killed, and what it had not finished is lost", name, (int)pid);
	kill((pid_t)pid, SIGKILL);
}

uint64_t
helper_failures(const struct helper *helper)
{
	return helper->failures;
}

bool
helper_reaped(struct helper *helper, pid_t pid, int status)
{
	char text[CHILD_END_SIZE];
	enum log_level level = child_end(status, text);
	bool former = helper_former_reaped(&helper->former, pid);

	if (!former && (helper->pid == 0 || pid != helper->pid))
		return false;
	/* a former one, to which nobody listens, says by its status whether there was something that it could not finish */
	if (former && status != 0)
		HELPER_SAY(helper, LOG_LEVEL_WARNING, LOG_FAULT_NONE, 0, "%s, pid %d, %s: what it had not finished is lost",
		    helper->kind->name, (int)pid, text);
	else
		HELPER_SAY(helper, level, LOG_FAULT_NONE, 0, "%s, pid %d, %s", helper->kind->name, (int)pid, text);
	if (former)
		return true;
	helper->pid = 0; /* from now on it may be another process's */
	helper_ended(helper, helper->lost || helper->phase == HELPER_RUNNING || helper->phase == HELPER_FINISHING);
	return true;
}
