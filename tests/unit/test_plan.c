/*
 * The plan of a reload: random pairs of configurations, paired and compared by another way of doing so.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "../../supervisor/plan.h"
#include "unit.h"

#define CHECKS_MAX 7
#define NAMES 6
#define ROUNDS 1000

/* What the model knows of a check; the fields after the name are numbers of variants. */
struct model_check {
	unsigned name, metric, port, interval, disable, description, method;
};

struct model {
	size_t count;
	struct model_check checks[CHECKS_MAX];
};

static unsigned state;

static unsigned
draw(unsigned below)
{
	state = state * 1103515245 + 12345;
	return (state >> 16) % below;
}

static struct model
model_draw(const struct model *like)
{
	struct model model = {.count = 1 + draw(CHECKS_MAX - 1)};
	bool used[NAMES] = {false};

	if (model.count > NAMES)
		model.count = NAMES;
	for (size_t i = 0; i < model.count; i++) {
		struct model_check *check = &model.checks[i];

		if (like != NULL && draw(3) > 0)
			*check = like->checks[draw((unsigned)like->count)];
		else
			*check = (struct model_check){draw(NAMES), draw(2), draw(2), draw(2), draw(2), draw(2), draw(2)};
		if (draw(4) == 0)
			check->name = draw(NAMES);
		while (used[check->name])
			check->name = (check->name + 1) % NAMES;
		used[check->name] = true;
	}
	return model;
}

static struct config *
parse(const char *text)
{
	struct diagnostics *diagnostics = diagnostics_new("test.yaml");
	struct config *config;

	ck_assert_ptr_nonnull(diagnostics);
	config = config_parse("test.yaml", text, strlen(text), diagnostics);
	if (config == NULL)
		diagnostics_print(diagnostics, stderr);
	ck_assert_ptr_nonnull(config);
	diagnostics_free(diagnostics);
	return config;
}

static struct config *
model_config(const struct model *model)
{
	char *text = NULL;
	size_t length;
	FILE *file = open_memstream(&text, &length);
	struct config *config;

	ck_assert_ptr_nonnull(file);
	fputs("checks:\n", file);
	for (size_t i = 0; i < model->count; i++) {
		const struct model_check *check = &model->checks[i];

		fprintf(file, "- {name: n%u, prefixes: [192.0.2.1], metric: %u, interval: %u, description: d%u,\n", check->name,
		    check->metric, check->interval + 1, check->description);
		fprintf(file, "   args: {method: %s, host: 127.0.0.1, port: %u}%s}\n", check->method == 0 ? "tcp" : "ntp",
		    check->port + 1, check->disable != 0 ? ", disable: /d" : "");
	}
	ck_assert_int_eq(fclose(file), 0);
	config = parse(text);
	free(text);
	return config;
}

static unsigned
model_changes(const struct model_check *a, const struct model_check *b)
{
	return (a->name != b->name ? PLAN_NAME : 0u) | (a->metric != b->metric ? PLAN_ROUTES : 0u) |
	    (a->interval != b->interval ? PLAN_TIMING : 0u) | (a->description != b->description ? PLAN_TEXT : 0u) |
	    (a->port != b->port || a->method != b->method || a->disable != b->disable ? PLAN_WORKER : 0u);
}

/* The old check of each new one: by name over all, then by content, first come first served. */
static void
model_pair(const struct model *old, const struct model *new, size_t old_of[static CHECKS_MAX])
{
	bool taken[CHECKS_MAX] = {false};

	for (size_t i = 0; i < new->count; i++) {
		old_of[i] = PLAN_NONE;
		for (size_t j = 0; j < old->count; j++)
			if (old->checks[j].name == new->checks[i].name)
				old_of[i] = j;
		if (old_of[i] != PLAN_NONE)
			taken[old_of[i]] = true;
	}
	for (size_t i = 0; i < new->count; i++)
		for (size_t j = 0; j < old->count && old_of[i] == PLAN_NONE; j++)
			if (!taken[j] && model_changes(&old->checks[j], &new->checks[i]) == PLAN_NAME) {
				old_of[i] = j;
				taken[j] = true;
			}
}

