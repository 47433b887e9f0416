/*
 * Groups of the configuration: what is accepted and what becomes of it, every error with its exact place, printing and
 * reading back.
 */
#include <stdlib.h>
#include <string.h>

#include "config_memory.h"
#include "configs.h"
#include "unit.h"

/* Three checks that a group may have as members, one a line; of the first lines of a document. */
#define ARGS "args: {method: file, path: /a}}\n"
#define CHECKS "checks:\n- {name: web, " ARGS "- {name: dns, " ARGS "- {name: ntp, prefixes: 10.0.0.1, " ARGS "groups:\n"
/* All of them in a group, so that what is said is about the group under test: line 6. */
#define ALL CHECKS "- {name: all, members: [web, dns, ntp], prefixes: 192.0.2.1}\n"
/* A group that is right but for what follows: lines 6 to 8. */
#define GROUP CHECKS "- name: g\n  prefixes: 192.0.2.1\n  members: [web, dns, ntp]\n"

START_TEST(defaults)
{
	struct config *config = parse_clean(GROUP);
	const struct group_config *group = config->groups;

	ck_assert_uint_eq(config->count, 3);
	ck_assert_uint_eq(config->group_count, 1);
	ck_assert_str_eq(group->node.name, "g");
	ck_assert_uint_eq(group->node.prefixes.count, 1);
	ck_assert_uint_eq(group->node.networks[0].length, 32);
	ck_assert_str_eq(node_attributes_text(&group->node, ATTRIBUTES_UP, 0), "next-hop self");
	ck_assert_ptr_null(node_attributes_text(&group->node, ATTRIBUTES_DOWN, 0));
	ck_assert_uint_eq(group->node.line, 6);
	ck_assert_uint_eq(group->node.column, 3);
	ck_assert_int_eq(group->node.min_up_ns, 0);
	ck_assert_int_eq(group->node.drain_time_ns, 0);
	ck_assert_int_eq(group->node.hooks.timeout_ns, 10000000000);
	ck_assert(!group->by_weight && !group->keep_last);
	ck_assert_int_eq(group->threshold, 3);
	ck_assert_uint_eq(group->count, 3);
	for (size_t i = 0; i < group->count; i++) {
		ck_assert_uint_eq(group->members[i].check, i);
		ck_assert_int_eq(group->members[i].weight, 1);
	}
	ck_assert_uint_eq(config->checks[0].node.prefixes.count, 0);
	ck_assert_ptr_eq(config_node(config, 3), &group->node);
	config_free(config);
}
END_TEST

/* What may be required of three members with the weights 5, 1 and 3. */
static const struct {
	const char *require;
	int64_t threshold;
	bool by_weight;
} requirements[] = {
	{"all", 3, false},
	{"ANY", 1, false},
	{"{at_least: 1}", 1, false},
	{"{at_least: 2}", 2, false},
	{"{at_least: '3'}", 3, false},
	{"{weight: 1}", 1, true},
	{"{weight: 9}", 9, true},
	{"~", 3, false},
};

static void
expect_requirement(const struct config *config, size_t number)
{
	static const int64_t weights[] = {5, 1, 3};
	const struct group_config *group = &config->groups[0];

	ck_assert_uint_eq(config->group_count, 1);
	ck_assert_int_eq(group->threshold, requirements[number].threshold);
	ck_assert_int_eq(group->by_weight, requirements[number].by_weight);
	ck_assert_uint_eq(group->count, COUNT(weights));
	for (size_t i = 0; i < COUNT(weights); i++) {
		ck_assert_uint_eq(group->members[i].check, 2 - i);
		ck_assert_int_eq(group->members[i].weight, requirements[number].by_weight ? weights[i] : 1);
	}
}

/* Each requirement, with weights where they count, and printed and read again. */
START_TEST(requirement)
{
	struct config *config, *again;
	char text[1024], *printed, *twice;

	snprintf(text, sizeof(text), CHECKS "- {name: g, prefixes: 192.0.2.1, require: %s, members: [%s]}\n",
	    requirements[_i].require, requirements[_i].by_weight ?
	    "{check: ntp, weight: 5}, dns, {check: web, weight: '3'}" : "ntp, {check: dns}, web");
	config = parse_clean(text);
	expect_requirement(config, (size_t)_i);
	printed = config_text(config);
	again = parse_clean(printed);
	expect_requirement(again, (size_t)_i);
	twice = config_text(again);
	ck_assert_str_eq(printed, twice);
	free(printed);
	free(twice);
	config_free(config);
	config_free(again);
}
END_TEST

