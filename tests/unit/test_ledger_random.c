/*
 * The ledger under random histories: owners come, go, change their minds and their places, ExaBGP answers late, not at
 * all, refuses, or loses its state, and the whole process is killed and started again with what its journal says, or
 * upgraded. A model ExaBGP executes commands into a table for each neighbor. What must be in it follows from the
 * owners' wishes alone, by the words of route.h. Seeded: a failure names its seed.
 */
#include <check.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "../../supervisor/route.h"
#include "unit.h"

#define PREFIXES 4  /* the first half without overlap: for all neighbors only */
#define NEIGHBORS 2
#define TARGETS (NEIGHBORS + 1)
#define ALL NEIGHBORS /* the target of all neighbors */
#define OWNERS 4
#define STEPS 3000
#define SEEDS 200
#define FLIGHTS 400

enum { ABSENT = -2, UNDECIDED = -1, GONE = 0 }; /* wishes; else announced with this attribute */
enum { NOTHING = -1 };				 /* in the journal: no record; GONE: it is to go */

static const char *const neighbors[NEIGHBORS] = {"10.0.0.1", "10.0.0.2"};

struct flight {
	struct route *route;
	int prefix, target, value;
};

struct model {
	uint64_t random;
	unsigned seed;
	bool refuses, silent; /* ExaBGP */
	monotime_t now;
	struct ledger *ledger;
	int wish[PREFIXES][TARGETS][OWNERS];
	unsigned rank[OWNERS];
	int table[PREFIXES][NEIGHBORS];	 /* what ExaBGP has */
	int journal[PREFIXES][TARGETS];	 /* what was told */
	bool maybe[PREFIXES][TARGETS];	 /* announce was the last that was said of it, by us or a predecessor */
	bool carried[PREFIXES][TARGETS]; /* that was a predecessor */
	int said[PREFIXES][TARGETS];	 /* since the last refusal or loss; NOTHING: none */
	struct flight flights[FLIGHTS];	 /* in their order */
	size_t in_flight;
	unsigned long commands, compared, crashes, upgrades;
};

static struct model model;

static unsigned
below(unsigned limit)
{
	model.random = model.random * 6364136223846793005u + 1442695040888963407u;
	return (unsigned)(model.random >> 33) % limit;
}

static struct route_key
key_of(int prefix, int target)
{
	struct route_key key = {.neighbor = target == ALL ? NULL : neighbors[target]};

	key.prefix = (struct prefix){{.family = AF_INET, .bytes = {192, 0, 2, (uint8_t)prefix}}, 32};
	return key;
}

/* Which of the model's routes it is. */
static void
place_of(const struct route *route, int *prefix, int *target)
{
	const struct route_key *key = route_key(route);

	*prefix = key->prefix.address.bytes[3];
	for (*target = 0; *target < ALL; ++*target)
		if (key->neighbor != NULL && strcmp(key->neighbor, neighbors[*target]) == 0)
			return;
}

static bool
owned(int prefix, int target)
{
	for (int owner = 0; owner < OWNERS; owner++)
		if (model.wish[prefix][target][owner] != ABSENT)
			return true;
	return false;
}

/*
 * What the owners of one route want: an attribute, GONE, or UNDECIDED: one of them is, and the others have not taken
 * back what we announced ourselves.
 */
static int
wanted(int prefix, int target)
{
	int best = -1;
	bool undecided = false, refused = false;

	for (int owner = 0; owner < OWNERS; owner++) {
		int wish = model.wish[prefix][target][owner];

		undecided |= wish == UNDECIDED;
		refused |= wish == GONE;
		if (wish > GONE && (best == -1 || model.rank[owner] < model.rank[best]))
			best = owner;
	}
	if (best != -1)
		return model.wish[prefix][target][best];
	return undecided && (model.carried[prefix][target] || !refused) ? UNDECIDED : GONE;
}

/* What a neighbor must have; UNDECIDED: that is not for the wishes to say. */
static int
desired(int prefix, int neighbor)
{
	int own = wanted(prefix, neighbor);

	return own != GONE ? own : wanted(prefix, ALL);
}

static void
news(void *context, const struct route *route, enum route_news what)
{
	int prefix, target;
	const char *attributes;

	(void)context;
	place_of(route, &prefix, &target);
	route_kept(route, &attributes);
	model.journal[prefix][target] = what == ROUTE_NEWS_GONE ? NOTHING :
	    what == ROUTE_NEWS_WITHDRAW			     ? GONE :
							       atoi(attributes);
}

