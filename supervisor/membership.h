/*
 * Which groups each check is a member of: the groups' lists of members, turned round. Pure.
 */
#ifndef EXACHECK_MEMBERSHIP_H
#define EXACHECK_MEMBERSHIP_H

#include <stdbool.h>
#include <stddef.h>

#include "config.h"

struct membership {
	size_t *first;	/* of each check, and one more: where its groups begin among these */
	size_t *groups; /* indices in the configuration, those of a check in file order */
};

/* False: out of memory. */
bool membership_make(struct membership *, const struct config *);
/* One that is all zero is allowed. */
void membership_free(struct membership *);

#endif
