/*
 * State across an upgrade: what each module saves it loads again, whatever it is; what no module saved is refused, and
 * does no harm.
 */
#include <bsd/string.h>
#include <check.h>
#include <event2/event.h>
#include <limits.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "../../common/message.h"
#include "../../supervisor/channel.h"
#include "../../supervisor/checks.h"
#include "../../supervisor/handover.h"
#include "../../supervisor/hook.h"
#include "../../supervisor/launcher.h"
#include "../../supervisor/loggers.h"
#include "../../supervisor/notifier.h"
#include "../../supervisor/plan.h"
#include "../../supervisor/state.h"
#include "../../supervisor/worker_internal.h"
#include "unit.h"

#define ROUNDS 500

static unsigned seed = 11;

static unsigned
number(unsigned limit)
{
	seed = seed * 1103515245u + 12345u;
	return (seed >> 8) % limit;
}

static int64_t
wide(void)
{
	static const int64_t limits[] = {0, 1, -1, INT64_MAX, INT64_MIN};

	if (number(4) == 0)
		return limits[number(COUNT(limits))];
	return (int64_t)(((uint64_t)number(1u << 24) << 40) ^ ((uint64_t)number(1u << 24) << 16) ^ number(1u << 16));
}

/* Fields */

enum colour { RED, GREEN, BLUE, COLOURS };

struct sample {
	bool flag;
	int integer;
	unsigned natural;
	int64_t large;
	size_t size;
	monotime_t time;
	enum colour colour;
	char untouched;
};

static const struct state_field sample_fields[] = {
	STATE_FIELD(struct sample, flag),
	STATE_FIELD(struct sample, integer),
	STATE_FIELD(struct sample, natural),
	STATE_FIELD(struct sample, large),
	STATE_FIELD(struct sample, size),
	STATE_FIELD(struct sample, time),
	STATE_ENUM(struct sample, colour, COLOURS),
	STATE_END,
};

START_TEST(fields_come_back)
{
	char error[STATE_ERROR_SIZE] = "";

	for (int round = 0; round < ROUNDS; round++) {
		const struct sample sample = {number(2), (int)wide(), (unsigned)wide(), wide(), (size_t)wide() & INT64_MAX, {wide()},
			(enum colour)number(COLOURS), 'a'};
		struct sample loaded = {.untouched = 'b'};
		json_t *map = state_save(sample_fields, &sample);

		ck_assert_ptr_nonnull(map);
		ck_assert_msg(state_load(sample_fields, &loaded, map, error), "%s", error);
		ck_assert(loaded.flag == sample.flag && loaded.integer == sample.integer && loaded.natural == sample.natural);
		ck_assert(loaded.large == sample.large && loaded.size == sample.size && loaded.time.ns == sample.time.ns);
		ck_assert(loaded.colour == sample.colour && loaded.untouched == 'b');
		json_decref(map);
	}
}
END_TEST

static const struct {
	const char *text;
	bool good;
} maps[] = {
	{"{}", true},
	{"{\"unknown\": [1, 2], \"natural\": 7}", true},
	{"{\"natural\": 4294967295}", true},
	{"{\"natural\": 4294967296}", false},
	{"{\"natural\": -1}", false},
	{"{\"natural\": \"7\"}", false},
	{"{\"natural\": 7.5}", false},
	{"{\"natural\": null}", false},
	{"{\"integer\": 2147483648}", false},
	{"{\"integer\": -2147483648}", true},
	{"{\"size\": -1}", false},
	{"{\"flag\": 1}", false},
	{"{\"flag\": true}", true},
	{"{\"colour\": 3}", false},
	{"{\"colour\": 2}", true},
	{"{\"time\": {}}", false},
};

