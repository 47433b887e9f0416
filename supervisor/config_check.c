/*
 * One check of the configuration: decoding and what its tables cannot say. Touches memory only.
 * Invariant: a check without a finding has a method, arguments, prefixes of one family and attributes
 * that fit into a command.
 */
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include "../common/message.h"
#include "config_internal.h"
#include "decode.h"

struct args_check {
	struct cross_check cross; /* first */
	struct diagnostics *diagnostics;
	const struct place *place;
	const struct node *node;
};

static void args_error(struct cross_check *, const char *, const char *, ...) __attribute__((format(printf, 3, 4)));

static void
args_error(struct cross_check *cross, const char *key, const char *format, ...)
{
	struct args_check *check = (struct args_check *)cross;
	const struct place place = {.parent = check->place, .key = key};
	char *message;
	va_list ap;
	int length;

	va_start(ap, format);
	length = vasprintf(&message, format, ap);
	va_end(ap);
	place_report(check->diagnostics, SEVERITY_ERROR, key != NULL ? &place : check->place,
	    key != NULL ? node_for(check->node, key) : check->node, "%s", length == -1 ? "out of memory" : message);
	if (length != -1)
		free(message);
}

static const char *
method_name(const void *context, size_t index)
{
	(void)context;
	return check_methods[index] == NULL ? NULL : check_methods[index]->name;
}

static void
report_method(struct diagnostics *diagnostics, const struct place *place, const struct node *node)
{
	const char *name = suggest(node->text, method_name, NULL);
	char list[256] = "";

	for (size_t i = 0, length = 0; check_methods[i] != NULL && length < sizeof(list); i++)
		length += (size_t)snprintf(list + length, sizeof(list) - length, "%s%s", i > 0 ? ", " : "",
		    check_methods[i]->name);
	place_report(diagnostics, SEVERITY_ERROR, place, node, "no method \"%.40s\"; %s%s%sthe methods are %s",
	    node->text, name != NULL ? "did you mean " : "", name != NULL ? name : "", name != NULL ? "? " : "", list);
}

static const struct check_method *
method_decode(struct diagnostics *diagnostics, const struct place *args_place, const struct node *args)
{
	const struct place place = {.parent = args_place, .key = "method"};
	const struct node *node = node_get(args, "method");
	const struct check_method *method;

	if (node == NULL || node->type == NODE_NULL) {
		place_report(diagnostics, SEVERITY_ERROR, &place, node == NULL ? args : node, "is required");
		return NULL;
	}
	if (!decode_expect(diagnostics, &place, node, NODE_SCALAR))
		return NULL;
	if ((method = method_find(node->text)) == NULL)
		report_method(diagnostics, &place, node);
	return method;
}

/* The arguments travel to the worker in one message. */
static void
args_length_check(struct diagnostics *diagnostics, const struct place *place, const struct node *node,
    const struct check_config *check)
{
	uint8_t *encoded = NULL;
	size_t length = 0;

	if (!options_encode(check->method->options, check->args, &encoded, &length))
		place_report(diagnostics, SEVERITY_ERROR, place, node, "out of memory");
	else if (length > MESSAGE_ARGS_MAX)
		place_report(diagnostics, SEVERITY_ERROR, place, node,
		    "must not exceed %zu bytes altogether, got %zu: shorten the longest of them", MESSAGE_ARGS_MAX, length);
	free(encoded);
}

static void
args_decode(struct diagnostics *diagnostics, const struct place *check_place, const struct node *map,
    struct check_config *check)
{
	static const char *const also[] = {"method", NULL};
	const struct place place = {.parent = check_place, .key = "args"};
	const struct node *node = node_get(map, "args");
	size_t errors = diagnostics_count(diagnostics, SEVERITY_ERROR);
	struct args_check context = {.diagnostics = diagnostics, .place = &place, .node = node};

