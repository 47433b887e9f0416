/*
 * Changes of a node. Touches the struct it is given. Invariant: the counts are right, whatever memory there is for texts.
 */
#include "history.h"

#include <stdlib.h>
#include <string.h>

void
history_add(struct history *history, const char *state, const char *text, bool moved, monotime_t now)
{
	struct history_one *one;

	if (moved) {
		history->transitions++;
		history->state_since = now;
	}
	if (history->ring == NULL && (history->ring = calloc(HISTORY_KEPT, sizeof(*history->ring))) == NULL)
		return;
	one = &history->ring[history->next];
	free(one->text);
	*one = (struct history_one){now, state, strdup(text)};
	history->next = (history->next + 1) % HISTORY_KEPT;
	if (history->count < HISTORY_KEPT)
		history->count++;
}

const struct history_one *
history_kept(const struct history *history, unsigned back)
{
	return back < history->count ? &history->ring[(history->next + HISTORY_KEPT - 1 - back) % HISTORY_KEPT] : NULL;
}

void
history_clear(struct history *history)
{
	for (unsigned i = 0; history->ring != NULL && i < HISTORY_KEPT; i++)
		free(history->ring[i].text);
	free(history->ring);
	*history = (struct history){.ring = NULL};
}