START_TEST(fields_are_judged)
{
	struct sample sample = {.natural = 3, .colour = BLUE};
	char error[STATE_ERROR_SIZE] = "";
	json_t *map = json_loads(maps[_i].text, 0, NULL);

	ck_assert_ptr_nonnull(map);
	ck_assert_msg(state_load(sample_fields, &sample, map, error) == maps[_i].good, "%s", maps[_i].text);
	ck_assert_msg((error[0] == '\0') == maps[_i].good, "%s: \"%s\"", maps[_i].text, error);
	ck_assert(json_object_get(map, "natural") != NULL || sample.natural == 3);
	json_decref(map);
}
END_TEST

/* The whole state of a small exacheck. */

static const char config_text[] = "exacheck: {runtime_dir: /nowhere, exabgp: {output: fifo /nowhere},\n"
				  "  guard: {max_withdraw: 50%, window: 3600}}\n"
				  "checks:\n"
				  "- {name: \"a b\", args: {method: tcp, host: 127.0.0.1, port: 1}, prefixes: [192.0.2.1, 192.0.2.2],\n"
				  "   path_id: 7, metric: 3, interval: 3600, drain_time: 3600, min_down: 3600}\n"
				  "- {name: c, args: {method: http, url: \"https://user:se%20cret@example.net/\"}, prefixes: [2001:db8::1],\n"
				  "   neighbors: [\"2001:db8::2\", \"2001:db8::3\"], interval: 3600, rise: 4, fall: 5}\n"
				  "- {name: d, args: {method: shell, command: \"true\"}, prefixes: [192.0.2.3], interval: 3600,\n"
				  "   rise: 1, fall: 1, min_up: 3600}\n"
				  "groups:\n"
				  "- {name: e, members: [\"a b\", d], require: any, prefixes: [192.0.2.4], min_down: 3600}\n";

/* One exacheck, before or after. */
struct half {
	struct event_base *base;
	struct config *config;
	struct ledger *ledger;
	struct checks *checks;
	struct workers *workers;
	struct hooks *hooks;
	struct loggers *loggers;
	struct notifier *notifier;
	struct channel *channel;
	struct identity identity;
};

static int file;
static struct event_base *launcher_base;
static struct launcher *launcher;

static struct config *
config_make(void)
{
	struct diagnostics *diagnostics = diagnostics_new("a file.yaml");
	struct config *config = config_parse("a file.yaml", config_text, strlen(config_text), diagnostics);

	diagnostics_free(diagnostics);
	ck_assert_ptr_nonnull(config);
	return config;
}

static const struct checks_listener nobody = {0};

static void
ended(void *context, enum channel_end end)
{
	(void)context;
	(void)end;
}

static void
half_begin(struct half *half, struct config *config)
{
	*half = (struct half){.base = event_base_new(), .config = config, .ledger = ledger_new()};
	ck_assert(half->base != NULL && event_base_priority_init(half->base, 3) == 0);
	half->checks = checks_new(half->ledger, &nobody);
	half->workers = workers_new(half->base, &half->identity, launcher);
	half->hooks = hooks_new(half->base, &half->identity, launcher);
	half->loggers = loggers_new(half->base, &half->config, &half->identity, launcher);
	half->notifier = notifier_new(half->base, &half->config, &half->identity, launcher);
	half->channel = channel_adopt(half->base, config, half->ledger, ended, NULL);
	ck_assert(half->checks != NULL && half->workers != NULL && half->hooks != NULL && half->channel != NULL);
	ck_assert(half->loggers != NULL && half->notifier != NULL);
}

/* As a start does. */
static void
half_claim(struct half *half)
{
	const struct config nothing = {0};
	struct plan *plan = plan_new(&nothing, half->config);

	ck_assert(plan != NULL && checks_prepare(half->checks, plan, half->config));
	for (size_t i = 0; i < half->config->count; i++)
		ck_assert(workers_add(half->workers, checks_coming(half->checks, i), (monotime_t){1}));
	checks_commit(half->checks, monotime_now());
	plan_free(plan);
}

