/*
 * Neighbor blocks and the processes that their api blocks name. Touches memory only. Invariant: a neighbor is said to hear
 * a process only if the file says so.
 */
#include "healthcheck_peers.h"

#include <stdlib.h>
#include <string.h>

#include "../../common/address.h"
#include "healthcheck_statements.h"

#define DEPTH_MAX 32 /* of blocks within blocks: there is no use for more than four */
#define PEER_NONE ((size_t)-1)

struct walk {
	struct peers *peers;
	size_t peer;	  /* in whose block it is */
	int depth, entered; /* of blocks, and of that one */
};

static bool
words_have(const struct string_list *words, const char *word)
{
	size_t at = 0;

	while (at < words->count && strcmp(words->items[at], word) != 0)
		at++;
	return at < words->count;
}

static bool
peer_add(struct peers *peers, const char *address)
{
	size_t size = peers->size == 0 ? 16 : peers->size * 2;
	struct peer_block *items;
	struct address parsed;

	/* a range of addresses is many neighbors */
	peers->uncertain |= !address_parse(address, &parsed);
	if (peers->count == peers->size) {
		if ((items = reallocarray(peers->items, size, sizeof(*items))) == NULL)
			return false;
		peers->items = items;
		peers->size = size;
	}
	peers->items[peers->count] = (struct peer_block){.address = strdup(address)};
	return peers->items[peers->count++].address != NULL;
}

static bool
process_add(struct walk *walk, const char *name)
{
	char *copy;

	if (walk->peer == PEER_NONE)
		return true;
	copy = strdup(name);
	return copy != NULL && string_list_add(&walk->peers->items[walk->peer].processes, copy);
}

static bool
block_open(struct walk *walk, const struct healthcheck_words *words)
{
	const char *kind = words->count > 0 ? words->items[0].text : "", *name = words->count > 1 ? words->items[1].text : "";

	walk->depth++;
	if (strcmp(kind, "template") == 0 || strcmp(kind, "group") == 0)
		walk->peers->uncertain = true;
	/* in the block of a neighbor, as ExaBGP 3 has it, it speaks to that one */
	if (strcmp(kind, "process") == 0)
		return process_add(walk, name);
	if (strcmp(kind, "neighbor") != 0)
		return true;
	walk->peer = walk->peers->count;
	walk->entered = walk->depth;
	return peer_add(walk->peers, name);
}

static bool
statement_look(struct walk *walk, const struct healthcheck_words *words)
{
	const char *first = words->count > 0 ? words->items[0].text : "";

	if (strcmp(first, "inherit") == 0 || strcmp(first, "processes-match") == 0)
		walk->peers->uncertain = true;
	if (strcmp(first, "processes") != 0)
		return true;
	for (size_t i = 1; i < words->count; i++)
		if (strchr("[],", *words->items[i].text) == NULL && !process_add(walk, words->items[i].text))
			return false;
	return true;
}

static bool
statement_take(struct walk *walk, const struct healthcheck_words *words, char end)
{
	if (end == '{')
		return block_open(walk, words);
	if (end == ';')
		return statement_look(walk, words);
	if (walk->depth-- == walk->entered) {
		walk->peer = PEER_NONE;
		walk->entered = 0;
	}
	return true;
}

bool
peers_read(struct importing *importing, const char *path, const char *text, struct peers *peers)
{
	struct walk walk = {.peers = peers, .peer = PEER_NONE};
	struct statements statements;
	bool read;
	char end;

	*peers = (struct peers){0};
	if (!statements_begin(&statements, importing, path, text))
		return false;
	while ((end = statements_next(&statements)) != '\0') {
		if (walk.depth == 0 && end == '}')
			statements_refuse(&statements, "this } closes nothing");
		else if (walk.depth == DEPTH_MAX && end == '{')
			statements_refuse(&statements, "there are more than %d blocks within each other", DEPTH_MAX);
		else if (!statement_take(&walk, &statements.words, end))
			statements_refuse(&statements, "out of memory");
		if (!statements.valid)
			break;
	}
	if (statements.valid && (walk.depth > 0 || statements.words.count > 0))
		statements_refuse(&statements, "the file ends within a block or statement");
	read = statements.valid;
	statements_end(&statements);
	return read;
}

void
peers_free(struct peers *peers)
{
	for (size_t i = 0; i < peers->count; i++) {
		free(peers->items[i].address);
		string_list_free(&peers->items[i].processes);
	}
	free(peers->items);
	*peers = (struct peers){0};
}

/* Several neighbors may have one address, with families of their own. */
static bool
address_add(struct string_list *addresses, const char *address)
{
	char *copy;

	if (words_have(addresses, address))
		return true;
	copy = strdup(address);
	return copy != NULL && string_list_add(addresses, copy);
}

bool
peers_of(const struct peers *peers, const char *process, struct string_list *addresses, bool *all)
{
	*all = true;
	for (size_t i = 0; i < peers->count; i++) {
		if (!words_have(&peers->items[i].processes, process))
			*all = false;
		else if (!address_add(addresses, peers->items[i].address))
			return false;
	}
	return true;
}
