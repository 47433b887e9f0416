/*
 * What a crash leaves of checks and groups: a life that is killed and gone on with by another one is, once that one has
 * heard from its checks, the life that nobody killed; in random lives, and in the cases that must be told one by one.
 */
#include <check.h>
#include <event2/event.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "../../supervisor/checks.h"
#include "../../supervisor/journal.h"
#include "../../supervisor/journal_record.h"
#include "../../supervisor/loop.h"
#include "../../supervisor/node_journal.h"
#include "../../supervisor/nodes.h"
#include "unit.h"

#define CHECKS 4
#define PREFIXES 6 /* one for each check and each of two groups */
#define LIVES 5 /* in one process, and so many processes */
#define STEPS 80
#define TEXT_SIZE 2048

/* One exacheck, without processes; what it says is acknowledged at once. */
struct life {
	char directory[64];
	struct event_base *base;
	struct config *config;
	struct ledger *ledger;
	struct checks *checks;
	struct journal *journal;
	struct node_journal notes;
};

static unsigned seed, warnings;
static char place[] = "/tmp/exacheck-notes-XXXXXX";
static struct life first, second;

static unsigned
draw(unsigned below)
{
	seed = seed * 1103515245u + 12345u;
	return (seed >> 8) % below;
}

static void
count_log(enum log_level level, const char *subject, const char *line)
{
	(void)subject;
	(void)line;
	warnings += level <= LOG_LEVEL_WARNING;
}

static void
observe(void *context, const struct transition *transition)
{
	struct life *life = context;

	node_journal_event(&life->notes, transition);
}

static void
hear(void *context, const struct node_change *change)
{
	struct life *life = context;

	node_journal_change(&life->notes, change);
}

static struct config *
config_make(const char *text)
{
	struct diagnostics *diagnostics = diagnostics_new("a.yaml");
	struct config *config = config_parse("a.yaml", text, strlen(text), diagnostics);

	if (config == NULL)
		diagnostics_print(diagnostics, stderr);
	diagnostics_free(diagnostics);
	ck_assert_msg(config != NULL, "%s", text);
	return config;
}

/* Everything that is to be said. */
static void
life_say(struct life *life)
{
	struct route *route;

	while ((route = ledger_next(life->ledger, at(0))) != NULL) {
		route_sent(life->ledger, route);
		route_answer(life->ledger, route, true, NULL, at(0));
	}
}

/* As supervisor.c and reload.c do it. */
static void
life_begin(struct life *life, const char *name, const char *text, monotime_t now)
{
	const struct config nothing = {0};
	const struct checks_listener listener = {observe, hear, life};
	struct plan *plan;

	snprintf(life->directory, sizeof(life->directory), "%s/%s", place, name);
	life->config = config_make(text);
	ck_assert((life->base = loop_new()) != NULL && (life->ledger = ledger_new()) != NULL);
	life->journal = journal_new(life->base, life->directory, life->ledger, JOURNAL_LOCK_TAKE);
	life->checks = checks_new(life->ledger, &listener);
	ck_assert(life->journal != NULL && life->checks != NULL);
	life->notes = (struct node_journal){life->journal, life->checks};
	ck_assert(journal_load(life->journal, true));
	ck_assert_ptr_nonnull(plan = plan_new(&nothing, life->config));
	ck_assert(checks_prepare(life->checks, plan, life->config));
	checks_commit(life->checks, now);
	plan_free(plan);
	node_journal_restore(life->journal, life->checks, now);
	node_journal_begin(&life->notes);
	journal_begin(life->journal, ledger_settle(life->ledger));
	life_say(life);
}

/* Its files stay as they are. */
static void
life_end(struct life *life)
{
	if (life->base == NULL)
		return;
	journal_free(life->journal);
	ledger_free(life->ledger);
	checks_free(life->checks);
	config_free(life->config);
	event_base_free(life->base);
	life->base = NULL;
}

static void
files_remove(const char *name)
{
	static const char *const files[] = {"journal", "journal.new", "lock"};
	char path[128];

	for (size_t i = 0; i < COUNT(files); i++) {
		snprintf(path, sizeof(path), "%s/%s/%s", place, name, files[i]);
		unlink(path);
	}
	snprintf(path, sizeof(path), "%s/%s", place, name);
	rmdir(path);
}

