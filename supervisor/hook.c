/*
 * Hooks that wait. Touches the spawner of their processes. Invariant: runs of one name are under way one at a time, in
 * order, and each at most once; when none can be begun, the next attempt has a time.
 */
#include "hook_internal.h"

#include <bsd/string.h>
#include <errno.h>
#include <event2/event.h>
#include <stdlib.h>
#include <string.h>

#include "../common/log.h"
#include "../common/message.h"
#include "../common/methods/shell.h"
#include "child.h"
#include "loop.h"
#include "spawner.h"

#define IDLE_NS (10 * NS_PER_SECOND) /* the spawner ends that long after the last run */
#define TELL_NS (60 * NS_PER_SECOND) /* between two warnings of dropped runs, or that none can be begun */

void
hooks_wake(struct hooks *hooks)
{
	if (!hooks->stopping && !hooks->paused && hooks->waiting > 0)
		event_active(hooks->pump, EV_TIMEOUT, 0);
}

void
hooks_failed(struct hooks *hooks, int error)
{
	monotime_t now = monotime_now();

	if (!monotime_before(now, hooks->retry)) /* else this is one more of several that failed together */
		hooks->retry = backoff_ended(&hooks->backoff, now);
	hooks_wake(hooks);
	if (hooks->told.ns != 0 && monotime_sub(now, hooks->told) < TELL_NS)
		return; /* also when some could be begun since: a shortage may come and go with each */
	log_warnx("hooks cannot be run now, and wait: %s",
	    error == ESRCH || error == ECHILD ? "worker-shell has ended" : strerror(error));
	hooks->told = now;
}

/* Owners. */

static struct hook_owner *
owner_find(struct hooks *hooks, const char *name)
{
	struct hook_owner *owner;

	TAILQ_FOREACH(owner, &hooks->owners, entry)
		if (strcmp(owner->name, name) == 0)
			return owner;
	return NULL;
}

static struct hook_owner *
owner_new(struct hooks *hooks, const char *name)
{
	size_t size = strlen(name) + 1;
	struct hook_owner *owner = calloc(1, sizeof(*owner) + size);

	if (owner == NULL)
		return NULL;
	owner->hooks = hooks;
	memcpy(owner->name, name, size);
	TAILQ_INIT(&owner->queue);
	TAILQ_INSERT_TAIL(&hooks->owners, owner, entry);
	return owner;
}

static void
owner_tell(struct hook_owner *owner)
{
	if (owner->dropped == 0)
		return;
	log_line(LOG_LEVEL_WARNING, owner->name, "%lu of its hooks %s dropped: more than %d were waiting", owner->dropped,
	    owner->dropped == 1 ? "was" : "were", HOOKS_WAITING);
	owner->dropped = 0;
	owner->told = monotime_now();
}

static void
owner_release(struct hook_owner *owner)
{
	struct hooks *hooks = owner->hooks;

	if (owner->active != NULL || owner->count > 0)
		return;
	owner_tell(owner);
	TAILQ_REMOVE(&hooks->owners, owner, entry);
	free(owner);
	if (TAILQ_EMPTY(&hooks->owners) && !hooks->stopping)
		loop_arm(hooks->idle, IDLE_NS);
}

/* Runs. */

/* How much of the prefixes fits into a job, and into a variable, which may be as long (MAX_ARG_STRLEN). */
static size_t
prefixes_fit(const struct hook *hook, size_t reason_length)
{
	size_t others = strlen(hook->command) + reason_length, length = strlen(hook->prefixes), fit;

	if (others >= HOOK_TEXTS_MAX)
		return 0;
	fit = HOOK_TEXTS_MAX - others;
	if (length <= fit)
		return length;
	while (fit > 0 && hook->prefixes[fit] != ' ')
		fit--;
	log_line(LOG_LEVEL_WARNING, hook->name, "hook %s: PREFIXES has room for %zu of %zu bytes, the rest is left out",
	    hook->key, fit, length);
	return fit;
}

