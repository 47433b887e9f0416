/*
 * Addresses on interfaces: which of them a configuration wants, what exacheck-address is told, what it makes of that
 * and of what is there, and its messages to the kernel and from it.
 */
#include <bsd/string.h>
#include <linux/if_addr.h>
#include <linux/netlink.h>
#include <linux/rtnetlink.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "../../common/netlink.h"
#include "../../supervisor/address/order.h"
#include "../../supervisor/address/set.h"
#include "../../supervisor/host_addresses.h"
#include "configs.h"
#include "unit.h"

#define MARK 0xec123456u

/* The configuration. */

static char *
addresses_text(const struct config *config)
{
	struct host_address *list;
	char *text = NULL, address[ADDRESS_TEXT_SIZE];
	size_t count, length;
	FILE *file = open_memstream(&text, &length);

	ck_assert_ptr_nonnull(file);
	ck_assert(host_addresses_make(config, &list, &count));
	for (size_t i = 0; i < count; i++)
		fprintf(file, "%zu %s %s %s%s\n", list[i].rank, list[i].interface, address_format(&list[i].address, address),
		    list[i].label, list[i].dynamic ? " dynamic" : "");
	fclose(file);
	free(list);
	return text;
}

#define CHECK(NAME, PREFIXES, SETUP) \
	"- {name: " NAME ", nexthop: 2001:db8::9, prefixes: " PREFIXES ", args: {method: file, path: /a}, " \
	"ip_setup: " SETUP "}\n"
#define CHECK4(NAME, PREFIXES, SETUP) \
	"- {name: " NAME ", prefixes: " PREFIXES ", args: {method: file, path: /a}, ip_setup: " SETUP "}\n"

START_TEST(addresses_of_prefixes)
{
	char *findings, *text;
	struct config *config = parse("checks:\n" CHECK4("a", "[192.0.2.255, 192.0.2.252/31]", "{label: x}")
	    CHECK4("none", "192.0.2.1", "~") CHECK("b", "2001:db8::fe/127", "{interface: dummy0, dynamic: yes}")
	    CHECK("both", "2001:db8::ff", "{interface: dummy0}")
	    "groups:\n- {name: g, members: [a], prefixes: 10.0.0.0/30, ip_setup: {}}\n",
	    &findings);

	ck_assert_msg(config != NULL, "%s", findings);
	free(findings);
	text = addresses_text(config);
	ck_assert_str_eq(text, "2 dummy0 2001:db8::fe  dynamic\n2 dummy0 2001:db8::ff  dynamic\n3 dummy0 2001:db8::ff \n"
	    "4 lo 10.0.0.0 \n4 lo 10.0.0.1 \n4 lo 10.0.0.2 \n4 lo 10.0.0.3 \n"
	    "0 lo 192.0.2.252 lo:x\n0 lo 192.0.2.253 lo:x\n0 lo 192.0.2.255 lo:x\n");
	free(text);
	config_free(config);
}
END_TEST

START_TEST(addresses_at_most)
{
	char *findings;
	struct config *config = parse("checks:\n" CHECK4("a", "10.0.0.0/20", "{}"), &findings);
	struct host_address *list;
	size_t count;

	ck_assert_str_eq(findings, "");
	free(findings);
	ck_assert(host_addresses_make(config, &list, &count));
	ck_assert_uint_eq(count, 4096);
	ck_assert_uint_eq(list[4095].address.bytes[2], 15);
	ck_assert_uint_eq(list[4095].address.bytes[3], 255);
	free(list);
	config_free(config);
}
END_TEST