static const char everything[] =
    "groups:\n"
    "- name: first\n"
    "  members: late\n"
    "  prefixes: [2001:db8::/32, 2001:db8:1::/48]\n"
    "  description: yes\n"
    "  nexthop: 2001:db8::1\n"
    "  path_id: 7\n"
    "  metric: 10\n"
    "  metric_increase: 5\n"
    "  metric_down: 1000\n"
    "  local_preference: 50\n"
    "  communities: 65000:1\n"
    "  as_path: 65000\n"
    "  neighbors: 2001:db8::2\n"
    "  drain: {metric: 500}\n"
    "  drain_time: 20\n"
    "  min_up: 1.5\n"
    "  min_down: 60\n"
    "  hooks: {up: a, down: b}\n"
    "  guard: {keep_last: yes}\n"
    "- {name: 'true', members: ['1:30', late], guard: {keep_last: on}}\n"
    "- {name: notify, members: late, hooks: {change: logger}}\n"
    "checks:\n"
    "- {name: '1:30', " ARGS
    "- {name: late, prefixes: [], " ARGS;

static void
check_everything(const struct config *config)
{
	const struct group_config *group = config->groups;
	const struct node_config *node = &group->node;

	ck_assert_uint_eq(config->group_count, 3);
	ck_assert_str_eq(node->description, "yes");
	ck_assert_int_eq(node->path_id, 7);
	ck_assert_str_eq(node->neighbors.items[0], "2001:db8::2");
	ck_assert_str_eq(node_attributes_text(node, ATTRIBUTES_UP, 1),
	    "next-hop 2001:db8::1 med 15 local-preference 50 as-path [ 65000 ] community [ 65000:1 ]");
	ck_assert_str_eq(node_attributes_text(node, ATTRIBUTES_DOWN, 1),
	    "next-hop 2001:db8::1 med 1005 local-preference 50 as-path [ 65000 ] community [ 65000:1 ]");
	ck_assert_ptr_null(node_attributes_text(node, ATTRIBUTES_DISABLED, 0));
	ck_assert_str_eq(node_attributes_text(node, ATTRIBUTES_DRAIN, 0),
	    "next-hop 2001:db8::1 med 500 local-preference 50 as-path [ 65000 ] community [ 65000:1 ]");
	ck_assert_int_eq(node->drain_time_ns, 20000000000);
	ck_assert_int_eq(node->min_up_ns, 1500000000);
	ck_assert_int_eq(node->min_down_ns, 60000000000);
	ck_assert_str_eq(node->hooks.up, "a");
	ck_assert_str_eq(node->hooks.down, "b");
	ck_assert(group->keep_last && group[1].keep_last && !group[2].keep_last);
	ck_assert_uint_eq(group->count, 1);
	ck_assert_uint_eq(group->members[0].check, 1);
	ck_assert_uint_eq(group[1].count, 2);
	ck_assert_str_eq(config->checks[group[1].members[0].check].node.name, "1:30");
	ck_assert_str_eq(group[2].node.hooks.change, "logger");
	ck_assert_uint_eq(group[2].node.prefixes.count, 0);
}

/* Every key; groups may stand before the checks that they name; and all that is printed is read back. */
START_TEST(every_key)
{
	struct config *config = parse_clean(everything), *again;
	char *text = config_text(config), *second;

	check_everything(config);
	again = parse_clean(text);
	check_everything(again);
	for (size_t i = 0; i < config->group_count; i++)
		ck_assert(options_equal(group_table, &config->groups[i], &again->groups[i]));
	second = config_text(again);
	ck_assert_str_eq(text, second);
	free(text);
	free(second);
	config_free(config);
	config_free(again);
}
END_TEST

struct finding {
	const char *text, *expected; /* how it begins */
};