static void
half_end(struct half *half)
{
	workers_stop(half->workers);
	workers_free(half->workers);
	hooks_free(half->hooks);
	loggers_free(half->loggers);
	notifier_free(half->notifier);
	channel_free(half->channel);
	ledger_free(half->ledger);
	event_base_free(half->base);
	checks_free(half->checks);
	config_free(half->config);
}

/* What the launcher can start: programs that end at once. */
static char programs[] = "/tmp/exacheck-state-XXXXXX";

static void
programs_each(int (*visit)(const char *path))
{
	char path[PATH_MAX];

	for (size_t i = 0; check_methods[i] != NULL; i++) {
		snprintf(path, sizeof(path), "%s/worker-%s", programs, check_methods[i]->name);
		ck_assert_int_eq(visit(path), 0);
	}
}

static int
program_make(const char *path)
{
	return symlink("/bin/true", path);
}

static void
setup(void)
{
	log_set_sink(unit_log_drop);
	ck_assert_ptr_nonnull(mkdtemp(programs));
	programs_each(program_make);
	ck_assert_int_ne(file = state_file_new(), -1);
	ck_assert_ptr_nonnull(launcher = launcher_start(&(struct launcher_paths){.libexec = programs}));
	ck_assert_ptr_nonnull(launcher_base = event_base_new());
	ck_assert(launcher_attach(launcher, launcher_base));
}

static void
teardown(void)
{
	close(file);
	launcher_free(launcher);
	event_base_free(launcher_base);
	programs_each(unlink);
	rmdir(programs);
}

/* Anything that a worker without a process can be. */
static void
worker_shuffle(struct worker *worker)
{
	worker->phase = PHASE_IDLE;
	worker->former = (pid_t)number(INT_MAX);
	worker->retry = (monotime_t){wide()};
	worker->backoff = (struct backoff){number(20), number(2), {wide()}};
	worker->reason = (enum reason)number(REASONS);
	worker->speaker = (pid_t)number(INT_MAX);
	worker->started = number(2);
	worker->planned = number(2);
	worker->replacing = number(2);
	worker->reported = number(2);
	worker->left = number(2);
	worker->disabled = number(2);
	worker->chatter = (struct ratelimit){number(100), number(1 << 20), number(100), {wide()}};
	worker->slot = (monotime_t){wide()};
	worker->since = (monotime_t){wide()};
	worker->deadline = (monotime_t){wide()};
	worker->earliest = (monotime_t){wide()};
	worker->owed = number(512);
	worker->forfeited = number(512);
	worker->absent = number(2);
	worker->overdue = number(2);
	worker->interval_ns = 1 + number(1 << 30);
	worker->paced = (struct fsm){(enum fsm_state)number(FSM_STATES), number(9)};
	worker->paced_ns = number(1 << 30);
}

static void
worker_compare(const struct worker *a, const struct worker *b)
{
	ck_assert(a->phase == b->phase && a->pid == b->pid && a->former == b->former && a->retry.ns == b->retry.ns);
	ck_assert(a->backoff.failures == b->backoff.failures && a->backoff.living == b->backoff.living &&
	    a->backoff.started.ns == b->backoff.started.ns && a->reason == b->reason && a->speaker == b->speaker);
	ck_assert(a->started == b->started && a->planned == b->planned && a->replacing == b->replacing &&
	    a->reported == b->reported && a->left == b->left && a->disabled == b->disabled);
	ck_assert(a->chatter.burst == b->chatter.burst && a->chatter.refill_ns == b->chatter.refill_ns &&
	    a->chatter.tokens == b->chatter.tokens && a->chatter.filled.ns == b->chatter.filled.ns);
	ck_assert(a->slot.ns == b->slot.ns && a->since.ns == b->since.ns && a->deadline.ns == b->deadline.ns &&
	    a->earliest.ns == b->earliest.ns && a->owed == b->owed && a->forfeited == b->forfeited);
	ck_assert(a->absent == b->absent && a->overdue == b->overdue && a->interval_ns == b->interval_ns &&
	    a->paced.state == b->paced.state && a->paced.count == b->paced.count && a->paced_ns == b->paced_ns);
}

