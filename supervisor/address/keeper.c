/*
 * Keeping addresses. Touches addresses of interfaces, and the channel for words. Invariant: before the first order
 * nothing is changed; what is not ours is never removed.
 */
#include "keeper.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "../helpers/report.h"
#include "kernel.h"

#define MISSING \
	"CAP_NET_ADMIN is missing: start exacheck as root, or with AmbientCapabilities=CAP_NET_ADMIN in its unit"

/* What a look came to. */
struct look {
	size_t added, removed, returned; /* returned: of the added, those that somebody else had removed */
	const struct set_wanted *one; /* of these the first, otherwise the last of the added */
	int removal_error;
	const struct set_wanted *failed; /* the last that could not be added */
};

void
keeper_init(struct keeper *keeper, struct kernel *kernel, uint32_t mark)
{
	*keeper = (struct keeper){.kernel = kernel, .mark = mark, .of = SIZE_MAX};
}

static void
keeper_clear(struct keeper *keeper)
{
	free(keeper->wanted);
	keeper->wanted = NULL;
	keeper->count = 0;
}

void
keeper_order(struct keeper *keeper, struct set_wanted *wanted, size_t count)
{
	if (keeper->count > 0)
		qsort(keeper->wanted, keeper->count, sizeof(*keeper->wanted), set_order);
	for (size_t i = 0; i < count && keeper->count > 0; i++) {
		const struct set_wanted *known = bsearch(&wanted[i], keeper->wanted, keeper->count, sizeof(*wanted), set_order);

		if (known != NULL) {
			wanted[i].was_there = known->was_there;
			wanted[i].link_told = known->link_told;
			wanted[i].error = known->error;
		}
	}
	keeper_clear(keeper);
	keeper->wanted = wanted;
	keeper->count = count;
	keeper->ordered = true;
}

/* What is wrong with an interface is said when it begins, and when it is over. */
static void
link_tell(const struct set_wanted *wanted)
{
	const char *interface = wanted->interface;

	if (wanted->link == wanted->link_told)
		return;
	if (wanted->link_told == SET_LINK_NONE)
		report_note("there is an interface %s now", interface);
	if (wanted->link == SET_LINK_NONE)
		report_problem("there is no interface %s: its addresses wait for it", interface);
	else if (wanted->link == SET_LINK_DOWN)
		report_problem("the interface %s is down: its addresses are of no use until it is up", interface);
	else if (wanted->link_told == SET_LINK_DOWN)
		report_note("the interface %s is up now", interface);
}

/* Where the interfaces are now. Returns an errno, 0: it is known of all. */
static int
links_find(struct keeper *keeper)
{
	if (keeper->count > 0)
		qsort(keeper->wanted, keeper->count, sizeof(*keeper->wanted), set_order);
	for (size_t i = 0; i < keeper->count; i++) {
		struct set_wanted *wanted = &keeper->wanted[i];
		bool up = false;

		if (i > 0 && strcmp(wanted[-1].interface, wanted->interface) == 0) {
			wanted->index = wanted[-1].index;
			wanted->link = wanted[-1].link;
		} else {
			if ((wanted->index = kernel_link(keeper->kernel, wanted->interface, &up)) == -1)
				return errno;
			wanted->link = wanted->index == 0 ? SET_LINK_NONE : up ? SET_LINK_UP : SET_LINK_DOWN;
			link_tell(wanted);
		}
		wanted->link_told = wanted->link;
	}
	return 0;
}

/* What somebody else has done meanwhile is no failure. */
static void
removal_failed(struct look *look, const struct keeper *keeper, const struct netlink_address *address, int error)
{
	char text[ADDRESS_TEXT_SIZE];

	if (error == EADDRNOTAVAIL)
		return;
	if (look->removal_error == 0 && error != keeper->removal_error)
		report_problem("cannot remove %s: %s", address_format(&address->address, text),
		    error == EPERM ? MISSING : strerror(error));
	look->removal_error = error;
}

static void
removals(struct keeper *keeper, struct look *look, const struct netlink_address *there, size_t count,
    const bool *removed)
{
	for (size_t i = 0; i < count; i++) {
		int error;

		if (!removed[i])
			continue;
		if ((error = kernel_change(keeper->kernel, false, &there[i])) == 0)
			look->removed++;
		else
			removal_failed(look, keeper, &there[i], error);
	}
	keeper->removal_error = look->removal_error;
}

static void
addition_tell(const struct set_wanted *wanted, int error)
{
	const char *interface = wanted->interface;
	char text[ADDRESS_TEXT_SIZE];

	address_format(&wanted->address, text);
	if (error == EPERM)
		report_problem("cannot put up %s: " MISSING, text);
	else if (error == EADDRINUSE)
		report_problem("%s is on %s, by somebody else's hand, and not in use: another host of that network has it "
		    "(dadfailed): remove it, and it is put up whoever has it", text, interface);
	else if (error == EACCES && wanted->address.family == AF_INET6)
		report_problem("cannot put %s on %s: IPv6 is switched off there: sysctl net/ipv6/conf/%s/disable_ipv6", text,
		    interface, interface);
	else
		report_problem("cannot put %s on %s: %s", text, interface, strerror(error));
}

