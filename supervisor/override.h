/*
 * An operator's word on a node, which outweighs what checks find: disabled, or drained, until it is taken back or its
 * time is over. Part of the node.
 */
#ifndef EXACHECK_OVERRIDE_H
#define EXACHECK_OVERRIDE_H

#include "../common/monotime.h"

enum override_kind { OVERRIDE_NONE, OVERRIDE_DISABLE, OVERRIDE_DRAIN, OVERRIDE_KINDS };

struct override {
	enum override_kind kind;
	char *by;     /* who set it, for people; owned */
	char *reason; /* one line, NULL: none was given; owned */
	monotime_t set;
	monotime_t until; /* NEVER: until it is taken back */
};

#endif