/* Kill `from`: what it leaves is what `name` begins with. */
static void
journal_copy(const struct life *from, const char *name)
{
	char path[128], bytes[1 << 16];
	int fd;
	ssize_t length;

	snprintf(path, sizeof(path), "%s/journal", from->directory);
	ck_assert_int_ne(fd = open(path, O_RDONLY | O_CLOEXEC), -1);
	ck_assert_int_gt(length = read(fd, bytes, sizeof(bytes)), 0);
	ck_assert_int_lt(length, (ssize_t)sizeof(bytes));
	close(fd);
	snprintf(path, sizeof(path), "%s/%s", place, name);
	ck_assert_int_eq(mkdir(path, 0700), 0);
	snprintf(path, sizeof(path), "%s/%s/journal", place, name);
	ck_assert_int_ne(fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600), -1);
	ck_assert_int_eq(write(fd, bytes, (size_t)length), length);
	close(fd);
}

static void
lives_end(void)
{
	life_end(&first);
	life_end(&second);
	files_remove("first");
	files_remove("second");
}

static void
setup(void)
{
	log_set_sink(count_log);
	warnings = 0;
	strcpy(strrchr(place, '-'), "-XXXXXX");
	ck_assert_ptr_nonnull(mkdtemp(place));
}

static void
teardown(void)
{
	lives_end();
	ck_assert_int_eq(rmdir(place), 0);
}

enum kind { PASS, FAIL, DISABLE, ENABLE };

static void
life_event(struct life *life, size_t rank, enum kind kind, monotime_t now)
{
	struct check *check = checks_at(life->checks, rank);
	struct result result;

	if (kind == PASS)
		result_pass(&result, "yes");
	else
		result_fail(&result, REASON_TIMEOUT, "no");
	if (kind == PASS || kind == FAIL)
		check_result(check, &result, 1, now);
	else
		check_disabled(check, kind == DISABLE, now);
	life_say(life);
}

static void
life_turn(struct life *life, monotime_t now)
{
	checks_turn(life->checks, now);
	life_say(life);
}

/* Random lives. */

/*
 * guarded: it has a route of its own. As long as others that share one are not proven it is not lost without this one,
 * so that the guard permits more.
 */
static void
node_write(FILE *file, unsigned rank, bool guarded)
{
	static const char *const sets[] = {"down", "disabled", "drain"};

	if (guarded)
		fprintf(file, "   metric: %u, prefixes: [192.0.2.%u],\n", draw(100), rank);
	else
		fprintf(file, "   metric: %u, prefixes: [192.0.2.%u, 192.0.2.%u],\n", draw(100), draw(PREFIXES / 2),
		    PREFIXES / 2 + draw(PREFIXES / 2));
	for (size_t i = 0; i < COUNT(sets); i++)
		if (draw(3) == 0)
			fprintf(file, "   %s: {metric: %u},\n", sets[i], 100 + draw(100));
	if (draw(2) == 0)
		fprintf(file, "   drain_time: %u,\n", 1 + draw(9));
	if (draw(2) == 0)
		fprintf(file, "   min_up: %u,\n", 1 + draw(9));
	if (draw(2) == 0)
		fprintf(file, "   min_down: %u,\n", 1 + draw(9));
}

static void
config_draw(char *text, size_t size, bool guarded)
{
	static const char *const requirements[] = {"all", "any", "{at_least: 2}"};
	FILE *file = fmemopen(text, size, "w");

	ck_assert_ptr_nonnull(file);
	if (guarded)
		fprintf(file, "exacheck: {guard: {max_withdraw: %u%%, window: %u}}\n", 30 + draw(40), 5 + draw(20));
	fprintf(file, "checks:\n");
	for (unsigned i = 0; i < CHECKS; i++) {
		fprintf(file, "- {name: \"a %%\xc3\xa9 %u\", rise: %u, fall: %u,\n", i, 1 + draw(3), 1 + draw(3));
		node_write(file, i, guarded);
		fprintf(file, "   args: {method: tcp, host: 127.0.0.1, port: 1}}\n");
	}
	fprintf(file, "groups:\n");
	for (unsigned i = 0; i < 2; i++) {
		fprintf(file, "- {name: \"g %u\", require: %s, members: [\"a %%\xc3\xa9 %u\", \"a %%\xc3\xa9 %u\"],\n", i,
		    requirements[draw(COUNT(requirements))], i, i + 1 + draw(2));
		if (guarded && draw(2) == 0)
			fprintf(file, "   guard: {keep_last: true},\n");
		node_write(file, CHECKS + i, guarded);
		fprintf(file, "   }\n");
	}
	ck_assert_int_eq(fclose(file), 0);
}

