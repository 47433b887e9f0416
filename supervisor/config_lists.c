/*
 * What lists of the configuration have in common. Touches memory only. Invariant: n log n in the number of items.
 */
#include <stdlib.h>
#include <string.h>

#include "../common/option_error.h"
#include "config_internal.h"
#include "decode.h"

#define ITEM_SHOWN_MAX 200 /* bytes */

struct listed {
	char *text;
	size_t index;
	bool again;
};

static int
compare_text(const void *left, const void *right)
{
	const struct listed *a = left, *b = right;
	int order = strcmp(a->text, b->text);

	return order != 0 ? order : a->index < b->index ? -1 : a->index > b->index;
}

static int
compare_index(const void *left, const void *right)
{
	const struct listed *a = left, *b = right;

	return a->index < b->index ? -1 : a->index > b->index;
}

/* Canonical texts are compared. */
void
list_unique(struct diagnostics *diagnostics, const struct place *node_place, const struct node *map, const char *key,
    struct string_list *list)
{
	const struct place place = {.parent = node_place, .key = key};
	const struct node *node = node_get(map, key);
	struct listed *items;
	size_t count = list->count;

	if (count < 2 || node == NULL) /* the default */
		return;
	if ((items = calloc(count, sizeof(*items))) == NULL) {
		place_report(diagnostics, SEVERITY_ERROR, &place, node, "out of memory");
		return;
	}
	for (size_t i = 0; i < count; i++)
		items[i] = (struct listed){.text = list->items[i], .index = i};
	qsort(items, count, sizeof(*items), compare_text);
	for (size_t i = 1; i < count; i++)
		items[i].again = strcmp(items[i - 1].text, items[i].text) == 0;
	qsort(items, count, sizeof(*items), compare_index);
	list->count = 0;
	for (size_t i = 0; i < count; i++) {
		if (!items[i].again) {
			list->items[list->count++] = items[i].text;
			continue;
		}
		place_report(diagnostics, SEVERITY_WARNING, &(struct place){.parent = &place, .number = i + 1},
		    node->items[i], "%.*s stands in the list twice", (int)option_shown(items[i].text, ITEM_SHOWN_MAX),
		    items[i].text);
		free(items[i].text);
	}
	free(items);
}

bool
list_find(struct diagnostics *diagnostics, const struct node *root, const char *key, size_t most,
    const struct node **list)
{
	const struct place place = {.key = key};
	const struct node *node = node_get(root, key);

	*list = NULL;
	if (node == NULL || node->type == NODE_NULL)
		return true;
	if (!decode_expect(diagnostics, &place, node, NODE_SEQUENCE))
		return false;
	if (node->count > most) {
		place_report(diagnostics, SEVERITY_ERROR, &place, node, "must have at most %zu items, got %zu", most, node->count);
		return false;
	}
	*list = node;
	return true;
}

void
list_words_check(struct diagnostics *diagnostics, const struct place *map_place, const struct node *map,
    const char *key, struct string_list *list)
{
	const struct place place = {.parent = map_place, .key = key};

	if (list->count == 0)
		place_report(diagnostics, SEVERITY_ERROR, &place, node_for(map, key),
		    "must not be empty: nothing would be let through; leave it out for the usual ones");
	list_unique(diagnostics, map_place, map, key, list);
}