static void
node_compare(const struct node *a, const struct node *b)
{
	ck_assert_str_eq(a->config->name, b->config->name);
	ck_assert(a->verdict == b->verdict && a->proven == b->proven && a->found == b->found && a->since.ns == b->since.ns);
	ck_assert(a->wish == b->wish && a->left == b->left && a->drained.ns == b->drained.ns);
	ck_assert(a->guarded == b->guarded && a->guarded_at.ns == b->guarded_at.ns && a->lost == b->lost &&
	    a->lost_at.ns == b->lost_at.ns);
	ck_assert(a->timed == b->timed && (!a->timed || a->due.ns == b->due.ns));
}

/* Some verdicts, as results would bring them. */
static void
checks_shuffle(struct half *half)
{
	struct result result;

	for (size_t i = 0; i < checks_count(half->checks); i++)
		for (unsigned results = number(12); results > 0; results--) {
			if (number(2) > 0)
				result_pass(&result, "well");
			else
				result_fail(&result, REASON_REFUSED, "not well");
			check_result(checks_at(half->checks, i), &result, 1, monotime_now());
			if (number(12) == 0)
				check_disabled(checks_at(half->checks, i), number(2), monotime_now());
		}
}

/* Say everything that is to be said, and have it acknowledged. */
static void
ledger_say(struct ledger *ledger)
{
	struct route *route;

	while ((route = ledger_next(ledger, (monotime_t){1})) != NULL) {
		route_sent(ledger, route);
		route_answer(ledger, route, true, NULL, (monotime_t){1});
	}
}

static struct handover
half_handover(struct half *half)
{
	return (struct handover){.upgrades = 3, .refusals = 4, .lock = -1, .usable = true, .config = half->config,
	    .identity = half->identity, .launcher = launcher, .ledger = half->ledger, .checks = half->checks,
	    .workers = half->workers, .hooks = half->hooks, .channel = half->channel,
	    .loggers = half->loggers, .notifier = half->notifier};
}

static void
half_save(struct half *half)
{
	struct handover handover = half_handover(half);
	FILE *stream = fdopen(dup(file), "w");

	ck_assert(stream != NULL && ftruncate(file, 0) == 0 && fseek(stream, 0, SEEK_SET) == 0);
	ck_assert(handover_save(&handover, stream));
	ck_assert_int_eq(fclose(stream), 0);
}

/* Returns whether all of it could be restored. */
static bool
half_restore(struct half *half)
{
	struct handover begun, handover;
	char error[STATE_ERROR_SIZE] = "";
	bool restored;

	ck_assert_msg(handover_begin(&begun, file, error), "%s", error);
	ck_assert(begun.upgrades == 3 && begun.refusals == 4 && begun.usable && begun.lock == -1);
	ck_assert_str_eq(begun.config->path, "a file.yaml");
	half_begin(half, begun.config);
	half->identity = begun.identity;
	/* the same process, twice */
	free(begun.launcher);
	handover = half_handover(half);
	handover_routes(&handover, file);
	half_claim(half);
	handover = half_handover(half);
	restored = handover_rest(&handover, file);
	ledger_settle(half->ledger);
	return restored;
}

struct routes {
	size_t count;
	struct {
		char prefix[PREFIX_TEXT_SIZE], neighbor[ADDRESS_TEXT_SIZE], attributes[256];
		enum route_status sent, kept;
	} list[16];
};

static void
route_note(void *context, const struct route *route)
{
	struct routes *routes = context;
	const struct route_key *key = route_key(route);
	const char *attributes;

	ck_assert_uint_lt(routes->count, COUNT(routes->list));
	prefix_format(&key->prefix, routes->list[routes->count].prefix);
	strlcpy(routes->list[routes->count].neighbor, key->neighbor != NULL ? key->neighbor : "", ADDRESS_TEXT_SIZE);
	routes->list[routes->count].sent = route_sent_status(route);
	routes->list[routes->count].kept = route_kept(route, &attributes);
	strlcpy(routes->list[routes->count].attributes, attributes != NULL ? attributes : "", 256);
	routes->count++;
}