/* What happens to a check: a few alike more often than not. */
static enum kind
event_draw(const struct check *check)
{
	static enum kind last[CHECKS];
	enum kind *kind = &last[check->node.rank];

	if (draw(3) == 0)
		*kind = draw(2) ? PASS : FAIL;
	if (check->fsm.state == FSM_DISABLED)
		return draw(3) == 0 ? ENABLE : DISABLE;
	return draw(12) == 0 ? DISABLE : *kind;
}

/* What confirms the check's state; false: nothing does at once. */
static bool
event_same(const struct check *check, enum kind *kind)
{
	*kind = check->fsm.state == FSM_UP ? PASS : check->fsm.state == FSM_DOWN ? FAIL : DISABLE;
	return check->fsm.state == FSM_UP || check->fsm.state == FSM_DOWN || check->fsm.state == FSM_DISABLED;
}

static bool
life_settled(const struct life *life)
{
	enum kind kind;

	for (size_t i = 0; i < CHECKS; i++)
		if (!event_same(checks_at(life->checks, i), &kind))
			return false;
	return true;
}

struct table {
	char attributes[PREFIXES][128];
};

static void
table_note(void *context, const struct route *route)
{
	struct table *table = context;
	const char *attributes;

	if (route_kept(route, &attributes) == ROUTE_ANNOUNCED)
		strcpy(table->attributes[route_key(route)->prefix.address.bytes[3]], attributes);
}

/* What ExaBGP has of both. */
static void
tables_compare(const char *when)
{
	struct table one = {0}, other = {0};

	ledger_each(first.ledger, table_note, &one);
	ledger_each(second.ledger, table_note, &other);
	for (size_t i = 0; i < PREFIXES; i++)
		ck_assert_msg(strcmp(one.attributes[i], other.attributes[i]) == 0, "%s: route %zu: \"%s\" instead of \"%s\"", when,
		    i, other.attributes[i], one.attributes[i]);
}

/* What it lost as far as it counts. */
static size_t
node_lost(const struct life *life, const struct node *node, monotime_t now)
{
	const struct guard_options *options = &life->config->global.guard;

	return options->max_withdraw_ppm != OPTION_UNSET &&
	    monotime_before(now, monotime_add(node->lost_at, options->window_ns)) ? node->lost : 0;
}

/* exact: also when what is to come will. */
static void
nodes_compare(bool exact, monotime_t now)
{
	for (size_t i = 0; i < checks_node_count(first.checks); i++) {
		const struct node *one = checks_node(first.checks, i), *other = checks_node(second.checks, i);

		ck_assert_int_eq(one->proven, other->proven);
		ck_assert_int_eq(one->verdict, other->verdict);
		if (!exact)
			continue;
		ck_assert_int_eq(one->found, other->found);
		ck_assert_int_eq(one->wish, other->wish);
		ck_assert_int_eq(one->since.ns, other->since.ns);
		ck_assert_int_eq(one->drained.ns, other->drained.ns);
		ck_assert_int_eq(one->guarded, other->guarded);
		ck_assert_int_eq(one->guarded_at.ns, other->guarded_at.ns);
		ck_assert_uint_eq(node_lost(&first, one, now), node_lost(&second, other, now));
		ck_assert(node_lost(&first, one, now) == 0 || one->lost_at.ns == other->lost_at.ns);
		ck_assert_int_eq(one->timed, other->timed);
		ck_assert(!one->timed || one->due.ns == other->due.ns);
	}
	for (size_t i = 0; i < CHECKS; i++) {
		const struct check *one = checks_at(first.checks, i), *other = checks_at(second.checks, i);

		ck_assert_int_eq(one->fsm.state, other->fsm.state);
		ck_assert_uint_eq(one->fsm.count, other->fsm.count);
	}
}

