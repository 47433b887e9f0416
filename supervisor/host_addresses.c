/*
 * From prefixes to addresses. Touches memory only. Invariant: n log n in a number of addresses that is bounded before
 * any of them is made.
 */
#include "host_addresses.h"

#include <bsd/string.h>
#include <stdlib.h>
#include <string.h>

static unsigned
host_bits(const struct prefix *prefix)
{
	return (prefix->address.family == AF_INET ? 32 : 128) - prefix->length;
}

size_t
host_addresses_count(const struct node_config *node)
{
	size_t count = 0;

	if (node->ip_setup.interface == NULL)
		return 0;
	for (size_t i = 0; i < node->prefixes.count; i++) {
		unsigned bits = host_bits(&node->networks[i]);

		if (bits > 16 || (count += (size_t)1 << bits) > IP_SETUP_ADDRESSES_MAX)
			return SIZE_MAX;
	}
	return count;
}

/* The n-th address of a network with at most 16 host bits: they are in its last two bytes. */
static void
address_nth(const struct prefix *prefix, unsigned n, struct address *address)
{
	size_t last = prefix->address.family == AF_INET ? 3 : 15;

	*address = prefix->address;
	address->bytes[last] |= (uint8_t)(n & 0xff);
	address->bytes[last - 1] |= (uint8_t)(n >> 8);
}

static size_t
node_addresses(const struct node_config *node, size_t rank, struct host_address *list)
{
	const struct ip_setup_options *setup = &node->ip_setup;
	struct host_address one = {.dynamic = setup->dynamic, .rank = rank};
	size_t count = 0;

	strlcpy(one.interface, setup->interface, sizeof(one.interface));
	if (setup->label != NULL && node->prefixes.count > 0 && node->networks[0].address.family == AF_INET) {
		strlcpy(one.label, setup->interface, sizeof(one.label));
		strlcat(one.label, ":", sizeof(one.label));
		strlcat(one.label, setup->label, sizeof(one.label));
	}
	for (size_t i = 0; i < node->prefixes.count; i++)
		for (unsigned n = 0; n < 1u << host_bits(&node->networks[i]); n++) {
			address_nth(&node->networks[i], n, &one.address);
			list[count++] = one;
		}
	return count;
}

int
host_address_order(const void *left, const void *right)
{
	const struct host_address *a = left, *b = right;
	int order = strcmp(a->interface, b->interface);

	if (order == 0 && a->address.family != b->address.family)
		order = a->address.family < b->address.family ? -1 : 1;
	return order != 0 ? order : memcmp(a->address.bytes, b->address.bytes, sizeof(a->address.bytes));
}

static int
address_compare(const void *left, const void *right)
{
	const struct host_address *a = left, *b = right;
	int order = host_address_order(a, b);

	return order != 0 ? order : a->rank < b->rank ? -1 : a->rank > b->rank;
}

bool
host_addresses_make(const struct config *config, struct host_address **list, size_t *count)
{
	size_t total = 0, made = 0;

	for (size_t rank = 0; rank < config_node_count(config); rank++) {
		size_t more = host_addresses_count(config_node(config, rank));

		if (more <= IP_SETUP_ADDRESSES_MAX - total)
			total += more;
	}
	*count = 0;
	if ((*list = calloc(total + 1, sizeof(**list))) == NULL)
		return false;
	for (size_t rank = 0; rank < config_node_count(config); rank++) {
		const struct node_config *node = config_node(config, rank);
		size_t more = host_addresses_count(node);

		if (more > 0 && more <= total - made)
			made += node_addresses(node, rank, *list + made);
	}
	qsort(*list, made, sizeof(**list), address_compare);
	*count = made;
	return true;
}

bool
host_address_same(const struct host_address *a, const struct host_address *b)
{
	return host_address_order(a, b) == 0;
}
