/*
 * What checks and groups have in common: where and with what they announce. Touches memory only. Invariant: a node
 * without a finding has networks of one family, and attributes that fit into a command.
 */
#include <stdlib.h>
#include <string.h>

#include "config_internal.h"
#include "hook.h"

static const char *
family_name(int family)
{
	return family == AF_INET ? "IPv4" : "IPv6";
}

/* A list of one family; item i of the list is still item i of the file. */
static void
family_check(struct diagnostics *diagnostics, const struct place *node_place, const struct node *map,
    const struct string_list *list)
{
	const struct place place = {.parent = node_place, .key = "prefixes"};
	const struct node *node = node_get(map, "prefixes");
	struct prefix first, prefix;

	prefix_parse(list->items[0], &first);
	for (size_t i = 1; i < list->count; i++) {
		prefix_parse(list->items[i], &prefix);
		if (prefix.address.family != first.address.family)
			place_report(diagnostics, SEVERITY_ERROR, &(struct place){.parent = &place, .number = i + 1},
			    node->items[i], "%s is %s but %s is %s: make a check or group for each family", list->items[i],
			    family_name(prefix.address.family), list->items[0], family_name(first.address.family));
	}
}

static void
prefixes_fill(struct diagnostics *diagnostics, const struct place *place, const struct node *map,
    struct node_config *config)
{
	const struct string_list *list = &config->prefixes;

	if ((config->networks = calloc(list->count + 1, sizeof(*config->networks))) == NULL) {
		place_report(diagnostics, SEVERITY_ERROR, place, map, "out of memory");
		return;
	}
	for (size_t i = 0; i < list->count; i++)
		if (prefix_parse(list->items[i], &config->networks[i]) != PREFIX_OK)
			place_report(diagnostics, SEVERITY_ERROR, place, map, "%s is no network", list->items[i]);
}

/* ExaBGP has no interface scopes; in a command they would be foreign words. */
static void
scope_check(struct diagnostics *diagnostics, const struct place *node_place, const struct node *map, const char *key,
    const char *address)
{
	const struct place place = {.parent = node_place, .key = key};

	if (strchr(address, '%') != NULL)
		place_report(diagnostics, SEVERITY_ERROR, &place, node_for(map, key),
		    "must be an address without a scope, got %s", address);
}

static void
nexthop_check(struct diagnostics *diagnostics, const struct place *node_place, const struct node *map,
    const struct node_config *config)
{
	const struct place place = {.parent = node_place, .key = "nexthop"};
	int family = config->networks[0].address.family;
	struct address address;

	if (address_parse(config->nexthop, &address)) {
		scope_check(diagnostics, node_place, map, "nexthop", config->nexthop);
		if (address.family != family)
			place_report(diagnostics, SEVERITY_ERROR, &place, node_for(map, "nexthop"),
			    "%s is %s but the prefixes are %s: name an address of their family, or self",
			    config->nexthop, family_name(address.family), family_name(family));
	} else if (family == AF_INET6 && config->neighbors.count == 0)
		place_report(diagnostics, SEVERITY_WARNING, &place, node_for(map, "nexthop"),
		    "ExaBGP sends an IPv6 route with next hop self nowhere as soon as one neighbor is reached "
		    "over IPv4: name the IPv6 neighbors, or an address as next hop");
}

/* The longest hook's command, and PREFIXES. */
static void
hooks_check(struct diagnostics *diagnostics, const struct place *node_place, const struct node *map,
    const struct node_config *config)
{
	const struct hook_options *hooks = &config->hooks;
	const char *const commands[] = {hooks->up, hooks->down, hooks->disabled, hooks->change,
	    hooks->transition};
	const struct place place = {.parent = node_place, .key = "hooks"};
	size_t prefixes = 0, command = 0;

	for (size_t i = 0; i < config->prefixes.count; i++)
		prefixes += strlen(config->prefixes.items[i]) + 1;
	for (size_t i = 0; i < sizeof(commands) / sizeof(commands[0]); i++)
		if (commands[i] != NULL && strlen(commands[i]) > command)
			command = strlen(commands[i]);
	if (command > 0 && prefixes + command > HOOK_TEXTS_MAX - HOOK_REASON_MAX)
		place_report(diagnostics, SEVERITY_WARNING, &place, node_for(map, "hooks"),
		    "PREFIXES has room for %zu bytes beside the command, and all prefixes make %zu: "
		    "the last are left out",
		    HOOK_TEXTS_MAX - HOOK_REASON_MAX - command, prefixes);
}

void
node_check(struct diagnostics *diagnostics, const struct place *place, const struct node *map,
    struct node_config *config, size_t *text_bytes)
{
	config->line = map->line;
	config->column = map->column;
	for (size_t i = 0; i < config->neighbors.count; i++)
		scope_check(diagnostics, place, map, "neighbors", config->neighbors.items[i]);
	if (config->prefixes.count > 0)
		family_check(diagnostics, place, map, &config->prefixes);
	list_unique(diagnostics, place, map, "prefixes", &config->prefixes);
	list_unique(diagnostics, place, map, "neighbors", &config->neighbors);
	list_unique(diagnostics, place, map, "communities", &config->up.communities);
	prefixes_fill(diagnostics, place, map, config);
	if (config->networks != NULL && config->prefixes.count > 0)
		nexthop_check(diagnostics, place, map, config);
	hooks_check(diagnostics, place, map, config);
	ip_setup_check(diagnostics, place, map, config);
	node_attributes_make(diagnostics, place, map, config, text_bytes);
}

bool
hooks_any(const struct hook_options *hooks)
{
	return hooks->up != NULL || hooks->down != NULL || hooks->disabled != NULL || hooks->change != NULL ||
	    hooks->transition != NULL;
}

const char *
node_attributes_text(const struct node_config *config, enum node_attributes set, size_t prefix)
{
	if (config->texts[set] == NULL)
		return NULL;
	return config->texts[set][config->metric_increase != 0 ? prefix : 0];
}

void
node_free(struct node_config *config)
{
	size_t count = config->metric_increase != 0 ? config->prefixes.count : 1;

	for (enum node_attributes set = 0; set < ATTRIBUTES_SETS; set++) {
		for (size_t i = 0; config->texts[set] != NULL && i < count; i++)
			free(config->texts[set][i]);
		free(config->texts[set]);
	}
	free(config->networks);
}