/* A life of some steps, in one or in both. */
static monotime_t
lives_step(monotime_t now, bool both)
{
	size_t rank = draw(CHECKS);
	enum kind kind = event_draw(checks_at(first.checks, rank));

	now = monotime_add(now, draw(3000) * NS_PER_MILLISECOND);
	life_turn(&first, now);
	life_event(&first, rank, kind, now);
	if (both) {
		life_turn(&second, now);
		life_event(&second, rank, kind, now);
	}
	return now;
}

/* All checks settled when it was killed: from their next results on both lives are the same to the nanosecond. */
static void
same_life(void)
{
	char text[TEXT_SIZE];
	monotime_t now = at(1000);

	config_draw(text, sizeof(text), draw(2));
	life_begin(&first, "first", text, now);
	for (unsigned steps = 10 + draw(STEPS); steps > 0 || !life_settled(&first); steps -= steps > 0)
		now = lives_step(now, false);
	journal_copy(&first, "second");
	life_begin(&second, "second", text, now);
	ck_assert_uint_eq(ledger_count(second.ledger, ROUTE_ANNOUNCED), 0); /* nothing is said */
	tables_compare("before anything is proven");
	for (size_t i = 0; i < CHECKS; i++) {
		enum kind kind;

		ck_assert(event_same(checks_at(first.checks, i), &kind));
		life_event(&first, i, kind, now);
		life_event(&second, i, kind, now);
	}
	for (unsigned steps = STEPS; steps > 0; steps--) {
		nodes_compare(true, now);
		tables_compare("afterwards");
		now = lives_step(now, true);
	}
	ck_assert_uint_eq(warnings, 0);
}

START_TEST(same_life_goes_on)
{
	seed = (unsigned)_i + 1;
	for (int lives = 0; lives < LIVES; lives++) {
		same_life();
		lives_end();
	}
}
END_TEST

/*
 * Killed at any time, and once more before anything is proven: what checks count is the same at every step, and when all
 * have said the same for long, so is the rest.
 */
static void
other_life(void)
{
	char text[TEXT_SIZE];
	monotime_t now = at(1000);
	enum kind last[CHECKS];

	config_draw(text, sizeof(text), false);
	life_begin(&first, "first", text, now);
	for (unsigned steps = draw(STEPS); steps > 0; steps--)
		now = lives_step(now, false);
	journal_copy(&first, "second");
	life_begin(&second, "second", text, now);
	life_end(&second);
	life_begin(&second, "second", text, monotime_add(now, 1));
	for (size_t i = 0; i < CHECKS; i++)
		if (checks_at(first.checks, i)->fsm.state == FSM_DISABLED)
			life_event(&second, i, DISABLE, now);
	for (unsigned steps = draw(STEPS); steps > 0; steps--) {
		for (size_t i = 0; i < CHECKS; i++) {
			const struct fsm *one = &checks_at(first.checks, i)->fsm, *other = &checks_at(second.checks, i)->fsm;

			ck_assert(one->state == other->state && one->count == other->count);
		}
		now = lives_step(now, true);
	}
	for (size_t i = 0; i < CHECKS; i++)
		last[i] = draw(2) ? PASS : FAIL;
	for (unsigned steps = 0; steps < 20; steps++)
		for (size_t i = 0; i < CHECKS; i++) {
			now = monotime_add(now, NS_PER_SECOND);
			life_turn(&first, now);
			life_turn(&second, now);
			if (steps == 0)
				life_event(&first, i, ENABLE, now);
			if (steps == 0)
				life_event(&second, i, ENABLE, now);
			life_event(&first, i, last[i], now);
			life_event(&second, i, last[i], now);
		}
	nodes_compare(false, now);
	tables_compare("in the end");
}

START_TEST(other_life_comes_to_the_same)
{
	seed = (unsigned)_i + 1;
	for (int lives = 0; lives < LIVES; lives++) {
		other_life();
		lives_end();
	}
}
END_TEST

