/*
 * The rules of a node that say what a change of its state does, as JSON. Touches nothing: it only reads.
 */
#include "checks.h"
#include "view_internal.h"

/* What it does in a state other than up. */
static json_t *
act_word(const struct node_config *config, enum node_attributes set)
{
	return json_string(config->texts[set] != NULL ? "announce" : "withdraw");
}

json_t *
view_rules(const struct node_config *config, const struct check_options *options)
{
	json_t *map = json_object();

	return view_whole(map, map != NULL && view_put(map, "down", act_word(config, ATTRIBUTES_DOWN)) &&
	    view_put(map, "disabled", act_word(config, ATTRIBUTES_DISABLED)) &&
	    view_put(map, "min_up_s", view_seconds(config->min_up_ns)) &&
	    view_put(map, "min_down_s", view_seconds(config->min_down_ns)) &&
	    view_put(map, "drain_time_s", view_seconds(config->drain_time_ns)) &&
	    view_put_text(map, "disable_file", options != NULL ? options->disable : NULL));
}
