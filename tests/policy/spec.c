/*
 * Random configurations and their text. Touches memory and the stream given. Invariant: what is drawn is valid, and no
 * two nodes are equal but for their name, so that a reload can pair them in one way only.
 */
#include "spec.h"

#include <string.h>

static const char *const requires[SPEC_REQUIRES] = {"all", "any", "at_least", "weight"};
static const char *const sets[SPEC_SETS] = {"", "down", "disabled", "drain"};

unsigned
dice_below(struct dice *dice, unsigned limit)
{
	dice->state = dice->state * 6364136223846793005u + 1442695040888963407u;
	return (unsigned)(dice->state >> 33) % limit;
}

bool
dice_percent(struct dice *dice, unsigned percent)
{
	return dice_below(dice, 100) < percent;
}

size_t
spec_nodes(const struct spec *spec)
{
	return spec->checks + spec->groups;
}

const struct spec_node *
spec_node(const struct spec *spec, size_t rank)
{
	return rank < spec->checks ? &spec->check[rank].node : &spec->group[rank - spec->checks].node;
}

bool
spec_set_any(const struct spec_set *set)
{
	return set->metric != SPEC_NONE || set->local_preference != SPEC_NONE || set->community != SPEC_NONE ||
	    set->as_path != SPEC_NONE;
}

size_t
spec_targets(const struct spec_node *node)
{
	return node->neighbors == 3 ? 2 : 1;
}

unsigned
spec_key(const struct spec_node *node, size_t prefix, size_t target)
{
	unsigned neighbor = node->neighbors == 0 ? 0 : node->neighbors == 2 ? 2 : 1 + (unsigned)target;

	return (node->prefix[prefix] * SPEC_PATHS + node->path) * SPEC_TARGETS + neighbor;
}

/* Drawing */

static void
set_draw(struct spec_set *set, struct dice *dice, bool any)
{
	*set = (struct spec_set){SPEC_NONE, SPEC_NONE, SPEC_NONE, SPEC_NONE};
	if (!any)
		return;
	switch (dice_below(dice, 4)) {
	case 0:
		set->local_preference = (int)dice_below(dice, 3);
		break;
	case 1:
		set->community = (int)dice_below(dice, 3);
		break;
	case 2:
		set->as_path = 1 + (int)dice_below(dice, 2);
		break;
	default:
		break;
	}
	if (!spec_set_any(set) || dice_percent(dice, 30))
		set->metric = (int)dice_below(dice, 4);
}

static void
routes_draw(struct spec_node *node, struct dice *dice, bool empty)
{
	bool named = dice_percent(dice, 30);
	unsigned first = named ? SPEC_PREFIXES_ALL : 0;
	unsigned count = named ? SPEC_PREFIXES - SPEC_PREFIXES_ALL : SPEC_PREFIXES_ALL;
	unsigned start = dice_below(dice, count);

	node->neighbors = named ? 1 + dice_below(dice, 3) : 0;
	node->path = dice_percent(dice, 20);
	node->prefixes = empty && dice_percent(dice, 25) ? 0 : 1 + dice_below(dice, SPEC_ROUTED);
	for (size_t i = 0; i < node->prefixes; i++)
		node->prefix[i] = first + (start + (unsigned)i) % count;
}

static int
seconds_draw(struct dice *dice, unsigned percent)
{
	return dice_percent(dice, percent) ? 1 + (int)dice_below(dice, 12) : 0;
}

static void
attributes_draw(struct spec_node *node, struct dice *dice)
{
	set_draw(&node->sets[SPEC_UP], dice, dice_percent(dice, 80));
	set_draw(&node->sets[SPEC_DOWN], dice, dice_percent(dice, 25));
	set_draw(&node->sets[SPEC_DISABLED], dice, dice_percent(dice, 25));
	set_draw(&node->sets[SPEC_DRAIN], dice, dice_percent(dice, 50));
	node->metric_increase = 0;
	if (node->sets[SPEC_UP].metric != SPEC_NONE && dice_percent(dice, 30))
		node->metric_increase = 1 + (int)dice_below(dice, 3);
}

