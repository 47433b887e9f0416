/*
 * Groups: their decoding, members and what is required of these. Touches memory only. Invariant: a group without a
 * finding has members, each once, which can come to its threshold.
 */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "../common/option_error.h"
#include "config_internal.h"
#include "decode.h"

struct decoding {
	struct diagnostics *diagnostics;
	const struct sources *sources;
	const struct names *names;
	size_t *group_of; /* by check: 1 + the last group that has it as a member; 0: none has */
};

/* A group's members while they are decoded. */
struct membership {
	const struct decoding *decoding;
	struct group_config *group;
	size_t number; /* of the group */
	const struct node *weighted; /* the first member with a weight of its own, or NULL */
	int64_t weights; /* sum */
	bool good;	 /* without a finding: the sum is right */
};

static void
report_unknown(const struct decoding *decoding, const struct place *place, const struct node *node, const char *text)
{
	const struct config *config = decoding->sources->config;
	size_t findings = diagnostics_count(decoding->diagnostics, SEVERITY_ERROR);
	char quoted[OPTION_QUOTE_SIZE], meant[SUGGEST_TEXT_SIZE];

	place_report(decoding->diagnostics, SEVERITY_ERROR, place, node, "there is no check %s%s",
	    option_quote(text, quoted), suggest_format(names_suggest(config, config->count, text, findings), meant));
}

/* The check of this name, SIZE_MAX: it cannot be a member, which has been reported. */
static size_t
member_find(const struct membership *membership, const struct place *place, const struct node *node, const char *text)
{
	const struct decoding *decoding = membership->decoding;
	const char *own = membership->group->node.name;
	size_t check = names_find(decoding->names, text);

	if (check == SIZE_MAX)
		report_unknown(decoding, place, node, text);
	else if (check >= decoding->sources->config->count && own != NULL && strcmp(own, text) == 0)
		place_report(decoding->diagnostics, SEVERITY_ERROR, place, node,
		    "is this group itself: a group has checks as its members");
	else if (check >= decoding->sources->config->count)
		place_report(decoding->diagnostics, SEVERITY_ERROR, place, node,
		    "%s is a group, and a group cannot be a member: name its checks", text);
	else if (decoding->group_of[check] == membership->number + 1)
		place_report(decoding->diagnostics, SEVERITY_ERROR, place, node, "%s is a member already", text);
	else
		return check;
	return SIZE_MAX;
}

static void
member_add(struct membership *membership, const struct place *place, const struct node *node, const char *text,
    int64_t weight)
{
	struct group_config *group = membership->group;
	size_t check = member_find(membership, place, node, text);

	membership->weights += weight;
	if (check == SIZE_MAX)
		return;
	membership->decoding->group_of[check] = membership->number + 1;
	group->members[group->count++] = (struct group_member){check, weight};
}

/* A name, or {check: NAME, weight: N}. */
static void
member_decode(struct membership *membership, const struct place *place, const struct node *node)
{
	struct diagnostics *diagnostics = membership->decoding->diagnostics;
	const struct place check = {.parent = place, .key = "check"};
	struct member_options options = {.check = NULL};

	if (node->type == NODE_SCALAR) {
		member_add(membership, place, node, node->text, 1);
		return;
	}
	if (node->type != NODE_MAPPING) {
		place_report(diagnostics, SEVERITY_ERROR, place, node,
		    "must be the name of a check or {check: NAME, weight: N}, got %s", node_type_name(node->type));
		return;
	}
	if (!options_set_defaults(member_table, &options))
		place_report(diagnostics, SEVERITY_ERROR, place, node, "out of memory");
	else
		decode_options(diagnostics, place, node, member_table, NULL, &options);
	if (options.weight != OPTION_UNSET && membership->weighted == NULL)
		membership->weighted = node;
	if (options.check != NULL)
		member_add(membership, &check, node_for(node, "check"), options.check,
		    options.weight != OPTION_UNSET ? options.weight : 1);
	options_free(member_table, &options);
}

