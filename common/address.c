/*
 * IP addresses and prefixes. Pure but for if_nametoindex(3) on scoped literals.
 */
#include "address.h"

#include <arpa/inet.h>
#include <net/if.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static unsigned
family_bits(int family)
{
	return family == AF_INET ? 32 : 128;
}

static bool
scope_parse(const char *text, uint32_t *scope_id)
{
	char *end;
	unsigned long number;

	*scope_id = if_nametoindex(text);
	if (*scope_id != 0)
		return true;
	number = strtoul(text, &end, 10);
	if (*text < '0' || *text > '9' || *end != '\0' || number == 0 || number > UINT32_MAX)
		return false;
	*scope_id = (uint32_t)number;
	return true;
}

bool
address_parse(const char *text, struct address *address)
{
	char copy[INET6_ADDRSTRLEN + IF_NAMESIZE + 1], *scope;
	size_t length = strlen(text);

	memset(address, 0, sizeof(*address));
	if (inet_pton(AF_INET, text, address->bytes) == 1) {
		address->family = AF_INET;
		return true;
	}
	if (length >= sizeof(copy))
		return false;
	memcpy(copy, text, length + 1);
	if ((scope = strchr(copy, '%')) != NULL) {
		*scope++ = '\0';
		if (!scope_parse(scope, &address->scope_id))
			return false;
	}
	address->family = AF_INET6;
	return inet_pton(AF_INET6, copy, address->bytes) == 1;
}

const char *
address_format(const struct address *address, char text[static ADDRESS_TEXT_SIZE])
{
	size_t length;

	if (inet_ntop(address->family, address->bytes, text, ADDRESS_TEXT_SIZE) == NULL)
		snprintf(text, ADDRESS_TEXT_SIZE, "?");
	if (address->scope_id != 0) {
		length = strlen(text);
		snprintf(text + length, ADDRESS_TEXT_SIZE - length, "%%%u", address->scope_id);
	}
	return text;
}

socklen_t
address_to_sockaddr(const struct address *address, uint16_t port, struct sockaddr_storage *storage)
{
	struct sockaddr_in *sin = (struct sockaddr_in *)storage;
	struct sockaddr_in6 *sin6 = (struct sockaddr_in6 *)storage;

	if (address->family == AF_INET) {
		memset(sin, 0, sizeof(*sin));
		sin->sin_family = AF_INET;
		sin->sin_port = htons(port);
		memcpy(&sin->sin_addr, address->bytes, sizeof(sin->sin_addr));
		return sizeof(*sin);
	}
	memset(sin6, 0, sizeof(*sin6));
	sin6->sin6_family = AF_INET6;
	sin6->sin6_port = htons(port);
	sin6->sin6_scope_id = address->scope_id;
	memcpy(&sin6->sin6_addr, address->bytes, sizeof(sin6->sin6_addr));
	return sizeof(*sin6);
}

bool
address_from_sockaddr(const struct sockaddr *sockaddr, struct address *address)
{
	struct sockaddr_in sin;
	struct sockaddr_in6 sin6;

	memset(address, 0, sizeof(*address));
	switch (sockaddr->sa_family) {
	case AF_INET:
		memcpy(&sin, sockaddr, sizeof(sin));
		address->family = AF_INET;
		memcpy(address->bytes, &sin.sin_addr, sizeof(sin.sin_addr));
		return true;
	case AF_INET6:
		memcpy(&sin6, sockaddr, sizeof(sin6));
		address->family = AF_INET6;
		memcpy(address->bytes, &sin6.sin6_addr, sizeof(sin6.sin6_addr));
		address->scope_id = sin6.sin6_scope_id;
		return true;
	default:
		return false;
	}
}

/* Clear the host bits; returns whether any was set. */
static bool
prefix_mask(struct prefix *prefix)
{
	bool cleared = false;

	for (unsigned bit = prefix->length; bit < family_bits(prefix->address.family); bit++) {
		uint8_t mask = (uint8_t)(0x80 >> (bit % 8));

		cleared |= (prefix->address.bytes[bit / 8] & mask) != 0;
		prefix->address.bytes[bit / 8] &= (uint8_t)~mask;
	}
	return cleared;
}

enum prefix_error
prefix_parse(const char *text, struct prefix *prefix)
{
	char copy[PREFIX_TEXT_SIZE], *slash, *end;
	size_t length = strlen(text);
	unsigned long bits;

	if (length >= sizeof(copy) || strchr(text, '%') != NULL)
		return PREFIX_SYNTAX;
	memcpy(copy, text, length + 1);
	if ((slash = strchr(copy, '/')) != NULL)
		*slash++ = '\0';
	if (!address_parse(copy, &prefix->address))
		return PREFIX_SYNTAX;
	prefix->length = family_bits(prefix->address.family);
	if (slash != NULL) {
		if (*slash < '0' || *slash > '9')
			return PREFIX_SYNTAX;
		bits = strtoul(slash, &end, 10);
		if (*end != '\0')
			return PREFIX_SYNTAX;
		if (bits > prefix->length)
			return PREFIX_LENGTH;
		prefix->length = (unsigned)bits;
	}
	return prefix_mask(prefix) ? PREFIX_HOST_BITS : PREFIX_OK;
}

const char *
prefix_format(const struct prefix *prefix, char text[static PREFIX_TEXT_SIZE])
{
	char address[ADDRESS_TEXT_SIZE];

	snprintf(text, PREFIX_TEXT_SIZE, "%.*s/%u", PREFIX_TEXT_SIZE - 5, address_format(&prefix->address, address),
	    prefix->length);
	return text;
}

int
prefix_compare(const struct prefix *a, const struct prefix *b)
{
	if (a->address.family != b->address.family)
		return a->address.family < b->address.family ? -1 : 1;
	if (a->length != b->length)
		return a->length < b->length ? -1 : 1;
	return memcmp(a->address.bytes, b->address.bytes, sizeof(a->address.bytes));
}

bool
listen_parse(const char *text, struct address *address, uint16_t *port)
{
	const char *colon = strrchr(text, ':');
	char host[ADDRESS_TEXT_SIZE];
	size_t length, digits;
	long number;
	bool bracket = text[0] == '[';

	if (colon == NULL || (length = (size_t)(colon - text)) >= sizeof(host) || (bracket && (length < 2 || colon[-1] != ']')))
		return false;
	memcpy(host, text + bracket, length - 2 * bracket);
	host[length - 2 * bracket] = '\0';
	digits = strspn(colon + 1, "0123456789");
	if (digits == 0 || digits > 5 || colon[1 + digits] != '\0' || (number = strtol(colon + 1, NULL, 10)) < 1 || number > 65535)
		return false;
	*port = (uint16_t)number;
	return address_parse(host, address) && bracket == (address->family == AF_INET6);
}

const char *
listen_format(const struct address *address, uint16_t port, char text[static LISTEN_TEXT_SIZE])
{
	char host[ADDRESS_TEXT_SIZE];

	address_format(address, host);
	snprintf(text, LISTEN_TEXT_SIZE, address->family == AF_INET6 ? "[%s]:%u" : "%s:%u", host, port);
	return text;
}
