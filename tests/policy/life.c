/*
 * A life: the supervisor's own code is driven as reload.c and the channel drive it, and after every step what it said
 * is held against the model. Touches the two, in virtual time. Invariant: every command is taken at once and executed.
 */
#include "life.h"

#include <stdlib.h>
#include <string.h>

#include "../../supervisor/checks.h"
#include "model.h"
#include "upgrade.h"

#define COUNT(ARRAY) (sizeof(ARRAY) / sizeof((ARRAY)[0]))

static const char *const time_names[STEP_TIMES] = {"now", "later", "due", "past"};
static const char *const event_names[STEP_EVENTS] = {"turn", "pass", "fail", "error", "disable", "enable",
	"override", "release", "reload", "upgrade"};
static const char *const neighbors[SPEC_TARGETS] = {NULL, "10.0.0.1", "10.0.0.2"};

struct living {
	const struct life *life;
	FILE *file;
	struct life_counts *counts;
	char *failure;
	struct spec spec;
	struct model model;
	struct ledger *ledger;
	struct checks *checks;
	struct config *config;
	int64_t now;
	char rib[SPEC_KEYS][MODEL_TEXT]; /* empty: nothing */
};

/* The first thing that is wrong is told. */
static bool __attribute__((format(printf, 2, 3)))
fail(struct living *living, const char *format, ...)
{
	va_list arguments;

	va_start(arguments, format);
	vsnprintf(living->failure, LIFE_FAILURE, format, arguments);
	va_end(arguments);
	return false;
}

/* Routes */

static struct route_key
key_route(unsigned key)
{
	char text[32];
	struct route_key route = {.neighbor = neighbors[key % SPEC_TARGETS]};

	route.has_path_id = key / SPEC_TARGETS % SPEC_PATHS == 1;
	route.path_id = route.has_path_id ? SPEC_PATH_ID : 0;
	snprintf(text, sizeof(text), "192.0.2.%u/32", key / SPEC_TARGETS / SPEC_PATHS);
	if (prefix_parse(text, &route.prefix) != PREFIX_OK)
		abort();
	return route;
}

/* SPEC_KEYS: none of ours. */
static unsigned
route_number(const struct route_key *route)
{
	for (unsigned key = 0; key < SPEC_KEYS; key++) {
		unsigned prefix = key / SPEC_TARGETS / SPEC_PATHS, path = key / SPEC_TARGETS % SPEC_PATHS;
		const char *neighbor = neighbors[key % SPEC_TARGETS];

		if (route->prefix.address.bytes[3] == prefix && route->has_path_id == (path == 1) &&
		    (neighbor == NULL) == (route->neighbor == NULL) &&
		    (neighbor == NULL || strcmp(neighbor, route->neighbor) == 0))
			return key;
	}
	return SPEC_KEYS;
}

static const char *
key_text(unsigned key, char text[static 64])
{
	snprintf(text, 64, "192.0.2.%u%s%s%s", key / SPEC_TARGETS / SPEC_PATHS,
	    key / SPEC_TARGETS % SPEC_PATHS == 1 ? " path-information 7" : "",
	    key % SPEC_TARGETS != 0 ? " neighbor " : "", key % SPEC_TARGETS != 0 ? neighbors[key % SPEC_TARGETS] : "");
	return text;
}

/* What is said, against what the model says is to be said */

struct said {
	bool said[SPEC_KEYS];
	bool withdrawn;
};

static bool
same_prefix(unsigned a, unsigned b)
{
	unsigned neighbor = a % SPEC_TARGETS, other = b % SPEC_TARGETS;

	return a / SPEC_TARGETS / SPEC_PATHS == b / SPEC_TARGETS / SPEC_PATHS &&
	    (neighbor == other || neighbor == 0 || other == 0);
}

