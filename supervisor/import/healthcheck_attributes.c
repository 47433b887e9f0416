/*
 * Attributes in the states of ExaBGP's healthcheck. Touches memory only. Invariant: what a state does not have is not
 * announced in it, or said to be lost.
 */
#include "healthcheck_attributes.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "healthcheck_communities.h"
#include "healthcheck_note.h"

/* The list of one option's communities. */
static json_t *
communities_of(struct importing *importing, const struct healthcheck_options *options, const char *option,
    const char *text, enum community_kind kind)
{
	json_t *list = json_array();

	healthcheck_communities_add(importing, list, text, kind, healthcheck_option_place(options, option));
	return list;
}

static json_t *
lists_join(struct importing *importing, json_t *first, json_t *second, json_t *third)
{
	json_t *list = json_array();

	if (list == NULL || first == NULL || second == NULL || third == NULL || json_array_extend(list, first) != 0 ||
	    json_array_extend(list, second) != 0 || json_array_extend(list, third) != 0)
		import_note(importing, IMPORT_WRONG, NULL, "out of memory");
	return list;
}

static void
communities_find(struct importing *importing, const struct healthcheck_options *options,
    struct healthcheck_attributes sets[static HEALTHCHECK_STATES])
{
	const char *else_text = options->withdraw_on_down ? NULL : options->disabled_community;
	json_t *up = communities_of(importing, options, "community", options->community, COMMUNITY_STANDARD);
	json_t *other = communities_of(importing, options, "disabled-community", else_text, COMMUNITY_STANDARD);
	json_t *large = communities_of(importing, options, "large-community", options->large_community, COMMUNITY_LARGE);
	json_t *extended = communities_of(importing, options, "extended-community", options->extended_community,
	    COMMUNITY_EXTENDED);
	bool own = else_text != NULL && *else_text != '\0';

	sets[HEALTHCHECK_UP].communities = lists_join(importing, up, large, extended);
	sets[HEALTHCHECK_DOWN].communities = lists_join(importing, own ? other : up, large, extended);
	sets[HEALTHCHECK_DISABLED].communities = lists_join(importing, own ? other : up, large, extended);
	json_decref(up);
	json_decref(other);
	json_decref(large);
	json_decref(extended);
}

/* One that a state has not, while the state up has one, cannot be said. */
static void
as_path_find(struct importing *importing, const struct healthcheck_options *options, const char *option,
    const char *text, char **path)
{
	const char *place = healthcheck_option_place(options, option);

	/* an empty one stands for none, not for that of --as-path */
	*path = healthcheck_as_path(importing, text != NULL ? text : options->as_path,
	    text != NULL ? place : healthcheck_option_place(options, "as-path"));
}

static void
lack_note(struct importing *importing, const struct healthcheck_options *options, const char *option,
    const struct healthcheck_attributes *set, const struct healthcheck_attributes *up)
{
	if (set->as_path == NULL && up->as_path != NULL)
		healthcheck_note(importing, options, IMPORT_LOST, option,
		    "the AS path of the state up, %s, stays: exacheck replaces a path, it does not take one away",
		    up->as_path);
	if (json_array_size(set->communities) == 0 && json_array_size(up->communities) > 0)
		healthcheck_note(importing, options, IMPORT_LOST, "disabled-community",
		    "the communities of the state up stay: exacheck replaces them, it does not take them away");
}

void
healthcheck_attributes_find(struct importing *importing, const struct healthcheck_options *options,
    struct healthcheck_attributes sets[static HEALTHCHECK_STATES])
{
	memset(sets, 0, sizeof(*sets) * HEALTHCHECK_STATES);
	sets[HEALTHCHECK_UP].metric = options->up_metric;
	sets[HEALTHCHECK_DOWN].metric = options->down_metric;
	sets[HEALTHCHECK_DISABLED].metric = options->disabled_metric;
	communities_find(importing, options, sets);
	as_path_find(importing, options, "up-as-path", options->up_as_path, &sets[HEALTHCHECK_UP].as_path);
	if (options->withdraw_on_down)
		return;
	as_path_find(importing, options, "down-as-path", options->down_as_path, &sets[HEALTHCHECK_DOWN].as_path);
	as_path_find(importing, options, "disabled-as-path", options->disabled_as_path,
	    &sets[HEALTHCHECK_DISABLED].as_path);
	lack_note(importing, options, "down-as-path", &sets[HEALTHCHECK_DOWN], &sets[HEALTHCHECK_UP]);
	lack_note(importing, options, "disabled-as-path", &sets[HEALTHCHECK_DISABLED], &sets[HEALTHCHECK_UP]);
}

void
healthcheck_attributes_free(struct healthcheck_attributes sets[static HEALTHCHECK_STATES])
{
	for (size_t i = 0; i < HEALTHCHECK_STATES; i++) {
		json_decref(sets[i].communities);
		free(sets[i].as_path);
	}
}

/* up: what the state has else than this; NULL: all. */
static void
set_add(struct importing *importing, const struct healthcheck_attributes *set, const struct healthcheck_attributes *up,
    int64_t offset, json_t *map)
{
	int64_t metric = set->metric + offset;

	if (metric < 0)
		import_note(importing, IMPORT_WRONG, "--increase",
		    "makes a metric of %" PRId64 ", which no route can have", metric);
	import_add_integer(importing, map, "metric", metric);
	if (json_array_size(set->communities) > 0 && (up == NULL || !json_equal(set->communities, up->communities)))
		import_add(importing, map, "communities", json_copy(set->communities));
	if (set->as_path != NULL && (up == NULL || up->as_path == NULL || strcmp(set->as_path, up->as_path) != 0))
		import_add_text(importing, map, "as_path", set->as_path);
}

void
healthcheck_attributes_add(struct importing *importing, const struct healthcheck_options *options,
    const struct healthcheck_attributes sets[static HEALTHCHECK_STATES], int64_t offset, json_t *check)
{
	const struct healthcheck_attributes *up = &sets[HEALTHCHECK_UP];

	set_add(importing, up, NULL, offset, check);
	if (options->local_preference >= 0)
		import_add_integer(importing, check, "local_preference", options->local_preference);
	if (options->withdraw_on_down)
		return;
	set_add(importing, &sets[HEALTHCHECK_DOWN], up, offset, import_add_map(importing, check, "down"));
	set_add(importing, &sets[HEALTHCHECK_DISABLED], up, offset, import_add_map(importing, check, "disabled"));
}