/* A copy with nobody's queue. */
static struct hook_run *
run_new(const struct hook *hook)
{
	const char *texts[RUN_TEXTS] = {[TEXT_KEY] = hook->key, [TEXT_COMMAND] = hook->command, [TEXT_STATE] = hook->state,
	    [TEXT_PREFIXES] = hook->prefixes, [TEXT_REASON] = hook->reason};
	size_t lengths[RUN_TEXTS], size = 0;
	struct hook_run *run;
	char *next;

	for (size_t i = 0; i < RUN_TEXTS; i++)
		lengths[i] = strlen(texts[i]);
	if (lengths[TEXT_REASON] > HOOK_REASON_MAX)
		lengths[TEXT_REASON] = HOOK_REASON_MAX;
	lengths[TEXT_PREFIXES] = prefixes_fit(hook, lengths[TEXT_REASON]);
	for (size_t i = 0; i < RUN_TEXTS; i++)
		size += lengths[i] + 1;
	if ((run = calloc(1, sizeof(*run) + size)) == NULL)
		return NULL;
	next = (char *)(run + 1);
	for (size_t i = 0; i < RUN_TEXTS; i++) {
		run->texts[i] = memcpy(next, texts[i], lengths[i]);
		next += lengths[i] + 1;
	}
	text_sanitise(run->texts[TEXT_REASON]);
	run->timeout_ns = hook->timeout_ns;
	run->fd = -1;
	return run;
}

struct hook_run *
run_append(struct hooks *hooks, const struct hook *hook)
{
	struct hook_run *run = run_new(hook);
	struct hook_owner *owner = owner_find(hooks, hook->name);

	if (run == NULL || (owner == NULL && (owner = owner_new(hooks, hook->name)) == NULL)) {
		free(run);
		return NULL;
	}
	run->owner = owner;
	TAILQ_INSERT_TAIL(&owner->queue, run, entry);
	owner->count++;
	hooks->waiting++;
	return run;
}

void
run_activate(struct hook_run *run)
{
	struct hook_owner *owner = run->owner;
	struct hooks *hooks = owner->hooks;

	TAILQ_REMOVE(&owner->queue, run, entry);
	owner->count--;
	hooks->waiting--;
	owner->active = run;
	TAILQ_INSERT_TAIL(&hooks->active, run, entry);
	hooks->running++;
}

static void
run_deactivate(struct hook_run *run)
{
	struct hooks *hooks = run->owner->hooks;

	TAILQ_REMOVE(&hooks->active, run, entry);
	hooks->running--;
	run->owner->active = NULL;
}

void
run_requeue(struct hook_run *run)
{
	struct hook_owner *owner = run->owner;

	run_deactivate(run);
	run->phase = RUN_WAITING;
	TAILQ_INSERT_HEAD(&owner->queue, run, entry);
	owner->count++;
	owner->hooks->waiting++;
}

/* Out of its owner's queue. */
static void
run_drop(struct hook_run *run)
{
	struct hook_owner *owner = run->owner;

	TAILQ_REMOVE(&owner->queue, run, entry);
	owner->count--;
	owner->hooks->waiting--;
	free(run);
}

void
run_free(struct hook_run *run)
{
	struct hook_owner *owner = run->owner;
	struct hooks *hooks = owner->hooks;

	run_deactivate(run);
	free(run);
	owner_release(owner);
	hooks_wake(hooks);
}

bool
hooks_run(struct hooks *hooks, const struct hook *hook)
{
	struct hook_run *run;
	struct hook_owner *owner;

	if (hooks->stopping)
		return true;
	if ((run = run_append(hooks, hook)) == NULL) {
		log_line(LOG_LEVEL_ERROR, hook->name, "hook %s is not run: out of memory", hook->key);
		return false;
	}
	owner = run->owner;
	if (owner->count > HOOKS_WAITING) {
		run_drop(TAILQ_FIRST(&owner->queue));
		owner->dropped++;
		if (owner->told.ns == 0 || monotime_sub(monotime_now(), owner->told) >= TELL_NS)
			owner_tell(owner);
	}
	hooks_wake(hooks);
	return true;
}

void
hooks_forget(struct hooks *hooks, const char *name)
{
	struct hook_owner *owner = owner_find(hooks, name);

	if (owner == NULL)
		return;
	while (owner->count > 0)
		run_drop(TAILQ_FIRST(&owner->queue));
	if (owner->active != NULL)
		owner->active->unwanted = true;
	owner_release(owner);
}

/* Beginning. */

static bool
spawner_awaited(const struct hooks *hooks)
{
	const struct hook_run *run;

	TAILQ_FOREACH(run, &hooks->active, entry)
		if (run->phase == RUN_SPAWNING)
			return true;
	return false;
}

/* Not from a spawner's report: it may be the one that ends. */
static void
spawner_end(struct hooks *hooks)
{
	spawner_free(hooks->spawner);
	hooks->spawner = NULL;
}

static void
spawner_changed(void *context)
{
	hooks_wake(context);
}