static void
compare(const struct model *old, const struct model *new, const struct plan *plan)
{
	size_t old_of[CHECKS_MAX], paired = 0, changed = 0;

	model_pair(old, new, old_of);
	ck_assert_uint_eq(plan->checks.old_count, old->count);
	ck_assert_uint_eq(plan->checks.new_count, new->count);
	for (size_t i = 0; i < new->count; i++) {
		unsigned changes;

		ck_assert_uint_eq(plan->checks.old_of[i], old_of[i]);
		if (old_of[i] == PLAN_NONE)
			continue;
		changes = model_changes(&old->checks[old_of[i]], &new->checks[i]);
		paired++;
		changed += changes != 0;
		ck_assert_uint_eq(plan->checks.new_of[old_of[i]], i);
		ck_assert_uint_eq(plan->checks.changes[i], changes | (old_of[i] != i ? PLAN_PLACE : 0u));
	}
	for (size_t j = 0; j < old->count; j++)
		ck_assert(plan->checks.new_of[j] == PLAN_NONE || plan->checks.old_of[plan->checks.new_of[j]] == j);
	ck_assert_uint_eq(plan->added, new->count - paired);
	ck_assert_uint_eq(plan->removed, old->count - paired);
	ck_assert_uint_eq(plan->changed, changed);
	ck_assert_uint_eq(plan->unchanged, paired - changed);
}

START_TEST(random_pairs)
{
	unsigned renamed = 0;

	state = 1;
	for (int round = 0; round < unit_rounds(ROUNDS); round++) {
		struct model old = model_draw(NULL), new = model_draw(&old);
		struct config *before = model_config(&old), *after = model_config(&new);
		struct plan *plan = plan_new(before, after);

		ck_assert_ptr_nonnull(plan);
		compare(&old, &new, plan);
		for (size_t i = 0; i < new.count; i++)
			renamed += plan->checks.old_of[i] != PLAN_NONE && (plan->checks.changes[i] & PLAN_NAME) != 0;
		plan_free(plan);
		config_free(before);
		config_free(after);
	}
	ck_assert_uint_gt(renamed, (unsigned)unit_rounds(24)); /* or nothing was learnt about them */
}
END_TEST

START_TEST(from_nothing_and_to_itself)
{
	const struct config nothing = {0};
	struct config *config = parse("checks:\n- {name: a, prefixes: [192.0.2.1], "
	    "args: {method: tcp, host: 127.0.0.1, port: 1}}\n");
	struct plan *plan = plan_new(&nothing, config);

	ck_assert(plan != NULL && plan->added == 1 && plan->checks.old_of[0] == PLAN_NONE);
	plan_free(plan);
	plan = plan_new(config, config);
	ck_assert(plan != NULL && plan->added + plan->removed + plan->changed == 0 && plan->checks.changes[0] == 0);
	plan_free(plan);
	config_free(config);
}
END_TEST

/* What else a node says, and what a change of it is: of each key of the tables, but for "name". */
static const struct {
	const char *text;
	unsigned changes;
} keys[] = {
	{"prefixes: [192.0.2.2], ", PLAN_ROUTES},
	{"nexthop: 192.0.2.9, ", PLAN_ROUTES},
	{"path_id: 0, ", PLAN_ROUTES},
	{"metric: 0, ", PLAN_ROUTES},
	{"metric_down: 0, ", PLAN_ROUTES},
	{"metric_increase: 1, metric: 5, ", PLAN_ROUTES},
	{"local_preference: 0, ", PLAN_ROUTES},
	{"neighbors: [192.0.2.7], ", PLAN_ROUTES},
	{"communities: ['1:2'], ", PLAN_ROUTES},
	{"as_path: '1', ", PLAN_ROUTES},
	{"down: {metric: 1}, ", PLAN_ROUTES},
	{"disabled: {metric: 1}, ", PLAN_ROUTES},
	{"drain: {metric: 1}, drain_time: 1, ", PLAN_ROUTES},
	{"drain_time: 1, ", PLAN_ROUTES},
	{"min_up: 1, ", PLAN_TIMING},
	{"min_down: 1, ", PLAN_TIMING},
	{"description: x, ", PLAN_TEXT},
	{"hooks: {up: x}, ", PLAN_TEXT},
	{"ip_setup: {}, ", PLAN_ADDRESSES},
	{"ip_setup: {dynamic: true}, ", PLAN_ADDRESSES},
	/* of checks only: from here on */
	{"interval: 20, fast_interval: 15, ", PLAN_TIMING},
	{"fast_interval: 1, ", PLAN_TIMING},
	{"rise: 9, ", PLAN_TIMING},
	{"fall: 9, ", PLAN_TIMING},
	{"splay: false, ", PLAN_TEXT},
	{"disable: /x, ", PLAN_WORKER},
	/* of groups only: from here on */
	{"guard: {keep_last: true}, ", PLAN_MEMBERS},
	{"require: any, ", PLAN_MEMBERS},
	{"members: [b, c], ", PLAN_MEMBERS},
	{"members: [c], ", PLAN_MEMBERS},
	{"members: [b], require: {weight: 1}, ", PLAN_MEMBERS},
};

