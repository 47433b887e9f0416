/*
 * Making and reading rtnetlink messages. Pure. Invariant: no byte is read that is not of the message, and of the attribute,
 * that it is taken for.
 */
#include "netlink.h"

#include <bsd/string.h>
#include <linux/if_addr.h>
#include <linux/netlink.h>
#include <linux/rtnetlink.h>
#include <string.h>

#define ATTRIBUTE_PROTOCOL 11 /* IFA_PROTO, which older headers lack */

static size_t
address_size(int family)
{
	return family == AF_INET ? 4 : 16;
}

/* Begin a request whose payload has this size, and is zero. Returns the payload. */
static void *
request_begin(void *request, uint32_t sequence, uint16_t type, unsigned flags, size_t size)
{
	struct nlmsghdr *header = request;

	memset(request, 0, NETLINK_REQUEST_SIZE);
	*header = (struct nlmsghdr){.nlmsg_len = (uint32_t)NLMSG_LENGTH(size), .nlmsg_type = type,
	    .nlmsg_flags = (uint16_t)(NLM_F_REQUEST | flags), .nlmsg_seq = sequence};
	return (uint8_t *)request + NLMSG_HDRLEN;
}

static void
attribute_add(void *request, uint16_t type, const void *value, size_t size)
{
	struct nlmsghdr *header = request;
	struct rtattr attribute = {.rta_len = (uint16_t)RTA_LENGTH(size), .rta_type = type};
	uint8_t *end = (uint8_t *)request + NLMSG_ALIGN(header->nlmsg_len);

	memcpy(end, &attribute, sizeof(attribute));
	memcpy(end + RTA_LENGTH(0), value, size);
	header->nlmsg_len = (uint32_t)(NLMSG_ALIGN(header->nlmsg_len) + RTA_ALIGN(attribute.rta_len));
}

static size_t
request_length(const void *request)
{
	return ((const struct nlmsghdr *)request)->nlmsg_len;
}

size_t
netlink_make_dump(void *request, uint32_t sequence)
{
	struct ifaddrmsg *payload = request_begin(request, sequence, RTM_GETADDR, NLM_F_DUMP, sizeof(*payload));

	payload->ifa_family = AF_UNSPEC;
	return request_length(request);
}

size_t
netlink_make_link(void *request, uint32_t sequence, const char *name)
{
	struct ifinfomsg *payload = request_begin(request, sequence, RTM_GETLINK, 0, sizeof(*payload));

	payload->ifi_family = AF_UNSPEC;
	attribute_add(request, IFLA_IFNAME, name, strnlen(name, IFNAMSIZ - 1) + 1);
	return request_length(request);
}

size_t
netlink_make_change(void *request, uint32_t sequence, bool add, const struct netlink_address *address)
{
	unsigned flags = NLM_F_ACK | (add ? NLM_F_CREATE | NLM_F_EXCL : 0);
	struct ifaddrmsg *payload = request_begin(request, sequence, add ? RTM_NEWADDR : RTM_DELADDR, flags, sizeof(*payload));
	bool ipv6 = address->address.family == AF_INET6;
	size_t size = address_size(address->address.family);
	/* the same address on several machines of one network is what anycast is: nobody is asked whether it is free */
	uint32_t address_flags = IFA_F_NODAD | IFA_F_NOPREFIXROUTE;
	uint8_t protocol = NETLINK_PROTOCOL;

	payload->ifa_family = (uint8_t)address->address.family;
	payload->ifa_prefixlen = (uint8_t)address->length;
	payload->ifa_scope = RT_SCOPE_UNIVERSE;
	payload->ifa_index = (unsigned)address->index;
	attribute_add(request, IFA_LOCAL, address->address.bytes, size);
	attribute_add(request, IFA_ADDRESS, address->address.bytes, size);
	if (!add)
		return request_length(request);
	if (ipv6)
		attribute_add(request, IFA_FLAGS, &address_flags, sizeof(address_flags));
	else if (address->label[0] != '\0')
		attribute_add(request, IFA_LABEL, address->label, strlen(address->label) + 1);
	attribute_add(request, IFA_RT_PRIORITY, &address->mark, sizeof(address->mark));
	attribute_add(request, ATTRIBUTE_PROTOCOL, &protocol, sizeof(protocol));
	return request_length(request);
}

