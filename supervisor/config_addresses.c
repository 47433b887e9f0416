/*
 * What the configuration says of addresses on interfaces: names that the kernel takes, not too many, one label for
 * each. Touches memory only. Invariant: what is accepted here the kernel refuses for no reason that could be seen here.
 */
#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#include "config_internal.h"
#include "host_addresses.h"

/* The kernel's rule for interfaces (dev_valid_name), and no byte that could be something else in a message. */
static bool
name_valid(const char *name, const char *refused)
{
	for (const unsigned char *at = (const unsigned char *)name; *at != '\0'; at++)
		if (isspace(*at) || iscntrl(*at) || strchr(refused, *at) != NULL)
			return false;
	return strcmp(name, ".") != 0 && strcmp(name, "..") != 0;
}

static void
label_check(struct diagnostics *diagnostics, const struct place *setup_place, const struct node *map,
    const struct node_config *config)
{
	const struct ip_setup_options *setup = &config->ip_setup;
	const struct place place = {.parent = setup_place, .key = "label"};
	size_t length = strlen(setup->interface) + 1 + strlen(setup->label);

	if (!name_valid(setup->label, ""))
		place_report(diagnostics, SEVERITY_ERROR, &place, node_for(map, "label"),
		    "must have no blanks and no control characters");
	if (length > IP_SETUP_NAME_MAX)
		place_report(diagnostics, SEVERITY_ERROR, &place, node_for(map, "label"),
		    "\"%s:%s\" has %zu bytes, and the kernel takes labels of %d", setup->interface, setup->label, length,
		    IP_SETUP_NAME_MAX);
	if (config->networks != NULL && config->prefixes.count > 0 && config->networks[0].address.family == AF_INET6)
		place_report(diagnostics, SEVERITY_WARNING, &place, node_for(map, "label"),
		    "has no effect: IPv6 addresses have no label");
}

void
ip_setup_check(struct diagnostics *diagnostics, const struct place *node_place, const struct node *map,
    struct node_config *config)
{
	const struct place place = {.parent = node_place, .key = "ip_setup"};
	const struct place interface = {.parent = &place, .key = "interface"};
	const struct node *node = node_get(map, "ip_setup");
	struct ip_setup_options *setup = &config->ip_setup;

	if (node == NULL || node->type != NODE_MAPPING)
		return;
	if (setup->interface == NULL && (setup->interface = strdup("lo")) == NULL) {
		place_report(diagnostics, SEVERITY_ERROR, &place, node, "out of memory");
		return;
	}
	if (!name_valid(setup->interface, "/:"))
		place_report(diagnostics, SEVERITY_ERROR, &interface, node_for(node, "interface"),
		    "must be the name of an interface: no blanks, no / and no :");
	if (setup->label != NULL)
		label_check(diagnostics, &place, node, config);
	if (config->prefixes.count == 0)
		place_report(diagnostics, SEVERITY_WARNING, &place, node, "has no effect without prefixes");
}

/* False: there are too many. */
static bool
total_check(struct diagnostics *diagnostics, const struct sources *sources)
{
	size_t total = 0;

	for (size_t rank = 0; rank < config_node_count(sources->config); rank++) {
		const struct place item = sources_place(sources, rank), place = {.parent = &item, .key = "ip_setup"};
		size_t count = host_addresses_count(config_node(sources->config, rank));

		if (count > IP_SETUP_ADDRESSES_MAX - total) {
			place_report(diagnostics, SEVERITY_ERROR, &place, node_for(sources_map(sources, rank), "ip_setup"),
			    "more than %d addresses with those before: every address of each prefix is put on the interface",
			    IP_SETUP_ADDRESSES_MAX);
			return false;
		}
		total += count;
	}
	return true;
}

bool
ip_setups_compare(struct diagnostics *diagnostics, const struct sources *sources)
{
	struct host_address *list;
	size_t count, reported = SIZE_MAX;

	if (!total_check(diagnostics, sources))
		return true;
	if (!host_addresses_make(sources->config, &list, &count))
		return false;
	for (size_t i = 1; i < count; i++) {
		char before[ADDRESS_TEXT_SIZE + 40], text[ADDRESS_TEXT_SIZE];

		if (!host_address_same(&list[i - 1], &list[i]) || strcmp(list[i - 1].label, list[i].label) == 0 ||
		    list[i].rank == reported)
			continue;
		reported = list[i].rank; /* once, however many addresses there are */
		snprintf(before, sizeof(before), "%s has another label in", address_format(&list[i].address, text));
		sources_report_pair(diagnostics, sources, list[i].rank, list[i - 1].rank, SEVERITY_ERROR, "ip_setup", before,
		    ": an address has one label, or none");
	}
	free(list);
	return true;
}