/* Announces come before withdraws, but for routes that a neighbor without ADD-PATH takes for one. */
static bool
withdraw_comes_first(const struct living *living, const struct said *said, unsigned withdrawn)
{
	const char *text;

	for (unsigned key = 0; key < SPEC_KEYS; key++)
		if (key != withdrawn && same_prefix(key, withdrawn) && !said->said[key] &&
		    model_say(&living->model, key, &text) == MODEL_SAY_ANNOUNCE)
			return true;
	return false;
}

static bool
command_check(struct living *living, struct said *said, unsigned key, const char *attributes)
{
	char name[64];
	const char *text;
	enum model_say say = model_say(&living->model, key, &text);
	const char *wanted = say == MODEL_SAY_NOTHING ? "nothing" : say == MODEL_SAY_WITHDRAW ? "withdraw" : text;

	key_text(key, name);
	if (living->file != NULL)
		fprintf(living->file, "\t%s %s\n", name, attributes != NULL ? attributes : "withdraw");
	if (said->said[key])
		return fail(living, "%s: said twice in one step", name);
	if (attributes != NULL && said->withdrawn)
		return fail(living, "%s: announced after a withdraw of the same step", name);
	if ((attributes != NULL) != (say == MODEL_SAY_ANNOUNCE) || (attributes == NULL) != (say == MODEL_SAY_WITHDRAW) ||
	    (attributes != NULL && strcmp(attributes, text) != 0))
		return fail(living, "%s: said \"%s\", the model: \"%s\"", name,
		    attributes != NULL ? attributes : "withdraw", wanted);
	said->said[key] = true;
	said->withdrawn |= attributes == NULL && !withdraw_comes_first(living, said, key);
	return true;
}

/* As ExaBGP takes it. */
static bool
say_all(struct living *living)
{
	const monotime_t now = {living->now};
	struct said said = {.withdrawn = false};
	struct route *route;

	while ((route = ledger_next(living->ledger, now)) != NULL) {
		unsigned key = route_number(route_key(route));
		const char *attributes = route_desired(route);

		if (key == SPEC_KEYS)
			return fail(living, "a command for a route that nobody has");
		if (!command_check(living, &said, key, attributes))
			return false;
		snprintf(living->rib[key], MODEL_TEXT, "%s", attributes != NULL ? attributes : "");
		living->counts->commands++;
		route_sent(living->ledger, route);
		route_answer(living->ledger, route, true, NULL, now);
	}
	return true;
}

static bool
rib_check(struct living *living, char before[SPEC_KEYS][MODEL_TEXT])
{
	char name[64];

	for (unsigned key = 0; key < SPEC_KEYS; key++) {
		const char *wanted = model_rib(&living->model, key, before[key]);

		if (strcmp(living->rib[key], wanted != NULL ? wanted : "") != 0)
			return fail(living, "%s: ExaBGP has \"%s\", the model: \"%s\"", key_text(key, name),
			    living->rib[key], wanted != NULL ? wanted : "");
		living->counts->compared++;
	}
	return true;
}

static bool
node_compare(struct living *living, size_t rank)
{
	static const enum verdict verdicts[] = {VERDICT_NONE, VERDICT_UP, VERDICT_DOWN, VERDICT_DISABLED};
	const struct node *node = checks_node(living->checks, rank);
	const struct model_node *modelled = &living->model.nodes[rank];
	const char *name = node->config->name;
	int64_t until = model_held(&living->model, rank);
	monotime_t waits;

	if (node_verdict(node) != verdicts[modelled->verdict])
		return fail(living, "%s: its verdict is %s, the model's %s", name, verdict_name(node_verdict(node)),
		    verdict_name(verdicts[modelled->verdict]));
	if (node_held(node, &waits) != (until != MODEL_NEVER))
		return fail(living, "%s: %s, unlike the model", name, until == MODEL_NEVER ? "held" : "not held");
	if (until != MODEL_NEVER && waits.ns != until)
		return fail(living, "%s: held until %.9f, the model: %.9f", name, (double)waits.ns / 1e9,
		    (double)until / 1e9);
	if (node->guarded != (modelled->guarded != 0))
		return fail(living, "%s: %s, unlike the model", name, node->guarded ? "guarded" : "not guarded");
	living->counts->held += until != MODEL_NEVER;
	living->counts->guarded += node->guarded;
	living->counts->overridden += modelled->overridden;
	living->counts->drained += modelled->wish == MODEL_WISH_DRAIN;
	return true;
}

