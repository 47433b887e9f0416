/*
 * The icmp method's sockets: one a family, opened before privileges are dropped, shared by all probes of
 * the check. Datagram sockets where net.ipv4.ping_group_range allows, else raw ones behind a kernel filter.
 */
#ifndef EXACHECK_ICMP_SOCKET_H
#define EXACHECK_ICMP_SOCKET_H

#include <stdbool.h>
#include <stdint.h>

#include "../common/address.h"
#include "../common/methods/icmp.h"
#include "../common/result.h"
#include "icmp_packet.h"

struct icmp_socket {
	int family;
	int fd;	     /* -1: not open, see failure */
	bool raw;
	bool applied; /* source, interface and mark are set */
	uint16_t id; /* of requests; on datagram sockets the kernel puts its own */
	struct result failure;
};

/* Something that arrived. echo points into memory that the next call overwrites. */
struct icmp_event {
	enum icmp_kind kind;
	struct address from; /* who answered or reported the error */
	struct icmp_echo echo;
	int error;	/* errno, with ICMP_KIND_ERROR */
	int64_t age_ns; /* how long ago it arrived */
};

/* Open for a family. Returns false with the reason in socket->failure (REASON_PERMISSION: no socket allowed). */
bool icmp_socket_open(struct icmp_socket *, int family, const struct icmp_args *);

/*
 * Apply source, interface and mark if that has not succeeded yet: an address or interface may appear
 * after the start. Returns false with the failure in *result.
 */
bool icmp_socket_ready(struct icmp_socket *, const struct icmp_args *, struct result *result);

/* Send size bytes of packet; returns 0 or an errno. Errors that are left from earlier packets do not count. */
int icmp_socket_send(struct icmp_socket *, const struct address *, const uint8_t *packet, size_t size);

/* The next thing that arrived, without blocking; false when there is no more. */
bool icmp_socket_receive(struct icmp_socket *, struct icmp_event *);

#endif
