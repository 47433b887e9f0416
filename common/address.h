/*
 * IP addresses and prefixes: parsing, canonical text, comparison. No name look-up here.
 */
#ifndef EXACHECK_ADDRESS_H
#define EXACHECK_ADDRESS_H

#include <netinet/in.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/socket.h>

#define ADDRESS_TEXT_SIZE 64 /* an IPv6 address with scope id, and NUL */
#define PREFIX_TEXT_SIZE 64

struct address {
	int family; /* AF_INET or AF_INET6 */
	uint8_t bytes[16]; /* network order; 4 used for AF_INET */
	uint32_t scope_id; /* link-local IPv6 only, else 0 */
};

struct prefix {
	struct address address; /* host bits are zero */
	unsigned length; /* 0 to 32 or 128 */
};

/* Parse a literal address (RFC 4291 text, optional %scope). Returns false when text is not one. */
bool address_parse(const char *text, struct address *);
const char *address_format(const struct address *, char text[static ADDRESS_TEXT_SIZE]);

/* Fill a socket address; port in host order. Returns its length. */
socklen_t address_to_sockaddr(const struct address *, uint16_t port, struct sockaddr_storage *);
bool address_from_sockaddr(const struct sockaddr *, struct address *);

/* "192.0.2.1:80", "[2001:db8::1]:80"; port 1 to 65535. False: text is none of these. */
#define LISTEN_TEXT_SIZE (ADDRESS_TEXT_SIZE + 8)
bool listen_parse(const char *text, struct address *, uint16_t *port);
const char *listen_format(const struct address *, uint16_t port, char text[static LISTEN_TEXT_SIZE]);

enum prefix_error { PREFIX_OK, PREFIX_SYNTAX, PREFIX_LENGTH, PREFIX_HOST_BITS };

/*
 * Parse ADDRESS or ADDRESS/LENGTH; a bare address is a host route. With PREFIX_HOST_BITS *prefix holds
 * the network that was probably meant.
 */
enum prefix_error prefix_parse(const char *text, struct prefix *);
const char *prefix_format(const struct prefix *, char text[static PREFIX_TEXT_SIZE]);
int prefix_compare(const struct prefix *, const struct prefix *);

#endif
