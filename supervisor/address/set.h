/*
 * Which addresses are to be added and removed: what is wanted against what is there. Pure.
 *
 * An address is there if the interface has it, in whatever network and by whoever. Ours is what has our mark and is a
 * host address: of these those are removed that nobody wants, or that have another label than they should. What is not
 * ours is never removed, and serves as well.
 *
 * An interface may have several names (ip-link(8), altname): what is wanted by two of them is wanted once, as by the
 * first of those that are not held.
 */
#ifndef EXACHECK_ADDRESS_SET_H
#define EXACHECK_ADDRESS_SET_H

#include "../../common/netlink.h"

enum set_verdict {
	SET_THERE,
	SET_ADD,
	SET_HELD,  /* is not there, and is to be left as it is */
	SET_WAITS, /* there is no such interface */
	SET_SAME, /* another of the list is the same, by another name of the interface */
	SET_USELESS, /* is there, is not ours, and the kernel does not use it, see struct netlink_address */
};

enum set_link {
	SET_LINK_UP,
	SET_LINK_DOWN, /* what is there is of no use until it is up */
	SET_LINK_NONE,
};

struct set_wanted {
	char interface[IFNAMSIZ];
	struct address address;
	char label[IFNAMSIZ]; /* "": none */
	bool held; /* leave it as it is, there or not */
	int index; /* of the interface, 0: there is none */
	enum set_link link; /* how the interface is */
	/* what is remembered between two looks: */
	bool was_there;
	enum set_link link_told;
	int error; /* of putting it there; 0: none */
	/* by set_compare: */
	enum set_verdict verdict;
	bool relabelled; /* it is ours, and to be removed and added */
};

/* The order of (interface, address), in which none is wanted twice. For qsort and bsearch. */
int set_order(const void *, const void *);

/*
 * Compare. Sorts both anew. removed: of each that is there (count of them), whether it is to be removed; that comes
 * before what is to be added.
 */
void set_compare(struct set_wanted *, size_t wanted_count, struct netlink_address *there, size_t count, uint32_t mark,
    bool *removed);

#endif