static const struct {
	const char *text, *finding;
} findings_known[] = {
	{CHECK4("a", "10.0.0.1", "5"), "c.yaml:2:75: checks[1] (a).ip_setup: must be a map, got a value\n"},
	{CHECK4("a", "10.0.0.1", "{interfaces: lo}"), "ip_setup.interfaces: unknown key; did you mean interface?\n"},
	{CHECK4("a", "10.0.0.1", "{interface: a234567890123456}"), "ip_setup.interface: must be 1 to 15 bytes long, got 16"},
	{CHECK4("a", "10.0.0.1", "{interface: ''}"), "ip_setup.interface: must not be empty\n"},
	{CHECK4("a", "10.0.0.1", "{interface: a/b}"), "must be the name of an interface: no blanks, no / and no :\n"},
	{CHECK4("a", "10.0.0.1", "{interface: 'a b'}"), "must be the name of an interface: no blanks, no / and no :\n"},
	{CHECK4("a", "10.0.0.1", "{interface: 'a:b'}"), "must be the name of an interface: no blanks, no / and no :\n"},
	{CHECK4("a", "10.0.0.1", "{interface: '..'}"), "must be the name of an interface: no blanks, no / and no :\n"},
	{CHECK4("a", "10.0.0.1", "{label: 'a b'}"), "ip_setup.label: must have no blanks and no control characters\n"},
	{CHECK4("a", "10.0.0.1", "{label: a2345678901, interface: eth0}"),
	    "ip_setup.label: \"eth0:a2345678901\" has 16 bytes, and the kernel takes labels of 15\n"},
	{CHECK4("a", "10.0.0.1", "{dynamic: sometimes}"), "ip_setup.dynamic: must be true or false"},
	{CHECK("a", "2001:db8::1", "{label: x}"),
	    "warning: checks[1] (a).ip_setup.label: has no effect: IPv6 addresses have no label\n"},
	{CHECK4("a", "10.0.0.0/19", "{}"), "(a).ip_setup: more than 4096 addresses with those before"},
	{CHECK("a", "2001:db8::/64", "{}"), "(a).ip_setup: more than 4096 addresses with those before"},
	{CHECK("a", "'::/0'", "{}"), "(a).ip_setup: more than 4096 addresses with those before"},
	{CHECK4("a", "10.0.0.0/20", "{}") CHECK4("b", "10.0.0.1", "{}"), "checks[2] (b).ip_setup: more than 4096"},
	{CHECK4("a", "10.0.0.0/24", "{label: x}") CHECK4("b", "10.0.0.0/30", "{}"),
	    "checks[2] (b).ip_setup: 10.0.0.0 has another label in checks[1] (a) at line 2: an address has one label, "
	    "or none\n"},
	{CHECK4("a", "10.0.0.1", "~") "- {name: b, args: {method: file, path: /a}, ip_setup: {}}\n"
	    "groups:\n- {name: g, members: [b], prefixes: 10.0.0.2}\n",
	    "warning: checks[2] (b).ip_setup: has no effect without prefixes\n"},
};

START_TEST(every_finding)
{
	char text[1024], *findings;
	struct config *config;

	snprintf(text, sizeof(text), "checks:\n%s", findings_known[_i].text);
	config = parse(text, &findings);
	ck_assert_msg(strstr(findings, findings_known[_i].finding) != NULL, "%s", findings);
	ck_assert_msg(strstr(strchr(findings, '\n'), "ip_setup") == NULL, "%s", findings);
	free(findings);
	config_free(config);
}
END_TEST

/* Where it says nothing it is not there, whatever its defaults are. */
START_TEST(printed_as_it_is)
{
	static const char text[] = "checks:\n" CHECK4("a", "10.0.0.1", "~") CHECK4("b", "10.0.0.2", "{}")
	    CHECK4("c", "10.0.0.3", "{interface: eth0, label: x, dynamic: on}");
	char *findings, *printed = NULL, *before, *after;
	struct config *config = parse(text, &findings), *again;
	size_t length;
	FILE *file = open_memstream(&printed, &length);

	ck_assert_str_eq(findings, "");
	free(findings);
	config_print(config, file);
	fclose(file);
	again = parse(printed, &findings);
	ck_assert_str_eq(findings, "");
	free(findings);
	before = addresses_text(config);
	after = addresses_text(again);
	ck_assert_str_eq(before, after);
	ck_assert_str_eq(before, "2 eth0 10.0.0.3 eth0:x dynamic\n1 lo 10.0.0.2 \n");
	free(before);
	free(after);
	free(printed);
	config_free(config);
	config_free(again);
}
END_TEST