#define NOT_FIRST "c.yaml:7:"

static const struct finding errors[] = {
    {"groups: 5\n" "checks: [{name: web, prefixes: 10.0.0.1, " ARGS "]\n", "c.yaml:1:9: groups: must be a list, got a value\n"},
    {"groups: [{name: g, members: []}]\n", "c.yaml:1:1: checks: there must be at least one check: "},
    {ALL "- 5\n", NOT_FIRST "3: groups[2]: must be a map, got a value\n"},
    {ALL "- {}\n", NOT_FIRST "3: groups[2].name: is required\n" NOT_FIRST "3: groups[2].members: there must be at least one "},
    {ALL "- {name: g, prefixes: 10.0.0.9, members: ~}\n",
	NOT_FIRST "42: groups[2] (g).members: there must be at least one member: the name of a check\n"},
    {ALL "- {name: g, prefixes: 10.0.0.9, members: []}\n",
	NOT_FIRST "42: groups[2] (g).members: there must be at least one member: the name of a check\n"},
    {ALL "- {name: g, prefixes: 10.0.0.9, members: {web: 1}}\n",
	NOT_FIRST "42: groups[2] (g).members: must be a list, got a map\n"},
    {ALL "- {name: g, prefixes: 10.0.0.9, members: [web, weh]}\n",
	NOT_FIRST "48: groups[2] (g).members[2]: there is no check \"weh\"; did you mean web?\n"},
    {ALL "- {name: g, prefixes: 10.0.0.9, members: [web, nothing like it]}\n",
	NOT_FIRST "48: groups[2] (g).members[2]: there is no check \"nothing like it\"\n"},
    {ALL "- {name: g, prefixes: 10.0.0.9, members: [{check: Web, weight: 2}]}\n",
	NOT_FIRST "51: groups[2] (g).members[1].check: there is no check \"Web\"; did you mean web?\n"
	NOT_FIRST "64: warning: groups[2] (g).members: weights have no effect without `require: {weight: N}`\n"},
    {ALL "- {name: g, prefixes: 10.0.0.9, members: nobody}\n",
	NOT_FIRST "42: groups[2] (g).members: there is no check \"nobody\"\n"},
    {ALL "- {name: g, prefixes: 10.0.0.9, members: [all]}\n",
	NOT_FIRST "43: groups[2] (g).members[1]: all is a group, and a group cannot be a member: name its checks\n"},
    {ALL "- {name: g, prefixes: 10.0.0.9, members: [web, g]}\n",
	NOT_FIRST "48: groups[2] (g).members[2]: is this group itself: a group has checks as its members\n"},
    {ALL "- {name: g, prefixes: 10.0.0.9, members: [web, dns, {check: web}]}\n",
	NOT_FIRST "61: groups[2] (g).members[3].check: web is a member already\n"},
    {ALL "- {name: g, prefixes: 10.0.0.9, members: [[web], {weigh: 3}, {check: web, weigth: 3}, {check: dns, weight: 0}]}\n",
	NOT_FIRST "43: groups[2] (g).members[1]: must be the name of a check or {check: NAME, weight: N}, got a list\n"
	NOT_FIRST "50: groups[2] (g).members[2].check: is required\n"
	NOT_FIRST "51: groups[2] (g).members[2].weigh: unknown key; did you mean weight?\n"
	NOT_FIRST "75: groups[2] (g).members[3].weigth: unknown key; did you mean weight?\n"
	NOT_FIRST "108: groups[2] (g).members[4].weight: must be 1 to 1000000, got 0\n"},
    {ALL "- {name: g, prefixes: 10.0.0.9, members: [web], require: most}\n",
	NOT_FIRST "58: groups[2] (g).require: must be all, any, {at_least: N} or {weight: N}, got \"most\"\n"},
    {ALL "- {name: g, prefixes: 10.0.0.9, members: [web], require: [all]}\n",
	NOT_FIRST "58: groups[2] (g).require: must be all, any, {at_least: N} or {weight: N}, got a list\n"},
    {ALL "- {name: g, prefixes: 10.0.0.9, members: [web], require: 1}\n",
	NOT_FIRST "58: groups[2] (g).require: must be all, any, {at_least: N} or {weight: N}, got 1\n"},
    {ALL "- {name: g, prefixes: 10.0.0.9, members: [web], require: {}}\n",
	NOT_FIRST "58: groups[2] (g).require: must have one of the keys at_least and weight\n"},
    {ALL "- {name: g, prefixes: 10.0.0.9, members: [web], require: {at_least: 1, weight: 1}}\n",
	NOT_FIRST "58: groups[2] (g).require: must have one of the keys at_least and weight\n"},
    {ALL "- {name: g, prefixes: 10.0.0.9, members: [web], require: {atleast: 1}}\n",
	NOT_FIRST "59: groups[2] (g).require.atleast: unknown key; did you mean at_least?\n"},
    {ALL "- {name: g, prefixes: 10.0.0.9, members: [web, dns], require: {at_least: 3}}\n",
	NOT_FIRST "74: groups[2] (g).require.at_least: must be at most 2, the number of members, got 3: the group would "
	"never be up\n"},
    {ALL "- {name: g, prefixes: 10.0.0.9, members: [web, dns], require: {at_least: 0}}\n",
	NOT_FIRST "74: groups[2] (g).require.at_least: must be at least 1, got 0\n"},
    {ALL "- {name: g, prefixes: 10.0.0.9, members: [{check: web, weight: 6}, dns], require: {weight: 8}}\n",
	NOT_FIRST "92: groups[2] (g).require.weight: must be at most 7, the weight of all members together, got 8: the group "
	"would never be up\n"},
    {ALL "- {name: g, prefixes: 10.0.0.9, members: [web, dns], require: {weight: 0}}\n",
	NOT_FIRST "72: groups[2] (g).require.weight: must be at least 1, got 0\n"},
    {ALL "- {name: g, prefixes: 10.0.0.9, members: [web, wep], require: {at_least: 3}}\n",
	NOT_FIRST "48: groups[2] (g).members[2]: there is no check \"wep\"; did you mean web?\n"
	NOT_FIRST "74: groups[2] (g).require.at_least: must be at most 2, "},
    {ALL "- {name: web, prefixes: 10.0.0.9, members: [web]}\n",
	NOT_FIRST "10: groups[2] (web).name: names are unique, and this one is that of checks[1] (web) at line 2\n"},
    {ALL "- {name: all, prefixes: 10.0.0.9, members: [web]}\n",
	NOT_FIRST "10: groups[2] (all).name: names are unique, and this one is that of groups[1] (all) at line 6\n"},
    {ALL "- {name: g, members: [web]}\n",
	NOT_FIRST "3: groups[2] (g).prefixes: is required of a group that has neither hooks nor guard.keep_last: it would do "
	"nothing\n"},
    {ALL "- {name: g, prefixes: [], members: [web], hooks: {timeout: 5}, guard: {keep_last: no}}\n",
	NOT_FIRST "23: groups[2] (g).prefixes: is required of a group that has neither hooks nor guard.keep_last: "},
    {ALL "- {name: g, members: [web], guard: {keep_last: 1}}\n",
	NOT_FIRST "48: groups[2] (g).guard.keep_last: must be true or false, got 1\n"},
    {ALL "- {name: g, prefixes: 10.0.0.9, members: [web], guard: {max_withdraw: 5%}}\n",
	NOT_FIRST "57: groups[2] (g).guard.max_withdraw: unknown key\n"},
    {ALL "- {name: g, prefixes: 10.0.0.9, members: [web], interval: 5, args: {method: file}}\n",
	NOT_FIRST "49: groups[2] (g).interval: unknown key here; it is one of a check, beside args\n" NOT_FIRST "62: groups[2] (g).args: unknown key\n"},
    {ALL "- {name: g, prefixes: [10.0.0.9, 2001:db8::1], members: [web]}\n",
	NOT_FIRST "34: groups[2] (g).prefixes[2]: 2001:db8::1/128 is IPv6 but 10.0.0.9/32 is IPv4: make a check or group for "
	"each family\n"},
    {ALL "- {name: g, prefixes: 10.0.0.9, nexthop: 2001:db8::1, members: [web]}\n",
	NOT_FIRST "42: groups[2] (g).nexthop: 2001:db8::1 is IPv6 but the prefixes are IPv4: "},
    {ALL "- {name: g, prefixes: 10.0.0.9, metric_increase: 1, members: [web]}\n",
	NOT_FIRST "50: groups[2] (g).metric_increase: needs metric, which it is added to\n"},
    {ALL "- {name: g, prefixes: 10.0.0.300, members: [web]}\n", NOT_FIRST "23: groups[2] (g).prefixes: "},
    {CHECKS "- {name: g, prefixes: 10.0.0.9, members: [web]}\n",
	"c.yaml:3:3: checks[2] (dns).prefixes: is required of a check that is no member of a group\n"},
    {CHECKS, "c.yaml:2:3: checks[1] (web).prefixes: is required of a check that is no member of a group\n"
	     "c.yaml:3:3: checks[2] (dns).prefixes: is required of a check that is no member of a group\n"},
};

