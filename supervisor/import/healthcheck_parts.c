/*
 * Addresses into parts. Touches memory, and asks the kernel for addresses if the options name none. Invariant: each
 * prefix is in one part, with the metrics that it has there.
 */
#include "healthcheck_parts.h"

#include <stdlib.h>
#include <string.h>

#include "../../common/address.h"
#include "healthcheck_loopback.h"

#define ADDRESSES_MAX 65536 /* of networks that are taken apart: nobody announces more one by one */
#define ADDRESSES_BITS 16

/* A prefix to announce. */
struct item {
	struct prefix prefix;
	const char *interface;
	size_t rank;	 /* of the interface: which of the bindings first named it; 0: lo */
	int64_t position; /* in the order of announcements, which metrics grow by; negative in one that they fall by */
};

struct items {
	struct item *items;
	size_t count, size;
};

/* The network's own interface, and which it is. */
static void
interface_find(const struct healthcheck_options *options, const char *network, struct item *item)
{
	size_t length = strlen(network);
	const struct string_list *bindings = &options->ip_ifnames;

	item->interface = "lo";
	for (size_t i = 0; i < bindings->count; i++)
		if (strncmp(bindings->items[i], network, length) == 0 && bindings->items[i][length] == '%')
			item->interface = bindings->items[i] + length + 1;
	for (size_t i = 0; i < bindings->count && item->rank == 0 && strcmp(item->interface, "lo") != 0; i++)
		if (strcmp(strchr(bindings->items[i], '%') + 1, item->interface) == 0)
			item->rank = i + 1;
}

static bool
item_add(struct items *items, const struct item *item)
{
	size_t size = items->size == 0 ? 64 : items->size * 2;
	struct item *grown;

	if (items->count == items->size) {
		if ((grown = reallocarray(items->items, size, sizeof(*grown))) == NULL)
			return false;
		items->items = grown;
		items->size = size;
	}
	items->items[items->count++] = *item;
	return true;
}

static void
address_next(struct address *address)
{
	for (size_t i = address->family == AF_INET ? 4 : 16; i > 0 && ++address->bytes[i - 1] == 0; i--)
		;
}

/* Each address of the network. */
static bool
network_unfold(struct importing *importing, const struct item *network, struct items *items)
{
	unsigned width = network->prefix.address.family == AF_INET ? 32 : 128, bits = width - network->prefix.length;
	struct item item = *network;
	char text[PREFIX_TEXT_SIZE];

	if (bits > ADDRESSES_BITS || items->count + (1UL << bits) > ADDRESSES_MAX) {
		import_note(importing, IMPORT_WRONG, "--deaggregate-networks",
		    "makes more than %d routes with %s: announce the network", ADDRESSES_MAX,
		    prefix_format(&network->prefix, text));
		return false;
	}
	item.prefix.length = width;
	for (size_t i = 0; i < 1UL << bits; i++, address_next(&item.prefix.address)) {
		if (item_add(items, &item))
			continue;
		import_note(importing, IMPORT_WRONG, NULL, "out of memory");
		return false;
	}
	return true;
}

static bool
networks_add(struct importing *importing, const struct healthcheck_options *options, const struct string_list *networks,
    struct items *items)
{
	for (size_t i = 0; i < networks->count; i++) {
		struct item item = {0};

		prefix_parse(networks->items[i], &item.prefix);
		interface_find(options, networks->items[i], &item);
		if (options->deaggregate_networks) {
			if (!network_unfold(importing, &item, items))
				return false;
		} else if (!item_add(items, &item)) {
			import_note(importing, IMPORT_WRONG, NULL, "out of memory");
			return false;
		}
	}
	return true;
}

/* The one that --start-ip names is the first, and those before it follow the last. */
static void
positions_set(const struct healthcheck_options *options, struct items *items)
{
	int64_t count = (int64_t)items->count, start = count == 0 ? 0 : options->start_ip % count;

	for (int64_t i = 0; i < count; i++) {
		int64_t position = (i - start + 2 * count) % count;

		items->items[i].position = options->increase < 0 ? -position : position;
	}
}

static int
item_compare_prefix(const void *a, const void *b)
{
	const struct item *x = a, *y = b;
	int difference = prefix_compare(&x->prefix, &y->prefix);
	int64_t p = llabs(x->position), q = llabs(y->position);

	return difference != 0 ? difference : p < q ? -1 : p > q;
}

static int
item_compare_part(const void *a, const void *b)
{
	const struct item *x = a, *y = b;

	if (x->prefix.address.family != y->prefix.address.family)
		return x->prefix.address.family == AF_INET ? -1 : 1;
	if (x->rank != y->rank)
		return x->rank < y->rank ? -1 : 1;
	return x->position < y->position ? -1 : x->position > y->position;
}

