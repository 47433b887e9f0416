/*
 * Duplicate and merge keys of one map. Touches memory only.
 * Invariant: n log n in the number of keys, so that a map of any size within the tree's limits is cheap.
 */
#include "tree_merge.h"

#include <stdlib.h>
#include <string.h>

#include "../common/option_error.h"

#define KEY_SHOWN_MAX 60

static bool
append(struct pairs *pairs, struct node *key, struct node *value, bool merged)
{
	struct pair *grown;

	if (pairs->count == pairs->room) {
		pairs->room = pairs->room == 0 ? 8 : pairs->room * 2;
		if ((grown = reallocarray(pairs->pairs, pairs->room, sizeof(*grown))) == NULL)
			return false;
		pairs->pairs = grown;
	}
	pairs->pairs[pairs->count] =
	    (struct pair){.key = key, .value = value, .rank = pairs->count, .merged = merged};
	pairs->count++;
	return true;
}

bool
pairs_add(struct pairs *pairs, struct node *key, struct node *value)
{
	return append(pairs, key, value, false);
}

void
pairs_free(struct pairs *pairs)
{
	free(pairs->pairs);
	*pairs = (struct pairs){.count = 0};
}

/* A quoted "<<" is an ordinary key. */
static bool
is_merge_key(const struct node *key)
{
	return !key->quoted && strcmp(key->text, "<<") == 0;
}

static bool
merge_mapping(struct pairs *pairs, const struct node *from, struct diagnostics *diagnostics)
{
	if (from->type != NODE_MAPPING) {
		diagnostic_add(diagnostics, SEVERITY_ERROR, from->line, from->column, NULL,
		    "a merge key (<<) takes a map or a list of maps, got %s", node_type_name(from->type));
		return true;
	}
	for (size_t i = 0; i < from->count; i++)
		if (!append(pairs, from->keys[i], from->items[i], true))
			return false;
	return true;
}

/* Append what the merge keys bring, in the order of precedence. */
static bool
merge_all(struct pairs *pairs, struct diagnostics *diagnostics)
{
	for (size_t i = pairs->count; i-- > 0;) {
		const struct node *value = pairs->pairs[i].value;

		if (!is_merge_key(pairs->pairs[i].key))
			continue;
		pairs->pairs[i].dropped = true;
		if (value->type != NODE_SEQUENCE) {
			if (!merge_mapping(pairs, value, diagnostics))
				return false;
			continue;
		}
		for (size_t j = 0; j < value->count; j++)
			if (!merge_mapping(pairs, value->items[j], diagnostics))
				return false;
	}
	return true;
}

static int
compare_text(const void *left, const void *right)
{
	const struct pair *a = left, *b = right;
	int order = strcmp(a->key->text, b->key->text);

	return order != 0 ? order : a->rank < b->rank ? -1 : a->rank > b->rank;
}

static int
compare_rank(const void *left, const void *right)
{
	const struct pair *a = left, *b = right;

	return a->rank < b->rank ? -1 : a->rank > b->rank;
}

/* Of equal keys keep the first; two of the map itself are an error. */
static void
drop_duplicates(struct pairs *pairs, struct diagnostics *diagnostics)
{
	struct pair *kept = NULL;

	if (pairs->count > 1)
		qsort(pairs->pairs, pairs->count, sizeof(*pairs->pairs), compare_text);
	for (struct pair *pair = pairs->pairs; pair < pairs->pairs + pairs->count; pair++) {
		if (pair->dropped)
			continue;
		if (kept == NULL || strcmp(kept->key->text, pair->key->text) != 0) {
			kept = pair;
			continue;
		}
		pair->dropped = true;
		if (!pair->merged)
			diagnostic_add(diagnostics, SEVERITY_ERROR, pair->key->line, pair->key->column, NULL,
			    "the key \"%.*s\" stands here a second time, first at line %u column %u",
			    (int)option_shown(pair->key->text, KEY_SHOWN_MAX), pair->key->text, kept->key->line,
			    kept->key->column);
	}
	if (pairs->count > 1)
		qsort(pairs->pairs, pairs->count, sizeof(*pairs->pairs), compare_rank);
}

bool
pairs_into_mapping(struct pairs *pairs, struct node *mapping, struct diagnostics *diagnostics)
{
	if (pairs->count == 0)
		return true;
	if (!merge_all(pairs, diagnostics))
		return false;
	drop_duplicates(pairs, diagnostics);
	mapping->keys = calloc(pairs->count, sizeof(struct node *));
	mapping->items = calloc(pairs->count, sizeof(struct node *));
	if (mapping->keys == NULL || mapping->items == NULL)
		return false;
	for (size_t i = 0; i < pairs->count; i++) {
		if (pairs->pairs[i].dropped)
			continue;
		mapping->keys[mapping->count] = pairs->pairs[i].key;
		mapping->items[mapping->count++] = pairs->pairs[i].value;
	}
	return true;
}