/* Every line of the findings belongs to what is expected, and nothing more is there. */
static size_t
lines(const char *text)
{
	size_t count = 0;

	for (; *text != '\0'; text++)
		count += *text == '\n';
	return count;
}

START_TEST(every_error)
{
	char *findings;
	struct config *config = parse(errors[_i].text, &findings);
	const char *expected = errors[_i].expected;
	size_t length = strlen(expected), partial = expected[length - 1] != '\n';

	ck_assert_msg(strncmp(findings, expected, length) == 0, "expected %s\ngot %s", expected, findings);
	ck_assert_msg(lines(findings) == lines(expected) + partial, "more than %s\n: %s", expected, findings);
	ck_assert_ptr_null(config);
	free(findings);
}
END_TEST

static const struct finding warnings[] = {
    {ALL "- {name: g, prefixes: 10.0.0.9, members: [dns, {check: web, weight: 5}, {check: ntp, weight: 6}]}\n",
	NOT_FIRST "69: warning: groups[2] (g).members: weights have no effect without `require: {weight: N}`\n"},
    {ALL "- {name: g, prefixes: 10.0.0.1, members: web}\n",
	NOT_FIRST "23: warning: groups[2] (g).prefixes: 10.0.0.1/32 is also a prefix of checks[3] (ntp) at line 4: it is "
	"announced while either is up, with the attributes of the first that is\n"},
    {ALL "- {name: g, prefixes: 192.0.2.1, members: web}\n",
	NOT_FIRST "23: warning: groups[2] (g).prefixes: 192.0.2.1/32 is also a prefix of groups[1] (all) at line 6: it is "
	"announced while either is up, with the attributes of the first that is\n"},
    {ALL "- {name: g, prefixes: 10.0.0.1, neighbors: 10.0.0.2, members: web}\n",
	NOT_FIRST "23: warning: groups[2] (g).prefixes: 10.0.0.1/32 is announced to all neighbors by checks[3] (ntp) at line "
	"4: name the neighbors in both, or one withdraws the other's route\n"},
    {"exacheck: {guard: {max_withdraw: 49.9%, window: 60}}\n" GROUP,
	"c.yaml:1:34: warning: exacheck.guard.max_withdraw: is less than one route (of 2): none will ever be withdrawn for a "
	"failure\n"},
    {"exacheck: {guard: {max_withdraw: 50%, window: 60}}\n" GROUP, ""},
    {ALL "- {name: g, prefixes: 10.0.0.9, drain: {metric: 1}, members: web}\n",
	NOT_FIRST "40: warning: groups[2] (g).drain: has no effect while drain_time is 0\n"},
    {ALL "- {name: g, prefixes: 10.0.0.9, disabled: {metric: 1}, hooks: {disabled: x}, members: web}\n", ""},
};

