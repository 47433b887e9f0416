/*
 * What a node of the model announces: which routes, and with what in each state. Touches the node's texts and table
 * only. Invariant: both follow from the configuration, by the words of its documentation.
 */
#include <string.h>

#include "model.h"

/* "What is not set is the check's own." The MED grows from prefix to prefix. */
static void
text_make(const struct spec_node *node, const struct spec_set *set, size_t prefix, char text[static MODEL_TEXT])
{
	const struct spec_set *own = &node->sets[SPEC_UP];
	int metric = set->metric != SPEC_NONE ? set->metric : own->metric;
	int preference = set->local_preference != SPEC_NONE ? set->local_preference : own->local_preference;
	int community = set->community != SPEC_NONE ? set->community : own->community;
	int as_path = set->as_path != SPEC_NONE ? set->as_path : own->as_path;
	bool shutdown = set == &node->sets[SPEC_DRAIN] && !spec_set_any(set); /* the default of drain */
	size_t length = (size_t)snprintf(text, MODEL_TEXT, "next-hop self");

	if (metric != SPEC_NONE)
		length += (size_t)snprintf(text + length, MODEL_TEXT - length, " med %d",
		    metric + (int)prefix * node->metric_increase);
	if (preference != SPEC_NONE)
		length += (size_t)snprintf(text + length, MODEL_TEXT - length, " local-preference %d", preference);
	if (as_path != SPEC_NONE)
		length += (size_t)snprintf(text + length, MODEL_TEXT - length, " as-path [ %d ]", as_path);
	if (community != SPEC_NONE && shutdown)
		snprintf(text + length, MODEL_TEXT - length, " community [ 65000:%d 65535:0 ]", community);
	else if (community != SPEC_NONE)
		snprintf(text + length, MODEL_TEXT - length, " community [ 65000:%d ]", community);
	else if (shutdown)
		snprintf(text + length, MODEL_TEXT - length, " community [ 65535:0 ]");
}

static void
routes_make(struct model_node *node, const struct spec_node *spec)
{
	memset(node->prefix, SPEC_ROUTED, sizeof(node->prefix));
	for (size_t i = 0; i < spec->prefixes; i++)
		for (size_t j = 0; j < spec_targets(spec); j++)
			node->prefix[spec_key(spec, i, j)] = (unsigned char)i;
}

static void
texts_make(struct model_node *node, const struct spec_node *spec)
{
	memset(node->text, 0, sizeof(node->text));
	for (enum spec_attributes set = SPEC_UP; set < SPEC_SETS; set++)
		for (size_t i = 0; i < spec->prefixes; i++)
			if (set == SPEC_UP || (set == SPEC_DRAIN ? spec->drain_time > 0 : spec_set_any(&spec->sets[set])))
				text_make(spec, &spec->sets[set], i, node->text[set][i]);
}

void
model_routes_make(struct model_node *node, const struct spec_node *spec)
{
	routes_make(node, spec);
	texts_make(node, spec);
}