static void
times_draw(struct spec_node *node, struct dice *dice)
{
	node->drain_time = seconds_draw(dice, 40);
	node->min_up = seconds_draw(dice, 35);
	node->min_down = seconds_draw(dice, 35);
}

static void
node_draw(struct spec_node *node, struct dice *dice, bool empty, unsigned id)
{
	memset(node, 0, sizeof(*node));
	node->id = id;
	routes_draw(node, dice, empty);
	attributes_draw(node, dice);
	times_draw(node, dice);
}

static void
counts_draw(struct spec_check *check, struct dice *dice)
{
	check->rise = (int)dice_below(dice, dice_percent(dice, 70) ? 2 : 5);
	check->fall = (int)dice_below(dice, dice_percent(dice, 70) ? 2 : 5);
}

static void
members_draw(struct spec_group *group, const struct spec *spec, struct dice *dice)
{
	int sum = 0;

	group->count = 0;
	for (size_t i = 0; i < spec->checks; i++)
		if (dice_percent(dice, 45))
			group->members[group->count++] = i;
	if (group->count == 0)
		group->members[group->count++] = dice_below(dice, (unsigned)spec->checks);
	group->require = dice_below(dice, SPEC_REQUIRES);
	for (size_t i = 0; i < group->count; i++)
		sum += group->weights[i] = 1 + (int)dice_below(dice, 5);
	if (group->require == SPEC_AT_LEAST)
		group->threshold = 1 + (int)dice_below(dice, (unsigned)group->count);
	else if (group->require == SPEC_WEIGHT)
		group->threshold = 1 + (int)dice_below(dice, (unsigned)sum);
}

static bool
is_member(const struct spec *spec, size_t check)
{
	for (size_t i = 0; i < spec->groups; i++)
		for (size_t j = 0; j < spec->group[i].count; j++)
			if (spec->group[i].members[j] == check)
				return true;
	return false;
}

/* What has no routes must be a member, or keep the last one. */
static void
routes_mend(struct spec *spec, struct dice *dice)
{
	for (size_t i = 0; i < spec->checks; i++)
		if (spec->check[i].node.prefixes == 0 && !is_member(spec, i))
			routes_draw(&spec->check[i].node, dice, false);
	for (size_t i = 0; i < spec->groups; i++)
		if (spec->group[i].node.prefixes == 0 && !spec->group[i].keep_last)
			routes_draw(&spec->group[i].node, dice, false);
}

static void
guard_draw(struct spec *spec, struct dice *dice)
{
	spec->max_withdraw = dice_percent(dice, 45) ? 10 * (1 + (int)dice_below(dice, 10)) : SPEC_NONE;
	spec->window = 1 + (int)dice_below(dice, 20);
}

static void
check_add(struct spec *spec, struct dice *dice)
{
	struct spec_check *check = &spec->check[spec->checks++];

	node_draw(&check->node, dice, true, spec->next_id++);
	counts_draw(check, dice);
}

static void
group_add(struct spec *spec, struct dice *dice)
{
	struct spec_group *group = &spec->group[spec->groups++];

	memset(group, 0, sizeof(*group));
	group->keep_last = dice_percent(dice, 35);
	node_draw(&group->node, dice, group->keep_last, spec->next_id++);
	members_draw(group, spec, dice);
}

void
spec_draw(struct spec *spec, struct dice *dice)
{
	size_t checks = 1 + dice_below(dice, SPEC_CHECKS), groups = dice_below(dice, SPEC_GROUPS + 1);

	memset(spec, 0, sizeof(*spec));
	while (spec->checks < checks)
		check_add(spec, dice);
	while (spec->groups < groups)
		group_add(spec, dice);
	guard_draw(spec, dice);
	routes_mend(spec, dice);
}

/* Changing */

