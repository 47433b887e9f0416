/*
 * Keeping addresses: looks at what is there, does what is to be done, and says so.
 */
#ifndef EXACHECK_ADDRESS_KEEPER_H
#define EXACHECK_ADDRESS_KEEPER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "set.h"

struct kernel;

struct keeper {
	struct kernel *kernel;
	uint32_t mark;
	struct set_wanted *wanted; /* owned */
	size_t count;
	bool returned; /* the last look put back what somebody else had removed */
	bool ordered; /* it is known what is wanted: until then nothing is touched */
	bool failed; /* the last look came to something that is not as it should be */
	/* Said last: */
	int removal_error; /* 0: none */
	int look_error;
	size_t there, of; /* how many there are, of those that are wanted; of SIZE_MAX: not said */
};

/* The kernel outlives it. */
void keeper_init(struct keeper *, struct kernel *, uint32_t mark);

/* These are wanted from now on, sorted by set_order; takes them. */
void keeper_order(struct keeper *, struct set_wanted *, size_t count);

/* Look, and put it right. False: something is not as it should be, and may be another time. */
bool keeper_look(struct keeper *);

#endif
