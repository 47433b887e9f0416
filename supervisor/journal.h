/*
 * The journal in the runtime directory: what ExaBGP may have announced for us. Routes of a helper that dies stay
 * announced, and nobody but its successor can withdraw them: it learns here of those that are no longer configured, and
 * which of the others to leave alone until there is a verdict. Its absence says nothing: every route that is
 * configured and not in the journal is withdrawn first.
 */
#ifndef EXACHECK_JOURNAL_H
#define EXACHECK_JOURNAL_H

#include <stdbool.h>
#include <stddef.h>

#include "route.h"

struct event_base;
struct journal;
struct journal_draft;
struct journal_note; /* see journal_record.h */

#define JOURNAL_LOCK_TAKE (-2)
#define JOURNAL_LOCK_PATIENCE_NS (2 * NS_PER_SECOND) /* for a predecessor that is ending */

/*
 * Lock the directory, which is made if need be; waits for another process that holds it, without an event loop.
 * Without the lock there is no journal, with a warning. lock: JOURNAL_LOCK_TAKE; after an upgrade what journal_lock
 * said before it: the descriptor of the lock that this process holds already, or -1, none. NULL: out of memory. ledger
 * and base outlive the result.
 */
struct journal *journal_new(struct event_base *, const char *directory, struct ledger *, int lock);

/*
 * Read what a predecessor left, for the ledger to carry, and say in the log what it was. child: our parent is ExaBGP,
 * so that another parent than the predecessor's is another ExaBGP. False: out of memory.
 */
bool journal_load(struct journal *, bool child);

/*
 * Everyone has claimed, ledger_settle found so many routes unclaimed: write the journal anew, and from now on what is
 * about to be said. Whatever goes wrong with the file later is told, and nothing waits for it.
 */
void journal_begin(struct journal *, size_t unclaimed);

/*
 * Notes: texts under keys, which a successor on the same boot finds, the last one of each key. What they say is none of
 * the journal's business, and they come after what it says of routes: where there is no room for a note it is missing,
 * or an older one is there, which nobody is told.
 */

/* What a predecessor noted under this key, from journal_load until journal_begin. NULL: nothing. */
const char *journal_noted(const struct journal *, const char *key);

/*
 * From now on notes are kept, and the journal's file is, too, with nothing announced. notes is called whenever it is
 * written anew, to call journal_draft_note with each; the journal must not be used in it. NULL: none are kept any more,
 * and those that there are go.
 */
void journal_keep_notes(struct journal *, void (*notes)(void *context, struct journal_draft *), void *context);
void journal_draft_note(struct journal_draft *, const struct journal_note *);

/* One note is another one; all of them may be. */
void journal_note(struct journal *, const struct journal_note *);
void journal_renew(struct journal *);

/*
 * attend is called about every minute while the file can be written, and soon after it can be again: what else is kept
 * in the directory may have gone with it.
 */
void journal_on_turn(struct journal *, void (*attend)(void *context), void *context);

/* The descriptor of the lock, -1: none. */
int journal_lock(const struct journal *);
/* Whether it is that of the directory which is there now: that of the start may have been removed, and replaced. */
bool journal_ours(const struct journal *);

/*
 * The file goes when nothing is announced any more and no notes are kept; else it is for the successor. NULL is
 * allowed.
 */
void journal_free(struct journal *);

#endif