/* It must want to be called when the model says that something happens, which is never now, and at no other time. */
static bool
next_compare(struct living *living)
{
	monotime_t next = checks_next(living->checks);
	int64_t modelled = model_next(&living->model, living->now);

	if (next.ns <= living->now)
		return fail(living, "it wants to be called at %.9f, which is over", (double)next.ns / 1e9);
	if (next.ns != modelled)
		return fail(living, "it wants to be called at %.9f, the model: %.9f (-1: never)",
		    next.ns == INT64_MAX ? -1 : (double)next.ns / 1e9, modelled == MODEL_NEVER ? -1 : (double)modelled / 1e9);
	return true;
}

static bool
compare(struct living *living)
{
	char before[SPEC_KEYS][MODEL_TEXT];

	memcpy(before, living->rib, sizeof(before));
	if (!say_all(living) || !rib_check(living, before))
		return false;
	for (size_t i = 0; i < spec_nodes(&living->spec); i++)
		if (!node_compare(living, i))
			return false;
	if (!next_compare(living))
		return false;
	model_said(&living->model);
	return true;
}

/* Events */

static const struct checks_listener nobody = {0};

static struct config *
config_make(struct living *living, const struct spec *spec)
{
	struct diagnostics *diagnostics = diagnostics_new("policy.yaml");
	struct config *config = NULL;
	char *text = NULL;
	size_t length;
	FILE *file = open_memstream(&text, &length);

	if (diagnostics == NULL || file == NULL)
		abort();
	spec_write(spec, file);
	if (fclose(file) != 0)
		abort();
	if (living->file != NULL)
		fputs(text, living->file);
	if ((config = config_parse("policy.yaml", text, length, diagnostics)) == NULL) {
		fputs(text, stdout);
		diagnostics_print(diagnostics, stdout);
		fail(living, "the configuration is refused");
	}
	diagnostics_free(diagnostics);
	free(text);
	return config;
}

/* As reload.c does it, without processes. */
static bool
reload(struct living *living, const struct spec *next)
{
	const struct config nothing = {0};
	struct config *config = config_make(living, next);
	struct plan *plan = config != NULL ? plan_new(living->config != NULL ? living->config : &nothing, config) : NULL;

	if (plan == NULL || !checks_prepare(living->checks, plan, config)) {
		plan_free(plan);
		config_free(config);
		return false;
	}
	checks_commit(living->checks, (monotime_t){living->now});
	checks_turn(living->checks, (monotime_t){living->now});
	plan_free(plan);
	config_free(living->config);
	living->config = config;
	living->spec = *next;
	model_reload(&living->model, next, living->now);
	living->counts->reloads++;
	return true;
}

/* Nothing is to come of it but what is due. */
static bool
upgrade(struct living *living)
{
	char error[STATE_ERROR_SIZE];

	if (!policy_upgrade(&living->ledger, &living->checks, living->config, &nobody, (monotime_t){living->now}, error))
		return fail(living, "the state is refused: %s", error);
	model_upgrade(&living->model);
	checks_turn(living->checks, (monotime_t){living->now});
	model_turn(&living->model, living->now);
	living->counts->upgrades++;
	return true;
}

static void
time_step(struct living *living, const struct step *step)
{
	int64_t next = checks_next(living->checks).ns;

	if (step->time == STEP_LATER || (step->time == STEP_DUE && next == INT64_MAX))
		living->now += step->later_ns;
	else if (step->time == STEP_DUE && next > living->now)
		living->now = next;
	else if (step->time == STEP_PAST)
		living->now += step->later_ns * 8;
}