/* Orders. */

START_TEST(order_good)
{
	static const char line[] = "{\"type\":\"want\",\"addresses\":[[\"lo\",\"192.0.2.2\",\"lo:x\",false],"
				   "[\"eth0\",\"2001:db8::1\",\"\",true],[\"lo\",\"192.0.2.1\",\"\",false]]}";
	struct order order;

	order_read(&order, line, strlen(line));
	ck_assert_int_eq(order.type, ORDER_WANT);
	ck_assert_uint_eq(order.count, 3);
	ck_assert_str_eq(order.wanted[0].interface, "eth0");
	ck_assert(order.wanted[0].held && !order.wanted[1].held);
	ck_assert_uint_eq(order.wanted[1].address.bytes[3], 1);
	ck_assert_str_eq(order.wanted[2].label, "lo:x");
	order_clear(&order);
	order_read(&order, "{\"type\":\"want\",\"addresses\":[]}", 30);
	ck_assert_int_eq(order.type, ORDER_WANT);
	ck_assert_uint_eq(order.count, 0);
	order_clear(&order);
	order_read(&order, "{\"type\":\"bye\"}", 14);
	ck_assert_int_eq(order.type, ORDER_BYE);
	order_clear(&order);
}
END_TEST

#define WANT(ITEMS) "{\"type\":\"want\",\"addresses\":" ITEMS "}"

static const char *const orders_bad[] = {
	"", "{", "[]", "{\"type\":5}", "{\"type\":\"go\"}", WANT("{}"), WANT("[5]"), WANT("[[]]"),
	WANT("[[\"lo\",\"192.0.2.1\",\"\"]]"), WANT("[[\"\",\"192.0.2.1\",\"\",true]]"),
	WANT("[[\"lo\",\"192.0.2.1/24\",\"\",true]]"), WANT("[[\"lo\",\"fe80::1%1\",\"\",true]]"),
	WANT("[[\"a234567890123456\",\"192.0.2.1\",\"\",true]]"),
	WANT("[[\"lo\",\"192.0.2.1\",\"a234567890123456\",true]]"), WANT("[[\"lo\",\"192.0.2.1\",\"\",1]]"),
	WANT("[[\"lo\",\"192.0.2.1\",\"\",true],[\"lo\",\"192.0.2.1\",\"x\",false]]"),
};

START_TEST(order_bad)
{
	struct order order;

	order_read(&order, orders_bad[_i], strlen(orders_bad[_i]));
	ck_assert_int_eq(order.type, ORDER_BAD);
	order_clear(&order);
}
END_TEST

/* Wanted against there: every small case, by what must hold afterwards. */

enum wish { NOBODY, HELD, PLAIN, LABELLED, WISHES_END };
enum state { ABSENT, OURS, OURS_LABELLED, OTHERS, OTHERS_NET, BOTH, STATES_END };

#define PLACES 3 /* two addresses of one interface, the first on another as well */

static struct address
address_of(size_t place, bool ipv6)
{
	struct address address;

	ck_assert(address_parse(ipv6 ? "2001:db8::1" : "192.0.2.1", &address));
	address.bytes[ipv6 ? 15 : 3] += place == 1;
	return address;
}

static const char *
interface_of(size_t place)
{
	return place == 2 ? "eth0" : "lo";
}

static size_t
there_add(struct netlink_address *there, size_t place, bool ipv6, bool ours, bool label, bool net)
{
	*there = (struct netlink_address){.index = place == 2 ? 2 : 1, .address = address_of(place, ipv6),
	    .length = (ipv6 ? 128 : 32) - (net ? 8 : 0), .mark = ours ? MARK : net ? MARK + 1 : 0};
	if (!ipv6)
		snprintf(there->label, sizeof(there->label), "%s%s", interface_of(place), label ? ":x" : "");
	return 1;
}

