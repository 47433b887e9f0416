/*
 * Names of nodes: looking one up, and those that are used twice. Touches memory only. Invariant: of a name that is used
 * twice the node of the lowest rank is found.
 */
#include <stdlib.h>
#include <string.h>

#include "config_internal.h"
#include "suggest.h"

/* A misspelt name is compared with so many, for so many findings: a hostile file has hundreds of thousands of both. */
#define SUGGEST_AMONG 5000
#define SUGGEST_FINDINGS 20

struct candidates {
	const struct config *config;
	size_t count;
};

static int
compare_names(const void *left, const void *right)
{
	const struct name *a = left, *b = right;
	int order = strcmp(a->text, b->text);

	return order != 0 ? order : a->rank < b->rank ? -1 : a->rank > b->rank;
}

bool
names_make(struct names *names, const struct config *config)
{
	size_t count = config_node_count(config);

	names->count = 0;
	if ((names->list = calloc(count + 1, sizeof(*names->list))) == NULL)
		return false;
	for (size_t rank = 0; rank < count; rank++)
		if (config_node(config, rank)->name != NULL)
			names->list[names->count++] = (struct name){config_node(config, rank)->name, rank};
	qsort(names->list, names->count, sizeof(*names->list), compare_names);
	return true;
}

void
names_free(struct names *names)
{
	free(names->list);
}

size_t
names_find(const struct names *names, const char *text)
{
	size_t low = 0, high = names->count;

	while (low < high) {
		size_t middle = low + (high - low) / 2;

		if (strcmp(names->list[middle].text, text) < 0)
			low = middle + 1;
		else
			high = middle;
	}
	return low < names->count && strcmp(names->list[low].text, text) == 0 ? names->list[low].rank : SIZE_MAX;
}

static const char *
candidate_name(const void *context, size_t index)
{
	const struct candidates *candidates = context;
	const char *name;

	if (index >= candidates->count)
		return NULL;
	name = config_node(candidates->config, index)->name;
	return name != NULL ? name : "";
}

const char *
names_suggest(const struct config *config, size_t below, const char *text, size_t findings)
{
	const struct candidates candidates = {config, below < SUGGEST_AMONG ? below : SUGGEST_AMONG};

	return findings < SUGGEST_FINDINGS ? suggest(text, candidate_name, &candidates) : NULL;
}

void
names_compare(struct diagnostics *diagnostics, const struct sources *sources, const struct names *names)
{
	const struct name *list = names->list;

	for (size_t i = 1, first = 0; i < names->count; i++) {
		if (strcmp(list[i].text, list[first].text) != 0)
			first = i;
		else
			sources_report_pair(diagnostics, sources, list[i].rank, list[first].rank, SEVERITY_ERROR,
			    "name", "names are unique, and this one is that of", "");
	}
}