	if (node == NULL || node->type == NODE_NULL) {
		place_report(diagnostics, SEVERITY_ERROR, &place, node == NULL ? map : node, "is required");
		return;
	}
	if (!decode_expect(diagnostics, &place, node, NODE_MAPPING) ||
	    (check->method = method_decode(diagnostics, &place, node)) == NULL)
		return;
	if ((check->args = calloc(1, check->method->args_size)) == NULL ||
	    !options_set_defaults(check->method->options, check->args)) {
		place_report(diagnostics, SEVERITY_ERROR, &place, node, "out of memory");
		return;
	}
	context.cross = (struct cross_check){.table = check->method->options, .args = check->args, .error = args_error};
	context.cross.given = decode_options(diagnostics, &place, node, check->method->options, also, check->args);
	if (check->method->derive != NULL)
		check->method->derive(check->args, context.cross.given);
	/* Cross checks of values that were not good would only mislead. */
	if (check->method->cross_check != NULL && diagnostics_count(diagnostics, SEVERITY_ERROR) == errors)
		check->method->cross_check(&context.cross);
	if (diagnostics_count(diagnostics, SEVERITY_ERROR) == errors)
		args_length_check(diagnostics, &place, node, check);
}

struct listed {
	char *text;
	size_t index;
	bool again;
};

static int
compare_text(const void *left, const void *right)
{
	const struct listed *a = left, *b = right;
	int order = strcmp(a->text, b->text);

	return order != 0 ? order : a->index < b->index ? -1 : a->index > b->index;
}

static int
compare_index(const void *left, const void *right)
{
	const struct listed *a = left, *b = right;

	return a->index < b->index ? -1 : a->index > b->index;
}

/* Canonical texts are compared. */
void
list_unique(struct diagnostics *diagnostics, const struct place *check_place, const struct node *map, const char *key,
    struct string_list *list)
{
	const struct place place = {.parent = check_place, .key = key};
	const struct node *node = node_get(map, key);
	struct listed *items;
	size_t count = list->count;

	if (count < 2)
		return;
	if ((items = calloc(count, sizeof(*items))) == NULL) {
		place_report(diagnostics, SEVERITY_ERROR, &place, node, "out of memory");
		return;
	}
	for (size_t i = 0; i < count; i++)
		items[i] = (struct listed){.text = list->items[i], .index = i};
	qsort(items, count, sizeof(*items), compare_text);
	for (size_t i = 1; i < count; i++)
		items[i].again = strcmp(items[i - 1].text, items[i].text) == 0;
	qsort(items, count, sizeof(*items), compare_index);
	list->count = 0;
	for (size_t i = 0; i < count; i++) {
		if (!items[i].again) {
			list->items[list->count++] = items[i].text;
			continue;
		}
		place_report(diagnostics, SEVERITY_WARNING, &(struct place){.parent = &place, .number = i + 1},
		    node->items[i], "%s stands in the list twice", items[i].text);
		free(items[i].text);
	}
	free(items);
}

static const char *
family_name(int family)
{
	return family == AF_INET ? "IPv4" : "IPv6";
}

/* A list of one family; item i of the list is still item i of the file. */
static void
family_check(struct diagnostics *diagnostics, const struct place *check_place, const struct node *map,
    const struct string_list *list)
{
	const struct place place = {.parent = check_place, .key = "prefixes"};
	const struct node *node = node_get(map, "prefixes");
	struct prefix first, prefix;

	prefix_parse(list->items[0], &first);
	for (size_t i = 1; i < list->count; i++) {
		prefix_parse(list->items[i], &prefix);
		if (prefix.address.family != first.address.family)
			place_report(diagnostics, SEVERITY_ERROR, &(struct place){.parent = &place, .number = i + 1},
			    node->items[i], "%s is %s but %s is %s: make a check for each family", list->items[i],
			    family_name(prefix.address.family), list->items[0], family_name(first.address.family));
	}
}

static void
prefixes_fill(struct diagnostics *diagnostics, const struct place *place, const struct node *map,
    struct check_config *check)
{
	const struct string_list *list = &check->options.prefixes;

	if ((check->prefixes = calloc(list->count, sizeof(*check->prefixes))) == NULL) {
		place_report(diagnostics, SEVERITY_ERROR, place, map, "out of memory");
		return;
	}
	for (size_t i = 0; i < list->count; i++)
		if (prefix_parse(list->items[i], &check->prefixes[i]) != PREFIX_OK)
			place_report(diagnostics, SEVERITY_ERROR, place, map, "%s is no network", list->items[i]);
}