static size_t
there_make(struct netlink_address *there, const enum state state[PLACES], bool ipv6)
{
	size_t count = 0;

	for (size_t i = 0; i < PLACES; i++) {
		if (state[i] == OURS || state[i] == OURS_LABELLED || state[i] == BOTH)
			count += there_add(&there[count], i, ipv6, true, state[i] == OURS_LABELLED, false);
		if (state[i] == OTHERS)
			count += there_add(&there[count], i, ipv6, false, false, false);
		if (state[i] == OTHERS_NET || state[i] == BOTH)
			count += there_add(&there[count], i, ipv6, state[i] == OTHERS_NET, true, true);
	}
	return count;
}

static size_t
wanted_make(struct set_wanted *wanted, const enum wish wish[PLACES], bool ipv6, bool link)
{
	size_t count = 0;

	for (size_t i = 0; i < PLACES; i++) {
		if (wish[i] == NOBODY)
			continue;
		wanted[count] = (struct set_wanted){.address = address_of(i, ipv6), .held = wish[i] == HELD,
		    .index = i == 2 ? (link ? 2 : 0) : 1};
		snprintf(wanted[count].interface, IFNAMSIZ, "%s", interface_of(i));
		if (wish[i] == LABELLED && !ipv6)
			snprintf(wanted[count].label, IFNAMSIZ, "%s:x", interface_of(i));
		count++;
	}
	return count;
}

static const struct set_wanted *
wanted_find(const struct set_wanted *wanted, size_t count, const struct netlink_address *there)
{
	for (size_t i = 0; i < count; i++)
		if (wanted[i].index == there->index && memcmp(wanted[i].address.bytes, there->address.bytes, 16) == 0)
			return &wanted[i];
	return NULL;
}

/* Said anew, in other words than set.c. */
static void
expect_removal(const struct netlink_address *there, const struct set_wanted *by, bool ipv6, bool removed)
{
	bool ours = there->mark == MARK && there->length == (ipv6 ? 128u : 32u);
	char label[IFNAMSIZ * 2] = "";

	if (by != NULL)
		snprintf(label, sizeof(label), "%s", by->label[0] != '\0' ? by->label : by->interface);
	if (!ours || (by != NULL && by->held))
		ck_assert(!removed);
	else if (by == NULL)
		ck_assert(removed);
	else
		ck_assert_int_eq(removed, !ipv6 && strcmp(label, there->label) != 0);
}

/* Do what was found, and look again: everything is as it should be, and nothing is left to do. */
static void
expect_settled(struct set_wanted *wanted, size_t wanted_count, struct netlink_address *there, size_t count,
    const bool *removed)
{
	struct netlink_address after[PLACES * 4];
	bool again[PLACES * 4];
	size_t kept = 0;

	for (size_t i = 0; i < count; i++)
		if (!removed[i])
			after[kept++] = there[i];
	for (size_t i = 0; i < wanted_count; i++)
		if (wanted[i].verdict == SET_ADD) {
			after[kept] = (struct netlink_address){.index = wanted[i].index, .address = wanted[i].address,
			    .length = wanted[i].address.family == AF_INET ? 32 : 128, .mark = MARK};
			if (wanted[i].address.family == AF_INET)
				strlcpy(after[kept].label, wanted[i].label[0] != '\0' ? wanted[i].label : wanted[i].interface,
				    IFNAMSIZ);
			kept++;
		}
	set_compare(wanted, wanted_count, after, kept, MARK, again);
	for (size_t i = 0; i < kept; i++)
		ck_assert(!again[i]);
	for (size_t i = 0; i < wanted_count; i++)
		if (wanted[i].index == 0)
			ck_assert_int_eq(wanted[i].verdict, SET_WAITS);
		else if (!wanted[i].held)
			ck_assert_int_eq(wanted[i].verdict, SET_THERE);
}

