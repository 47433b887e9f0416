/*
 * The set of checks. Touches its own memory and the ledger. Invariant: every check is counted in the state that it has,
 * and no number is given twice.
 */
#include "checks.h"

#include <stdlib.h>
#include <string.h>

struct checks {
	struct ledger *ledger;
	void (*observe)(void *context, const struct transition *);
	void *context;
	size_t count;
	struct check **list; /* in file order */
	size_t states[FSM_STATES]; /* checks in each */
	unsigned last_number;

	/* A change under way */
	const struct plan *plan; /* NULL: none */
	const struct config *config;
	struct check **coming;
	unsigned *owners; /* of their routes: another one when these are other routes */
};

static void
checks_seen(void *context, const struct transition *transition)
{
	struct checks *checks = context;

	checks->states[transition->before.state]--;
	checks->states[transition->after.state]++;
	checks->observe(checks->context, transition);
}

struct checks *
checks_new(struct ledger *ledger, void (*observe)(void *context, const struct transition *), void *context)
{
	struct checks *checks = calloc(1, sizeof(*checks));

	if (checks == NULL)
		return NULL;
	checks->ledger = ledger;
	checks->observe = observe;
	checks->context = context;
	return checks;
}

void
checks_free(struct checks *checks)
{
	if (checks == NULL)
		return;
	for (size_t i = 0; i < checks->count; i++)
		free(checks->list[i]);
	free(checks->list);
	free(checks);
}

size_t
checks_count(const struct checks *checks)
{
	return checks->count;
}

struct check *
checks_at(const struct checks *checks, size_t rank)
{
	return checks->list[rank];
}

size_t
checks_in_state(const struct checks *checks, enum fsm_state state)
{
	return checks->states[state];
}

bool
checks_save(const struct checks *checks, FILE *file)
{
	for (size_t i = 0; i < checks->count; i++)
		if (!state_write(file, "check", check_save(checks->list[i])))
			return false;
	return true;
}

bool
checks_load(struct checks *checks, const json_t *map, char error[static STATE_ERROR_SIZE])
{
	const char *name = state_text(map, "name");
	enum fsm_state before;

	for (size_t i = 0; name != NULL && i < checks->count; i++) {
		if (strcmp(checks->list[i]->config->options.name, name) != 0)
			continue;
		before = checks->list[i]->fsm.state;
		if (!check_load(checks->list[i], map, error))
			return false;
		checks->states[before]--;
		checks->states[checks->list[i]->fsm.state]++;
		return true;
	}
	snprintf(error, STATE_ERROR_SIZE, "of no check that there is");
	return false;
}

struct check *
checks_coming(const struct checks *checks, size_t rank)
{
	return checks->coming[rank];
}

/* A further check that owns its routes. NULL: out of memory. */
static struct check *
check_add(struct checks *checks, size_t rank)
{
	struct check *check = malloc(sizeof(*check));

	if (check == NULL)
		return NULL;
	check_init(check, &checks->config->checks[rank], ++checks->last_number, (unsigned)rank, checks->ledger, checks_seen,
	    checks);
	if (check_claim(check))
		return check;
	check_release(check);
	free(check);
	return NULL;
}

static bool
check_prepare(struct checks *checks, size_t rank)
{
	size_t old = checks->plan->old_of[rank];
	const struct check_config *config = &checks->config->checks[rank];
	struct check *check = old == PLAN_NONE ? check_add(checks, rank) : checks->list[old];

	if (check == NULL)
		return false;
	checks->coming[rank] = check;
	checks->owners[rank] = check->owner;
	if (old == PLAN_NONE || check_same_routes(check->config, config))
		return true;
	checks->owners[rank] = ++checks->last_number;
	return check_claim_as(check, config, checks->owners[rank], (unsigned)rank);
}

bool
checks_prepare(struct checks *checks, const struct plan *plan, const struct config *config)
{
	checks->plan = plan;
	checks->config = config;
	checks->coming = calloc(config->count + 1, sizeof(struct check *));
	checks->owners = calloc(config->count + 1, sizeof(*checks->owners));
	if (checks->coming != NULL && checks->owners != NULL) {
		size_t rank = 0;

		while (rank < config->count && check_prepare(checks, rank))
			rank++;
		if (rank == config->count)
			return true;
	}
	checks_abandon(checks);
	return false;
}

static void
change_end(struct checks *checks)
{
	free(checks->owners);
	checks->owners = NULL;
	checks->coming = NULL;
	checks->plan = NULL;
	checks->config = NULL;
}

void
checks_abandon(struct checks *checks)
{
	for (size_t rank = 0; checks->coming != NULL && rank < checks->config->count; rank++) {
		struct check *check = checks->coming[rank];

		if (check == NULL)
			continue;
		if (checks->plan->old_of[rank] == PLAN_NONE) {
			check_release(check);
			free(check);
		} else if (checks->owners[rank] != check->owner) {
			check_release_as(check, &checks->config->checks[rank], checks->owners[rank]);
		}
	}
	free(checks->coming);
	change_end(checks);
}

static void
check_commit(struct checks *checks, size_t rank)
{
	struct check *check = checks->coming[rank];

	if (checks->plan->old_of[rank] == PLAN_NONE)
		checks->states[check->fsm.state]++;
	else if (checks->plan->changes[rank] == 0)
		check->config = &checks->config->checks[rank];
	else
		check_reconfigure(check, &checks->config->checks[rank], checks->owners[rank], (unsigned)rank);
}

void
checks_commit(struct checks *checks)
{
	for (size_t rank = 0; rank < checks->config->count; rank++)
		check_commit(checks, rank);
	for (size_t old = 0; old < checks->count; old++) {
		struct check *check = checks->list[old];

		if (checks->plan->new_of[old] != PLAN_NONE)
			continue;
		check_release(check);
		checks->states[check->fsm.state]--;
		free(check);
	}
	free(checks->list);
	checks->list = checks->coming;
	checks->count = checks->config->count;
	change_end(checks);
}