/* Cases. */

#define ARGS "args: {method: tcp, host: 127.0.0.1, port: 1}"

static void
events(struct life *life, size_t rank, const char *kinds, monotime_t now)
{
	static const char letters[] = {[PASS] = 'p', [FAIL] = 'f', [DISABLE] = 'd', [ENABLE] = 'e'};

	for (; *kinds != '\0'; kinds++)
		life_event(life, rank, (enum kind)((const char *)memchr(letters, *kinds, sizeof(letters)) - letters), now);
}

/* The first life, from a configuration and what its first check heard, killed at once; the second goes on. */
static void
killed(const char *text, const char *kinds, const char *later_text, monotime_t now)
{
	life_begin(&first, "first", text, now);
	events(&first, 0, kinds, now);
	journal_copy(&first, "second");
	life_end(&first);
	life_begin(&second, "second", later_text, now);
}

static bool
announced(const struct life *life, unsigned number)
{
	struct table table = {0};

	ledger_each(life->ledger, table_note, &table);
	return table.attributes[number][0] != '\0';
}

START_TEST(names_decide)
{
	killed("checks:\n- {name: a, rise: 1, fall: 4, prefixes: [192.0.2.1], " ARGS "}\n", "pfff",
	    "checks:\n- {name: b, rise: 1, fall: 4, prefixes: [192.0.2.2], " ARGS "}\n"
	    "- {name: a, rise: 1, fall: 3, prefixes: [192.0.2.1], " ARGS "}\n", at(5));
	ck_assert_int_eq(checks_at(second.checks, 0)->fsm.state, FSM_STARTUP);
	ck_assert_int_eq(checks_at(second.checks, 1)->fsm.count, 3);
	ck_assert(announced(&second, 1));
	events(&second, 1, "f", at(6)); /* also of three it is the third */
	ck_assert(!announced(&second, 1));
	life_end(&second);
	/* what was a check is no group */
	life_begin(&second, "second", "checks:\n- {name: b, " ARGS "}\n- {name: c, prefixes: [192.0.2.3], " ARGS "}\n"
	    "groups:\n- {name: a, members: [b], prefixes: [192.0.2.1]}\n", at(7));
	ck_assert_int_eq(checks_node(second.checks, 2)->verdict, VERDICT_NONE);
}
END_TEST

START_TEST(hold_goes_on)
{
	static const char text[] = "checks:\n- {name: a, rise: 1, fall: 1, min_up: 60, prefixes: [192.0.2.1], " ARGS "}\n";

	killed(text, "p", text, at(5));
	life_turn(&second, at(55));
	events(&second, 0, "f", at(55));
	ck_assert_int_eq(checks_node(second.checks, 0)->verdict, VERDICT_UP);
	life_turn(&second, at(64.9));
	ck_assert(announced(&second, 1));
	life_turn(&second, at(65));
	ck_assert(!announced(&second, 1));
}
END_TEST

START_TEST(drain_goes_on)
{
	static const char text[] = "checks:\n- {name: a, rise: 1, drain_time: 30, prefixes: [192.0.2.1], " ARGS "}\n";

	killed(text, "pd", text, at(5));
	events(&second, 0, "d", at(20));
	ck_assert_int_eq(checks_node(second.checks, 0)->wish, WISH_DRAIN);
	life_turn(&second, at(34.9));
	ck_assert(announced(&second, 1));
	life_turn(&second, at(35));
	ck_assert(!announced(&second, 1));
	life_end(&second);
	files_remove("second");
	files_remove("first");
	/* disabled while nobody looked, it drains from when somebody does; though there was yet another death */
	killed(text, "p", text, at(5));
	life_end(&second);
	life_begin(&second, "second", text, at(6));
	events(&second, 0, "d", at(20));
	life_turn(&second, at(49.9));
	ck_assert(announced(&second, 1));
	life_turn(&second, at(50));
	ck_assert(!announced(&second, 1));
}
END_TEST

