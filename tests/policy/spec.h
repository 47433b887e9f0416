/*
 * A configuration as the property test draws it: small numbers, from which the file for exacheck and the model's view
 * are both made. Pure.
 */
#ifndef EXACHECK_TESTS_SPEC_H
#define EXACHECK_TESTS_SPEC_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#define SPEC_CHECKS 8
#define SPEC_GROUPS 4
#define SPEC_NODES (SPEC_CHECKS + SPEC_GROUPS)
#define SPEC_ROUTED 3 /* prefixes of one node */

/* Prefix p is 192.0.2.p/32; the first ones go to all neighbors, the others to neighbors by name. */
#define SPEC_PREFIXES_ALL 4
#define SPEC_PREFIXES 7
#define SPEC_PATHS 2	 /* without and with a path id */
#define SPEC_NEIGHBORS 2 /* 10.0.0.1 and 10.0.0.2 */
#define SPEC_TARGETS (1 + SPEC_NEIGHBORS)
#define SPEC_KEYS (SPEC_PREFIXES * SPEC_PATHS * SPEC_TARGETS)
#define SPEC_PATH_ID 7u

#define SPEC_NONE (-1)

enum spec_attributes { SPEC_UP, SPEC_DOWN, SPEC_DISABLED, SPEC_DRAIN, SPEC_SETS };

/* SPEC_NONE: not set. */
struct spec_set {
	int metric, local_preference, community, as_path;
};

struct spec_node {
	unsigned id;   /* the same for ever, and that of no other node of its kind */
	unsigned name; /* how often it was renamed */
	size_t prefixes;
	unsigned prefix[SPEC_ROUTED];
	bool path;
	unsigned neighbors; /* bits; 0: all */
	struct spec_set sets[SPEC_SETS];
	int metric_increase;
	int drain_time, min_up, min_down; /* seconds */
};

struct spec_check {
	struct spec_node node;
	int rise, fall;
};

enum spec_require { SPEC_ALL, SPEC_ANY, SPEC_AT_LEAST, SPEC_WEIGHT, SPEC_REQUIRES };

struct spec_group {
	struct spec_node node;
	enum spec_require require;
	size_t count;
	size_t members[SPEC_CHECKS]; /* by their places */
	int weights[SPEC_CHECKS];    /* for SPEC_WEIGHT */
	int threshold;		     /* for SPEC_AT_LEAST and SPEC_WEIGHT */
	bool keep_last;
};

struct spec {
	size_t checks, groups;
	struct spec_check check[SPEC_CHECKS];
	struct spec_group group[SPEC_GROUPS];
	int max_withdraw; /* percent, SPEC_NONE: no guard */
	int window;	  /* seconds */
	unsigned next_id;
};

/* Numbers at random. */
struct dice {
	uint64_t state;
};
unsigned dice_below(struct dice *, unsigned limit); /* limit above 0 */
bool dice_percent(struct dice *, unsigned percent);

void spec_draw(struct spec *, struct dice *);
/* Another configuration like this one: some nodes changed, renamed, moved, gone or new. */
void spec_change(struct spec *, struct dice *);

/* As exacheck reads it. */
void spec_write(const struct spec *, FILE *);

/* All checks, then all groups. */
size_t spec_nodes(const struct spec *);
const struct spec_node *spec_node(const struct spec *, size_t rank);

/* The number of a route of the node: its n-th neighbor's (0 when it goes to all) of its n-th prefix. */
size_t spec_targets(const struct spec_node *);
unsigned spec_key(const struct spec_node *, size_t prefix, size_t target);

/* Whether the set says anything. */
bool spec_set_any(const struct spec_set *);

#endif
