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
	for (int round = 0; round < ROUNDS; round++) {
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
	ck_assert_uint_gt(renamed, 30); /* or nothing was learnt about them */
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

/* Every key is of some kind, and a change of it shows. */
START_TEST(every_key_counts)
{
	static const char *const changes[] = {"prefixes: [192.0.2.2], ", "nexthop: 192.0.2.9, ", "fast_interval: 1, ",
	    "splay: false, ", "rise: 9, ", "fall: 9, ", "path_id: 0, ", "metric: 0, ", "metric_down: 0, ",
	    "local_preference: 0, ", "disable: /x, ", "neighbors: [192.0.2.7], ", "communities: ['1:2'], ", "as_path: '1', "};
	struct config *before = parse("checks:\n- {name: a, prefixes: [192.0.2.1], "
	    "args: {method: tcp, host: 127.0.0.1, port: 1}}\n");

	for (size_t i = 0; i < COUNT(changes); i++) {
		char text[256];
		struct config *after;
		struct plan *plan;

		snprintf(text, sizeof(text), "checks:\n- {name: a, %s%sargs: {method: tcp, host: 127.0.0.1, port: 1}}\n", changes[i],
		    strstr(changes[i], "prefixes") == NULL ? "prefixes: [192.0.2.1], " : "");
		after = parse(text);
		plan = plan_new(before, after);
		ck_assert_msg(plan != NULL && plan->changed == 1 && plan->unchanged == 0, "%s", changes[i]);
		plan_free(plan);
		config_free(after);
	}
	config_free(before);
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
	tcase_add_test(tcase, every_key_counts);
	tcase_add_test(tcase, described);
	return unit_run(suite);
}
