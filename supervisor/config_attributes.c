/*
 * What a node announces with: its own attributes and those of its states. Touches memory only.
 * Invariant: without a finding, each text that is made fits into a command.
 */
#include <stdlib.h>
#include <string.h>

#include "attributes.h"
#include "config_internal.h"
#include "exabgp.h"

/* A command apart from its attributes: verb, neighbor, prefix, path id in the longest spelling, and more. */
#define COMMAND_REST_MAX 256
/* Bytes of all texts: attributes for each of very many prefixes would take all memory there is. */
#define TEXT_BYTES_MAX (256UL * 1024 * 1024)

#define GRACEFUL_SHUTDOWN "65535:0" /* RFC 8326 */

/* metric_down is another word for down.metric. */
static void
metric_down_fold(struct diagnostics *diagnostics, const struct place *node_place, const struct node *map,
    struct node_config *config)
{
	const struct place place = {.parent = node_place, .key = "metric_down"};

	if (config->metric_down == OPTION_UNSET)
		return;
	if (config->down.metric != OPTION_UNSET && config->down.metric != config->metric_down)
		place_report(diagnostics, SEVERITY_ERROR, &place, node_for(map, "metric_down"),
		    "is another word for down.metric, which says %lld: leave one of them out",
		    (long long)config->down.metric);
	config->down.metric = config->metric_down;
	config->metric_down = OPTION_UNSET;
}

/* What the table cannot say about the map of a state. */
static void
set_check(struct diagnostics *diagnostics, const struct place *node_place, const struct node *node_map,
    const char *key, struct attribute_set *set)
{
	const struct place place = {.parent = node_place, .key = key};
	const struct place communities = {.parent = &place, .key = "communities"};
	const struct node *map = node_get(node_map, key), *list;

	if (map == NULL || map->type != NODE_MAPPING)
		return;
	if (!attribute_set_any(set))
		place_report(diagnostics, SEVERITY_ERROR, &place, map,
		    "names no attribute: say metric, local_preference, communities or as_path, or leave it out");
	list = node_get(map, "communities");
	if (list != NULL && list->type == NODE_SEQUENCE && list->count == 0)
		place_report(diagnostics, SEVERITY_ERROR, &communities, list,
		    "must not be empty: name a community, or leave it out to keep its own");
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
drain_default(struct node_config *config)
{
	for (size_t i = 0; i < config->up.communities.count; i++)
		if (strcmp(config->up.communities.items[i], GRACEFUL_SHUTDOWN) != 0 &&
		    !list_copy_add(&config->drain.communities, config->up.communities.items[i]))
			return false;
	return list_copy_add(&config->drain.communities, GRACEFUL_SHUTDOWN);
}

static bool
drain_check(struct diagnostics *diagnostics, const struct place *node_place, const struct node *map,
    struct node_config *config)
{
	const struct place place = {.parent = node_place, .key = "drain"};

	if (config->drain_time_ns > 0)
		return attribute_set_any(&config->drain) || drain_default(config);
	if (attribute_set_any(&config->drain))
		place_report(diagnostics, SEVERITY_WARNING, &place, node_for(map, "drain"),
		    "has no effect while drain_time is 0");
	return true;
}

/* Every MED there is grows with the prefixes. */
static void
metric_increase_check(struct diagnostics *diagnostics, const struct place *node_place, const struct node *map,
    const struct node_config *config)
{
	const struct place place = {.parent = node_place, .key = "metric_increase"};
	const int64_t metrics[] = {config->up.metric, config->down.metric, config->disabled.metric, config->drain.metric};
	int64_t highest = OPTION_UNSET, last;

	if (config->metric_increase == 0)
		return;
	for (size_t i = 0; i < sizeof(metrics) / sizeof(metrics[0]); i++)
		if (metrics[i] > highest)
			highest = metrics[i];
	if (highest == OPTION_UNSET) {
		place_report(diagnostics, SEVERITY_ERROR, &place, node_for(map, "metric_increase"),
		    "needs metric, which it is added to");
		return;
	}
	last = highest;
	if (config->prefixes.count > 0)
		last += config->metric_increase * (int64_t)(config->prefixes.count - 1);
	if (last > UINT32_MAX)
		place_report(diagnostics, SEVERITY_ERROR, &place, node_for(map, "metric_increase"),
		    "makes %lld of %lld for the last of %zu prefixes: a MED is at most 4294967295", (long long)last,
		    (long long)highest, config->prefixes.count);
}

struct texts {
	struct node_config *config;
	size_t longest; /* of all texts */
	size_t *bytes;	/* of these and those of other nodes */
};

/* One text, of a set (NULL: its own attributes), for the prefix of this number. False: out of memory. */
static bool
text_make(struct texts *texts, const struct attribute_set *set, size_t prefix, char **text)
{
	size_t length;

	if (*texts->bytes > TEXT_BYTES_MAX)
		return true;
	if ((*text = attributes_format(texts->config, set, prefix)) == NULL)
		return false;
	length = strlen(*text);
	*texts->bytes += length + 1;
	if (length > texts->longest)
		texts->longest = length;
	return true;
}

/* The texts for a set: one, or one for each prefix where these differ. */
static bool
texts_make(struct texts *texts, enum node_attributes which, const struct attribute_set *set, bool wanted)
{
	const struct node_config *config = texts->config;
	size_t count = config->metric_increase != 0 ? config->prefixes.count : 1;
	char **made;

	if (!wanted)
		return true;
	if ((made = texts->config->texts[which] = calloc(count + 1, sizeof(*made))) == NULL)
		return false;
	for (size_t i = 0; i < count; i++)
		if (!text_make(texts, set, i, &made[i]))
			return false;
	return true;
}

void
node_attributes_make(struct diagnostics *diagnostics, const struct place *place, const struct node *map,
    struct node_config *config, size_t *text_bytes)
{
	const size_t most = EXABGP_LINE_MAX - COMMAND_REST_MAX;
	struct texts texts = {.config = config, .bytes = text_bytes};

	set_check(diagnostics, place, map, "down", &config->down);
	set_check(diagnostics, place, map, "disabled", &config->disabled);
	set_check(diagnostics, place, map, "drain", &config->drain);
	metric_down_fold(diagnostics, place, map, config);
	metric_increase_check(diagnostics, place, map, config);
	if (!drain_check(diagnostics, place, map, config) || !texts_make(&texts, ATTRIBUTES_UP, NULL, true) ||
	    !texts_make(&texts, ATTRIBUTES_DOWN, &config->down, attribute_set_any(&config->down)) ||
	    !texts_make(&texts, ATTRIBUTES_DISABLED, &config->disabled, attribute_set_any(&config->disabled)) ||
	    !texts_make(&texts, ATTRIBUTES_DRAIN, &config->drain, config->drain_time_ns > 0)) {
		place_report(diagnostics, SEVERITY_ERROR, place, map, "out of memory");
		return;
	}
	if (texts.longest > most)
		place_report(diagnostics, SEVERITY_ERROR, place, map,
		    "the attributes make %zu bytes of a command and may make %zu: "
		    "fewer communities or a shorter AS path",
		    texts.longest, most);
	if (*text_bytes > TEXT_BYTES_MAX)
		place_report(diagnostics, SEVERITY_ERROR, place, map,
		    "the attributes of all prefixes make more than %lu MiB: fewer prefixes, or no metric_increase",
		    TEXT_BYTES_MAX / 1024 / 1024);
}
