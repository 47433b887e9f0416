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

char *
attributes_format(const struct check_options *options, int64_t metric)
{
	char *text = NULL;
	size_t length;
	FILE *file = open_memstream(&text, &length);
	bool failed;

	if (file == NULL)
		return NULL;
	fprintf(file, "next-hop %s", options->nexthop);
	write_number(file, "med", metric);
	write_number(file, "local-preference", options->local_preference);
	if (options->as_path != NULL)
		fprintf(file, " as-path [ %s ]", options->as_path);
	for (enum community_kind kind = COMMUNITY_STANDARD; kind < COMMUNITY_KINDS; kind++)
		write_communities(file, kind, &options->communities);
	failed = ferror(file) != 0;
	if (fclose(file) == 0 && !failed)
		return text;
	free(text);
	return NULL;
}