static void
one_case(const enum wish wish[PLACES], const enum state state[PLACES], bool ipv6, bool link)
{
	struct set_wanted wanted[PLACES];
	struct netlink_address there[PLACES * 2];
	bool removed[PLACES * 2];
	size_t wanted_count = wanted_make(wanted, wish, ipv6, link), count = there_make(there, state, ipv6);

	set_compare(wanted, wanted_count, there, count, MARK, removed);
	for (size_t i = 0; i < count; i++)
		expect_removal(&there[i], wanted_find(wanted, wanted_count, &there[i]), ipv6, removed[i]);
	for (size_t i = 0; i < wanted_count; i++) {
		bool stays = false;

		for (size_t j = 0; j < count; j++)
			stays |= !removed[j] && wanted[i].index != 0 && wanted_find(&wanted[i], 1, &there[j]) != NULL;
		ck_assert_int_eq(wanted[i].verdict, stays ? SET_THERE : wanted[i].index == 0 ? SET_WAITS :
		    wanted[i].held ? SET_HELD : SET_ADD);
	}
	expect_settled(wanted, wanted_count, there, count, removed);
}

START_TEST(every_small_case)
{
	enum wish wish[PLACES];
	enum state state[PLACES];
	unsigned wishes = WISHES_END, states = STATES_END, all = wishes * wishes * wishes * states * states * states;

	/* where all takes tens of times as long, a part of them: a prime number of steps meets each state of each place */
	for (unsigned n = 0; n < all; n += (unsigned)unit_stride(29)) {
		unsigned rest = n;

		for (size_t i = 0; i < PLACES; i++, rest /= states)
			state[i] = (enum state)(rest % states);
		for (size_t i = 0; i < PLACES; i++, rest /= wishes)
			wish[i] = (enum wish)(rest % wishes);
		one_case(wish, state, (_i & 1) != 0, (_i & 2) != 0);
	}
}
END_TEST

/* An interface has other names, by which it is found as well; the kernel's label of an address is the first. */
START_TEST(interface_by_another_name)
{
	static const struct {
		const char *wanted, *there;
		bool removed;
	} cases[] = {{"", "lo", false}, {"", "alternative", false}, {"", "lo:x", true}, {"other:x", "other:x", false},
	    {"other:x", "lo", true}, {"other:x", "lo:x", true}};
	struct netlink_address there = {.index = 1, .address = address_of(0, false), .length = 32, .mark = MARK};
	struct set_wanted wanted = {.interface = "alternative", .index = 1, .address = address_of(0, false)};
	bool removed;

	strlcpy(wanted.label, cases[_i].wanted, sizeof(wanted.label));
	strlcpy(there.label, cases[_i].there, sizeof(there.label));
	set_compare(&wanted, 1, &there, 1, MARK, &removed);
	ck_assert_int_eq(removed, cases[_i].removed);
	ck_assert_int_eq(wanted.verdict, cases[_i].removed ? SET_ADD : SET_THERE);
}
END_TEST

/* Two that are the same by other names of one interface: one of them counts, and the strongest wish. */
START_TEST(the_same_twice)
{
	struct set_wanted wanted[] = {
		{.interface = "a", .index = 1, .address = address_of(0, false), .held = true},
		{.interface = "b", .index = 1, .address = address_of(0, false), .held = _i == 1, .label = "b:x"},
		{.interface = "c", .index = 1, .address = address_of(0, false), .held = true},
	};
	struct netlink_address there;
	size_t count = COUNT(wanted);
	bool removed;

	set_compare(wanted, count, &there, 0, MARK, &removed);
	ck_assert_int_eq(wanted[0].verdict, _i == 1 ? SET_HELD : SET_ADD);
	ck_assert_str_eq(wanted[0].interface, _i == 1 ? "a" : "b");
	ck_assert_int_eq(wanted[1].verdict, SET_SAME);
	ck_assert_int_eq(wanted[2].verdict, SET_SAME);
	there_add(&there, 0, false, true, true, false);
	strlcpy(there.label, "b:x", sizeof(there.label));
	set_compare(wanted, count, &there, 1, MARK, &removed);
	ck_assert(!removed);
	ck_assert_int_eq(wanted[0].verdict, SET_THERE);
	ck_assert_int_eq(wanted[1].verdict, SET_SAME);
	/* without the interface each waits for its own */
	for (size_t i = 0; i < count; i++)
		wanted[i].index = 0;
	set_compare(wanted, count, &there, 1, MARK, &removed);
	ck_assert(removed);
	for (size_t i = 0; i < count; i++)
		ck_assert_int_eq(wanted[i].verdict, SET_WAITS);
}
END_TEST