/* What is given twice is announced twice there, and what comes last stays. */
static void
doubles_drop(struct importing *importing, struct items *items)
{
	size_t kept = 0;
	char text[PREFIX_TEXT_SIZE];

	qsort(items->items, items->count, sizeof(*items->items), item_compare_prefix);
	for (size_t i = 0; i < items->count; i++) {
		if (i + 1 < items->count && prefix_compare(&items->items[i].prefix, &items->items[i + 1].prefix) == 0)
			import_note(importing, IMPORT_DIFFERS, "--ip",
			    "%s is given more than once: it has the metric of the last, which is what stays there too",
			    prefix_format(&items->items[i].prefix, text));
		else
			items->items[kept++] = items->items[i];
	}
	items->count = kept;
}

static bool
same_part(const struct item *a, const struct item *b)
{
	return a->prefix.address.family == b->prefix.address.family && a->rank == b->rank;
}

/* How many items from first on are one part. */
static size_t
part_length(const struct items *items, size_t first, bool uneven)
{
	const struct item *item = &items->items[first];
	size_t length = 1;

	while (first + length < items->count && same_part(item, &item[length]) &&
	    (uneven || length < 2 || item[length].position - item[length - 1].position == item[1].position - item->position))
		length++;
	return length;
}

static bool
part_fill(const struct healthcheck_options *options, const struct item *item, size_t count, struct healthcheck_part *part)
{
	int64_t gap = count > 1 ? item[1].position - item[0].position : 1;

	part->family = item->prefix.address.family;
	part->interface = item->interface;
	part->offset = llabs(item->position) * options->increase;
	part->increase = gap * llabs(options->increase);
	for (size_t i = 0; i < count; i++) {
		char text[PREFIX_TEXT_SIZE], *copy = strdup(prefix_format(&item[i].prefix, text));

		if (copy == NULL || !string_list_add(&part->prefixes, copy))
			return false;
	}
	return true;
}

static bool
parts_cut(const struct healthcheck_options *options, const struct items *items, struct healthcheck_parts *parts)
{
	if ((parts->items = calloc(items->count, sizeof(*parts->items))) == NULL)
		return false;
	for (size_t i = 0, length; i < items->count; i += length) {
		length = part_length(items, i, options->increase == 0);
		if (!part_fill(options, &items->items[i], length, &parts->items[parts->count++]))
			return false;
	}
	return true;
}

/* A binding is of one of the networks. */
static bool
bindings_check(struct importing *importing, const struct healthcheck_options *options)
{
	for (size_t i = 0; i < options->ip_ifnames.count; i++) {
		const char *binding = options->ip_ifnames.items[i];
		size_t length = strcspn(binding, "%"), at = 0;

		while (at < options->ips.count &&
		    (strlen(options->ips.items[at]) != length || strncmp(options->ips.items[at], binding, length) != 0))
			at++;
		if (at < options->ips.count)
			continue;
		import_note(importing, IMPORT_WRONG, healthcheck_option_place(options, "ip-ifname"),
		    "%.*s is not among the addresses: name it with --ip too", (int)length, binding);
		return false;
	}
	return true;
}

/* What to announce: what is named, or what is on the loopback interface now. */
static bool
networks_find(struct importing *importing, const struct healthcheck_options *options, struct string_list *found)
{
	int error;

	if (options->ips.count > 0)
		return true;
	error = loopback_prefixes_add(options->label, options->label_exact_match, found);
	if (error != 0)
		import_note(importing, IMPORT_WRONG, "--ip", "the addresses of the loopback interface cannot be read: %s",
		    strerror(error));
	else if (found->count == 0)
		import_note(importing, IMPORT_WRONG, "--ip",
		    "is not given, and there is no address to announce on the loopback interface%s%s",
		    options->label != NULL ? " with the label " : "", options->label != NULL ? options->label : "");
	else
		import_note(importing, IMPORT_DIFFERS, "--ip",
		    "is not given: what is on the loopback interface now is announced from now on, whatever is there later");
	return error == 0 && found->count > 0;
}

bool
healthcheck_parts_make(struct importing *importing, const struct healthcheck_options *options,
    struct healthcheck_parts *parts)
{
	struct string_list found = {0};
	struct items items = {0};
	bool made = bindings_check(importing, options) && networks_find(importing, options, &found) &&
	    networks_add(importing, options, options->ips.count > 0 ? &options->ips : &found, &items);

	*parts = (struct healthcheck_parts){0};
	if (made) {
		positions_set(options, &items);
		doubles_drop(importing, &items);
		qsort(items.items, items.count, sizeof(*items.items), item_compare_part);
		if (!(made = parts_cut(options, &items, parts)))
			import_note(importing, IMPORT_WRONG, NULL, "out of memory");
	}
	free(items.items);
	string_list_free(&found);
	return made;
}

void
healthcheck_parts_free(struct healthcheck_parts *parts)
{
	for (size_t i = 0; i < parts->count; i++)
		string_list_free(&parts->items[i].prefixes);
	free(parts->items);
	*parts = (struct healthcheck_parts){0};
}
