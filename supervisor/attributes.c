/*
 * Attributes of a route as ExaBGP reads them. Touches memory only.
 * Invariant: the words are this file's, the values digits, addresses and hex: no text of a configuration
 * reaches ExaBGP. Brackets always (ExaBGP 5 fails without), no commas.
 */
#include "attributes.h"

#include <inttypes.h>
#include <stdlib.h>

#include "../common/bgp.h"

static const char *const community_words[COMMUNITY_KINDS] = {
    [COMMUNITY_STANDARD] = "community",
    [COMMUNITY_LARGE] = "large-community",
    [COMMUNITY_EXTENDED] = "extended-community",
};

static void
write_number(FILE *file, const char *word, int64_t value)
{
	if (value != OPTION_UNSET)
		fprintf(file, " %s %" PRId64, word, value);
}

static void
write_communities(FILE *file, enum community_kind kind, const struct string_list *communities)
{
	bool any = false;

	for (size_t i = 0; i < communities->count; i++) {
		if (community_kind(communities->items[i]) != kind)
			continue;
		if (!any)
			fprintf(file, " %s [", community_words[kind]);
		fprintf(file, " %s", communities->items[i]);
		any = true;
	}
	if (any)
		fputs(" ]", file);
}

bool
attribute_set_any(const struct attribute_set *set)
{
	return set->metric != OPTION_UNSET || set->local_preference != OPTION_UNSET || set->communities.count > 0 ||
	    set->as_path != NULL;
}

/* The node's own attributes, with those of the set in their place. Nothing is copied. */
static struct attribute_set
attributes_of(const struct node_config *config, const struct attribute_set *set)
{
	struct attribute_set all = config->up;

	if (set == NULL)
		return all;
	if (set->metric != OPTION_UNSET)
		all.metric = set->metric;
	if (set->local_preference != OPTION_UNSET)
		all.local_preference = set->local_preference;
	if (set->communities.count > 0)
		all.communities = set->communities;
	if (set->as_path != NULL)
		all.as_path = set->as_path;
	return all;
}

char *
attributes_format(const struct node_config *config, const struct attribute_set *set, size_t prefix)
{
	struct attribute_set all = attributes_of(config, set);
	char *text = NULL;
	size_t length;
	FILE *file = open_memstream(&text, &length);
	bool failed;

	if (file == NULL)
		return NULL;
	if (all.metric != OPTION_UNSET)
		all.metric += config->metric_increase * (int64_t)prefix;
	fprintf(file, "next-hop %s", config->nexthop);
	write_number(file, "med", all.metric);
	write_number(file, "local-preference", all.local_preference);
	if (all.as_path != NULL)
		fprintf(file, " as-path [ %s ]", all.as_path);
	for (enum community_kind kind = COMMUNITY_STANDARD; kind < COMMUNITY_KINDS; kind++)
		write_communities(file, kind, &all.communities);
	failed = ferror(file) != 0;
	if (fclose(file) == 0 && !failed)
		return text;
	free(text);
	return NULL;
}
