/*
 * Checks and groups as rows. Touches memory only.
 */
#include "nodes_table.h"

#include <stdlib.h>
#include <string.h>

#include "map.h"
#include "words.h"

static const struct column columns[NODES_COLUMNS] = {
    [NODES_NAME] = {"NAME", 14, 6, false},
    [NODES_STATE] = {"STATE", 12, 7, false},
    [NODES_SINCE] = {"SINCE", 6, 4, false},
    [NODES_LAST] = {"LAST", 13, 3, false},
    [NODES_NEXT] = {"NEXT", 6, 1, false},
    [NODES_PREFIXES] = {"PREFIXES", 15, 2, false},
    [NODES_ANNOUNCED] = {"ANNOUNCED", 9, 5, false},
};

struct table *
nodes_table_new(void)
{
	return table_new(columns, NODES_COLUMNS);
}

const char *
nodes_table_title(size_t column)
{
	return columns[column].title;
}

void
nodes_table_add(struct table *table, const json_t *node, int64_t now)
{
	char text[WORDS_SIZE], *prefixes = words_prefixes(node);

	table_row(table);
	table_set(table, NODES_NAME, COLOUR_NONE, "%s", map_word(node, "name"));
	table_set(table, NODES_STATE, words_colour(node), "%s", words_state(node, now, text));
	table_set(table, NODES_SINCE, COLOUR_NONE, "%s", words_since(node, now, text));
	table_set(table, NODES_LAST, COLOUR_NONE, "%s", words_last(node, text));
	table_set(table, NODES_NEXT, COLOUR_NONE, "%s", words_next(node, now, text));
	table_set(table, NODES_PREFIXES, COLOUR_NONE, "%s", prefixes);
	words_announced(node, text);
	table_set(table, NODES_ANNOUNCED, strncmp(text, "rejected", 8) == 0 ? COLOUR_BAD : COLOUR_NONE, "%s", text);
	free(prefixes);
}