START_TEST(everything_comes_back)
{
	static const struct hook hook = {.name = "a", .key = "up", .command = "true", .state = "UP", .prefixes = "192.0.2.1/32",
	    .reason = "", .timeout_ns = NS_PER_SECOND};
	struct half before, after;
	struct worker *a, *b;
	char error[STATE_ERROR_SIZE] = "";
	unsigned seen_held = 0, seen_drained = 0, seen_guarded = 0, seen_lost = 0;

	for (int round = 0; round < unit_rounds(200); round++) {
		struct routes said = {0}, restored = {0};

		half_begin(&before, config_make());
		half_claim(&before);
		ledger_settle(before.ledger);
		checks_shuffle(&before);
		if (number(4) > 0)
			ledger_say(before.ledger);
		STAILQ_FOREACH(a, &before.workers->list, entry)
			worker_shuffle(a);
		for (unsigned runs = number(4); runs > 0; runs--)
			ck_assert(hooks_run(before.hooks, &hook));
		before.identity = (struct identity){number(2), number(UINT_MAX), number(UINT_MAX), (int)number(3)};
		half_save(&before);
		ck_assert_msg(handover_check(file, error), "%s", error);
		ck_assert(half_restore(&after));

		ck_assert_int_eq(memcmp(&before.identity, &after.identity, sizeof(after.identity)), 0);
		for (size_t i = 0; i < checks_count(before.checks); i++) {
			const struct check *old = checks_at(before.checks, i), *new = checks_at(after.checks, i);

			ck_assert(old->fsm.state == new->fsm.state && old->fsm.count == new->fsm.count);
		}
		for (size_t i = 0; i < checks_node_count(before.checks); i++) {
			const struct node *node = checks_node(before.checks, i);

			node_compare(node, checks_node(after.checks, i));
			seen_held += node->timed && node->wish != WISH_DRAIN;
			seen_drained += node->wish == WISH_DRAIN;
			seen_guarded += node->guarded;
			seen_lost += node->lost > 0;
		}
		ck_assert_int_eq(checks_next(before.checks).ns, checks_next(after.checks).ns);
		ck_assert_uint_eq(checks_up(before.checks), checks_up(after.checks));
		b = STAILQ_FIRST(&after.workers->list);
		STAILQ_FOREACH(a, &before.workers->list, entry) {
			worker_compare(a, b);
			b = STAILQ_NEXT(b, entry);
		}
		ck_assert_uint_eq(hooks_waiting(before.hooks), hooks_waiting(after.hooks));
		/* nothing is to be said that was not to be said before */
		ck_assert_uint_eq(ledger_pending(before.ledger), ledger_pending(after.ledger));
		ledger_each(before.ledger, route_note, &said);
		ledger_each(after.ledger, route_note, &restored);
		ck_assert_uint_eq(said.count, restored.count);
		ck_assert_int_eq(memcmp(&said, &restored, sizeof(said)), 0);
		ledger_say(before.ledger);
		ledger_say(after.ledger);
		ck_assert_uint_eq(ledger_count(before.ledger, ROUTE_ANNOUNCED), ledger_count(after.ledger, ROUTE_ANNOUNCED));
		half_end(&before);
		half_end(&after);
	}
	ck_assert(seen_held > 0 && seen_drained > 0 && seen_guarded > 0 && seen_lost > 0);
}
END_TEST

