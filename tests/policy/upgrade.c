/*
 * Saving and loading as handover.c does it, in the order of supervisor.c. Touches a file in memory. Invariant: nothing
 * but what the state has reaches the new ones.
 */
#include "upgrade.h"

#include <stdlib.h>
#include <unistd.h>

static void
route_hand_over(void *context, const struct route *route)
{
	const struct route_left left = route_leave(route);

	if (!ledger_restore(context, route_key(route), &left))
		abort();
}

static bool
check_read(void *context, const json_t *map, char error[static STATE_ERROR_SIZE])
{
	return checks_load(context, map, error);
}

static bool
group_read(void *context, const json_t *map, char error[static STATE_ERROR_SIZE])
{
	return checks_load_group(context, map, error);
}

/* -1: it cannot be saved. */
static int
checks_leave(const struct checks *checks)
{
	int file = state_file_new(), copy = file != -1 ? dup(file) : -1;
	FILE *stream = copy != -1 ? fdopen(copy, "w") : NULL;
	bool saved = stream != NULL && checks_save(checks, stream) && state_write(stream, "end", json_object());

	if (stream != NULL && fclose(stream) == 0 && saved)
		return file;
	if (file != -1)
		close(file);
	return -1;
}

static struct checks *
checks_begin(struct ledger *ledger, const struct config *config, const struct checks_listener *listener, monotime_t now)
{
	const struct config nothing = {0};
	struct checks *checks = checks_new(ledger, listener);
	struct plan *plan = plan_new(&nothing, config);

	if (checks == NULL || plan == NULL || !checks_prepare(checks, plan, config))
		abort();
	checks_commit(checks, now);
	plan_free(plan);
	return checks;
}

bool
policy_upgrade(struct ledger **ledger, struct checks **checks, const struct config *config,
    const struct checks_listener *listener, monotime_t now, char error[static STATE_ERROR_SIZE])
{
	static const struct state_reader check_readers[] = {{"check", check_read}, {NULL, NULL}};
	static const struct state_reader group_readers[] = {{"group", group_read}, {NULL, NULL}};
	struct ledger *next = ledger_new();
	int file = checks_leave(*checks);
	bool loaded;

	if (next == NULL || file == -1)
		abort();
	ledger_each(*ledger, route_hand_over, next);
	checks_free(*checks);
	ledger_free(*ledger);
	*ledger = next;
	*checks = checks_begin(next, config, listener, now);
	loaded = state_read(file, check_readers, *checks, error) && state_read(file, group_readers, *checks, error);
	ledger_settle(next);
	close(file);
	return loaded;
}