static void
execute(const struct flight *flight)
{
	for (int i = 0; i < NEIGHBORS; i++)
		if (flight->target == i || flight->target == ALL)
			model.table[flight->prefix][i] = flight->value;
}

/* A command must be what is desired at that moment, needed, and never against an undecided owner. */
static void
check_command(int prefix, int target, int value)
{
	int want = target == ALL ? wanted(prefix, ALL) : desired(prefix, target);

	if (want != UNDECIDED && value != want)
		ck_abort_msg("seed %u: said %d of %d/%d, wanted %d", model.seed, value, prefix, target, want);
	if (want == UNDECIDED && target == ALL && (value != GONE || model.maybe[prefix][ALL]))
		ck_abort_msg("seed %u: said %d of %d, which is undecided", model.seed, value, prefix);
	if (prefix < PREFIXES / 2 && model.said[prefix][target] == value)
		ck_abort_msg("seed %u: %d said twice of %d", model.seed, value, prefix);
}

static void
say(void)
{
	struct route *route;
	struct flight *flight = &model.flights[model.in_flight];

	if (model.in_flight == FLIGHTS || (route = ledger_next(model.ledger, model.now)) == NULL)
		return;
	flight->route = route;
	place_of(route, &flight->prefix, &flight->target);
	flight->value = route_desired(route) != NULL ? atoi(route_desired(route)) : GONE;
	check_command(flight->prefix, flight->target, flight->value);
	route_sent(model.ledger, route);
	/* The successor must find it: under this key, or as part of what is announced to all. */
	if (flight->value > GONE)
		ck_assert_msg(model.journal[flight->prefix][flight->target] > NOTHING, "seed %u: not in the journal",
		    model.seed);
	model.maybe[flight->prefix][flight->target] = flight->value > GONE;
	if (wanted(flight->prefix, flight->target) != UNDECIDED)
		model.carried[flight->prefix][flight->target] = false;
	model.said[flight->prefix][flight->target] = flight->value;
	model.in_flight++;
	model.commands++;
	if (!model.silent)
		return;
	if (flight->value == GONE && !owned(flight->prefix, flight->target))
		model.said[flight->prefix][flight->target] = NOTHING;
	route_assume(model.ledger, route);
}

static void
hear(void)
{
	struct flight flight = model.flights[0];
	bool done = !model.refuses || below(5) != 0;

	if (model.in_flight == 0)
		return;
	model.in_flight--;
	memmove(model.flights, model.flights + 1, model.in_flight * sizeof(flight));
	if (done)
		execute(&flight);
	if (model.silent)
		return;
	if (!done || (flight.value == GONE && !owned(flight.prefix, flight.target)))
		model.said[flight.prefix][flight.target] = NOTHING;
	route_answer(model.ledger, flight.route, done, done ? NULL : "no", model.now);
}

static void
wish(int prefix, int target, int owner, int value)
{
	struct route_key key = key_of(prefix, target);
	char text[16];

	snprintf(text, sizeof(text), "%d", value);
	if (value == ABSENT)
		ledger_release(model.ledger, &key, (unsigned)owner);
	else if (value == UNDECIDED)
		ck_assert(ledger_claim(model.ledger, &key, (unsigned)owner, model.rank[owner]));
	else if (value == GONE)
		ck_assert(ledger_withdraw(model.ledger, &key, (unsigned)owner, model.rank[owner]));
	else
		ck_assert(ledger_announce(model.ledger, &key, (unsigned)owner, model.rank[owner], text));
	/* A claim keeps the wish that there is. */
	if (value != UNDECIDED || model.wish[prefix][target][owner] == ABSENT)
		model.wish[prefix][target][owner] = value;
	/* It may be forgotten, and withdrawn first when it comes again. */
	if (!owned(prefix, target) && model.said[prefix][target] == GONE)
		model.said[prefix][target] = NOTHING;
}

static void
change(void)
{
	int prefix = (int)below(PREFIXES), target = prefix < PREFIXES / 2 ? ALL : (int)below(TARGETS);
	unsigned kind = below(8);

	wish(prefix, target, (int)below(OWNERS),
	    kind < 2 ? ABSENT : kind < 4 ? UNDECIDED : kind < 6 ? GONE : 1 + (int)below(3));
}

/* Two checks change places. */
static void
swap_ranks(void)
{
	unsigned a = below(OWNERS), b = below(OWNERS), rank = model.rank[a];

	model.rank[a] = model.rank[b];
	model.rank[b] = rank;
	for (int prefix = 0; prefix < PREFIXES; prefix++)
		for (int target = 0; target < TARGETS; target++)
			for (int owner = 0; owner < OWNERS; owner++)
				if (model.wish[prefix][target][owner] != ABSENT)
					wish(prefix, target, owner, UNDECIDED);
}

