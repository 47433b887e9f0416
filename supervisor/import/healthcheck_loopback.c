/*
 * Addresses of the loopback interface by rtnetlink, since getifaddrs(3) leaves the labels of addresses out that it has no
 * name for. Touches a netlink socket. Invariant: no length in a message is trusted.
 */
#include "healthcheck_loopback.h"

#include <errno.h>
#include <linux/netlink.h>
#include <net/if.h>
#include <netinet/in.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "../../common/address.h"
#include "../../common/netlink.h"

#define INTERFACE "lo"
#define MESSAGES_SIZE 65536 /* bytes of messages at a time: the kernel sends fewer */

static bool
is_loopback(const struct address *address)
{
	return address->family == AF_INET ? address->bytes[0] == 127 :
	    memcmp(address->bytes, &in6addr_loopback, sizeof(in6addr_loopback)) == 0;
}

/* Whether it is one to announce. */
static bool
is_wanted(const struct netlink_address *address, const char *label, bool whole)
{
	static const char before[] = INTERFACE ":";
	const char *own = address->label + sizeof(before) - 1;

	if (is_loopback(&address->address) || address->linked)
		return false;
	if (label == NULL || *label == '\0')
		return true;
	if (strncmp(address->label, before, sizeof(before) - 1) != 0)
		return false;
	return whole ? strcmp(own, label) == 0 : strncmp(own, label, strlen(label)) == 0;
}

static int
address_add(const struct netlink_address *found, struct string_list *list)
{
	char text[PREFIX_TEXT_SIZE], canonical[PREFIX_TEXT_SIZE], address[ADDRESS_TEXT_SIZE], *copy;
	struct prefix network;

	snprintf(text, sizeof(text), "%s/%u", address_format(&found->address, address), found->length);
	if (prefix_parse(text, &network) != PREFIX_OK)
		return 0;
	copy = strdup(prefix_format(&network, canonical));
	return copy != NULL && string_list_add(list, copy) ? 0 : ENOMEM;
}

/* One or more messages. Returns 0, an errno, or -1: it was the last. */
static int
messages_add(const uint8_t *bytes, size_t length, int interface, const char *label, bool whole, struct string_list *list)
{
	struct netlink_message message;
	int error = 0;

	while (error == 0 && netlink_next(&bytes, &length, &message)) {
		if (message.type == NETLINK_END)
			return message.error != 0 ? message.error : -1;
		if (message.type == NETLINK_ADDRESS && message.address.index == interface &&
		    is_wanted(&message.address, label, whole))
			error = address_add(&message.address, list);
	}
	return error;
}

static int
answers_add(int fd, const char *label, bool whole, struct string_list *list)
{
	uint8_t *messages = malloc(MESSAGES_SIZE);
	int interface = (int)if_nametoindex(INTERFACE), error = messages == NULL ? ENOMEM : 0;
	ssize_t length;

	while (error == 0) {
		if ((length = recv(fd, messages, MESSAGES_SIZE, 0)) > 0)
			error = messages_add(messages, (size_t)length, interface, label, whole, list);
		else if (length == 0 || errno != EINTR)
			error = length == 0 ? EPIPE : errno;
	}
	free(messages);
	return error == -1 ? 0 : error;
}

int
loopback_prefixes_add(const char *label, bool whole, struct string_list *list)
{
	_Alignas(max_align_t) uint8_t request[NETLINK_REQUEST_SIZE];
	size_t length = netlink_make_dump(request, 0);
	int fd = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_ROUTE), error;

	if (fd == -1)
		return errno;
	if (send(fd, request, length, 0) == -1)
		error = errno;
	else
		error = answers_add(fd, label, whole, list);
	close(fd);
	return error;
}