START_TEST(every_warning)
{
	char *findings;
	struct config *config = parse(warnings[_i].text, &findings);

	ck_assert_str_eq(findings, warnings[_i].expected);
	ck_assert_ptr_nonnull(config);
	config_free(config);
	free(findings);
}
END_TEST

START_TEST(weights_without_effect)
{
	char *findings;
	struct config *config = parse(warnings[0].text, &findings);

	for (size_t i = 0; i < 3; i++)
		ck_assert_int_eq(config->groups[1].members[i].weight, 1);
	ck_assert_int_eq(config->groups[1].threshold, 3);
	config_free(config);
	free(findings);
}
END_TEST

/* Prefixes that a hook's environment has no room for. */
START_TEST(hook_prefixes)
{
	char *text = NULL, *findings;
	int count = _i == 0 ? 9000 : 12000;
	size_t length;
	FILE *file = open_memstream(&text, &length);
	struct config *config;

	fputs("checks:\n- name: w\n  args: {method: file, path: /a}\n  hooks: {change: x}\n  prefixes:\n", file);
	for (int i = 0; i < count; i++)
		fprintf(file, "  - 10.%d.%d.1\n", 10 + i / 100, 10 + i % 100);
	fclose(file);
	config = parse(text, &findings);
	ck_assert_ptr_nonnull(config);
	ck_assert_msg(_i == 0 ? *findings == '\0' :
	    strncmp(findings, "c.yaml:4:10: warning: checks[1] (w).hooks: PREFIXES has room for ", 65) == 0, "%.200s", findings);
	config_free(config);
	free(findings);
	free(text);
}
END_TEST