#define MEMBER "args: {method: tcp, host: 127.0.0.1, port: "

/* A check and a group that say more, and the checks that may be its members. */
static struct config *
keys_config(const char *of_check, const char *of_group)
{
	struct config *config;
	char *text;

	ck_assert_int_ne(asprintf(&text, "checks:\n- {name: a, %s%s" MEMBER "1}}\n"
	    "- {name: b, prefixes: [10.0.0.1], " MEMBER "2}}\n- {name: c, prefixes: [10.0.0.2], " MEMBER "3}}\n"
	    "groups:\n- {name: g, %s%s%s}\n",
	    of_check, strstr(of_check, "prefixes") == NULL ? "prefixes: [192.0.2.1], " : "", of_group,
	    strstr(of_group, "members") == NULL ? "members: [b, c, a], " : "",
	    strstr(of_group, "prefixes") == NULL ? "prefixes: [192.0.2.3], " : ""), -1);
	config = parse(text);
	free(text);
	return config;
}

static bool
table_has(const struct option *table, const char *text)
{
	char name[64];

	snprintf(name, sizeof(name), "%.*s", (int)strcspn(text, ":"), text);
	return option_find(table, name) != NULL;
}

static void
expect_key(const struct config *before, const struct config *after, unsigned of_check, unsigned of_group)
{
	struct plan *plan = plan_new(before, after);

	ck_assert_ptr_nonnull(plan);
	ck_assert_uint_eq(plan->checks.changes[0], of_check);
	ck_assert_uint_eq(plan->groups.changes[0], of_group);
	ck_assert_uint_eq(plan->changed, (of_check != 0) + (of_group != 0));
	ck_assert_uint_eq(plan->changed + plan->unchanged, 4);
	ck_assert_uint_eq(plan->added + plan->removed, 0);
	plan_free(plan);
}

START_TEST(every_key_counts)
{
	struct config *before = keys_config("", ""), *after;
	const char *text = keys[_i].text;
	unsigned changes = keys[_i].changes;

	if (table_has(check_table, text)) {
		after = keys_config(text, "");
		expect_key(before, after, changes, 0);
		config_free(after);
	}
	if (!table_has(check_table, text) || table_has(group_table, text)) {
		after = keys_config("", text);
		expect_key(before, after, 0, changes);
		config_free(after);
	}
	config_free(before);
}
END_TEST

/* No key of the tables is missing above. */
START_TEST(no_key_forgotten)
{
	const struct option *const tables[] = {check_table, group_table};

	for (size_t i = 0; i < COUNT(tables); i++)
		for (const struct option *option = tables[i]; option->name != NULL; option++) {
			size_t length = strlen(option->name), j = 0;

			while (j < COUNT(keys) && (strncmp(keys[j].text, option->name, length) != 0 || keys[j].text[length] != ':'))
				j++;
			ck_assert_msg(j < COUNT(keys) || strcmp(option->name, "name") == 0, "%s", option->name);
		}
}
END_TEST

#define THREE(A, B, C) "checks:\n- {name: " A ", " MEMBER "1}}\n- {name: " B ", " MEMBER "2}}\n- {name: " C ", " MEMBER "3}}\n"