/* False: there are none to speak of. count: how many the file names. */
static bool
members_decode(struct membership *membership, const struct place *group_place, const struct node *map, size_t *count)
{
	struct diagnostics *diagnostics = membership->decoding->diagnostics;
	const struct place place = {.parent = group_place, .key = "members"};
	const struct node *node = node_get(map, "members");
	bool single = node != NULL && node->type == NODE_SCALAR;
	size_t errors;

	if (node == NULL || node->type == NODE_NULL || (node->type == NODE_SEQUENCE && node->count == 0)) {
		place_report(diagnostics, SEVERITY_ERROR, &place, node == NULL ? map : node,
		    "there must be at least one member: the name of a check");
		return false;
	}
	if (!single && !decode_expect(diagnostics, &place, node, NODE_SEQUENCE))
		return false;
	*count = single ? 1 : node->count;
	if ((membership->group->members = calloc(*count, sizeof(*membership->group->members))) == NULL) {
		place_report(diagnostics, SEVERITY_ERROR, &place, node, "out of memory");
		return false;
	}
	errors = diagnostics_count(diagnostics, SEVERITY_ERROR);
	if (single)
		member_decode(membership, &place, node);
	for (size_t i = 0; !single && i < *count; i++)
		member_decode(membership, &(struct place){.parent = &place, .number = i + 1}, node->items[i]);
	membership->good = diagnostics_count(diagnostics, SEVERITY_ERROR) == errors;
	return true;
}

/* {at_least: N} or {weight: N} */
static void
require_map_decode(struct membership *membership, const struct place *place, const struct node *node, size_t count)
{
	struct diagnostics *diagnostics = membership->decoding->diagnostics;
	size_t errors = diagnostics_count(diagnostics, SEVERITY_ERROR);
	struct require_options options = {0};
	struct group_config *group = membership->group;

	if (!options_set_defaults(require_table, &options))
		place_report(diagnostics, SEVERITY_ERROR, place, node, "out of memory");
	decode_options(diagnostics, place, node, require_table, NULL, &options);
	if (diagnostics_count(diagnostics, SEVERITY_ERROR) > errors)
		return;
	group->by_weight = options.weight != OPTION_UNSET;
	group->threshold = group->by_weight ? options.weight : options.at_least;
	if ((options.at_least == OPTION_UNSET) != group->by_weight)
		place_report(diagnostics, SEVERITY_ERROR, place, node, "must have one of the keys at_least and weight");
	else if (group->by_weight && membership->good && group->threshold > membership->weights)
		place_report(diagnostics, SEVERITY_ERROR, &(struct place){.parent = place, .key = "weight"},
		    node_for(node, "weight"), "must be at most %lld, the weight of all members together, got %lld: "
		    "the group would never be up", (long long)membership->weights, (long long)group->threshold);
	else if (!group->by_weight && (uint64_t)group->threshold > count)
		place_report(diagnostics, SEVERITY_ERROR, &(struct place){.parent = place, .key = "at_least"},
		    node_for(node, "at_least"), "must be at most %zu, the number of members, got %lld: "
		    "the group would never be up", count, (long long)group->threshold);
}

static void
require_decode(struct membership *membership, const struct place *group_place, const struct node *map, size_t count)
{
	const struct place place = {.parent = group_place, .key = "require"};
	const struct node *node = node_get(map, "require");
	bool scalar = node != NULL && node->type == NODE_SCALAR;
	char quoted[OPTION_QUOTE_SIZE];

	if (node == NULL || node->type == NODE_NULL || (scalar && strcasecmp(node->text, "all") == 0))
		membership->group->threshold = (int64_t)count;
	else if (scalar && strcasecmp(node->text, "any") == 0)
		membership->group->threshold = 1;
	else if (node->type == NODE_MAPPING)
		require_map_decode(membership, &place, node, count);
	else
		place_report(membership->decoding->diagnostics, SEVERITY_ERROR, &place, node,
		    "must be all, any, {at_least: N} or {weight: N}, got %s",
		    scalar ? option_quote(node->text, quoted) : node_type_name(node->type));
}

/* Weights count only where they are asked for. */
static void
weights_check(const struct membership *membership, const struct place *group_place)
{
	const struct place members = {.parent = group_place, .key = "members"};
	struct group_config *group = membership->group;

	if (group->by_weight || membership->weighted == NULL)
		return;
	place_report(membership->decoding->diagnostics, SEVERITY_WARNING, &members,
	    node_for(membership->weighted, "weight"), "weights have no effect without `require: {weight: N}`");
	for (size_t i = 0; i < group->count; i++)
		group->members[i].weight = 1;
}