static bool
override_step(struct living *living, size_t rank, bool overridden)
{
	const monotime_t now = {living->now};
	struct override override = {.kind = OVERRIDE_DISABLE, .set = now, .until = MONOTIME_NEVER};

	if (overridden && !override_set_texts(&override, "the test", NULL))
		abort();
	if (overridden)
		checks_override(living->checks, rank, &override, now);
	else
		checks_release(living->checks, rank, "enabled by the test", now);
	checks_turn(living->checks, now); /* to release what is not overridden does nothing */
	model_override(&living->model, rank, overridden, living->now);
	return true;
}

static bool
event_step(struct living *living, const struct step *step)
{
	const monotime_t now = {living->now};
	size_t rank = step->check % living->spec.checks;
	struct check *check = checks_at(living->checks, rank);
	struct dice dice = {step->seed};
	struct spec next = living->spec;
	struct result result;

	switch (step->event) {
	case STEP_PASS:
		result_pass(&result, "yes");
		break;
	case STEP_FAIL:
		result_fail(&result, REASON_TIMEOUT, "no");
		break;
	case STEP_ERROR:
		result_error(&result, REASON_LOCAL, "who knows");
		break;
	case STEP_DISABLE:
	case STEP_ENABLE:
		check_disabled(check, step->event == STEP_DISABLE, now);
		model_disable(&living->model, rank, step->event == STEP_DISABLE, living->now);
		return true;
	case STEP_OVERRIDE:
	case STEP_RELEASE:
		return override_step(living, step->check % spec_nodes(&living->spec), step->event == STEP_OVERRIDE);
	case STEP_RELOAD:
		spec_change(&next, &dice);
		return reload(living, &next);
	case STEP_UPGRADE:
		return upgrade(living);
	default:
		checks_turn(living->checks, now);
		model_turn(&living->model, living->now);
		return true;
	}
	check_result(check, &result, 0, now);
	model_result(&living->model, rank, step->event == STEP_PASS, living->now);
	return true;
}

/* What each node is, and is in the model. */
static void
nodes_tell(const struct living *living)
{
	static const char *const wishes[] = {"nothing", "up", "down", "disabled", "drain", "withdraw"};

	for (size_t i = 0; i < spec_nodes(&living->spec); i++) {
		const struct node *node = checks_node(living->checks, i);
		const struct model_node *modelled = &living->model.nodes[i];

		fprintf(living->file, "\t\t%s: %s wish %s%s lost %zu; model: wish %s%s lost %zu\n", node->config->name,
		    verdict_name(node_verdict(node)), wishes[node->wish], node->guarded ? " guarded" : "", node->lost,
		    wishes[modelled->wish], modelled->guarded != 0 ? " guarded" : "", modelled->lost);
	}
}

/* Of what it happens to. */
static const char *
step_name(const struct living *living, const struct step *step)
{
	if (step->event == STEP_TURN || step->event == STEP_RELOAD || step->event == STEP_UPGRADE)
		return "";
	return checks_node(living->checks, step->check %
	    (step->event == STEP_OVERRIDE || step->event == STEP_RELEASE ? spec_nodes(&living->spec) :
	    living->spec.checks))->config->name;
}

static bool
step_live(struct living *living, const struct step *step)
{
	time_step(living, step);
	if (living->file != NULL)
		fprintf(living->file, "%.9f: %s %s %s\n", (double)living->now / 1e9, time_names[step->time],
		    event_names[step->event],
		    step_name(living, step));
	living->counts->events++;
	if (!event_step(living, step))
		return false;
	if (living->file != NULL)
		nodes_tell(living);
	return compare(living);
}