static void
node_change(struct spec_node *node, struct dice *dice, bool empty)
{
	switch (dice_below(dice, 4)) {
	case 0:
		routes_draw(node, dice, empty);
		break;
	case 1:
		attributes_draw(node, dice);
		break;
	case 2:
		times_draw(node, dice);
		break;
	default:
		break;
	}
}

/* Places change: members go with their checks; order[new] = old. */
static void
checks_arrange(struct spec *spec, const size_t *order, size_t count)
{
	struct spec old = *spec;

	for (size_t i = 0; i < count; i++)
		spec->check[i] = old.check[order[i]];
	spec->checks = count;
	for (size_t i = 0; i < spec->groups; i++) {
		struct spec_group *group = &spec->group[i];
		size_t kept = 0;

		for (size_t j = 0; j < group->count; j++)
			for (size_t k = 0; k < count; k++)
				if (order[k] == group->members[j]) {
					group->weights[kept] = group->weights[j];
					group->members[kept++] = k;
					break;
				}
		if (kept < group->count) {
			group->threshold = 1;
			group->count = kept;
		}
	}
}

static void
checks_shuffle(struct spec *spec, struct dice *dice)
{
	size_t order[SPEC_CHECKS], count = 0, swap;

	for (size_t i = 0; i < spec->checks; i++)
		order[i] = i;
	count = spec->checks;
	if (dice_percent(dice, 40))
		for (size_t i = 0; i < count; i++) {
			size_t other = dice_below(dice, (unsigned)count);

			swap = order[i];
			order[i] = order[other];
			order[other] = swap;
		}
	if (count > 1 && dice_percent(dice, 40))
		count--;
	checks_arrange(spec, order, count);
}

static void
groups_shuffle(struct spec *spec, struct dice *dice)
{
	if (spec->groups > 1 && dice_percent(dice, 30)) {
		struct spec_group first = spec->group[0];

		spec->group[0] = spec->group[spec->groups - 1];
		spec->group[spec->groups - 1] = first;
	}
	if (spec->groups > 0 && dice_percent(dice, 25))
		spec->groups--;
}

/* A name can change only where nothing else does: that is what a reload pairs them by. */
static void
checks_change(struct spec *spec, struct dice *dice)
{
	for (size_t i = 0; i < spec->checks; i++) {
		struct spec_check *check = &spec->check[i];

		if (dice_percent(dice, 8))
			check->node.name++;
		else if (dice_percent(dice, 30))
			node_change(&check->node, dice, true);
		else if (dice_percent(dice, 15))
			counts_draw(check, dice);
	}
	while (spec->checks < SPEC_CHECKS && dice_percent(dice, 30))
		check_add(spec, dice);
}

static void
groups_change(struct spec *spec, struct dice *dice)
{
	for (size_t i = 0; i < spec->groups; i++) {
		struct spec_group *group = &spec->group[i];

		if (dice_percent(dice, 15))
			group->keep_last = !group->keep_last;
		if (dice_percent(dice, 30))
			node_change(&group->node, dice, group->keep_last);
		if (group->count == 0 || dice_percent(dice, 25))
			members_draw(group, spec, dice);
	}
	while (spec->groups < SPEC_GROUPS && dice_percent(dice, 25))
		group_add(spec, dice);
}

void
spec_change(struct spec *spec, struct dice *dice)
{
	struct spec before = *spec;

	checks_shuffle(spec, dice);
	groups_shuffle(spec, dice);
	checks_change(spec, dice);
	groups_change(spec, dice);
	if (dice_percent(dice, 30))
		guard_draw(spec, dice);
	routes_mend(spec, dice);
	for (size_t i = 0; i < spec->checks; i++) /* mended, so it keeps its name */
		for (size_t j = 0; j < before.checks; j++)
			if (before.check[j].node.id == spec->check[i].node.id && before.check[j].node.prefixes == 0 &&
			    spec->check[i].node.prefixes > 0)
				spec->check[i].node.name = before.check[j].node.name;
}

/* Writing */

