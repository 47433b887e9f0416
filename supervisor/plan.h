/*
 * What a reload changes: which check and group of the new configuration is which of the old one, and in what they
 * differ. Pure.
 */
#ifndef EXACHECK_PLAN_H
#define EXACHECK_PLAN_H

#include <stdbool.h>
#include <stddef.h>

#include "config.h"

#define PLAN_NONE ((size_t)-1)

/* In what the two configurations of a node differ: bits. */
enum plan_change {
	PLAN_NAME = 1,
	PLAN_ROUTES = 2,    /* what is announced: prefixes, attributes, neighbors */
	PLAN_TIMING = 4,    /* intervals, and how many results decide */
	PLAN_WORKER = 8,    /* what its process was told: the method, its arguments, the disable file */
	PLAN_TEXT = 16,	    /* what only people read, or what counts at the start alone */
	PLAN_PLACE = 32,    /* others came or went before it, or it moved */
	PLAN_MEMBERS = 64,  /* of a group, or what is required of them */
	PLAN_ADDRESSES = 128, /* what is put on interfaces */
};
/* What counts as a change of the node. */
#define PLAN_CHANGED (PLAN_NAME | PLAN_ROUTES | PLAN_TIMING | PLAN_WORKER | PLAN_TEXT | PLAN_MEMBERS | \
	PLAN_ADDRESSES)

/* The checks, or the groups. */
struct plan_nodes {
	size_t old_count, new_count;
	size_t *old_of; /* of each new one: its index in the old configuration, PLAN_NONE: it is added */
	size_t *new_of; /* of each old one likewise, PLAN_NONE: it is removed */
	unsigned *changes; /* of each new one that is not added: bits of enum plan_change */
};

struct plan {
	struct plan_nodes checks, groups;
	size_t added, removed, changed, unchanged; /* of both */
};

/*
 * Pair checks, and groups: those of the same name, then what is left over by equal content but for the name (in the
 * order of the files): these were renamed. NULL: out of memory.
 */
struct plan *plan_new(const struct config *old, const struct config *new);
void plan_free(struct plan *);

/* The changes of one node for people, "arguments, interval"; "nothing" for none. Returns text. */
#define PLAN_TEXT_SIZE 128
const char *plan_describe(unsigned changes, char text[static PLAN_TEXT_SIZE]);

#endif