/* ExaBGP starts with an empty table, or a resync says again what is announced. */
static void
resend(bool lost)
{
	if (lost && model.in_flight > 0)
		return;
	if (lost)
		memset(model.table, 0, sizeof(model.table));
	ledger_resend(model.ledger, lost);
	memset(model.said, 0xff, sizeof(model.said));
}

static void
life_begin(void)
{
	model.ledger = ledger_new();
	ck_assert_ptr_nonnull(model.ledger);
	ledger_on_said(model.ledger, news, NULL);
	memset(model.said, 0xff, sizeof(model.said));
	for (int prefix = 0; prefix < PREFIXES; prefix++)
		for (int target = 0; target < TARGETS; target++) {
			struct route_key key = key_of(prefix, target);
			int value = model.journal[prefix][target];
			char text[16];

			snprintf(text, sizeof(text), "%d", value);
			if (value != NOTHING)
				ck_assert(ledger_carry(model.ledger, &key, value > GONE ? text : NULL));
			model.maybe[prefix][target] = model.carried[prefix][target] = value > GONE;
			for (int owner = 0; owner < OWNERS; owner++) {
				model.wish[prefix][target][owner] = ABSENT;
				if (below(3) == 0 && (prefix >= PREFIXES / 2 || target == ALL))
					wish(prefix, target, owner, UNDECIDED);
			}
		}
	ledger_settle(model.ledger);
}

/* Killed: some of what was written is executed, and nobody hears the answers. */
static void
crash(void)
{
	size_t executed = below((unsigned)model.in_flight + 1);

	for (size_t i = 0; i < executed; i++)
		execute(&model.flights[i]);
	model.in_flight = 0;
	ledger_free(model.ledger);
	life_begin();
	model.crashes++;
}

/* An upgrade: what the state of routes tells, then owners claim, then say what they want, as checks do. */

struct left {
	struct route_key key;
	struct route_left what;
};

struct left_list {
	size_t count;
	struct left items[PREFIXES * TARGETS];
};

static void
leave(void *context, const struct route *route)
{
	struct left_list *list = context;
	struct left *left = &list->items[list->count++];
	int prefix, target;

	place_of(route, &prefix, &target);
	left->key = key_of(prefix, target);
	left->what = route_leave(route);
}

static void
journal_anew(void *context, const struct route *route)
{
	const char *attributes;
	enum route_status kept = route_kept(route, &attributes);
	int prefix, target;

	(void)context;
	place_of(route, &prefix, &target);
	model.journal[prefix][target] = kept == ROUTE_UNKNOWN ? NOTHING :
	    kept == ROUTE_WITHDRAWN			      ? GONE :
								atoi(attributes);
}

static void
wish_again(bool decided)
{
	for (int prefix = 0; prefix < PREFIXES; prefix++)
		for (int target = 0; target < TARGETS; target++)
			for (int owner = 0; owner < OWNERS; owner++) {
				int value = model.wish[prefix][target][owner];
				struct route_key key = key_of(prefix, target);

				if (value == ABSENT)
					continue;
				if (!decided)
					ck_assert(ledger_claim(model.ledger, &key, (unsigned)owner, model.rank[owner]));
				else if (value != UNDECIDED)
					wish(prefix, target, owner, value);
			}
}

/* Nothing is said for it that would not have been said anyway. */
static void
upgrade(void)
{
	struct left_list list = {.count = 0};
	struct ledger *old = model.ledger;
	size_t pending = ledger_pending(old);

	if (model.in_flight > 0 && !model.silent)
		return;
	ledger_each(old, leave, &list);
	model.ledger = ledger_new();
	ck_assert_ptr_nonnull(model.ledger);
	for (size_t i = 0; i < list.count; i++)
		ck_assert(ledger_restore(model.ledger, &list.items[i].key, &list.items[i].what));
	ledger_free(old);
	wish_again(false);
	wish_again(true);
	ledger_settle(model.ledger);
	memset(model.journal, 0xff, sizeof(model.journal));
	ledger_each(model.ledger, journal_anew, NULL);
	ledger_on_said(model.ledger, news, NULL);
	if (ledger_pending(model.ledger) > pending)
		ck_abort_msg("seed %u: %zu to say after an upgrade, %zu before", model.seed,
		    ledger_pending(model.ledger), pending);
	model.upgrades++;
}