/* Whether a process can be asked for now; if not, the pump is woken when it may be otherwise. */
static bool
spawner_there(struct hooks *hooks, monotime_t now)
{
	enum sandbox_level level = (enum sandbox_level)hooks->identity->sandbox;

	if (hooks->spawner != NULL && hooks->level != level) {
		if (spawner_awaited(hooks))
			return false; /* its report is what wakes */
		spawner_end(hooks);
	}
	if (hooks->spawner == NULL) {
		hooks->spawner = spawner_new(hooks->base, hooks->launcher, &method_shell, level, run_spawned, spawner_changed,
		    hooks);
		hooks->level = level;
	}
	if (hooks->spawner == NULL) {
		hooks_failed(hooks, ENOMEM);
		return false;
	}
	if (spawner_ready(hooks->spawner, now))
		return true;
	if (monotime_before(now, spawner_retry(hooks->spawner)))
		loop_arm(hooks->pump, monotime_left(spawner_retry(hooks->spawner), now));
	return false;
}

/* Whoever has had a run is last for the next. */
static void
hooks_pump(evutil_socket_t fd, short what, void *context)
{
	struct hooks *hooks = context;
	struct hook_owner *owner, *next;
	monotime_t now = monotime_now();

	(void)fd;
	(void)what;
	if (hooks->waiting == 0 || hooks->paused || hooks->stopping || hooks->running >= HOOKS_AT_ONCE)
		return;
	if (monotime_before(now, hooks->retry)) {
		loop_arm(hooks->pump, monotime_left(hooks->retry, now));
		return;
	}
	if (!spawner_there(hooks, now))
		return;
	TAILQ_FOREACH_SAFE(owner, &hooks->owners, entry, next) {
		if (hooks->running >= HOOKS_AT_ONCE)
			break;
		if (owner->active != NULL || owner->count == 0)
			continue;
		if (!run_begin(TAILQ_FIRST(&owner->queue))) {
			hooks_failed(hooks, errno);
			break;
		}
		TAILQ_REMOVE(&hooks->owners, owner, entry);
		TAILQ_INSERT_TAIL(&hooks->owners, owner, entry);
	}
}

static void
hooks_idle(evutil_socket_t fd, short what, void *context)
{
	struct hooks *hooks = context;

	(void)fd;
	(void)what;
	if (TAILQ_EMPTY(&hooks->owners))
		spawner_end(hooks);
}

bool
hooks_reaped(struct hooks *hooks, pid_t pid, int status)
{
	struct hook_run *run = run_by_pid(hooks, pid);

	if (run == NULL)
		return hooks->spawner != NULL && spawner_reaped(hooks->spawner, pid, status);
	child_log_end(run->owner->name, pid, status);
	run->pid = 0; /* from now on it may be another process's */
	run_died(run);
	return true;
}

size_t
hooks_waiting(const struct hooks *hooks)
{
	return hooks->waiting;
}

size_t
hooks_active(const struct hooks *hooks)
{
	return hooks->running;
}

/* Life. */

struct hooks *
hooks_new(struct event_base *base, const struct identity *identity, struct launcher *launcher)
{
	struct hooks *hooks = calloc(1, sizeof(*hooks));

	if (hooks == NULL)
		return NULL;
	hooks->base = base;
	hooks->identity = identity;
	hooks->launcher = launcher;
	TAILQ_INIT(&hooks->owners);
	TAILQ_INIT(&hooks->active);
	hooks->pump = event_new(base, -1, 0, hooks_pump, hooks);
	hooks->idle = event_new(base, -1, 0, hooks_idle, hooks);
	if (hooks->pump != NULL && hooks->idle != NULL)
		return hooks;
	hooks_free(hooks);
	return NULL;
}

void
hooks_stop(struct hooks *hooks)
{
	struct hook_owner *owner, *next;

	hooks->stopping = true;
	event_del(hooks->pump);
	event_del(hooks->idle);
	spawner_end(hooks);
	TAILQ_FOREACH_SAFE(owner, &hooks->owners, entry, next) {
		while (owner->count > 0)
			run_drop(TAILQ_FIRST(&owner->queue));
		if (owner->active == NULL) {
			owner_release(owner);
			continue;
		}
		run_kill(owner->active); /* one whose pid is still unknown ends at the end of its channel */
		run_free(owner->active);
	}
}

void
hooks_free(struct hooks *hooks)
{
	if (hooks == NULL)
		return;
	if (hooks->pump != NULL && hooks->idle != NULL)
		hooks_stop(hooks);
	if (hooks->pump != NULL)
		event_free(hooks->pump);
	if (hooks->idle != NULL)
		event_free(hooks->idle);
	free(hooks);
}
