/*
 * rtnetlink(7) messages about addresses and interfaces, made and read. Pure: no socket here. Bytes that are read are
 * believed to be of no particular length or content.
 */
#ifndef EXACHECK_NETLINK_H
#define EXACHECK_NETLINK_H

#include <net/if.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "address.h"

/*
 * The origin that addresses of ours have (IFA_PROTO, from Linux 5.18 on; `ip address` shows it): for people. A number
 * that nobody else is known to use.
 */
#define NETLINK_PROTOCOL 236

/* An address that an interface has. */
struct netlink_address {
	int index; /* of the interface */
	struct address address;
	unsigned length; /* of its prefix */
	bool linked; /* it is one end of a link, whose other end has another one */
	bool useless; /* another host of the network has it, so that the kernel does not use it (RFC 4862, 5.4.5) */
	char label[IFNAMSIZ]; /* IPv4; "": none, which the kernel shows as the interface's name */
	uint32_t mark; /* IFA_RT_PRIORITY, which has no effect on a host address; 0: none */
};

#define NETLINK_REQUEST_SIZE 256

/*
 * Requests, aligned as struct nlmsghdr. Each returns its length. For all addresses of all interfaces; for the interface of
 * this name; to add an address, or to remove it (of which mark and label do not count).
 */
size_t netlink_make_dump(void *request, uint32_t sequence);
size_t netlink_make_link(void *request, uint32_t sequence, const char *name);
size_t netlink_make_change(void *request, uint32_t sequence, bool add, const struct netlink_address *);

enum netlink_type {
	NETLINK_OTHER,
	NETLINK_END, /* of a dump, or a request is done: with error, an errno, or 0 */
	NETLINK_ADDRESS,
	NETLINK_LINK,
};

struct netlink_message {
	enum netlink_type type;
	uint32_t sequence;
	bool interrupted; /* of a dump: something has changed meanwhile */
	int error;
	struct netlink_address address;
	int index; /* of the interface */
	bool up;   /* it is, as far as its administrator goes */
};

/* The next message; bytes and length move on. False: there is none, or what is there is none. */
bool netlink_next(const uint8_t **bytes, size_t *length, struct netlink_message *);

#endif
