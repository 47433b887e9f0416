/*
 * Hooks across an upgrade: the processes stay, with their channels; what waits still waits, in order. Invariant: no run
 * is begun a second time; one whose process cannot be taken over has failed.
 */
#include "hook_internal.h"

#include <event2/event.h>
#include <string.h>
#include <sys/socket.h>

#include "../common/log.h"
#include "child.h"
#include "descriptor.h"
#include "peer.h"

static const struct state_field run_fields[] = {
	STATE_ENUM(struct hook_run, phase, RUN_PHASES),
	STATE_FIELD(struct hook_run, timeout_ns),
	STATE_FIELD(struct hook_run, pid),
	STATE_FIELD(struct hook_run, fd),
	STATE_FIELD(struct hook_run, begun),
	STATE_FIELD(struct hook_run, deadline),
	STATE_END,
};

static const char *const text_names[RUN_TEXTS] = {
	[TEXT_KEY] = "key",
	[TEXT_COMMAND] = "command",
	[TEXT_STATE] = "state",
	[TEXT_PREFIXES] = "prefixes",
	[TEXT_REASON] = "reason",
};

static json_t *
run_save(const struct hook_run *run)
{
	json_t *map = state_save(run_fields, run);
	bool saved = map != NULL && state_put_text(map, "name", run->owner->name);

	for (size_t i = 0; i < RUN_TEXTS; i++)
		saved = saved && state_put_text(map, text_names[i], run->texts[i]);
	if (saved)
		return map;
	json_decref(map);
	return NULL;
}

/* Those under way first: the order in which they are appended again is that of each name. */
bool
hooks_save(const struct hooks *hooks, FILE *file)
{
	const struct hook_owner *owner;
	const struct hook_run *run;

	TAILQ_FOREACH(run, &hooks->active, entry)
		if (!state_write(file, "hook", run_save(run)))
			return false;
	TAILQ_FOREACH(owner, &hooks->owners, entry)
		TAILQ_FOREACH(run, &owner->queue, entry)
			if (!state_write(file, "hook", run_save(run)))
				return false;
	return true;
}

/* Texts are the map's. */
static bool
run_decode(struct hook_run *found, struct hook *hook, const json_t *map, char error[static STATE_ERROR_SIZE])
{
	*found = (struct hook_run){.fd = -1};
	if (!state_load(run_fields, found, map, error))
		return false;
	*hook = (struct hook){.name = state_text(map, "name"), .key = state_text(map, text_names[TEXT_KEY]),
	    .command = state_text(map, text_names[TEXT_COMMAND]), .state = state_text(map, text_names[TEXT_STATE]),
	    .prefixes = state_text(map, text_names[TEXT_PREFIXES]), .reason = state_text(map, text_names[TEXT_REASON]),
	    .timeout_ns = found->timeout_ns};
	if (found->phase == RUN_SPAWNING) /* only in a state that is just looked at */
		found->phase = RUN_WAITING;
	if (hook->name != NULL && hook->key != NULL && hook->command != NULL && hook->state != NULL &&
	    hook->prefixes != NULL && hook->reason != NULL && hook->timeout_ns > 0)
		return true;
	snprintf(error, STATE_ERROR_SIZE, "without a name, a time-out, or one of its texts");
	return false;
}

bool
hook_state_valid(const json_t *map, char error[static STATE_ERROR_SIZE])
{
	struct hook_run found;
	struct hook hook;

	return run_decode(&found, &hook, map, error);
}

/* The process of an active run is this one. Returns whether it is there, and can be listened to. */
static bool
run_adopt(struct hook_run *run, const struct hook_run *found)
{
	run->phase = found->phase;
	run->speaker = found->pid;
	run->begun = found->begun;
	run->deadline = found->deadline;
	ratelimit_init(&run->chatter, PEER_CHATTER_BURST, PEER_CHATTER_A_SECOND);
	log_limit_init(&run->log);
	return run->pid != 0 && run->fd != -1 && run_events_new(run) && run_listen(run);
}

static bool
run_of_name(const struct hooks *hooks, const char *name)
{
	const struct hook_run *run;

	TAILQ_FOREACH(run, &hooks->active, entry)
		if (strcmp(run->owner->name, name) == 0)
			return true;
	return false;
}

bool
hooks_load(struct hooks *hooks, const json_t *map, bool usable, char error[static STATE_ERROR_SIZE])
{
	struct hook_run found, *run;
	struct hook hook;

	if (!run_decode(&found, &hook, map, error))
		return false;
	if (found.phase != RUN_WAITING && run_of_name(hooks, hook.name)) {
		snprintf(error, STATE_ERROR_SIZE, "two of \"%.100s\" that run", hook.name);
		return false;
	}
	run = run_append(hooks, &hook);
	if (found.phase == RUN_WAITING) {
		snprintf(error, STATE_ERROR_SIZE, "out of memory");
		hooks_wake(hooks);
		return run != NULL;
	}
	if (!child_exists(found.pid))
		found.pid = 0;
	if (!descriptor_take_socket(found.fd, SOCK_SEQPACKET))
		found.fd = -1;
	if (run != NULL) {
		run->pid = found.pid;
		run->fd = found.fd;
		run_activate(run);
		if (usable && run_adopt(run, &found))
			return true;
	}
	/* its end is our doing: nobody would hear of its result */
	log_line(LOG_LEVEL_WARNING, hook.name, "hook %s failed: its process could not be kept in the upgrade", hook.key);
	run_kill(run != NULL ? run : &found);
	if (run != NULL)
		run_free(run);
	return true;
}

bool
hooks_keep(const struct hooks *hooks, bool keep)
{
	const struct hook_run *run;
	bool kept = true;

	TAILQ_FOREACH(run, &hooks->active, entry)
		kept &= descriptor_keep(run->fd, keep);
	return kept;
}

void
hooks_pause(struct hooks *hooks, bool pause)
{
	hooks->paused = pause;
	event_del(hooks->pump);
	hooks_wake(hooks);
}

bool
hooks_quiet(const struct hooks *hooks)
{
	const struct hook_run *run;

	TAILQ_FOREACH(run, &hooks->active, entry)
		if (run->phase == RUN_SPAWNING)
			return false;
	return true;
}
