/*
 * What became of a node: its last few changes, and how many there were. Pure.
 */
#ifndef EXACHECK_HISTORY_H
#define EXACHECK_HISTORY_H

#include <stdbool.h>
#include <stdint.h>

#include "../common/monotime.h"

#define HISTORY_KEPT 24

struct history_one {
	monotime_t at;
	const char *state; /* after it: a name that lives for ever */
	char *text;	   /* for people, one line; NULL: there was no memory for it */
};

struct history {
	struct history_one *ring; /* NULL: nothing has happened, or there is no memory for it */
	unsigned count, next;
	uint64_t transitions;	/* all changes of the state */
	monotime_t state_since; /* when the last of these was; 0: there was none */
};

/* state: see above; text is copied. moved: the state is another than before. */
void history_add(struct history *, const char *state, const char *text, bool moved, monotime_t now);

/* The change that came `back` before the last (0: the last itself); NULL: it is not kept. */
const struct history_one *history_kept(const struct history *, unsigned back);

/* Free what it owns. */
void history_clear(struct history *);

#endif