/* The disable file went while nobody looked. */
START_TEST(enabled_meanwhile)
{
	static const char text[] = "checks:\n- {name: a, rise: 2, prefixes: [192.0.2.1], " ARGS "}\n";

	killed(text, "ppd", text, at(5));
	events(&second, 0, "p", at(6));
	ck_assert_int_eq(checks_at(second.checks, 0)->fsm.state, FSM_RISING);
	events(&second, 0, "p", at(7));
	ck_assert(announced(&second, 1));
}
END_TEST

static const char four_text[] = "exacheck: {guard: {max_withdraw: 50%, window: 60}}\nchecks:\n"
				"- {name: a, rise: 1, fall: 1, prefixes: [192.0.2.1], " ARGS "}\n"
				"- {name: b, rise: 1, fall: 1, prefixes: [192.0.2.2], " ARGS "}\n"
				"- {name: c, rise: 1, fall: 1, prefixes: [192.0.2.3], " ARGS "}\n"
				"- {name: d, rise: 1, fall: 1, prefixes: [192.0.2.4], " ARGS "}\n";

START_TEST(losses_go_on)
{
	life_begin(&first, "first", four_text, at(5));
	for (size_t i = 0; i < 4; i++)
		events(&first, i, "p", at(5));
	events(&first, 0, "f", at(6));
	events(&first, 1, "f", at(6));
	ck_assert(!announced(&first, 1) && !announced(&first, 2));
	journal_copy(&first, "second");
	life_begin(&second, "second", four_text, at(7));
	events(&second, 2, "f", at(8));
	ck_assert(announced(&second, 3) && checks_guarded(second.checks) == 1);
	life_turn(&second, at(65.9));
	ck_assert(announced(&second, 3));
	life_turn(&second, at(66));
	ck_assert(!announced(&second, 3) && checks_guarded(second.checks) == 0);
}
END_TEST

/* Guarded it stays announced through the crash, and goes when the guard permits it. */
START_TEST(guarding_goes_on)
{
	life_begin(&first, "first", four_text, at(5));
	for (size_t i = 0; i < 4; i++)
		events(&first, i, "p", at(5));
	for (size_t i = 0; i < 3; i++)
		events(&first, i, "f", at(6));
	ck_assert(announced(&first, 3) && checks_guarded(first.checks) == 1);
	journal_copy(&first, "second");
	life_begin(&second, "second", four_text, at(7));
	ck_assert_uint_eq(checks_guarded(second.checks), 0); /* nobody has said that it is down */
	events(&second, 2, "f", at(8));
	ck_assert(announced(&second, 3) && checks_guarded(second.checks) == 1);
	life_turn(&second, at(66));
	ck_assert(!announced(&second, 3) && checks_guarded(second.checks) == 0);
}
END_TEST

/* Killed between the note and the command: what was permitted once needs no second permission. */
START_TEST(loss_that_was_not_said)
{
	static const char text[] = "exacheck: {guard: {max_withdraw: 50%, window: 60}}\nchecks:\n"
				   "- {name: a, rise: 1, fall: 1, prefixes: [192.0.2.1], " ARGS "}\n"
				   "- {name: b, rise: 1, fall: 1, prefixes: [192.0.2.2], " ARGS "}\n";
	struct result result;

	life_begin(&first, "first", text, at(5));
	events(&first, 0, "p", at(5));
	events(&first, 1, "p", at(5));
	result_fail(&result, REASON_TIMEOUT, "no");
	check_result(checks_at(first.checks, 0), &result, 1, at(6));
	journal_copy(&first, "second");
	life_begin(&second, "second", text, at(7));
	ck_assert(announced(&second, 1));
	events(&second, 0, "f", at(8));
	ck_assert(!announced(&second, 1) && announced(&second, 2) && checks_guarded(second.checks) == 0);
	events(&second, 1, "f", at(9));
	ck_assert(announced(&second, 2) && checks_guarded(second.checks) == 1);
}
END_TEST

