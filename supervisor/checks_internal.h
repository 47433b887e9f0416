/*
 * What the files of the set of checks and groups share; nobody else includes it.
 */
#ifndef EXACHECK_CHECKS_INTERNAL_H
#define EXACHECK_CHECKS_INTERNAL_H

#include "checks.h"
#include "membership.h"
#include "nodes.h"

struct checks {
	struct nodes nodes;
	struct checks_listener listener;
	size_t count, group_count;
	struct check **list;   /* in file order */
	struct group **groups; /* likewise */
	struct membership membership;
	unsigned last_number;
	size_t sought; /* where a name was found last: the next one is likely to be behind it */

	/* A change under way */
	const struct plan *plan; /* NULL: none */
	const struct config *config;
	struct check **coming;
	struct group **coming_groups;
	struct membership coming_membership;
	unsigned *owners; /* of the routes of checks and groups: another one when these are other routes */
};

/* The group of this index finds what its members' verdicts say. */
void checks_judge(struct checks *, size_t index, monotime_t now);

/* Free one that is in no set any more. */
void checks_dispose_check(struct check *);
void checks_dispose_group(struct group *);

#endif