START_TEST(there_and_useless)
{
	struct set_wanted wanted = {.interface = "lo", .index = 1, .address = address_of(0, true), .held = _i == 1};
	struct netlink_address there;
	bool removed;

	there_add(&there, 0, true, false, false, true);
	there.useless = true;
	set_compare(&wanted, 1, &there, 1, MARK, &removed);
	ck_assert(!removed);
	ck_assert_int_eq(wanted.verdict, _i == 1 ? SET_THERE : SET_USELESS);
}
END_TEST

/* Messages. */

static struct netlink_address
an_address(const char *text, const char *label)
{
	struct netlink_address address = {.index = 7, .length = strchr(text, ':') == NULL ? 32 : 128, .mark = MARK};

	ck_assert(address_parse(text, &address.address));
	snprintf(address.label, sizeof(address.label), "%s", label);
	return address;
}

START_TEST(message_back)
{
	static const char *const texts[][2] = {{"192.0.2.1", "lo:x"}, {"192.0.2.255", ""}, {"2001:db8::1", ""}};
	_Alignas(4) uint8_t request[NETLINK_REQUEST_SIZE];
	struct netlink_address address = an_address(texts[_i][0], texts[_i][1]);
	size_t length = netlink_make_change(request, 9, true, &address);
	const uint8_t *bytes = request;
	struct netlink_message message;

	ck_assert_uint_le(length, sizeof(request));
	ck_assert(netlink_next(&bytes, &length, &message));
	ck_assert_int_eq(message.type, NETLINK_ADDRESS);
	ck_assert_uint_eq(message.sequence, 9);
	ck_assert_int_eq(memcmp(&message.address, &address, sizeof(address)), 0);
	ck_assert_uint_eq(length, 0);
	ck_assert(!netlink_next(&bytes, &length, &message));
	/* to remove one it takes its place alone, and is no news of one */
	length = netlink_make_change(request, 9, false, &address);
	bytes = request;
	ck_assert(netlink_next(&bytes, &length, &message));
	ck_assert_int_eq(message.type, NETLINK_OTHER);
}
END_TEST

/* What another host of the network has. */
START_TEST(message_useless)
{
	_Alignas(4) uint8_t request[NETLINK_REQUEST_SIZE];
	struct netlink_address address = an_address(_i == 0 ? "192.0.2.1" : "2001:db8::1", "");
	size_t length = netlink_make_change(request, 9, true, &address);
	struct ifaddrmsg payload;
	const uint8_t *bytes = request;
	struct netlink_message message;

	memcpy(&payload, request + NLMSG_HDRLEN, sizeof(payload));
	payload.ifa_flags = IFA_F_DADFAILED | IFA_F_TENTATIVE;
	memcpy(request + NLMSG_HDRLEN, &payload, sizeof(payload));
	ck_assert(netlink_next(&bytes, &length, &message));
	ck_assert(message.address.useless == (_i == 1));
}
END_TEST

