/*
 * ICMP echo packets. Pure. Invariant: no byte is read before the length says that it is there.
 */
#include "icmp_packet.h"

#include <errno.h>
#include <netinet/icmp6.h>
#include <netinet/ip_icmp.h>
#include <string.h>
#include <sys/socket.h>

#define IPV4_HEADER_MIN 20
#define IPV6_HEADER_SIZE 40

/* Types of the two families by role. */
struct dialect {
	uint8_t request, reply;
};

static const struct dialect dialect_v4 = {ICMP_ECHO, ICMP_ECHOREPLY};
static const struct dialect dialect_v6 = {ICMP6_ECHO_REQUEST, ICMP6_ECHO_REPLY};

/* Errors that end an echo request; code -1: any. The first line that fits counts. */
static const struct {
	int family;
	int type, code;
	int error;
} error_table[] = {
	{AF_INET, ICMP_DEST_UNREACH, ICMP_FRAG_NEEDED, EMSGSIZE},
	{AF_INET, ICMP_DEST_UNREACH, ICMP_NET_UNREACH, ENETUNREACH},
	{AF_INET, ICMP_DEST_UNREACH, ICMP_NET_ANO, ENETUNREACH},
	{AF_INET, ICMP_DEST_UNREACH, ICMP_PORT_UNREACH, ECONNREFUSED},
	{AF_INET, ICMP_DEST_UNREACH, -1, EHOSTUNREACH},
	{AF_INET, ICMP_TIME_EXCEEDED, -1, EHOSTUNREACH},
	{AF_INET6, ICMP6_DST_UNREACH, ICMP6_DST_UNREACH_NOROUTE, ENETUNREACH},
	{AF_INET6, ICMP6_DST_UNREACH, ICMP6_DST_UNREACH_NOPORT, ECONNREFUSED},
	{AF_INET6, ICMP6_DST_UNREACH, -1, EHOSTUNREACH},
	{AF_INET6, ICMP6_PACKET_TOO_BIG, -1, EMSGSIZE},
	{AF_INET6, ICMP6_TIME_EXCEEDED, -1, EHOSTUNREACH},
};

static const struct dialect *
dialect(int family)
{
	return family == AF_INET ? &dialect_v4 : &dialect_v6;
}

static void
put16(uint8_t *p, uint16_t value)
{
	p[0] = (uint8_t)(value >> 8);
	p[1] = (uint8_t)value;
}

static uint16_t
get16(const uint8_t *p)
{
	return (uint16_t)(p[0] << 8 | p[1]);
}

/* RFC 1071; 0 over a packet whose checksum field is right. */
static uint16_t
checksum(const uint8_t *data, size_t length)
{
	uint64_t sum = 0;

	for (size_t i = 0; i + 1 < length; i += 2)
		sum += get16(data + i);
	if (length % 2 == 1)
		sum += (uint64_t)data[length - 1] << 8;
	while (sum > 0xffff)
		sum = (sum & 0xffff) + (sum >> 16);
	return (uint16_t)~sum;
}

size_t
icmp_request_build(uint8_t *packet, int family, uint16_t id, uint16_t sequence,
    const uint8_t nonce[static ICMP_NONCE_SIZE], size_t size)
{
	size_t nonce_size = size < ICMP_NONCE_SIZE ? size : ICMP_NONCE_SIZE;

	memset(packet, 0, ICMP_HEADER_SIZE + size);
	packet[0] = dialect(family)->request;
	put16(packet + 4, id);
	put16(packet + 6, sequence);
	memcpy(packet + ICMP_HEADER_SIZE, nonce, nonce_size);
	if (family == AF_INET)
		put16(packet + 2, checksum(packet, ICMP_HEADER_SIZE + size));
	return ICMP_HEADER_SIZE + size;
}

static void
echo_read(const uint8_t *data, size_t length, struct icmp_echo *echo)
{
	echo->id = get16(data + 4);
	echo->sequence = get16(data + 6);
	echo->payload = data + ICMP_HEADER_SIZE;
	echo->payload_length = length - ICMP_HEADER_SIZE;
}

/* Step over an IPv4 header: the bytes of it, 0 when it is none or not that of an ICMP packet's first part. */
static size_t
ipv4_header(const uint8_t *data, size_t length)
{
	size_t header;

	if (length < IPV4_HEADER_MIN || data[0] >> 4 != 4 || data[9] != IPPROTO_ICMP)
		return 0;
	header = (size_t)(data[0] & 0xf) * 4;
	if (header < IPV4_HEADER_MIN || header > length || (get16(data + 6) & 0x1fff) != 0)
		return 0;
	return header;
}

static size_t
ip_header_size(int family, const uint8_t *data, size_t length)
{
	if (family == AF_INET)
		return ipv4_header(data, length);
	/* Extension headers would be ours, and we send none. */
	return length >= IPV6_HEADER_SIZE && data[0] >> 4 == 6 && data[6] == IPPROTO_ICMPV6 ? IPV6_HEADER_SIZE : 0;
}

bool
icmp_quote_parse(int family, const uint8_t *data, size_t length, struct icmp_echo *echo)
{
	if (length < ICMP_HEADER_SIZE || data[0] != dialect(family)->request)
		return false;
	echo_read(data, length, echo);
	return true;
}

int
icmp_errno(int family, uint8_t type, uint8_t code)
{
	for (size_t i = 0; i < sizeof(error_table) / sizeof(error_table[0]); i++)
		if (error_table[i].family == family && error_table[i].type == type &&
		    (error_table[i].code == -1 || error_table[i].code == code))
			return error_table[i].error;
	return 0;
}

enum icmp_kind
icmp_parse(int family, bool ip_header, const uint8_t *data, size_t length, struct icmp_echo *echo, int *error)
{
	size_t skip;

	if (ip_header) {
		if ((skip = ipv4_header(data, length)) == 0)
			return ICMP_KIND_OTHER;
		data += skip;
		length -= skip;
		/* The kernel has not looked at the checksum of what raw IPv4 sockets receive. */
		if (checksum(data, length) != 0)
			return ICMP_KIND_OTHER;
	}
	if (length < ICMP_HEADER_SIZE)
		return ICMP_KIND_OTHER;
	if (data[0] == dialect(family)->reply && data[1] == 0) {
		echo_read(data, length, echo);
		return ICMP_KIND_REPLY;
	}
	if ((*error = icmp_errno(family, data[0], data[1])) == 0)
		return ICMP_KIND_OTHER;
	data += ICMP_HEADER_SIZE;
	length -= ICMP_HEADER_SIZE;
	if ((skip = ip_header_size(family, data, length)) == 0 ||
	    !icmp_quote_parse(family, data + skip, length - skip, echo))
		return ICMP_KIND_OTHER;
	return ICMP_KIND_ERROR;
}

bool
icmp_nonce_equal(const struct icmp_echo *echo, const uint8_t nonce[static ICMP_NONCE_SIZE], size_t size, bool quoted)
{
	size_t wanted = size < ICMP_NONCE_SIZE ? size : ICMP_NONCE_SIZE;

	if (echo->payload_length < wanted) {
		if (!quoted)
			return false;
		wanted = echo->payload_length;
	}
	return memcmp(echo->payload, nonce, wanted) == 0;
}
