/*
 * What checks and groups are to go on with after a crash: a note of each in the journal, see node.h for what becomes
 * of it.
 */
#ifndef EXACHECK_NODE_JOURNAL_H
#define EXACHECK_NODE_JOURNAL_H

#include "../common/monotime.h"

struct checks;
struct journal;
struct node_change;
struct transition;

/* The caller fills it in; both outlive it. Neither may be NULL. */
struct node_journal {
	struct journal *journal;
	const struct checks *checks;
};

/*
 * Give what a predecessor noted to the checks and groups of the same names, which have claimed their routes. Call it
 * between journal_load and journal_begin. What cannot be read is told, and costs that one its state.
 */
void node_journal_restore(const struct journal *, struct checks *, monotime_t now);

/* From now on the journal has notes of them, which these events change. */
void node_journal_begin(struct node_journal *);
void node_journal_event(const struct node_journal *, const struct transition *);
void node_journal_change(const struct node_journal *, const struct node_change *);
/* There are others, or under other names. */
void node_journal_reloaded(const struct node_journal *);

/* The end withdraws everything: the next start begins anew. */
void node_journal_forget(struct node_journal *);

#endif
