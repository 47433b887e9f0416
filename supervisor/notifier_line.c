/*
 * Notices as JSON. Touches nothing: it only reads. Invariant: a line is whole, or there is none.
 */
#include "notifier_line.h"

#include <bsd/string.h>
#include <string.h>

#include "../common/utf8.h"
#include "../common/walltime.h"
#include "transition.h"
#include "view.h"
#include "view_internal.h"


/* What draining, and a change that waited for the guard, came to is told, though the verdict is the one that it was. */
static bool
change_told(const struct node_change *change)
{
	return change->before != change->after || change->cause == CAUSE_DRAINED || change->cause == CAUSE_GUARD;
}

/* Of exacheck itself: what it does as a whole. */
static bool
subsystem_told(const char *subsystem)
{
	return strcmp(subsystem, "master") == 0 || strcmp(subsystem, "configuration") == 0;
}

enum log_event
notifier_event(const struct log_record *record, const char *subsystem, const struct notifier_change *change)
{
	const struct log_about *about = &record->about;

	if (strcmp(subsystem, "notification") == 0)
		return LOG_EVENT_USUAL;
	if (change != NULL)
		return change_told(change->change) ? about->event : LOG_EVENT_USUAL;
	if (about->before != NULL)
		return LOG_EVENT_USUAL; /* on the way to a change */
	if (about->level <= LOG_LEVEL_WARNING)
		return LOG_EVENT_ERROR;
	if (about->subject != NULL || about->level > LOG_LEVEL_SUCCESS)
		return LOG_EVENT_USUAL;
	return subsystem_told(subsystem) ? LOG_EVENT_INFO : LOG_EVENT_USUAL;
}

static bool
put_point(json_t *map, const char *key, monotime_t point)
{
	return view_put(map, key, point.ns == 0 ? json_null() : json_integer(walltime_ns(point) / NS_PER_MICROSECOND));
}

static json_t *
prefixes_list(const struct string_list *prefixes)
{
	json_t *list = json_array();

	for (size_t i = 0; list != NULL && i < prefixes->count && i < NOTIFIER_PREFIXES; i++)
		if (json_array_append_new(list, json_string(prefixes->items[i])) != 0)
			return view_whole(list, false);
	return list;
}

/* The MED that it is announced with by now. */
static json_t *
metric_value(const struct node *node)
{
	const struct node_config *config = node->config;
	const struct attribute_set *const sets[WISHES] = {
		[WISH_DOWN] = &config->down,
		[WISH_DISABLED] = &config->disabled,
		[WISH_DRAIN] = &config->drain,
	};
	const struct attribute_set *set = sets[node->wish];
	int64_t metric = set != NULL && set->metric != OPTION_UNSET ? set->metric : config->up.metric;

	return metric != OPTION_UNSET && node_announces(node) ? json_integer(metric) : json_null();
}

/* Whether what it announces with its own attributes was announced before with those of another state. */
static bool
change_restores(const struct node_change *change)
{
	const struct node_config *config = change->node->config;

	return change->effect == NODE_ANNOUNCED && change->node->wish == WISH_UP &&
	    ((change->before == VERDICT_DOWN && config->texts[ATTRIBUTES_DOWN] != NULL) ||
	    (change->before == VERDICT_DISABLED && config->texts[ATTRIBUTES_DISABLED] != NULL));
}

/* What became of its routes. */
static bool
put_routes(json_t *map, const struct node_change *change)
{
	static const char *const effects[] = {
		[NODE_SAME] = NULL,
		[NODE_HELD] = NULL,
		[NODE_ANNOUNCED] = "announced",
		[NODE_DRAINS] = "draining",
		[NODE_WITHDREW] = "withdrew",
		[NODE_GUARDED] = "guarded",
	};
	static const char *const attributes[WISHES] = {
		[WISH_DOWN] = "down",
		[WISH_DISABLED] = "disabled",
		[WISH_DRAIN] = "drain",
	};
	const struct node *node = change->node;
	const struct node_config *config = node->config;
	bool routes = config->prefixes.count > 0;

	return view_put_text(map, "effect", routes ? effects[change->effect] : NULL) &&
	    view_put(map, "restored", json_boolean(routes && change_restores(change))) &&
	    view_put_text(map, "attributes", routes && !node->guarded ? attributes[node->wish] : NULL) &&
	    view_put(map, "prefixes", prefixes_list(&config->prefixes)) &&
	    view_put(map, "prefix_count", json_integer((json_int_t)config->prefixes.count)) &&
	    view_put_text(map, "nexthop", routes ? config->nexthop : NULL) &&
	    view_put(map, "metric", routes ? metric_value(node) : json_null()) &&
	    view_put(map, "kept", json_integer((json_int_t)transition_kept(node, change->effect)));
}

/* As of a group; a check that has no verdict yet is in one of its own states. */
static const char *
state_name(const struct notifier_change *told, enum verdict verdict)
{
	return verdict == VERDICT_NONE && !told->group ? fsm_state_name(FSM_STARTUP) : verdict_name(verdict);
}

static bool
put_change(json_t *map, const struct notifier_change *told)
{
	const struct node_change *change = told->change;
	char cause[TRANSITION_CAUSE_SIZE];

	strlcpy(cause, told->cause, sizeof(cause)); /* it may have been cut in a character */
	utf8_sanitise(cause);
	return view_put(map, "group", json_boolean(told->group)) && view_put_text(map, "from", state_name(told, change->before)) &&
	    view_put_text(map, "to", state_name(told, change->after)) && view_put_text(map, "cause", cause) &&
	    put_point(map, "since", change->since) && put_routes(map, change);
}

/* The same keys of what is no change. */
static bool
put_no_change(json_t *map)
{
	static const char *const keys[] = {"from", "to", "cause", "since", "effect", "attributes", "nexthop", "metric"};

	for (size_t i = 0; i < sizeof(keys) / sizeof(keys[0]); i++)
		if (!view_put(map, keys[i], json_null()))
			return false;
	return view_put(map, "group", json_false()) && view_put(map, "restored", json_false()) &&
	    view_put(map, "prefixes", json_array()) && view_put(map, "prefix_count", json_integer(0)) &&
	    view_put(map, "kept", json_integer(0));
}

char *
notifier_line(const struct log_record *record, enum log_event event, const char *subsystem,
    const struct notifier_change *change, int64_t at_us)
{
	const struct log_about *about = &record->about;
	json_t *map = json_pack("{sI ss ss ss ss? ss? ss ss sI ss}", "at", (json_int_t)at_us,
	    "level", log_level_name(about->level), "event", log_event_name(event), "subsystem", subsystem,
	    "check", about->subject, "fault", log_fault_name(about->fault), "text", record->text, "file", record->source->file,
	    "line", (json_int_t)record->source->line, "function", record->source->function);

	return view_line("notice", view_whole(map, map != NULL &&
	    (change != NULL ? put_change(map, change) : put_no_change(map))));
}