/* Long attributes for each of very many prefixes are refused before they fill the memory. */
START_TEST(texts_too_long)
{
	char *text = NULL, *findings;
	size_t length;
	FILE *file = open_memstream(&text, &length);
	struct config *config;

	fputs("checks:\n- name: w\n  args: {method: file, path: /a}\n  metric: 1\n  metric_increase: 1\n  as_path: \"", file);
	for (int i = 0; i < 250; i++)
		fprintf(file, " %u", 4200000000u + (unsigned)i);
	fputs("\"\n  prefixes:\n", file);
	for (int i = 0; i < 110000; i++)
		fprintf(file, "  - 10.%d.%d.%d\n", i / 65536, i / 256 % 256, i % 256);
	fclose(file);
	config = parse(text, &findings);
	ck_assert_ptr_null(config);
	ck_assert_msg(strncmp(findings, "c.yaml:2:3: checks[1] (w): the attributes of all prefixes make more than ", 72) == 0,
	    "%.200s", findings);
	free(findings);
	free(text);
}
END_TEST

/* Hundreds of thousands of unknown members among many checks: in bounded time. */
START_TEST(many_unknown)
{
	char *text = NULL, *findings;
	size_t length;
	FILE *file = open_memstream(&text, &length);

	fputs("checks:\n", file);
	for (int i = 0; i < 20000; i++)
		fprintf(file, "- {name: a long name of a check %d, " ARGS, i);
	fputs("groups:\n- name: g\n  members:\n", file);
	for (int i = 0; i < 200000; i++)
		fprintf(file, "  - another long name of one%d\n", i);
	fclose(file);
	ck_assert_ptr_null(parse(text, &findings));
	free(findings);
	free(text);
}
END_TEST

/* A configuration cut at every byte, and with every byte changed, neither crashes nor leaks. */
START_TEST(mutations)
{
	mutate(everything, sizeof(everything));
}
END_TEST

/* Whatever allocation fails. */
START_TEST(no_memory)
{
	config_without_memory(everything, sizeof(everything));
}
END_TEST

int
main(void)
{
	Suite *suite = suite_create("config_group");
	TCase *tcase = unit_case(suite, "config_group");

	tcase_add_test(tcase, defaults);
	tcase_add_loop_test(tcase, requirement, 0, COUNT(requirements));
	tcase_add_test(tcase, every_key);
	tcase_add_loop_test(tcase, every_error, 0, COUNT(errors));
	tcase_add_loop_test(tcase, every_warning, 0, COUNT(warnings));
	tcase_add_test(tcase, weights_without_effect);
	tcase_add_loop_test(tcase, hook_prefixes, 0, 2);
	tcase_add_test(tcase, mutations);
	tcase_add_test(tcase, no_memory);
	tcase = unit_case(suite, "size");
	tcase_set_tags(tcase, UNIT_NATIVE);
	tcase_add_test(tcase, texts_too_long);
	tcase_add_test(tcase, many_unknown);
	return unit_run(suite);
}
