/*
 * ExaBGP's list of neighbors, kept as the text it sent. Pure. Invariant: a neighbor counts as there only
 * when ExaBGP named it in an answer that is at most FRESH_NS old.
 */
#include "exabgp_peers.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "../common/address.h"

/* A reload of ExaBGP may take neighbors away at any time. */
#define FRESH_NS (5 * NS_PER_SECOND)

/* ExaBGP 6 answers with one line of JSON: a list of maps that have this key. */
#define PEER_KEY "\"peer-address\": "

bool
peer_list_learn(struct peer_list *list, const char *line)
{
	/* No neighbor at all is an empty list. */
	if (*line != '[' || (strstr(line, PEER_KEY) == NULL && strcmp(line, "[]") != 0))
		return false;
	free(list->text);
	list->text = strdup(line);
	return true;
}

bool
peer_list_fresh(const struct peer_list *list, monotime_t now)
{
	return list->asked && monotime_sub(now, list->asked_at) < FRESH_NS;
}

void
peer_list_ask(struct peer_list *list, monotime_t now)
{
	peer_list_free(list);
	list->asked = true;
	list->asked_at = now;
}

bool
peer_list_has(const struct peer_list *list, const char *neighbor)
{
	char wanted[sizeof(PEER_KEY) + ADDRESS_TEXT_SIZE + 2];

	snprintf(wanted, sizeof(wanted), PEER_KEY "\"%s\"", neighbor);
	return list->text != NULL && strstr(list->text, wanted) != NULL;
}

void
peer_list_free(struct peer_list *list)
{
	free(list->text);
	list->text = NULL;
	list->asked = false;
}