/* What a predecessor left; ExaBGP may have lost it since. */
static void
carry(struct living *living, struct dice *dice)
{
	if (dice_percent(dice, 40))
		return;
	for (unsigned key = 0; key < SPEC_KEYS; key++) {
		struct route_key route = key_route(key);
		char text[MODEL_TEXT];
		bool gone = dice_percent(dice, 10);

		if ((key / SPEC_TARGETS / SPEC_PATHS < SPEC_PREFIXES_ALL) != (key % SPEC_TARGETS == 0) || dice_percent(dice, 70))
			continue;
		snprintf(text, sizeof(text), "next-hop self med %u", dice_below(dice, 4));
		if (!ledger_carry(living->ledger, &route, gone ? NULL : text))
			abort();
		if (living->file != NULL)
			fprintf(living->file, "carried: %u %s\n", key, gone ? "gone" : text);
		model_carry(&living->model, key, gone ? NULL : text);
		if (dice_percent(dice, 80))
			snprintf(living->rib[key], MODEL_TEXT, "%s", text);
	}
}

static bool
begin(struct living *living)
{
	struct dice dice = {living->life->seed};
	struct spec spec;

	dice_below(&dice, 2);
	living->now = 1000000000;
	if ((living->ledger = ledger_new()) == NULL || (living->checks = checks_new(living->ledger, &nobody)) == NULL)
		abort();
	spec_draw(&spec, &dice);
	carry(living, &dice);
	if (!reload(living, &spec))
		return false;
	ledger_settle(living->ledger);
	return compare(living);
}

bool
life_run(const struct life *life, FILE *file, struct life_counts *counts, size_t *failed,
    char failure[static LIFE_FAILURE])
{
	struct living *living = calloc(1, sizeof(*living));
	bool right;

	if (living == NULL)
		abort();
	living->life = life;
	living->file = file;
	living->counts = counts;
	living->failure = failure;
	*failed = 0;
	right = begin(living);
	for (size_t i = 0; right && i < life->count; i++) {
		*failed = i;
		if (!life->steps[i].left_out)
			right = step_live(living, &life->steps[i]);
	}
	checks_free(living->checks);
	ledger_free(living->ledger);
	config_free(living->config);
	free(living);
	return right;
}

static enum step_event
event_draw(struct dice *dice)
{
	static const struct {
		unsigned percent;
		enum step_event event;
	} shares[] = {{35, STEP_PASS}, {33, STEP_FAIL}, {2, STEP_ERROR}, {6, STEP_DISABLE}, {9, STEP_ENABLE},
	    {1, STEP_OVERRIDE}, {5, STEP_RELEASE}, {100, STEP_TURN}};
	unsigned drawn = dice_below(dice, 100);

	if (dice_below(dice, 120) == 0)
		return STEP_RELOAD;
	if (dice_below(dice, 200) == 0)
		return STEP_UPGRADE;
	for (size_t i = 0; i < COUNT(shares); i++) {
		if (drawn < shares[i].percent)
			return shares[i].event;
		drawn -= shares[i].percent;
	}
	return STEP_TURN;
}

static enum step_time
time_draw(struct dice *dice)
{
	unsigned drawn = dice_below(dice, 100);

	return drawn < 45 ? STEP_NOW : drawn < 75 ? STEP_LATER : drawn < 95 ? STEP_DUE : STEP_PAST;
}

void
life_draw(struct life *life, uint64_t seed)
{
	struct dice dice = {seed ^ 0x9e3779b97f4a7c15u};

	memset(life, 0, sizeof(*life));
	life->seed = seed;
	life->count = LIFE_STEPS;
	for (size_t i = 0; i < life->count; i++) {
		struct step *step = &life->steps[i];

		step->event = event_draw(&dice);
		step->time = time_draw(&dice);
		step->check = dice_below(&dice, 840);
		step->later_ns = dice_percent(&dice, 50) ? (1 + (int64_t)dice_below(&dice, 5)) * 1000000000 :
		    1 + (int64_t)dice_below(&dice, 2000000000);
		step->seed = dice_below(&dice, 1u << 30);
	}
}