/* ExaBGP has no interface scopes; in a command they would be foreign words. */
static void
scope_check(struct diagnostics *diagnostics, const struct place *check_place, const struct node *map, const char *key,
    const char *address)
{
	const struct place place = {.parent = check_place, .key = key};

	if (strchr(address, '%') != NULL)
		place_report(diagnostics, SEVERITY_ERROR, &place, node_for(map, key),
		    "must be an address without a scope, got %s", address);
}

static void
nexthop_check(struct diagnostics *diagnostics, const struct place *check_place, const struct node *map,
    const struct check_config *check)
{
	const struct place place = {.parent = check_place, .key = "nexthop"};
	const struct check_options *options = &check->options;
	int family = check->prefixes[0].address.family;
	struct address address;

	if (address_parse(options->nexthop, &address)) {
		scope_check(diagnostics, check_place, map, "nexthop", options->nexthop);
		if (address.family != family)
			place_report(diagnostics, SEVERITY_ERROR, &place, node_for(map, "nexthop"),
			    "%s is %s but the prefixes are %s: name an address of their family, or self",
			    options->nexthop, family_name(address.family), family_name(family));
	} else if (family == AF_INET6 && options->neighbors.count == 0)
		place_report(diagnostics, SEVERITY_WARNING, &place, node_for(map, "nexthop"),
		    "ExaBGP sends an IPv6 route with next hop self nowhere as soon as one neighbor is reached "
		    "over IPv4: name the IPv6 neighbors, or an address as next hop");
}

static void
interval_check(struct diagnostics *diagnostics, const struct place *check_place, const struct node *map,
    struct check_options *options)
{
	const struct place place = {.parent = check_place, .key = "fast_interval"};

	if (options->fast_interval_ns == OPTION_UNSET)
		options->fast_interval_ns = options->interval_ns;
	if (options->fast_interval_ns > options->interval_ns)
		place_report(diagnostics, SEVERITY_ERROR, &place, node_for(map, "fast_interval"),
		    "must not be longer than interval, which is %g seconds", (double)options->interval_ns / 1e9);
}

static void
check_cross(struct diagnostics *diagnostics, const struct place *place, const struct node *map,
    struct check_config *check)
{
	struct check_options *options = &check->options;

	interval_check(diagnostics, place, map, options);
	for (size_t i = 0; i < options->neighbors.count; i++)
		scope_check(diagnostics, place, map, "neighbors", options->neighbors.items[i]);
	family_check(diagnostics, place, map, &options->prefixes);
	list_unique(diagnostics, place, map, "prefixes", &options->prefixes);
	list_unique(diagnostics, place, map, "neighbors", &options->neighbors);
	list_unique(diagnostics, place, map, "communities", &options->communities);
	prefixes_fill(diagnostics, place, map, check);
	if (check->prefixes != NULL)
		nexthop_check(diagnostics, place, map, check);
	check_attributes_make(diagnostics, place, map, check);
}

void
check_decode(struct diagnostics *diagnostics, const struct place *place, const struct node *map,
    struct check_config *check)
{
	static const char *const also[] = {"args", NULL};
	size_t errors = diagnostics_count(diagnostics, SEVERITY_ERROR);

	check->line = map->line;
	check->column = map->column;
	if (!options_set_defaults(check_table, &check->options)) {
		place_report(diagnostics, SEVERITY_ERROR, place, map, "out of memory");
		return;
	}
	if (!decode_expect(diagnostics, place, map, NODE_MAPPING))
		return;
	decode_options(diagnostics, place, map, check_table, also, &check->options);
	if (diagnostics_count(diagnostics, SEVERITY_ERROR) == errors)
		check_cross(diagnostics, place, map, check);
	args_decode(diagnostics, place, map, check);
}

void
check_free(struct check_config *check)
{
	if (check->args != NULL) {
		options_free(check->method->options, check->args);
		free(check->args);
	}
	options_free(check_table, &check->options);
	free(check->prefixes);
	free(check->attributes);
	free(check->attributes_down);
	free(check->attributes_disabled);
	free(check->attributes_drain);
}
