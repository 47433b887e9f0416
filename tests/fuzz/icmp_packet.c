/*
 * ICMP packets: byte 0 chooses the family and whether the IP header is there, byte 1 the size of our
 * payload, then the packet. What is read lies in the packet, and our own requests, echoed or quoted, are
 * recognised as ours.
 */
#include <netinet/icmp6.h>
#include <netinet/ip_icmp.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include "../../workers/icmp_packet.h"
#include "fuzz.h"

#define IP_HEADER_MAX 40
#define PAYLOAD_MAX 255

static void
echo_lies_within(const struct icmp_echo *echo, const uint8_t *packet, size_t length)
{
	FUZZ_ASSERT(echo->payload >= packet + ICMP_HEADER_SIZE);
	FUZZ_ASSERT(echo->payload_length <= length - ICMP_HEADER_SIZE);
	FUZZ_ASSERT(echo->payload + echo->payload_length == packet + length);
}

/* Any packet. */
static void
parse_any(int family, bool ip_header, size_t size, const uint8_t *packet, size_t length)
{
	static const uint8_t nonce[ICMP_NONCE_SIZE] = "nonce";
	struct icmp_echo echo = {0};
	int error = 0;
	enum icmp_kind kind = icmp_parse(family, ip_header, packet, length, &echo, &error);

	if (kind != ICMP_KIND_OTHER) {
		echo_lies_within(&echo, packet, length);
		icmp_nonce_equal(&echo, nonce, size, kind == ICMP_KIND_ERROR);
		FUZZ_ASSERT(kind == ICMP_KIND_REPLY || error != 0);
	}
	if (icmp_quote_parse(family, packet, length, &echo))
		echo_lies_within(&echo, packet, length);
}

static void
is_ours(const struct icmp_echo *echo, const uint8_t *nonce, size_t size, bool quoted)
{
	FUZZ_ASSERT(echo->id == 0x1234 && echo->sequence == 0xfffe);
	FUZZ_ASSERT(icmp_nonce_equal(echo, nonce, size, quoted));
}

/* What a host and a router make of our request. */
static void
parse_ours(int family, const uint8_t nonce[static ICMP_NONCE_SIZE], size_t size)
{
	uint8_t packet[ICMP_HEADER_SIZE + IP_HEADER_MAX + ICMP_HEADER_SIZE + PAYLOAD_MAX] = {0};
	size_t header = family == AF_INET ? 20 : 40, quote = ICMP_HEADER_SIZE + header;
	size_t length = icmp_request_build(packet + quote, family, 0x1234, 0xfffe, nonce, size);
	struct icmp_echo echo;
	int error = 0;

	FUZZ_ASSERT(length == ICMP_HEADER_SIZE + size);
	FUZZ_ASSERT(icmp_quote_parse(family, packet + quote, length, &echo));
	is_ours(&echo, nonce, size, false);
	packet[0] = family == AF_INET ? ICMP_DEST_UNREACH : ICMP6_DST_UNREACH;
	packet[ICMP_HEADER_SIZE] = family == AF_INET ? 0x45 : 0x60;
	packet[ICMP_HEADER_SIZE + (family == AF_INET ? 9 : 6)] = family == AF_INET ? IPPROTO_ICMP : IPPROTO_ICMPV6;
	FUZZ_ASSERT(icmp_parse(family, false, packet, quote + length, &echo, &error) == ICMP_KIND_ERROR);
	is_ours(&echo, nonce, size, true);
	packet[quote] = family == AF_INET ? ICMP_ECHOREPLY : ICMP6_ECHO_REPLY;
	FUZZ_ASSERT(icmp_parse(family, false, packet + quote, length, &echo, &error) == ICMP_KIND_REPLY);
	is_ours(&echo, nonce, size, false);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct fuzz_input input = {data, size};
	uint8_t choice = fuzz_byte(&input), payload = fuzz_byte(&input);
	int family = (choice & 1) != 0 ? AF_INET6 : AF_INET;
	uint8_t nonce[ICMP_NONCE_SIZE] = {0};

	parse_any(family, family == AF_INET && (choice & 2) != 0, payload, input.data, input.left);
	memcpy(nonce, input.data, input.left < sizeof(nonce) ? input.left : sizeof(nonce));
	parse_ours(family, nonce, payload);
	return 0;
}