/* Of the attributes: its type, value and size. They move on. False: there is none. */
static bool
attribute_next(const uint8_t **bytes, size_t *length, unsigned *type, const uint8_t **value, size_t *size)
{
	struct rtattr attribute;
	size_t whole;

	if (*length < sizeof(attribute))
		return false;
	memcpy(&attribute, *bytes, sizeof(attribute));
	if (attribute.rta_len < sizeof(attribute) || attribute.rta_len > *length)
		return false;
	*type = attribute.rta_type & NLA_TYPE_MASK;
	*value = *bytes + sizeof(attribute);
	*size = attribute.rta_len - sizeof(attribute);
	whole = RTA_ALIGN(attribute.rta_len);
	if (whole > *length)
		whole = *length;
	*bytes += whole;
	*length -= whole;
	return true;
}

/* What IFA_LOCAL and IFA_ADDRESS say: of a link with two ends the former is this one's, else either may be missing. */
struct ends {
	uint8_t own[16], other[16];
	bool has_own, has_other;
};

/* What is of another length than it has to be is not there. */
static void
address_attribute(struct netlink_address *address, unsigned type, const uint8_t *value, size_t size, struct ends *ends)
{
	if ((type == IFA_LOCAL || type == IFA_ADDRESS) && size == address_size(address->address.family)) {
		memcpy(type == IFA_LOCAL ? ends->own : ends->other, value, size);
		*(type == IFA_LOCAL ? &ends->has_own : &ends->has_other) = true;
	} else if (type == IFA_LABEL && size > 0 && size <= sizeof(address->label) && value[size - 1] == '\0')
		strlcpy(address->label, (const char *)value, sizeof(address->label));
	else if (type == IFA_RT_PRIORITY && size == sizeof(address->mark))
		memcpy(&address->mark, value, size);
}

/* False: it is none of ours to know. */
static bool
address_read(const uint8_t *bytes, size_t length, struct netlink_address *address)
{
	struct ifaddrmsg payload;
	const uint8_t *value;
	unsigned type;
	size_t size;
	struct ends ends = {.has_own = false};

	*address = (struct netlink_address){.index = 0};
	if (length < sizeof(payload))
		return false;
	memcpy(&payload, bytes, sizeof(payload));
	if (payload.ifa_family != AF_INET && payload.ifa_family != AF_INET6)
		return false;
	address->index = (int)payload.ifa_index;
	address->length = payload.ifa_prefixlen;
	address->useless = payload.ifa_family == AF_INET6 && (payload.ifa_flags & IFA_F_DADFAILED) != 0;
	address->address.family = payload.ifa_family;
	bytes += NLMSG_ALIGN(sizeof(payload));
	length -= NLMSG_ALIGN(sizeof(payload));
	while (attribute_next(&bytes, &length, &type, &value, &size))
		address_attribute(address, type, value, size, &ends);
	memcpy(address->address.bytes, ends.has_own ? ends.own : ends.other, sizeof(ends.own));
	address->linked = ends.has_own && ends.has_other && memcmp(ends.own, ends.other, sizeof(ends.own)) != 0;
	return address->index > 0 && (ends.has_own || ends.has_other);
}

static void
payload_read(struct netlink_message *message, uint16_t type, const uint8_t *bytes, size_t length)
{
	struct ifinfomsg link;
	int error;

	switch (type) {
	case NLMSG_DONE:
		message->type = NETLINK_END;
		break;
	case NLMSG_ERROR:
		if (length < sizeof(error))
			break;
		memcpy(&error, bytes, sizeof(error));
		message->type = NETLINK_END;
		message->error = error < 0 && error > -4096 ? -error : 0;
		break;
	case RTM_NEWADDR:
		if (address_read(bytes, length, &message->address))
			message->type = NETLINK_ADDRESS;
		break;
	case RTM_NEWLINK:
		if (length < sizeof(link))
			break;
		memcpy(&link, bytes, sizeof(link));
		message->type = NETLINK_LINK;
		message->index = link.ifi_index;
		message->up = (link.ifi_flags & IFF_UP) != 0;
		break;
	default:
		break;
	}
}

bool
netlink_next(const uint8_t **bytes, size_t *length, struct netlink_message *message)
{
	struct nlmsghdr header;
	size_t whole;

	if (*length < sizeof(header))
		return false;
	memcpy(&header, *bytes, sizeof(header));
	if (header.nlmsg_len < sizeof(header) || header.nlmsg_len > *length)
		return false;
	*message = (struct netlink_message){.type = NETLINK_OTHER, .sequence = header.nlmsg_seq,
	    .interrupted = (header.nlmsg_flags & NLM_F_DUMP_INTR) != 0};
	payload_read(message, header.nlmsg_type, *bytes + NLMSG_HDRLEN, header.nlmsg_len - NLMSG_HDRLEN);
	whole = NLMSG_ALIGN(header.nlmsg_len);
	if (whole > *length)
		whole = *length;
	*bytes += whole;
	*length -= whole;
	return true;
}