/* A list of prefixes that is not there, or has nothing in it; one with findings is neither. */
static bool
prefixes_missing(const struct node *map)
{
	const struct node *node = node_get(map, "prefixes");

	return node == NULL || node->type == NODE_NULL || (node->type == NODE_SEQUENCE && node->count == 0);
}

static void
report_prefixes(const struct decoding *decoding, const struct place *node_place, const struct node *map,
    const char *message)
{
	const struct place place = {.parent = node_place, .key = "prefixes"};

	place_report(decoding->diagnostics, SEVERITY_ERROR, &place, node_for(map, "prefixes"), "%s", message);
}

static void
group_complete(const struct decoding *decoding, size_t number)
{
	const struct config *config = decoding->sources->config;
	struct group_config *group = &config->groups[number];
	struct membership membership = {.decoding = decoding, .group = group, .number = number};
	const struct place place = sources_place(decoding->sources, config->count + number);
	const struct node *map = sources_map(decoding->sources, config->count + number);
	size_t count;

	if (map->type != NODE_MAPPING)
		return;
	if (members_decode(&membership, &place, map, &count)) {
		size_t errors = diagnostics_count(decoding->diagnostics, SEVERITY_ERROR);

		require_decode(&membership, &place, map, count);
		if (diagnostics_count(decoding->diagnostics, SEVERITY_ERROR) == errors)
			weights_check(&membership, &place);
	}
	/* Networks are there unless something else was wrong, which may have been what it does. */
	if (prefixes_missing(map) && group->node.networks != NULL && !hooks_any(&group->node.hooks) &&
	    !group->keep_last)
		report_prefixes(decoding, &place, map,
		    "is required of a group that has neither hooks nor guard.keep_last: it would do nothing");
}

/* The tables' part of all groups: after it their names are known. */
static bool
groups_decode_tables(struct diagnostics *diagnostics, const struct sources *sources, struct config *config,
    size_t *text_bytes)
{
	static const char *const also[] = {"members", "require", NULL};
	const struct node *list = sources->groups;

	if (list == NULL || list->count == 0)
		return true;
	if ((config->groups = calloc(list->count, sizeof(*config->groups))) == NULL)
		return false;
	config->group_count = list->count;
	for (size_t i = 0; i < list->count; i++) {
		const struct node *map = list->items[i];
		const struct node *name = node_get(map, "name");
		struct place place = sources_place(sources, config->count + i);
		size_t errors = diagnostics_count(diagnostics, SEVERITY_ERROR);

		place.name = name != NULL ? name->text : NULL;
		if (!options_set_defaults(group_table, &config->groups[i]))
			return false;
		if (!decode_expect(diagnostics, &place, map, NODE_MAPPING))
			continue;
		decode_options(diagnostics, &place, map, group_table, also, &config->groups[i]);
		if (diagnostics_count(diagnostics, SEVERITY_ERROR) == errors)
			node_check(diagnostics, &place, map, &config->groups[i].node, text_bytes);
	}
	return true;
}

static void
groups_complete(struct decoding *decoding)
{
	const struct config *config = decoding->sources->config;

	for (size_t i = 0; i < config->group_count; i++)
		group_complete(decoding, i);
	for (size_t i = 0; i < config->count; i++) {
		const struct place place = sources_place(decoding->sources, i);
		const struct node *map = sources_map(decoding->sources, i);

		if (map->type == NODE_MAPPING && decoding->group_of[i] == 0 && prefixes_missing(map))
			report_prefixes(decoding, &place, map, "is required of a check that is no member of a group");
	}
}

bool
groups_decode(struct diagnostics *diagnostics, const struct sources *sources, struct config *config, size_t *text_bytes)
{
	struct names names = {.list = NULL};
	struct decoding decoding = {.diagnostics = diagnostics, .sources = sources, .names = &names};
	bool decoded = false;

	if (groups_decode_tables(diagnostics, sources, config, text_bytes) && names_make(&names, config) &&
	    (decoding.group_of = calloc(config->count + 1, sizeof(*decoding.group_of))) != NULL) {
		names_compare(diagnostics, sources, &names);
		groups_complete(&decoding);
		decoded = true;
	}
	free(decoding.group_of);
	names_free(&names);
	return decoded;
}

void
group_free(struct group_config *group)
{
	free(group->members);
	node_free(&group->node);
	options_free(group_table, group);
}
