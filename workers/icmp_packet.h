/*
 * ICMP echo packets (RFC 792, RFC 4443): building requests, recognising replies and the errors that
 * routers send instead. Pure.
 */
#ifndef EXACHECK_ICMP_PACKET_H
#define EXACHECK_ICMP_PACKET_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define ICMP_HEADER_SIZE 8
#define ICMP_NONCE_SIZE 16
#define ICMP_SIZE_MAX 65507 /* payload bytes in an IPv4 packet */

/* One echo request or reply. */
struct icmp_echo {
	uint16_t id; /* the kernel's own on datagram sockets */
	uint16_t sequence;
	const uint8_t *payload; /* in the packet that was parsed */
	size_t payload_length;
};

enum icmp_kind {
	ICMP_KIND_OTHER, /* nothing of interest */
	ICMP_KIND_REPLY,
	ICMP_KIND_ERROR, /* unreachable, too big, time exceeded: *echo is the quoted request */
};

/*
 * Build an echo request of ICMP_HEADER_SIZE + size bytes: the payload begins with as much of the nonce as
 * fits. The IPv6 checksum is left to the kernel. Returns the packet's length.
 */
size_t icmp_request_build(uint8_t *packet, int family, uint16_t id, uint16_t sequence,
    const uint8_t nonce[static ICMP_NONCE_SIZE], size_t size);

/*
 * Recognise what a socket received. ip_header: data begins with the IPv4 header, as raw IPv4 sockets
 * give it. An error's meaning is in *error as an errno (EHOSTUNREACH, ECONNREFUSED, EMSGSIZE …).
 */
enum icmp_kind icmp_parse(int family, bool ip_header, const uint8_t *data, size_t length, struct icmp_echo *,
    int *error);

/* Read an echo request as error messages quote it: ICMP header first. Returns false when it is none. */
bool icmp_quote_parse(int family, const uint8_t *data, size_t length, struct icmp_echo *);

/* The errno of an ICMP error message, 0 when it is not one that ends an echo request. */
int icmp_errno(int family, uint8_t type, uint8_t code);

/*
 * Whether the payload begins with the nonce, of which the first `size` bytes were sent. A quoted request may be
 * cut short, RFC 792 demands no payload at all in it: then what is there must match.
 */
bool icmp_nonce_equal(const struct icmp_echo *, const uint8_t nonce[static ICMP_NONCE_SIZE], size_t size, bool quoted);

#endif
