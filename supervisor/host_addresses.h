/*
 * The addresses of the prefixes of nodes that are to be put on interfaces: which these are, and who wants them. Pure.
 */
#ifndef EXACHECK_HOST_ADDRESSES_H
#define EXACHECK_HOST_ADDRESSES_H

#include <net/if.h>
#include <stdbool.h>
#include <stddef.h>

#include "config.h"

/* A node's wish for one address on one interface. Refers to no configuration: it outlives one that is replaced. */
struct host_address {
	char interface[IFNAMSIZ];
	struct address address;
	char label[IFNAMSIZ]; /* "INTERFACE:LABEL"; "": none */
	bool dynamic;
	size_t rank; /* of the node */
};

/* The number of a node's addresses; SIZE_MAX: more than there may be. 0: it has no ip_setup. */
size_t host_addresses_count(const struct node_config *);

/*
 * Those of all nodes, malloc'd, by interface, address and rank; more than IP_SETUP_ADDRESSES_MAX never are. False: out
 * of memory.
 */
bool host_addresses_make(const struct config *, struct host_address **, size_t *count);

/* The order of (interface, address), whoever wants it: of a list of these, for bsearch. Whether that is the same. */
int host_address_order(const void *, const void *);
bool host_address_same(const struct host_address *, const struct host_address *);

#endif
