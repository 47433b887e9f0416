/*
 * Nodes filtered and sorted. Touches memory only. Invariant: of two that sort alike, the one that is first in the
 * configuration comes first.
 */
#include "watch_rows.h"

#include <stdlib.h>
#include <string.h>

#include "ctl.h"
#include "map.h"
#include "moment.h"
#include "words.h"

struct row {
	const json_t *node;
	size_t place; /* in the configuration */
	double number; /* what to sort by, before the text */
	char *text;
};

struct rows {
	struct row *rows;
	size_t count;
	const char *filter;
	const struct watch_order *order;
	int64_t now;
};

/* The worst first. */
static double
state_rank(const json_t *node)
{
	static const char *const states[] = {"down", "falling", "undecided", "startup", "rising", "disabled", "up"};
	size_t i = 0;

	while (i < sizeof(states) / sizeof(states[0]) && !map_is(node, "state", states[i]))
		i++;
	return (double)i;
}

static char *
copy(const char *text)
{
	return ctl_whole(strdup(text));
}

static void
row_key(struct row *row, size_t column, int64_t now)
{
	char text[WORDS_SIZE];

	switch (column) {
	case NODES_NAME:
		row->text = copy(map_word(row->node, "name"));
		break;
	case NODES_STATE:
		row->number = state_rank(row->node);
		row->text = copy(words_state(row->node, now, text));
		break;
	case NODES_SINCE: /* the latest first */
		row->number = -(double)map_moment(row->node, "since");
		break;
	case NODES_LAST:
		row->text = copy(words_last(row->node, text));
		break;
	case NODES_NEXT:
		row->number = (double)map_moment(map_map(row->node, "worker"), "next");
		break;
	case NODES_PREFIXES:
		row->text = words_prefixes(row->node);
		break;
	case NODES_ANNOUNCED:
		row->text = copy(words_announced(row->node, text));
		break;
	default:
		break;
	}
}

static bool
node_matches(const json_t *node, const char *filter, int64_t now)
{
	char text[WORDS_SIZE], *prefixes = words_prefixes(node);
	bool matches = *filter == '\0' || strcasestr(map_word(node, "name"), filter) != NULL ||
	    strcasestr(prefixes, filter) != NULL || strcasestr(words_state(node, now, text), filter) != NULL;

	free(prefixes);
	return matches;
}

static void
row_add(void *context, json_t *node)
{
	struct rows *rows = context;
	struct row row = {.node = node, .place = rows->count};

	if (!node_matches(node, rows->filter, rows->now))
		return;
	row_key(&row, rows->order->column, rows->now);
	rows->rows[rows->count++] = row;
}

static int
row_compare(const void *first, const void *second, void *context)
{
	const struct watch_order *order = context;
	const struct row *a = first, *b = second;
	int compared = a->number < b->number ? -1 : a->number > b->number;

	if (compared == 0 && a->text != NULL && b->text != NULL)
		compared = strcmp(a->text, b->text);
	if (order->reverse)
		compared = -compared;
	if (compared != 0)
		return compared;
	return (a->place < b->place ? -1 : 1) * (order->column == NODES_COLUMNS && order->reverse ? -1 : 1);
}

struct table *
watch_rows(const struct status *status, const char *filter, const struct watch_order *order)
{
	size_t most = json_array_size(status->checks) + json_array_size(status->groups);
	struct rows rows = {.filter = filter, .order = order, .now = status->now};
	struct table *table = nodes_table_new();
	struct watch_order copied = *order;

	rows.rows = ctl_whole(calloc(most + 1, sizeof(*rows.rows)));
	status_each(status, row_add, &rows);
	qsort_r(rows.rows, rows.count, sizeof(*rows.rows), row_compare, &copied);
	for (size_t i = 0; i < rows.count; i++) {
		nodes_table_add(table, rows.rows[i].node, status->now);
		free(rows.rows[i].text);
	}
	free(rows.rows);
	return table;
}
