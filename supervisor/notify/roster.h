/*
 * Who the events of a letter are about: each name once, in the order in which they came.
 */
#ifndef EXACHECK_NOTIFY_ROSTER_H
#define EXACHECK_NOTIFY_ROSTER_H

#include <bsd/sys/queue.h>
#include <bsd/sys/tree.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "notice.h"

/* More are not told apart: by far more than there are checks. */
#define ROSTER_MAX 20000

struct roster_one {
	char *name; /* NULL: exacheck itself */
	bool group;
	unsigned kinds;	   /* bits of enum notice_kind: of its events */
	uint64_t unlisted; /* of its events, how many are only counted */
	enum notice_kind last; /* of its events */
	RB_ENTRY(roster_one) by_name;
	TAILQ_ENTRY(roster_one) in_order;
};

struct roster {
	RB_HEAD(roster_names, roster_one) names;
	TAILQ_HEAD(roster_order, roster_one) order;
	size_t count;
	size_t kinds[2][NOTICE_KINDS]; /* how many checks, and how many groups, had events of a kind */
	uint64_t strangers; /* events of those for whom there was no room, or no memory */
};

void roster_init(struct roster *);
void roster_clear(struct roster *);

/* listed: the event is told by itself, not only counted. */
void roster_add(struct roster *, const struct notice *, bool listed);

#endif
