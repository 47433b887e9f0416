/*
 * What a check announces with: its own attributes and those of its states. Touches memory only.
 * Invariant: without a finding, each text that is made fits into a command.
 */
#include <stdlib.h>
#include <string.h>

#include "attributes.h"
#include "config_internal.h"
#include "exabgp.h"

/* A command apart from its attributes: verb, neighbor, prefix, path id in the longest spelling, and more. */
#define COMMAND_REST_MAX 256

#define GRACEFUL_SHUTDOWN "65535:0" /* RFC 8326 */

/* metric_down is another word for down.metric. */
static void
metric_down_fold(struct diagnostics *diagnostics, const struct place *check_place, const struct node *map,
    struct check_options *options)
{
	const struct place place = {.parent = check_place, .key = "metric_down"};

	if (options->metric_down == OPTION_UNSET)
		return;
	if (options->down.metric != OPTION_UNSET && options->down.metric != options->metric_down)
		place_report(diagnostics, SEVERITY_ERROR, &place, node_for(map, "metric_down"),
		    "is another word for down.metric, which says %lld: leave one of them out",
		    (long long)options->down.metric);
	options->down.metric = options->metric_down;
	options->metric_down = OPTION_UNSET;
}

/* What the table cannot say about the map of a state. */
static void
set_check(struct diagnostics *diagnostics, const struct place *check_place, const struct node *check_map,
    const char *key, struct attribute_set *set)
{
	const struct place place = {.parent = check_place, .key = key};
	const struct place communities = {.parent = &place, .key = "communities"};
	const struct node *map = node_get(check_map, key), *list;

	if (map == NULL || map->type != NODE_MAPPING)
		return;
	if (!attribute_set_any(set))
		place_report(diagnostics, SEVERITY_ERROR, &place, map,
		    "names no attribute: say metric, local_preference, communities or as_path, or leave it out");
	list = node_get(map, "communities");
	if (list != NULL && list->type == NODE_SEQUENCE && list->count == 0)
		place_report(diagnostics, SEVERITY_ERROR, &communities, list,
		    "must not be empty: name a community, or leave it out to keep those of the check");
	list_unique(diagnostics, &place, map, "communities", &set->communities);
}

static bool
list_copy_add(struct string_list *list, const char *text)
{
	char *copy = strdup(text);

	return copy != NULL && string_list_add(list, copy);
}

/* Unless the file says otherwise, what drains is what is announced, and the community for it. */
static bool
drain_default(struct check_options *options)
{
	for (size_t i = 0; i < options->communities.count; i++)
		if (strcmp(options->communities.items[i], GRACEFUL_SHUTDOWN) != 0 &&
		    !list_copy_add(&options->drain.communities, options->communities.items[i]))
			return false;
	return list_copy_add(&options->drain.communities, GRACEFUL_SHUTDOWN);
}

static bool
drain_check(struct diagnostics *diagnostics, const struct place *check_place, const struct node *map,
    struct check_options *options)
{
	const struct place place = {.parent = check_place, .key = "drain"};

	if (options->drain_time_ns > 0)
		return attribute_set_any(&options->drain) || drain_default(options);
	if (attribute_set_any(&options->drain))
		place_report(diagnostics, SEVERITY_WARNING, &place, node_for(map, "drain"),
		    "has no effect while drain_time is 0");
	return true;
}

/* The text for a set, NULL when there is none; keeps the length of the longest. False: out of memory. */
static bool
text_make(const struct check_options *options, const struct attribute_set *set, bool wanted, char **text,
    size_t *longest)
{
	if (!wanted)
		return true;
	if ((*text = attributes_format(options, set)) == NULL)
		return false;
	if (strlen(*text) > *longest)
		*longest = strlen(*text);
	return true;
}

void
check_attributes_make(struct diagnostics *diagnostics, const struct place *place, const struct node *map,
    struct check_config *check)
{
	const size_t most = EXABGP_LINE_MAX - COMMAND_REST_MAX;
	struct check_options *options = &check->options;
	size_t longest = 0;

	set_check(diagnostics, place, map, "down", &options->down);
	set_check(diagnostics, place, map, "disabled", &options->disabled);
	set_check(diagnostics, place, map, "drain", &options->drain);
	metric_down_fold(diagnostics, place, map, options);
	if (!drain_check(diagnostics, place, map, options) ||
	    !text_make(options, NULL, true, &check->attributes, &longest) ||
	    !text_make(options, &options->down, attribute_set_any(&options->down), &check->attributes_down, &longest) ||
	    !text_make(options, &options->disabled, attribute_set_any(&options->disabled), &check->attributes_disabled,
	    &longest) ||
	    !text_make(options, &options->drain, options->drain_time_ns > 0, &check->attributes_drain, &longest)) {
		place_report(diagnostics, SEVERITY_ERROR, place, map, "out of memory");
		return;
	}
	if (longest > most)
		place_report(diagnostics, SEVERITY_ERROR, place, map,
		    "the attributes make %zu bytes of a command and may make %zu: "
		    "fewer communities or a shorter AS path",
		    longest, most);
}
