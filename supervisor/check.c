/*
 * Results into states into wishes about routes, and one event about it. Invariant: what the state machine
 * decided reaches the ledger, if need be at the next event.
 */
#include "check.h"

#include <string.h>

#include "../common/log.h"

/* What a check announces in place of a withdraw gives way to what any check announces that is up. */
#define RANK_NOT_UP 0x80000000u

void
check_init(struct check *check, const struct check_config *config, unsigned owner, unsigned rank,
    struct ledger *ledger, void (*observe)(void *context, const struct transition *), void *context)
{
	*check = (struct check){.config = config, .owner = owner, .rank = rank, .ledger = ledger,
	    .fsm = {.state = FSM_STARTUP}, .observe = observe, .context = context};
}

/* Something to tell the ledger about each route. attributes NULL: withdraw. False: out of memory. */
typedef bool route_call(const struct check *, const struct route_key *, const char *attributes);

static bool
route_claim(const struct check *check, const struct route_key *key, const char *attributes)
{
	(void)attributes;
	return ledger_claim(check->ledger, key, check->owner, check->rank);
}

static bool
route_release(const struct check *check, const struct route_key *key, const char *attributes)
{
	(void)attributes;
	ledger_release(check->ledger, key, check->owner);
	return true;
}

static bool
route_say(const struct check *check, const struct route_key *key, const char *attributes)
{
	unsigned rank = check->wanted == FSM_ANNOUNCE ? check->rank : check->rank | RANK_NOT_UP;

	if (attributes == NULL)
		return ledger_withdraw(check->ledger, key, check->owner, rank);
	return ledger_announce(check->ledger, key, check->owner, rank, attributes);
}

/* Every route of the check: each prefix for each neighbor, or for all. Returns whether every call did. */
static bool
check_each_route(const struct check *check, route_call *call, const char *attributes)
{
	const struct check_options *options = &check->config->options;
	struct route_key key = {.has_path_id = options->path_id != OPTION_UNSET};
	bool done = true;

	if (key.has_path_id)
		key.path_id = (uint32_t)options->path_id;
	for (size_t i = 0; i < options->prefixes.count; i++) {
		key.prefix = check->config->prefixes[i];
		key.neighbor = NULL;
		if (options->neighbors.count == 0)
			done &= call(check, &key, attributes);
		for (size_t j = 0; j < options->neighbors.count; j++) {
			key.neighbor = options->neighbors.items[j];
			done &= call(check, &key, attributes);
		}
	}
	return done;
}

bool
check_claim(struct check *check)
{
	return check_each_route(check, route_claim, NULL);
}

void
check_release(struct check *check)
{
	check_each_route(check, route_release, NULL);
}

/* The attributes that are wanted announced; NULL: withdraw. */
static const char *
check_attributes(const struct check *check)
{
	if (check->end == CHECK_ENDS)
		return NULL;
	if (check->wanted == FSM_ANNOUNCE)
		return check->end == CHECK_DRAINS ? check->config->attributes_drain : check->config->attributes;
	return check->wanted_disabled ? check->config->attributes_disabled : check->config->attributes_down;
}

static void
check_say_all(struct check *check)
{
	bool said = check_each_route(check, route_say, check_attributes(check));

	if (!said && !check->unsaid)
		log_errorx("out of memory for the routes of %s: trying again at its next result",
		    check->config->options.name);
	check->unsaid = !said;
}

static bool
list_same(const struct string_list *a, const struct string_list *b)
{
	bool same = a->count == b->count;

	for (size_t i = 0; same && i < a->count; i++)
		same = strcmp(a->items[i], b->items[i]) == 0;
	return same;
}

bool
check_same_routes(const struct check_config *a, const struct check_config *b)
{
	return a->options.path_id == b->options.path_id && list_same(&a->options.prefixes, &b->options.prefixes) &&
	    list_same(&a->options.neighbors, &b->options.neighbors);
}

static struct check
check_as(const struct check *check, const struct check_config *config, unsigned owner, unsigned rank)
{
	struct check other = *check;

	other.config = config;
	other.owner = owner;
	other.rank = rank;
	return other;
}

bool
check_claim_as(const struct check *check, const struct check_config *config, unsigned owner, unsigned rank)
{
	struct check other = check_as(check, config, owner, rank);

	return check_claim(&other);
}

void
check_release_as(const struct check *check, const struct check_config *config, unsigned owner)
{
	struct check other = check_as(check, config, owner, check->rank);

	check_release(&other);
}

void
check_reconfigure(struct check *check, const struct check_config *config, unsigned owner, unsigned rank)
{
	struct check before = *check;

	*check = check_as(&before, config, owner, rank);
	if (check->wanted != FSM_NOTHING)
		check_say_all(check);
	else
		check_claim(check); /* the owner exists: this only tells the rank */
	if (owner != before.owner)
		check_release(&before);
}

static void
check_event(struct check *check, enum fsm_event event, const struct result *result, int64_t duration_ns)
{
	const struct check_options *options = &check->config->options;
	struct transition transition = {.config = check->config, .event = event, .before = check->fsm, .result = result,
	    .duration_ns = duration_ns};

	transition.action = fsm_step(&check->fsm, event, (unsigned)options->rise, (unsigned)options->fall);
	transition.after = check->fsm;
	if (transition.action != FSM_NOTHING) {
		check->wanted = transition.action;
		check->wanted_disabled = check->fsm.state == FSM_DISABLED;
	}
	if (transition.action != FSM_NOTHING || check->unsaid)
		check_say_all(check);
	check->observe(check->context, &transition);
}

void
check_result(struct check *check, const struct result *result, int64_t duration_ns)
{
	check_event(check, result->code == RESULT_PASS ? FSM_PASS : FSM_FAIL, result, duration_ns);
}

void
check_disabled(struct check *check, bool disabled)
{
	check_event(check, disabled ? FSM_DISABLE : FSM_ENABLE, NULL, 0);
}

int64_t
check_drain_time(const struct check *check, int64_t elapsed_ns, int64_t limit_ns)
{
	int64_t time_ns = check->config->options.drain_time_ns;

	if (time_ns > limit_ns)
		time_ns = limit_ns;
	if (check->end == CHECK_ENDS || check->wanted != FSM_ANNOUNCE || elapsed_ns >= time_ns)
		return 0;
	return time_ns - elapsed_ns;
}

void
check_drain(struct check *check, bool drain)
{
	enum check_end end = drain ? CHECK_DRAINS : CHECK_ENDS;

	if (check->end == end)
		return;
	check->end = end;
	check_say_all(check);
}

int64_t
check_interval_ns(const struct check *check)
{
	const struct check_options *options = &check->config->options;
	bool moving = check->fsm.state == FSM_RISING || check->fsm.state == FSM_FALLING;

	return moving ? options->fast_interval_ns : options->interval_ns;
}

const char *
check_describe(const struct check *check, char *text, size_t size)
{
	const struct check_options *options = &check->config->options;

	return fsm_describe(&check->fsm, (unsigned)options->rise, (unsigned)options->fall, text, size);
}