START_TEST(message_errors)
{
	struct {
		struct nlmsghdr header;
		struct nlmsgerr error;
	} answer = {.header = {.nlmsg_len = sizeof(answer), .nlmsg_type = NLMSG_ERROR, .nlmsg_seq = 4}};
	static const int errors[][2] = {{0, 0}, {-1, 1}, {-19, 19}, {-4095, 4095}, {-4096, 0}, {5, 0}, {INT32_MIN, 0}};
	struct netlink_message message;

	for (size_t i = 0; i < COUNT(errors); i++) {
		const uint8_t *bytes = (const uint8_t *)&answer;
		size_t length = sizeof(answer);

		answer.error.error = errors[i][0];
		ck_assert(netlink_next(&bytes, &length, &message));
		ck_assert_int_eq(message.type, NETLINK_END);
		ck_assert_int_eq(message.error, errors[i][1]);
	}
}
END_TEST

/* All that can be read of these bytes, each in memory of just its size. Returns how many messages there were. */
static unsigned
read_all(const uint8_t *bytes, size_t length)
{
	uint8_t *copy = malloc(length > 0 ? length : 1);
	const uint8_t *at_byte = copy;
	struct netlink_message message;
	unsigned count = 0;
	size_t left = length;

	ck_assert_ptr_nonnull(copy);
	memcpy(copy, bytes, length);
	while (netlink_next(&at_byte, &left, &message)) {
		ck_assert_uint_ge((size_t)(at_byte - copy), sizeof(struct nlmsghdr) * ++count);
		ck_assert_uint_eq((size_t)(at_byte - copy) + left, length);
		if (message.type == NETLINK_ADDRESS) {
			ck_assert(message.address.index > 0);
			ck_assert(message.address.address.family == AF_INET || message.address.address.family == AF_INET6);
			ck_assert_uint_lt(strnlen(message.address.label, IFNAMSIZ), IFNAMSIZ);
		}
	}
	free(copy);
	return count;
}

START_TEST(message_hostile)
{
	_Alignas(4) uint8_t good[NETLINK_REQUEST_SIZE * 2], bad[sizeof(good)];
	struct netlink_address first = an_address("192.0.2.1", "lo:x"), second = an_address("2001:db8::1", "");
	size_t length = netlink_make_change(good, 1, true, &first);
	int rounds = unit_rounds(20000);

	length += netlink_make_change(good + NLMSG_ALIGN(length), 1, true, &second);
	ck_assert_uint_eq(read_all(good, length), 2);
	for (size_t cut = 0; cut < length; cut++)
		ck_assert_uint_lt(read_all(good, cut), 2);
	srandom(1);
	for (int i = 0; i < rounds; i++) {
		static const uint8_t values[] = {0, 1, 3, 4, 5, 0x7f, 0x80, 0xff};

		memcpy(bad, good, length);
		for (long j = random() % 4; j >= 0; j--)
			bad[(size_t)random() % length] =
			    random() % 2 ? values[(size_t)random() % COUNT(values)] : (uint8_t)random();
		read_all(bad, length - (size_t)random() % 8);
	}
}
END_TEST

int
main(void)
{
	Suite *suite = suite_create("addresses");
	TCase *configuration = unit_case(suite, "configuration"), *process = unit_case(suite, "process");

	unit_log_silence();
	tcase_add_test(configuration, addresses_of_prefixes);
	tcase_add_test(configuration, addresses_at_most);
	tcase_add_loop_test(configuration, every_finding, 0, COUNT(findings_known));
	tcase_add_test(configuration, printed_as_it_is);
	tcase_add_test(process, order_good);
	tcase_add_loop_test(process, order_bad, 0, COUNT(orders_bad));
	tcase_add_loop_test(process, every_small_case, 0, 4);
	tcase_add_loop_test(process, interface_by_another_name, 0, 6);
	tcase_add_loop_test(process, the_same_twice, 0, 2);
	tcase_add_loop_test(process, there_and_useless, 0, 2);
	tcase_add_loop_test(process, message_back, 0, 3);
	tcase_add_loop_test(process, message_useless, 0, 2);
	tcase_add_test(process, message_errors);
	tcase_add_test(process, message_hostile);
	return unit_run(suite);
}