/* A reload before anything is proven changes nothing of it. */
START_TEST(reload_before_proof)
{
	static const char text[] = "exacheck: {guard: {max_withdraw: 50%, window: 60}}\nchecks:\n"
				   "- {name: a, rise: 1, fall: 1, metric: 1, prefixes: [192.0.2.1], " ARGS "}\n"
				   "- {name: b, rise: 1, fall: 1, prefixes: [192.0.2.2], " ARGS "}\n";
	struct config *next;
	char *other;
	struct plan *plan;

	life_begin(&first, "first", text, at(5));
	events(&first, 0, "p", at(5));
	events(&first, 1, "p", at(5));
	events(&first, 0, "f", at(6));
	journal_copy(&first, "second");
	life_begin(&second, "second", text, at(7));
	ck_assert_ptr_nonnull(other = strdup(text));
	memcpy(strstr(other, "metric: 1"), "metric: 2", 9);
	next = config_make(other);
	free(other);
	ck_assert_ptr_nonnull(plan = plan_new(second.config, next));
	ck_assert(checks_prepare(second.checks, plan, next));
	checks_commit(second.checks, at(7));
	plan_free(plan);
	config_free(second.config);
	second.config = next;
	node_journal_reloaded(&second.notes);
	ck_assert_uint_eq(checks_node(second.checks, 0)->lost, 1);
	ck_assert_int_eq(checks_node(second.checks, 0)->verdict, VERDICT_DOWN);
	events(&second, 1, "f", at(8));
	ck_assert_uint_eq(checks_guarded(second.checks), 1);
}
END_TEST

/* A stop that withdraws leaves nothing to go on with; one that keeps does, with or without routes. */
START_TEST(end_of_a_life)
{
	static const char text[] = "checks:\n- {name: a, rise: 3, prefixes: [192.0.2.1], " ARGS "}\n";
	char path[128];

	killed(text, "pp", text, at(5));
	ck_assert_int_eq(checks_at(second.checks, 0)->fsm.count, 2);
	life_end(&second);
	life_begin(&second, "second", text, at(6));
	ck_assert_int_eq(checks_at(second.checks, 0)->fsm.count, 2);
	events(&second, 0, "p", at(7));
	node_journal_forget(&second.notes);
	events(&second, 0, "f", at(8)); /* too late to be noted */
	life_end(&second);
	life_begin(&second, "second", text, at(9));
	ck_assert_int_eq(checks_at(second.checks, 0)->fsm.state, FSM_STARTUP);
	ck_assert(announced(&second, 1)); /* carried */
	node_journal_forget(&second.notes);
	ledger_withdraw_all(second.ledger);
	life_say(&second);
	life_end(&second);
	snprintf(path, sizeof(path), "%s/second/journal", place);
	ck_assert_int_ne(access(path, F_OK), 0);
	ck_assert_uint_eq(warnings, 0);
}
END_TEST

/* Notes of a journal that is otherwise good. */
static void
note_set(const char *note_key, const char *text)
{
	journal_note(first.journal, &(struct journal_note){note_key, text});
}

static const char *const bad_notes[] = {
	"nothing",
	"{",
	"[]",
	"7",
	"{\"verdict\":9}",
	"{\"verdict\":\"up\"}",
	"{\"since\":1e9}",
	"{\"lost\":-1}",
	"{\"fsm\":{\"state\":6}}",
	"{\"fsm\":{\"state\":1,\"count\":65536}}",
	"{\"fsm\":{\"count\":-1}}",
	"{\"wish\":6}",
};

START_TEST(bad_note_costs_its_node_alone)
{
	static const char text[] = "checks:\n- {name: a, rise: 1, prefixes: [192.0.2.1], " ARGS "}\n"
				   "- {name: b, rise: 1, prefixes: [192.0.2.2], " ARGS "}\n";

	life_begin(&first, "first", text, at(5));
	events(&first, 0, "p", at(5));
	events(&first, 1, "p", at(5));
	note_set("check:a", bad_notes[_i]);
	journal_copy(&first, "second");
	life_end(&first);
	life_begin(&second, "second", text, at(7));
	ck_assert_uint_eq(warnings, 1);
	ck_assert_int_eq(checks_at(second.checks, 0)->fsm.state, FSM_STARTUP);
	ck_assert_int_eq(checks_node(second.checks, 0)->verdict, VERDICT_NONE);
	ck_assert_int_eq(checks_at(second.checks, 1)->fsm.state, FSM_UP);
	ck_assert(announced(&second, 1) && announced(&second, 2));
}
END_TEST