static void
set_write(const struct spec_set *set, FILE *file, const char *separator)
{
	if (set->metric != SPEC_NONE) {
		fprintf(file, "%smetric: %d", separator, set->metric);
		separator = ", ";
	}
	if (set->local_preference != SPEC_NONE) {
		fprintf(file, "%slocal_preference: %d", separator, set->local_preference);
		separator = ", ";
	}
	if (set->community != SPEC_NONE) {
		fprintf(file, "%scommunities: ['65000:%d']", separator, set->community);
		separator = ", ";
	}
	if (set->as_path != SPEC_NONE)
		fprintf(file, "%sas_path: '%d'", separator, set->as_path);
}

static void
prefixes_write(const struct spec_node *node, FILE *file)
{
	fputs(", prefixes: [", file);
	for (size_t i = 0; i < node->prefixes; i++)
		fprintf(file, "%s192.0.2.%u", i > 0 ? ", " : "", node->prefix[i]);
	fputs("]", file);
}

static void
node_write(const struct spec_node *node, FILE *file)
{
	if (node->prefixes > 0)
		prefixes_write(node, file);
	if (node->path)
		fprintf(file, ", path_id: %u", SPEC_PATH_ID);
	if (node->neighbors != 0)
		fprintf(file, ", neighbors: [%s]", node->neighbors == 1 ? "10.0.0.1" : node->neighbors == 2 ? "10.0.0.2" :
		    "10.0.0.1, 10.0.0.2");
	set_write(&node->sets[SPEC_UP], file, ", ");
	for (enum spec_attributes i = SPEC_DOWN; i < SPEC_SETS; i++) {
		if (!spec_set_any(&node->sets[i]))
			continue;
		fprintf(file, ", %s: {", sets[i]);
		set_write(&node->sets[i], file, "");
		fputs("}", file);
	}
	if (node->metric_increase != 0)
		fprintf(file, ", metric_increase: %d", node->metric_increase);
	fprintf(file, ", drain_time: %d, min_up: %d, min_down: %d", node->drain_time, node->min_up, node->min_down);
}

static void
check_name(const struct spec_node *node, FILE *file)
{
	fprintf(file, "c%u.%u", node->id, node->name);
}

static void
group_write(const struct spec *spec, const struct spec_group *group, FILE *file)
{
	fprintf(file, "- {name: g%u", group->node.id);
	node_write(&group->node, file);
	fputs(",\n   members: [", file);
	for (size_t i = 0; i < group->count; i++) {
		fputs(i > 0 ? ", " : "", file);
		if (group->require == SPEC_WEIGHT)
			fputs("{check: ", file);
		check_name(&spec->check[group->members[i]].node, file);
		if (group->require == SPEC_WEIGHT)
			fprintf(file, ", weight: %d}", group->weights[i]);
	}
	fputs("], require: ", file);
	if (group->require == SPEC_ALL || group->require == SPEC_ANY)
		fputs(requires[group->require], file);
	else
		fprintf(file, "{%s: %d}", requires[group->require], group->threshold);
	fprintf(file, "%s, description: the group g%u}\n", group->keep_last ? ", guard: {keep_last: true}" : "",
	    group->node.id);
}

void
spec_write(const struct spec *spec, FILE *file)
{
	if (spec->max_withdraw != SPEC_NONE)
		fprintf(file, "exacheck: {guard: {max_withdraw: %d%%, window: %d}}\n", spec->max_withdraw, spec->window);
	fputs("checks:\n", file);
	for (size_t i = 0; i < spec->checks; i++) {
		const struct spec_check *check = &spec->check[i];

		fputs("- {name: ", file);
		check_name(&check->node, file);
		node_write(&check->node, file);
		fprintf(file, ",\n   rise: %d, fall: %d, args: {method: tcp, host: 127.0.0.1, port: %u}}\n", check->rise,
		    check->fall, 1 + check->node.id);
	}
	if (spec->groups > 0)
		fputs("groups:\n", file);
	for (size_t i = 0; i < spec->groups; i++)
		group_write(spec, &spec->group[i], file);
}
