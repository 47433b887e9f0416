/*
 * Where nodes stand in the document, for findings about several of them. Touches memory only. Invariant: every node of
 * the configuration came from the item of its list that has its number.
 */
#include "config_internal.h"

struct place
sources_place(const struct sources *sources, size_t rank)
{
	static const struct place checks = {.key = "checks"}, groups = {.key = "groups"};
	const struct config *config = sources->config;
	bool group = rank >= config->count;

	return (struct place){.parent = group ? &groups : &checks,
	    .number = (group ? rank - config->count : rank) + 1, .name = config_node(config, rank)->name};
}

const struct node *
sources_map(const struct sources *sources, size_t rank)
{
	size_t checks = sources->config->count;

	return rank < checks ? sources->checks->items[rank] : sources->groups->items[rank - checks];
}

void
sources_report_pair(struct diagnostics *diagnostics, const struct sources *sources, size_t rank, size_t other,
    enum severity severity, const char *key, const char *before, const char *after)
{
	const struct place item = sources_place(sources, rank), other_item = sources_place(sources, other);
	const struct place place = {.parent = &item, .key = key};
	char text[PLACE_TEXT_SIZE];

	place_report(diagnostics, severity, &place, node_for(sources_map(sources, rank), key), "%s %s at line %u%s",
	    before, place_format(&other_item, text), node_for(sources_map(sources, other), key)->line, after);
}