/* A process of a worker is taken over with what it has said meanwhile; one that is gone is found out. */
START_TEST(process_is_taken_over)
{
	struct half before, after;
	struct worker *worker;
	struct message_result result = {.reason = REASON_OK};
	int fds[2];
	pid_t pid;

	half_begin(&before, config_make());
	half_claim(&before);
	worker = STAILQ_FIRST(&before.workers->list);
	ck_assert_int_eq(socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, fds), 0);
	ck_assert_int_eq(message_identify(fds[0]), 0);
	if ((pid = fork()) == 0) {
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		message_send(fds[1], MESSAGE_RESULT, &result, sizeof(result), -1);
		pause();
		_exit(0);
	}
	worker->phase = PHASE_RUNNING;
	worker->started = true;
	worker->pid = worker->speaker = pid;
	worker->fd = fds[0];
	worker->slot = worker->earliest = worker->backoff.started = monotime_now();
	worker->deadline = monotime_add(monotime_now(), 60 * NS_PER_SECOND);
	half_save(&before);
	ck_assert(half_restore(&after));
	worker = STAILQ_FIRST(&after.workers->list);
	ck_assert(worker->phase == PHASE_RUNNING && worker->pid == pid && worker->fd == fds[0] && worker->outdated);
	while (checks_at(after.checks, 0)->fsm.state == FSM_STARTUP)
		event_base_loop(after.base, EVLOOP_ONCE);
	ck_assert_int_eq(checks_at(after.checks, 0)->fsm.state, FSM_RISING);
	STAILQ_FIRST(&before.workers->list)->fd = -1;
	half_end(&after); /* which kills it */
	ck_assert_int_eq(waitpid(pid, NULL, 0), pid);

	ck_assert(half_restore(&after));
	worker = STAILQ_FIRST(&after.workers->list);
	ck_assert(worker->phase == PHASE_IDLE && worker->pid == 0 && worker->fd == -1 && worker->replacing);
	half_end(&after);
	STAILQ_FIRST(&before.workers->list)->pid = 0;
	half_end(&before);
	close(fds[1]);
}
END_TEST

/* Files that are no state. */

static char *
file_content(size_t *length)
{
	char *content = malloc(1 << 20);

	ck_assert_ptr_nonnull(content);
	*length = (size_t)pread(file, content, (1 << 20) - 1, 0);
	content[*length] = '\0';
	return content;
}

static void
file_set(const char *content, size_t length)
{
	ck_assert_int_eq(ftruncate(file, 0), 0);
	ck_assert_int_eq(pwrite(file, content, length, 0), (ssize_t)length);
}

START_TEST(cut_state_is_refused)
{
	char error[STATE_ERROR_SIZE];
	struct half half;
	size_t length;
	char *content;

	half_begin(&half, config_make());
	half_claim(&half);
	half_save(&half);
	content = file_content(&length);
	ck_assert_str_eq(content + length - strlen("{\"end\":{}}\n"), "{\"end\":{}}\n");
	for (size_t cut = 0; cut < length - strlen("\":{}}\n"); cut += 1 + number(20)) {
		file_set(content, cut);
		ck_assert(!handover_check(file, error));
		ck_assert_str_ne(error, "");
	}
	free(content);
	half_end(&half);
}
END_TEST

/* One line of a check that cannot be: the others are restored, and it is told that something is missing. */
START_TEST(loss_is_told)
{
	struct half before, after;
	char *content, *found;
	size_t length;

	half_begin(&before, config_make());
	half_claim(&before);
	half_save(&before);
	content = file_content(&length);
	ck_assert_ptr_nonnull(found = strstr(content, "\"verdict\":"));
	found[strlen("\"verdict\":")] = '9';
	file_set(content, length);
	ck_assert(!half_restore(&after));
	free(content);
	half_end(&before);
	half_end(&after);
}
END_TEST