static void
check_journal(void)
{
	for (int prefix = 0; prefix < PREFIXES; prefix++)
		for (int i = 0; i < NEIGHBORS; i++)
			if (model.table[prefix][i] != GONE && model.journal[prefix][i] == NOTHING &&
			    model.journal[prefix][ALL] == NOTHING)
				ck_abort_msg("seed %u: %d on %s is not in the journal", model.seed, prefix,
				    neighbors[i]);
}

static void
compare(void)
{
	check_journal();
	if (ledger_pending(model.ledger) > 0 || model.in_flight > 0)
		return;
	for (int prefix = 0; prefix < PREFIXES; prefix++)
		for (int i = 0; i < NEIGHBORS; i++) {
			int want = desired(prefix, i);

			model.compared++;
			if (want != UNDECIDED && model.table[prefix][i] != want)
				ck_abort_msg("seed %u: %d on %s is %d, wanted %d", model.seed, prefix, neighbors[i],
				    model.table[prefix][i], want);
		}
}

static void
step(void)
{
	switch (below(20)) {
	case 0:
		model.now = monotime_add(model.now, (int64_t)below(90) * NS_PER_SECOND);
		break;
	case 1:
		if (below(20) == 0)
			crash();
		else if (below(10) == 0)
			upgrade();
		else if (below(10) == 0)
			resend(below(2) == 0);
		else if (below(4) == 0)
			swap_ranks();
		else if (model.in_flight == 0)
			ledger_age(model.ledger);
		break;
	case 2:
	case 3:
		change();
		break;
	case 4:
		for (int i = 0; i < FLIGHTS; i++) {
			say();
			hear();
		}
		break;
	default:
		if (below(2) == 0)
			say();
		else
			hear();
		break;
	}
	compare();
}

static void
count_visit(void *context, const struct route *route)
{
	(void)route;
	++*(size_t *)context;
}

/* Everyone leaves: nothing is left, in ExaBGP, in the journal, or in the ledger. */
static void
finish(void)
{
	size_t left = 0;

	model.refuses = false;
	for (int prefix = 0; prefix < PREFIXES; prefix++)
		for (int target = 0; target < TARGETS; target++)
			for (int owner = 0; owner < OWNERS; owner++)
				wish(prefix, target, owner, ABSENT);
	for (int turn = 0; turn < 3; turn++) {
		for (int i = 0; i < FLIGHTS; i++) {
			say();
			hear();
		}
		model.now = monotime_add(model.now, 60 * NS_PER_SECOND);
		ledger_age(model.ledger);
	}
	compare();
	ck_assert_uint_eq(ledger_pending(model.ledger), 0);
	ledger_each(model.ledger, count_visit, &left);
	ck_assert_msg(left == 0, "seed %u: %zu routes are left", model.seed, left);
	for (int prefix = 0; prefix < PREFIXES; prefix++)
		for (int target = 0; target < TARGETS; target++)
			ck_assert_msg(model.journal[prefix][target] == NOTHING, "seed %u: %d/%d is left in the journal",
			    model.seed, prefix, target);
}

START_TEST(random_histories)
{
	unsigned long commands = 0, compared = 0, crashes = 0, upgrades = 0;
	unsigned seeds = (unsigned)unit_rounds(SEEDS);

	for (unsigned seed = 0; seed < seeds; seed++) {
		memset(&model, 0, sizeof(model));
		model.seed = seed;
		model.random = (seed + 1) * UINT64_C(0x9e3779b97f4a7c15);
		model.refuses = _i == 1;
		model.silent = _i == 2;
		model.now = at(1);
		memset(model.journal, 0xff, sizeof(model.journal));
		for (unsigned owner = 0; owner < OWNERS; owner++)
			model.rank[owner] = owner;
		life_begin();
		for (int i = 0; i < STEPS; i++)
			step();
		finish();
		ledger_free(model.ledger);
		commands += model.commands;
		compared += model.compared;
		crashes += model.crashes;
		upgrades += model.upgrades;
	}
	/* It must have done something. */
	ck_assert_uint_gt(commands, seeds * 100);
	ck_assert_uint_gt(compared, seeds * 500);
	ck_assert_uint_gt(crashes, seeds);
	ck_assert_uint_gt(upgrades, seeds);
}
END_TEST

int
main(void)
{
	Suite *suite = suite_create("ledger_random");
	TCase *tcase = unit_case(suite, "histories");

	tcase_add_loop_test(tcase, random_histories, 0, 3);
	return unit_run(suite);
}