/* Times that cannot be are now; a node has not lost more routes than it has. */
START_TEST(absurd_numbers)
{
	static const char text[] = "checks:\n- {name: a, rise: 1, fall: 1, min_up: 60, drain_time: 10, prefixes: [192.0.2.1], " ARGS
				   "}\n- {name: b, prefixes: [192.0.2.2], " ARGS "}\n";
	const struct node *node;

	life_begin(&first, "first", text, at(5));
	note_set("check:a", "{\"verdict\":1,\"since\":9223372036854775807,\"drained\":9223372036854775806,\"wish\":4,"
			    "\"guarded\":true,\"guarded_at\":9}");
	note_set("check:b", "{\"verdict\":2,\"wish\":5,\"lost\":9223372036854775807,\"lost_at\":-9223372036854775807}");
	journal_copy(&first, "second");
	life_end(&first);
	life_begin(&second, "second", text, at(7));
	node = checks_node(second.checks, 0);
	ck_assert_uint_eq(warnings, 0);
	ck_assert(node->since.ns == at(7).ns && node->guarded_at.ns == 0 && node->drained.ns == at(17).ns);
	ck_assert(node->lost == 0 && !node->guarded && !node->proven && node->wish == WISH_NOTHING);
	ck_assert(checks_node(second.checks, 1)->lost == 1 && checks_node(second.checks, 1)->lost_at.ns == at(7).ns);
	life_event(&second, 0, FAIL, at(8));
	ck_assert_int_eq(node->verdict, VERDICT_UP);
	life_turn(&second, at(67));
	ck_assert_int_eq(node->verdict, VERDICT_DOWN);
}
END_TEST

static off_t
journal_size(const struct life *life)
{
	char path[128];
	struct stat st;

	snprintf(path, sizeof(path), "%s/journal", life->directory);
	ck_assert_int_eq(stat(path, &st), 0);
	return st.st_size;
}

/* What changes nothing is not written; what changes for ever does not fill the disk. */
START_TEST(size_is_bounded)
{
	static const char text[] = "checks:\n- {name: a, rise: 2, fall: 2, prefixes: [192.0.2.1], " ARGS "}\n";
	off_t size, most = 0;

	life_begin(&first, "first", text, at(5));
	events(&first, 0, "pp", at(6));
	size = journal_size(&first);
	for (int i = 0; i < 100; i++)
		events(&first, 0, "p", at(7 + i));
	ck_assert_int_eq(journal_size(&first), size);
	for (int i = 0; i < 600; i++) {
		events(&first, 0, "fp", at(200 + i));
		most = journal_size(&first) > most ? journal_size(&first) : most;
	}
	ck_assert(most > 16 * 1024 && most < 128 * 1024);
	journal_copy(&first, "second");
	life_begin(&second, "second", text, at(4000));
	ck_assert_int_eq(checks_at(second.checks, 0)->fsm.state, FSM_RISING);
}
END_TEST

int
main(void)
{
	Suite *suite = suite_create("node_journal");
	TCase *tcase = unit_case(suite, "crash");

	tcase_add_checked_fixture(tcase, setup, teardown);
	tcase_add_loop_test(tcase, same_life_goes_on, 0, LIVES);
	tcase_add_loop_test(tcase, other_life_comes_to_the_same, 0, LIVES);
	tcase_add_test(tcase, names_decide);
	tcase_add_test(tcase, hold_goes_on);
	tcase_add_test(tcase, drain_goes_on);
	tcase_add_test(tcase, enabled_meanwhile);
	tcase_add_test(tcase, losses_go_on);
	tcase_add_test(tcase, guarding_goes_on);
	tcase_add_test(tcase, loss_that_was_not_said);
	tcase_add_test(tcase, reload_before_proof);
	tcase_add_test(tcase, end_of_a_life);
	tcase_add_loop_test(tcase, bad_note_costs_its_node_alone, 0, COUNT(bad_notes));
	tcase_add_test(tcase, absurd_numbers);
	tcase_add_test(tcase, size_is_bounded);
	return unit_run(suite);
}