START_TEST(noise_does_no_harm)
{
	char error[STATE_ERROR_SIZE];
	struct half half;
	size_t length;
	char *content, *noisy;

	half_begin(&half, config_make());
	half_claim(&half);
	half_save(&half);
	content = file_content(&length);
	noisy = malloc(length);
	ck_assert_ptr_nonnull(noisy);
	for (int round = 0; round < unit_rounds(2 * ROUNDS); round++) {
		memcpy(noisy, content, length);
		for (unsigned changes = 1 + number(4); changes > 0; changes--)
			noisy[number((unsigned)length)] = (char)number(256);
		file_set(noisy, length);
		error[0] = '\0';
		if (!handover_check(file, error))
			ck_assert_str_ne(error, "");
	}
	free(noisy);
	free(content);
	half_end(&half);
}
END_TEST

static const struct {
	const char *name, *lines, *error;
} foreign[] = {
	{"another version", "{\"exacheck\":{\"state\":77}}\n{\"end\":{}}\n", "of version 77"},
	{"another launcher", "{\"launcher\":{\"protocol\":9}}\n{\"end\":{}}\n", "restart exacheck instead"},
	{"configuration that is none", "{\"config\":{\"path\":\"x\",\"text\":\"checks: 7\"}}\n{\"end\":{}}\n", "x:1:9"},
	{"no configuration", "{\"exacheck\":{\"state\":2,\"version\":\"1\"}}\n{\"end\":{}}\n", "no configuration"},
	{"worker of nobody", "{\"worker\":{}}\n{\"end\":{}}\n", "without a check"},
	{"phase", "{\"worker\":{\"check\":\"a\",\"phase\":9}}\n{\"end\":{}}\n", "phase"},
	{"route", "{\"route\":{\"prefix\":\"192.0.2.1/33\",\"status\":2}}\n{\"end\":{}}\n", "no prefix"},
	{"check", "{\"check\":{\"fsm\":{\"state\":6}}}\n{\"end\":{}}\n", "state"},
	{"half a line", "{\"channel\":{\"exabgp\":{\"part\":\"0g\"}}}\n{\"end\":{}}\n", "in part"},
	{"text", "hello\n", "not what it must be"},
	{"list", "{\"check\":[]}\n{\"end\":{}}\n", "not a map"},
};

START_TEST(foreign_state_is_refused)
{
	char error[STATE_ERROR_SIZE] = "";

	file_set(foreign[_i].lines, strlen(foreign[_i].lines));
	ck_assert(!handover_check(file, error));
	ck_assert_msg(strstr(error, foreign[_i].error) != NULL, "%s: %s", foreign[_i].name, error);
}
END_TEST

/* A later version may have more to say. */
START_TEST(unknown_lines_are_passed_over)
{
	char error[STATE_ERROR_SIZE] = "";
	struct half half;
	char *content, *longer;
	size_t length;
	int size;

	half_begin(&half, config_make());
	half_claim(&half);
	half_save(&half);
	content = file_content(&length);
	size = asprintf(&longer, "{\"colour\":{\"red\":1}}\n%.*s", (int)length, content);
	ck_assert_int_gt(size, 0);
	file_set(longer, (size_t)size);
	ck_assert_msg(handover_check(file, error), "%s", error);
	free(longer);
	free(content);
	half_end(&half);
}
END_TEST

int
main(void)
{
	Suite *suite = suite_create("state");
	TCase *tcase = unit_case(suite, "fields");

	tcase_add_test(tcase, fields_come_back);
	tcase_add_loop_test(tcase, fields_are_judged, 0, COUNT(maps));
	tcase = unit_case(suite, "handover");
	tcase_add_checked_fixture(tcase, setup, teardown);
	tcase_add_test(tcase, everything_comes_back);
	tcase_add_test(tcase, process_is_taken_over);
	tcase_add_test(tcase, cut_state_is_refused);
	tcase_add_test(tcase, loss_is_told);
	tcase_add_test(tcase, noise_does_no_harm);
	tcase_add_loop_test(tcase, foreign_state_is_refused, 0, COUNT(foreign));
	tcase_add_test(tcase, unknown_lines_are_passed_over);
	return unit_run(suite);
}