/* Of addresses that fail alike it is said of the first, when it begins. */
static void
addition_failed(struct look *look, struct set_wanted *wanted, int error)
{
	const struct set_wanted *last = look->failed;
	bool alike = last != NULL && last->error == error && (error == EPERM || (last->index == wanted->index &&
	    last->address.family == wanted->address.family));

	if (!alike && wanted->error != error)
		addition_tell(wanted, error);
	wanted->error = error;
	look->failed = wanted;
}

/* Returns an errno; 0: it is there. */
static int
address_add(const struct keeper *keeper, const struct set_wanted *wanted)
{
	struct netlink_address address = {.index = wanted->index, .address = wanted->address,
	    .length = wanted->address.family == AF_INET ? 32 : 128, .mark = keeper->mark};
	int error;

	if (wanted->verdict == SET_USELESS)
		return EADDRINUSE;
	memcpy(address.label, wanted->label, sizeof(address.label));
	error = kernel_change(keeper->kernel, true, &address);
	return error == EEXIST ? 0 : error; /* somebody else was faster */
}

static void
additions(struct keeper *keeper, struct look *look)
{
	for (size_t i = 0; i < keeper->count; i++) {
		struct set_wanted *wanted = &keeper->wanted[i];
		int error = 0;

		if (wanted->verdict == SET_ADD || wanted->verdict == SET_USELESS)
			error = address_add(keeper, wanted);
		if (error != 0) {
			addition_failed(look, wanted, error);
			continue;
		}
		wanted->error = 0;
		if (wanted->verdict != SET_ADD)
			continue;
		look->added++;
		if (look->returned == 0)
			look->one = wanted;
		look->returned += wanted->was_there && !wanted->relabelled;
		wanted->verdict = SET_THERE;
	}
}

/* In one line what was done; a single address by its name. */
static void
look_tell(const struct look *look)
{
	char text[ADDRESS_TEXT_SIZE];

	if (look->returned == 1)
		report_note("%s was removed by somebody else: put back", address_format(&look->one->address, text));
	else if (look->returned > 0)
		report_note("%zu addresses were removed by somebody else: put back", look->returned);
	else if (look->added == 1 && look->removed == 0)
		report_note("%s is on %s", address_format(&look->one->address, text), look->one->interface);
	else if (look->added + look->removed > 0)
		report_note("%zu addresses put up, %zu removed", look->added, look->removed);
}

/* How far it has come: for the supervisor. */
static void
state_tell(struct keeper *keeper)
{
	size_t there = 0, of = 0;

	for (size_t i = 0; i < keeper->count; i++) {
		keeper->wanted[i].was_there = keeper->wanted[i].verdict == SET_THERE;
		if (keeper->wanted[i].held || keeper->wanted[i].verdict == SET_SAME)
			continue;
		of++;
		there += keeper->wanted[i].was_there && keeper->wanted[i].link == SET_LINK_UP;
	}
	if (there == keeper->there && of == keeper->of)
		return;
	keeper->there = there;
	keeper->of = of;
	report_answer("addresses", "%zu of %zu", there, of);
}

/* Returns an errno, 0: it could be looked at. */
static int
look_run(struct keeper *keeper, struct look *look)
{
	struct netlink_address *there = NULL;
	size_t count = 0;
	bool *removed;
	int error = links_find(keeper);

	if (error != 0 || !kernel_addresses(keeper->kernel, &there, &count))
		return error != 0 ? error : errno;
	if ((removed = calloc(count + 1, sizeof(*removed))) == NULL) {
		free(there);
		return ENOMEM;
	}
	set_compare(keeper->wanted, keeper->count, there, count, keeper->mark, removed);
	removals(keeper, look, there, count, removed);
	additions(keeper, look);
	free(removed);
	free(there);
	return 0;
}

bool
keeper_look(struct keeper *keeper)
{
	struct look look = {0};
	bool failed = keeper->failed;
	int error;

	keeper->returned = false;
	if (!keeper->ordered)
		return true;
	keeper->failed = true;
	if ((error = look_run(keeper, &look)) != 0) {
		if (error != keeper->look_error)
			report_problem("cannot look at addresses: %s", strerror(error));
		keeper->look_error = error;
		return false;
	}
	keeper->look_error = 0;
	keeper->returned = look.returned > 0;
	keeper->failed = look.removal_error != 0 || look.failed != NULL;
	look_tell(&look);
	if (failed && !keeper->failed)
		report_note("what could not be done is done");
	state_tell(keeper);
	return !keeper->failed;
}
