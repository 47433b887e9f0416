/*
 * The keys of one map while it is read: duplicates are found here, merge keys (`<<`) resolved here.
 */
#ifndef EXACHECK_TREE_MERGE_H
#define EXACHECK_TREE_MERGE_H

#include <stdbool.h>
#include <stddef.h>

#include "tree.h"

struct pair {
	struct node *key, *value;
	size_t rank; /* of equal keys the lowest counts; the order in the map */
	bool merged; /* came through a merge key */
	bool dropped;
};

/* Start with {.count = 0}. */
struct pairs {
	size_t count, room;
	struct pair *pairs;
};

/* Append a key (a scalar) and its value as they stand in the file. False: out of memory. */
bool pairs_add(struct pairs *, struct node *key, struct node *value);

/*
 * Resolve merge keys and fill the map's keys and items: keys of the map itself win over merged ones, in
 * a list of merged maps the first wins, of several merge keys the last. Duplicate keys of the map itself
 * and merge values that are no maps are reported, and the first is kept. False: out of memory.
 */
bool pairs_into_mapping(struct pairs *, struct node *mapping, struct diagnostics *);

void pairs_free(struct pairs *);

#endif
