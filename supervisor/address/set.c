/*
 * Two sorted lists side by side. Pure. Invariant: what lacks the mark is never marked for removal.
 */
#include "set.h"

#include <stdlib.h>
#include <string.h>

static int
address_order(const struct address *a, const struct address *b)
{
	if (a->family != b->family)
		return a->family < b->family ? -1 : 1;
	return memcmp(a->bytes, b->bytes, sizeof(a->bytes));
}

static int
place_order(int a_index, const struct address *a, int b_index, const struct address *b)
{
	if (a_index != b_index)
		return a_index < b_index ? -1 : 1;
	return address_order(a, b);
}

int
set_order(const void *left, const void *right)
{
	const struct set_wanted *a = left, *b = right;
	int order = strcmp(a->interface, b->interface);

	return order != 0 ? order : address_order(&a->address, &b->address);
}

static int
wanted_order(const void *left, const void *right)
{
	const struct set_wanted *a = left, *b = right;
	int order = place_order(a->index, &a->address, b->index, &b->address);

	if (order == 0 && a->held != b->held)
		order = a->held ? 1 : -1;
	return order != 0 ? order : strcmp(a->interface, b->interface);
}

static int
there_order(const void *left, const void *right)
{
	const struct netlink_address *a = left, *b = right;

	return place_order(a->index, &a->address, b->index, &b->address);
}

static bool
is_ours(const struct netlink_address *address, uint32_t mark)
{
	return address->mark == mark && address->length == (address->address.family == AF_INET ? 32 : 128);
}

/* wanted: NULL: nobody wants it. */
static bool
is_unwanted(const struct netlink_address *there, const struct set_wanted *wanted)
{
	if (wanted == NULL)
		return true;
	if (there->address.family != AF_INET)
		return false;
	/*
	 * Without a label the kernel shows the interface's name: its first one, whichever it was asked for by (ip-link(8),
	 * altname). No name of an interface has a colon, and every label of ours has.
	 */
	return wanted->label[0] != '\0' ? strcmp(there->label, wanted->label) != 0 : strchr(there->label, ':') != NULL;
}

/* One that is there, and the one of that place that is wanted, or NULL. Returns whether it is to be removed. */
static bool
one_compare(const struct netlink_address *there, struct set_wanted *wanted, uint32_t mark)
{
	bool removed = is_ours(there, mark) && is_unwanted(there, wanted);

	if (wanted == NULL)
		return removed;
	if (removed && wanted->held)
		removed = false; /* until it is known whether it is wanted */
	if (!removed)
		wanted->verdict = there->useless && !wanted->held ? SET_USELESS : SET_THERE;
	wanted->relabelled |= removed;
	return removed;
}

void
set_compare(struct set_wanted *wanted, size_t wanted_count, struct netlink_address *there, size_t count, uint32_t mark,
    bool *removed)
{
	size_t next = 0;

	if (wanted_count > 0)
		qsort(wanted, wanted_count, sizeof(*wanted), wanted_order);
	if (count > 0)
		qsort(there, count, sizeof(*there), there_order);
	for (size_t i = 0; i < wanted_count; i++) {
		wanted[i].verdict = wanted[i].index == 0 ? SET_WAITS : wanted[i].held ? SET_HELD : SET_ADD;
		if (i > 0 && wanted[i].index != 0 && place_order(wanted[i - 1].index, &wanted[i - 1].address, wanted[i].index,
		    &wanted[i].address) == 0)
			wanted[i].verdict = SET_SAME;
		wanted[i].relabelled = false;
	}
	for (size_t i = 0; i < count; i++) {
		int order = -1;

		while (next < wanted_count && (order = place_order(wanted[next].index, &wanted[next].address, there[i].index,
		    &there[i].address)) < 0)
			next++;
		removed[i] = one_compare(&there[i], next < wanted_count && order == 0 ? &wanted[next] : NULL, mark);
	}
}
