/*
 * The overrides of all nodes: those whose time is over end, and a file in the runtime directory keeps what there is for
 * the next start, with dates by the clock on the wall. An upgrade does without the file: the nodes' state has them.
 */
#ifndef EXACHECK_OVERRIDES_H
#define EXACHECK_OVERRIDES_H

#include <stdbool.h>

#include "../common/monotime.h"

struct checks;
struct event_base;
struct journal;
struct overrides;

#define OVERRIDES_FILE "overrides" /* in the runtime directory */
#define OVERRIDES_PROBLEM_SIZE 512

/*
 * journal: who has the lock of the directory; without it the file is neither read nor written. All arguments outlive the
 * result. NULL: out of memory.
 */
struct overrides *overrides_new(struct event_base *, struct checks *, const struct journal *, const char *directory);
void overrides_free(struct overrides *); /* NULL is allowed; the file stays */

/*
 * At the start, before anything is announced: override what a predecessor's file says. What cannot be read is told
 * loudly, the damaged file is kept beside; what has expired, or is of no node any more, is told and dropped.
 */
void overrides_load(struct overrides *, monotime_t now);

/*
 * Overrides were set or taken back, or nodes are others, or have other names. False, with problem: the file does not
 * say so, and the next start will not know of it; it is tried again, and logged.
 */
bool overrides_changed(struct overrides *, char problem[static OVERRIDES_PROBLEM_SIZE]);

/* From time to time: a file that somebody has removed is written again. */
void overrides_attend(struct overrides *);

#endif
