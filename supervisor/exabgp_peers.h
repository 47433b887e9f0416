/*
 * The neighbors that ExaBGP has, as far as it told. ExaBGP 6 sends a command for a neighbor that it does
 * not have to all of them, so such a command must not be written.
 */
#ifndef EXACHECK_EXABGP_PEERS_H
#define EXACHECK_EXABGP_PEERS_H

#include <stdbool.h>

#include "../common/monotime.h"

struct peer_list {
	char *text;	   /* ExaBGP's last answer, owned; NULL: none */
	bool asked;	   /* whether asked_at means something */
	monotime_t asked_at;
};

/* Whether line is the answer to "peer list"; then it replaces the list. Out of memory empties it. */
bool peer_list_learn(struct peer_list *, const char *line);
/* Whether the list is recent enough to be relied on. */
bool peer_list_fresh(const struct peer_list *, monotime_t now);
/* A new question goes out: forget the old answer. */
void peer_list_ask(struct peer_list *, monotime_t now);
/* Whether the neighbor (canonical address) is in the list. */
bool peer_list_has(const struct peer_list *, const char *neighbor);
void peer_list_free(struct peer_list *);

#endif
