/*
 * Addresses of the loopback interface by rtnetlink, since getifaddrs(3) leaves the labels of addresses out that it has no
 * name for. Touches a netlink socket. Invariant: no length in a message is trusted.
 */
#include "healthcheck_loopback.h"

#include <errno.h>
#include <linux/rtnetlink.h>
#include <net/if.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "../../common/address.h"

#define INTERFACE "lo"
#define MESSAGES_SIZE 65536 /* bytes of messages at a time: the kernel sends fewer */

struct found {
	struct prefix prefix;
	struct address peer; /* what IFA_ADDRESS says: the address itself, or that of the other end */
	char label[IFNAMSIZ];
	bool local; /* IFA_LOCAL was there */
};

static bool
address_copy(struct address *address, int family, struct rtattr *attribute)
{
	size_t length = family == AF_INET ? 4 : 16;

	if (RTA_PAYLOAD(attribute) < length)
		return false;
	*address = (struct address){.family = family};
	memcpy(address->bytes, RTA_DATA(attribute), length);
	return true;
}

/* False: a message that the kernel does not send. */
static bool
attributes_read(const struct ifaddrmsg *message, struct rtattr *attribute, unsigned left, struct found *found)
{
	bool any = false;

	for (; RTA_OK(attribute, left); attribute = RTA_NEXT(attribute, left)) {
		if (attribute->rta_type == IFA_ADDRESS)
			any = address_copy(&found->peer, message->ifa_family, attribute);
		else if (attribute->rta_type == IFA_LOCAL)
			found->local = address_copy(&found->prefix.address, message->ifa_family, attribute);
		else if (attribute->rta_type == IFA_LABEL)
			snprintf(found->label, sizeof(found->label), "%.*s", (int)RTA_PAYLOAD(attribute),
			    (const char *)RTA_DATA(attribute));
	}
	if (!found->local)
		found->prefix.address = found->peer;
	return any;
}

static bool
is_loopback(const struct address *address)
{
	return address->family == AF_INET ? address->bytes[0] == 127 :
	    memcmp(address->bytes, &in6addr_loopback, sizeof(in6addr_loopback)) == 0;
}

/* Whether it is one to announce. */
static bool
found_wanted(const struct found *found, const char *label, bool whole)
{
	static const char before[] = INTERFACE ":";
	const char *own = found->label + sizeof(before) - 1;

	if (is_loopback(&found->prefix.address) ||
	    memcmp(found->prefix.address.bytes, found->peer.bytes, sizeof(found->peer.bytes)) != 0)
		return false;
	if (label == NULL || *label == '\0')
		return true;
	if (strncmp(found->label, before, sizeof(before) - 1) != 0)
		return false;
	return whole ? strcmp(own, label) == 0 : strncmp(own, label, strlen(label)) == 0;
}

static int
message_add(const struct nlmsghdr *header, int interface, const char *label, bool whole, struct string_list *list)
{
	const struct ifaddrmsg *message = NLMSG_DATA(header);
	struct found found = {0};
	struct prefix network;
	char text[PREFIX_TEXT_SIZE], canonical[PREFIX_TEXT_SIZE], address[ADDRESS_TEXT_SIZE], *copy;

	if (header->nlmsg_type != RTM_NEWADDR || header->nlmsg_len < NLMSG_LENGTH(sizeof(*message)) ||
	    (int)message->ifa_index != interface || (message->ifa_family != AF_INET && message->ifa_family != AF_INET6))
		return 0;
	if (!attributes_read(message, IFA_RTA(message), (unsigned)IFA_PAYLOAD(header), &found) ||
	    !found_wanted(&found, label, whole))
		return 0;
	snprintf(text, sizeof(text), "%s/%u", address_format(&found.prefix.address, address), message->ifa_prefixlen);
	if (prefix_parse(text, &network) != PREFIX_OK)
		return 0;
	copy = strdup(prefix_format(&network, canonical));
	return copy != NULL && string_list_add(list, copy) ? 0 : ENOMEM;
}

/* One or more messages. Returns 0, an errno, or -1: it was the last. */
static int
messages_add(const struct nlmsghdr *header, size_t length, int interface, const char *label, bool whole,
    struct string_list *list)
{
	int error = 0;

	for (; error == 0 && NLMSG_OK(header, length); header = NLMSG_NEXT(header, length)) {
		if (header->nlmsg_type == NLMSG_DONE)
			return -1;
		if (header->nlmsg_type == NLMSG_ERROR)
			return header->nlmsg_len < NLMSG_LENGTH(sizeof(struct nlmsgerr)) ? EBADMSG :
			    -((const struct nlmsgerr *)NLMSG_DATA(header))->error;
		error = message_add(header, interface, label, whole, list);
	}
	return error;
}

int
loopback_message_add(const void *message, size_t length, int interface, const char *label, bool whole,
    struct string_list *list)
{
	int error = messages_add(message, length, interface, label, whole, list);

	return error == -1 ? 0 : error;
}

static int
answers_add(int fd, const char *label, bool whole, struct string_list *list)
{
	struct nlmsghdr *messages = malloc(MESSAGES_SIZE);
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
	struct {
		struct nlmsghdr header;
		struct ifaddrmsg message;
	} request = {.header = {.nlmsg_len = sizeof(request), .nlmsg_type = RTM_GETADDR,
	    .nlmsg_flags = NLM_F_REQUEST | NLM_F_DUMP}};
	int fd = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_ROUTE), error;

	if (fd == -1)
		return errno;
	if (send(fd, &request, sizeof(request), 0) == -1)
		error = errno;
	else
		error = answers_add(fd, label, whole, list);
	close(fd);
	return error;
}