/* Groups by their members, whatever these are called and wherever they stand. */
static const struct {
	const char *before, *after;
	unsigned changes, added, removed, changed; /* of group 0; of all nodes */
} moves[] = {
	/* A member has another name. */
	{THREE("a", "b", "c") "groups: [{name: g, prefixes: 10.0.0.1, members: [a, b, c]}]\n",
	    THREE("a", "x", "c") "groups: [{name: g, prefixes: 10.0.0.1, members: [a, x, c]}]\n", 0, 0, 0, 1},
	/* Checks stand in another order. */
	{THREE("a", "b", "c") "groups: [{name: g, prefixes: 10.0.0.1, members: [a, b, c]}]\n",
	    "checks:\n- {name: c, " MEMBER "3}}\n- {name: a, " MEMBER "1}}\n- {name: b, " MEMBER "2}}\n"
	    "groups: [{name: g, prefixes: 10.0.0.1, members: [a, b, c]}]\n", 0, 0, 0, 0},
	/* A member's place is taken by another check of its name: the member has changed, not the group. */
	{THREE("a", "b", "c") "groups: [{name: g, prefixes: 10.0.0.1, members: [a, b, c]}]\n",
	    "checks:\n- {name: a, " MEMBER "1}}\n- {name: b, " MEMBER "22}}\n- {name: c, " MEMBER "3}}\n"
	    "groups: [{name: g, prefixes: 10.0.0.1, members: [a, b, c]}]\n", 0, 0, 0, 1},
	/* A check more before it. */
	{THREE("a", "b", "c") "groups: [{name: g, prefixes: 10.0.0.1, members: [a, b, c]}]\n",
	    THREE("a", "b", "c") "- {name: d, prefixes: 10.0.0.2, " MEMBER "4}}\n"
	    "groups: [{name: g, prefixes: 10.0.0.1, members: [a, b, c]}]\n", PLAN_PLACE, 1, 0, 0},
	/* Another member instead. */
	{THREE("a", "b", "c") "groups: [{name: g, prefixes: 10.0.0.1, members: [a, b, c]}]\n",
	    "checks:\n- {name: a, " MEMBER "1}}\n- {name: b, " MEMBER "2}}\n- {name: d, " MEMBER "4}}\n"
	    "groups: [{name: g, prefixes: 10.0.0.1, members: [a, b, d]}]\n", PLAN_MEMBERS, 1, 1, 1},
	/* Another weight. */
	{THREE("a", "b", "c") "groups: [{name: g, prefixes: 10.0.0.1, members: [a, b, c], require: {weight: 3}}]\n",
	    THREE("a", "b", "c") "groups: [{name: g, prefixes: 10.0.0.1, members: [a, {check: b, weight: 2}, c], "
	    "require: {weight: 3}}]\n", PLAN_MEMBERS, 0, 0, 1},
	/* The same in other words. */
	{THREE("a", "b", "c") "groups: [{name: g, prefixes: 10.0.0.1, members: [a, b, c]}]\n",
	    THREE("a", "b", "c") "groups: [{name: g, prefixes: 10.0.0.1/32, members: [a, {check: b}, c], "
	    "require: {at_least: 3}}]\n", 0, 0, 0, 0},
	/* Another name. */
	{THREE("a", "b", "c") "groups: [{name: g, prefixes: 10.0.0.1, members: [a, b, c]}]\n",
	    THREE("a", "b", "c") "groups: [{name: h, prefixes: 10.0.0.1, members: [a, b, c]}]\n", PLAN_NAME, 0, 0, 1},
	/* A check and a group exchange their names: neither is the other. */
	{THREE("a", "b", "c") "groups: [{name: g, prefixes: 10.0.0.1, members: [a, b, c]}]\n",
	    THREE("a", "b", "g") "groups: [{name: c, prefixes: 10.0.0.1, members: [a, b, g]}]\n", PLAN_NAME, 0, 0, 2},
};

START_TEST(groups_by_their_members)
{
	struct config *before = parse(moves[_i].before), *after = parse(moves[_i].after);
	struct plan *plan = plan_new(before, after);

	ck_assert_ptr_nonnull(plan);
	ck_assert_uint_eq(plan->groups.old_of[0], 0);
	ck_assert_uint_eq(plan->groups.changes[0], moves[_i].changes);
	ck_assert_uint_eq(plan->added, moves[_i].added);
	ck_assert_uint_eq(plan->removed, moves[_i].removed);
	ck_assert_uint_eq(plan->changed, moves[_i].changed);
	plan_free(plan);
	config_free(before);
	config_free(after);
}
END_TEST

START_TEST(described)
{
	char text[PLAN_TEXT_SIZE];

	ck_assert_str_eq(plan_describe(0, text), "nothing");
	ck_assert_str_eq(plan_describe(PLAN_ROUTES | PLAN_WORKER, text), "routes, arguments");
	ck_assert_uint_lt(strlen(plan_describe(PLAN_CHANGED | PLAN_PLACE, text)), PLAN_TEXT_SIZE - 1);
}
END_TEST

int
main(void)
{
	Suite *suite = suite_create("plan");
	TCase *tcase = unit_case(suite, "plan");

	unit_log_silence();
	tcase_add_test(tcase, random_pairs);
	tcase_add_test(tcase, from_nothing_and_to_itself);
	tcase_add_loop_test(tcase, every_key_counts, 0, COUNT(keys));
	tcase_add_test(tcase, no_key_forgotten);
	tcase_add_loop_test(tcase, groups_by_their_members, 0, COUNT(moves));
	tcase_add_test(tcase, described);
	return unit_run(suite);
}
