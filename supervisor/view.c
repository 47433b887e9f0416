/*
 * What there is to see, as JSON. Touches nothing: it only reads. Invariant: a map is whole, or there is none.
 */
#include "view.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "../common/json_dump.h"
#include "../common/walltime.h"
#include "channel.h"
#include "checks.h"
#include "config.h"
#include "events.h"
#include "exabgp.h"
#include "override.h"
#include "program.h"
#include "view_internal.h"
#include "worker.h"

bool
view_put(json_t *map, const char *key, json_t *value)
{
	return value != NULL && json_object_set_new(map, key, value) == 0;
}

bool
view_put_text(json_t *map, const char *key, const char *text)
{
	return view_put(map, key, text != NULL ? json_string(text) : json_null());
}

bool
view_put_time(json_t *map, const char *key, monotime_t point)
{
	char text[WALLTIME_SIZE];

	return view_put_text(map, key, point.ns == MONOTIME_NEVER.ns ? NULL : walltime_format(point, text));
}

json_t *
view_whole(json_t *map, bool whole)
{
	if (whole)
		return map;
	json_decref(map);
	return NULL;
}

char *
view_line(const char *type, json_t *map)
{
	char *text = json_dump(map, JSON_COMPACT | JSON_REAL_PRECISION(9)), *line = NULL;

	json_decref(map);
	/* the map is an object, and not empty */
	if (text != NULL && asprintf(&line, "{\"type\":\"%s\",%s\n", type, text + 1) == -1)
		line = NULL;
	free(text);
	return line;
}

static double
seconds(int64_t ns)
{
	return (double)ns / NS_PER_SECOND;
}

/* exacheck itself. */

static json_t *
exabgp_map(const struct view *view)
{
	static const char *const dialects[] = {[DIALECT_AUTO] = "auto", [DIALECT_V4] = "v4", [DIALECT_V6] = "v6"};
	struct exabgp_status status;

	channel_status(view->channel, &status);
	return json_pack("{ss ss sb sb sb sI sI sI sI sI sI sI}", "dialect", dialects[status.dialect], "version", status.version,
	    "acks", status.acks, "connected", channel_connected(view->channel), "detecting", status.detecting,
	    "pending", (json_int_t)ledger_pending(view->ledger), "in_flight", (json_int_t)status.in_flight,
	    "errors", (json_int_t)status.errors, "timeouts", (json_int_t)status.timeouts,
	    "commands", (json_int_t)status.commands, "announces", (json_int_t)status.announces,
	    "withdraws", (json_int_t)status.withdraws);
}

json_t *
view_exacheck(const struct view *view)
{
	const struct view_counts *counts = view->counts;
	json_t *map = json_pack("{ss si ss sf sI sI sI sI sI}", "version", program_version, "pid", (int)getpid(),
	    "config", (*view->config)->path, "uptime_s", seconds(monotime_sub(monotime_now(), view->started)),
	    "up", (json_int_t)checks_up(view->checks), "held", (json_int_t)checks_held(view->checks),
	    "guarded", (json_int_t)checks_guarded(view->checks), "upgrades", (json_int_t)counts->upgrades,
	    "upgrades_refused", (json_int_t)counts->refusals);

	return view_whole(map, map != NULL && view_put_time(map, "time", monotime_now()) &&
	    view_put_time(map, "started", view->started) &&
	    view_put(map, "announced", json_integer((json_int_t)ledger_count(view->ledger, ROUTE_ANNOUNCED))) &&
	    view_put_text(map, "log_level", log_level_name(log_level())) &&
	    view_put(map, "exabgp", exabgp_map(view)) &&
	    view_put(map, "reloads", json_pack("{sI sI sI}", "refused", (json_int_t)counts->reloads[0],
	    "same", (json_int_t)counts->reloads[1], "done", (json_int_t)counts->reloads[2])));
}

/* Nodes. */

/* What is known of a route, in a word. */
static const char *
route_word(const struct route *route)
{
	if (route == NULL)
		return "unknown";
	if (route_error(route) != NULL)
		return "rejected";
	if (route_kept(route, NULL) == ROUTE_ANNOUNCED || route_sent_status(route) == ROUTE_ANNOUNCED)
		return "announced";
	return route_sent_status(route) == ROUTE_WITHDRAWN ? "withdrawn" : "unknown";
}

static bool
route_announced(const struct route *route)
{
	return route != NULL && (route_kept(route, NULL) == ROUTE_ANNOUNCED || route_sent_status(route) == ROUTE_ANNOUNCED);
}

/* Those who own a route, visited in the order of their ranks. */
struct owners {
	const struct view *view;
	json_t *list; /* of maps; NULL: only the first is looked for */
	const char *first; /* who decides the attributes */
	bool failed;
};

static void
owner_visit(void *context, unsigned rank, enum route_status wish)
{
	static const char *const wishes[] = {[ROUTE_UNKNOWN] = "undecided", [ROUTE_ANNOUNCED] = "announce",
		[ROUTE_WITHDRAWN] = "withdraw"};
	struct owners *owners = context;
	const struct checks *checks = owners->view->checks;
	const char *name;

	if (node_rank(rank) >= checks_node_count(checks))
		return; /* of a former configuration: its node has had no memory to say anything since */
	name = checks_node(checks, node_rank(rank))->config->name;
	if (wish == ROUTE_ANNOUNCED && owners->first == NULL)
		owners->first = name;
	if (owners->list != NULL && json_array_append_new(owners->list, json_pack("{ss ss}", "name", name, "wish", wishes[wish])) != 0)
		owners->failed = true;
}

/* NULL: nobody. */
static const char *
owner_first(const struct view *view, const struct route *route)
{
	struct owners owners = {.view = view};

	if (route != NULL)
		route_each_owner(route, owner_visit, &owners);
	return owners.first;
}

static json_t *
owners_list(const struct view *view, const struct route *route)
{
	struct owners owners = {.view = view, .list = json_array()};

	if (owners.list != NULL)
		route_each_owner(route, owner_visit, &owners);
	return view_whole(owners.list, !owners.failed);
}

static bool
key_put(json_t *map, const struct route_key *key)
{
	char prefix[PREFIX_TEXT_SIZE];

	return view_put_text(map, "prefix", prefix_format(&key->prefix, prefix)) &&
	    view_put(map, "path_id", key->has_path_id ? json_integer(key->path_id) : json_null()) &&
	    view_put_text(map, "neighbor", key->neighbor);
}

/* What node_route fills in. */
struct routes {
	const struct view *view;
	json_t *list;
	size_t announced;
};

/* A route of a node, short. */
static bool
node_route(const struct node *node, const struct route_key *key, size_t prefix, void *context)
{
	struct routes *routes = context;
	const struct route *route = ledger_look_up(routes->view->ledger, key);
	json_t *map = json_object();

	(void)node;
	(void)prefix;
	routes->announced += route_announced(route);
	map = view_whole(map, map != NULL && key_put(map, key) && view_put_text(map, "state", route_word(route)) &&
	    view_put_text(map, "by", owner_first(routes->view, route)) &&
	    view_put_text(map, "error", route != NULL ? route_error(route) : NULL));
	return map != NULL && json_array_append_new(routes->list, map) == 0;
}

/* announced: whether one of them is. */
static json_t *
routes_list(const struct view *view, const struct node *node, bool *announced)
{
	struct routes routes = {.view = view, .list = json_array()};
	bool whole = routes.list != NULL && node_each_route(node, node_route, &routes);

	*announced = routes.announced > 0;
	return view_whole(routes.list, whole);
}

static json_t *
text_list(const struct string_list *texts)
{
	json_t *list = json_array();

	for (size_t i = 0; list != NULL && i < texts->count; i++)
		if (json_array_append_new(list, json_string(texts->items[i])) != 0)
			return view_whole(list, false);
	return list;
}

json_t *
view_override(const struct override *override)
{
	json_t *map;

	if (override->kind == OVERRIDE_NONE)
		return json_null();
	map = json_object();
	return view_whole(map, map != NULL && view_put_text(map, "kind", override_kind_name(override->kind)) &&
	    view_put_text(map, "by", override->by) && view_put_text(map, "reason", override->reason) &&
	    view_put_time(map, "set", override->set) && view_put_time(map, "until", override->until));
}

/* What checks and groups have alike. */
static bool
node_put(const struct view *view, const struct node *node, json_t *map, monotime_t now)
{
	static const char *const wishes[WISHES] = {"nothing", "up", "down", "disabled", "drain", "withdraw"};
	monotime_t until = MONOTIME_NEVER;
	bool held = node_held(node, &until), draining = node->wish == WISH_DRAIN && !node->guarded, announced;

	(void)now;
	return view_put_text(map, "name", node->config->name) && view_put_text(map, "description", node->config->description) &&
	    view_put_text(map, "verdict", verdict_name(node_verdict(node))) &&
	    view_put_text(map, "found", verdict_name(node->found)) &&
	    view_put_text(map, "wish", wishes[node->wish]) &&
	    view_put_time(map, "held_until", held ? until : MONOTIME_NEVER) &&
	    view_put_time(map, "drains_until", draining ? node->drained : MONOTIME_NEVER) &&
	    view_put(map, "guarded", json_boolean(node->guarded)) &&
	    view_put(map, "override", view_override(&node->override)) &&
	    view_put(map, "transitions", json_integer((json_int_t)node->history.transitions)) &&
	    view_put_text(map, "nexthop", node->config->nexthop) &&
	    view_put(map, "prefixes", text_list(&node->config->prefixes)) &&
	    view_put(map, "routes", routes_list(view, node, &announced)) &&
	    view_put(map, "announced", json_boolean(announced));
}

static json_t *
result_map(const struct results_one *one, const char *text)
{
	json_t *map = json_pack("{ss ss sf}", "result", result_code_name(one->code), "reason", reason_name(one->reason),
	    "duration_ms", (double)one->duration_us / 1000);

	return view_whole(map, map != NULL && view_put_time(map, "time", one->at) &&
	    (text == NULL || view_put_text(map, "text", text)));
}

static json_t *
last_map(const struct results *results)
{
	const struct results_one *one = results_kept(results, 0);

	return one != NULL ? result_map(one, results->text) : json_null();
}

static json_t *
worker_map(const struct check *check)
{
	const struct worker_view worker = worker_view(check);
	json_t *map = json_pack("{sI sI}", "pid", (json_int_t)worker.pid, "restarts", (json_int_t)worker.restarts);

	return view_whole(map, map != NULL && view_put_text(map, "sandbox", worker.sandbox) &&
	    view_put_time(map, "next", check->disabled ? MONOTIME_NEVER : worker.next));
}

/* The last results, so many of them as are kept, the oldest first. */
static json_t *
recent_list(const struct results *results, uint64_t most)
{
	json_t *list = json_array();

	for (unsigned back = most < results->count ? (unsigned)most : results->count; list != NULL && back-- > 0;)
		if (json_array_append_new(list, result_map(results_kept(results, back), NULL)) != 0)
			return view_whole(list, false);
	return list;
}

static json_t *
executions_list(const struct results *results)
{
	json_t *list = json_array();

	for (unsigned code = 0; code < RESULT_CODES; code++)
		for (unsigned reason = 0; list != NULL && reason < REASONS; reason++)
			if (results->executions[code][reason] > 0 && json_array_append_new(list, json_pack("{ss ss sI}",
			    "result", result_code_name(code), "reason", reason_name(reason), "count",
			    (json_int_t)results->executions[code][reason])) != 0)
				return view_whole(list, false);
	return list;
}

/* Cumulated, as Prometheus has it; the last is the count of all. */
static json_t *
durations_map(const struct results *results)
{
	json_t *bounds = json_array(), *counts = json_array();
	uint64_t count = 0;
	bool whole = bounds != NULL && counts != NULL;

	for (unsigned i = 0; whole && i < RESULTS_BUCKETS; i++) {
		count += results->buckets[i];
		whole = json_array_append_new(counts, json_integer((json_int_t)count)) == 0 &&
		    (i == RESULTS_BUCKETS - 1 || json_array_append_new(bounds, json_real(results_bounds[i])) == 0);
	}
	if (whole)
		return json_pack("{so so sf}", "bounds", bounds, "counts", counts, "sum_s", seconds(results->duration_ns));
	json_decref(bounds);
	json_decref(counts);
	return NULL;
}

static bool
results_put(const struct results *results, json_t *map, enum view_detail detail)
{
	if (detail == VIEW_FULL)
		return view_put(map, "recent", recent_list(results, RESULTS_KEPT));
	return view_put(map, "news", recent_list(results, results->passes + results->failures - results->fed));
}

static bool
check_put(const struct check *check, json_t *map, enum view_detail detail)
{
	const struct check_options *options = &check->config->options;
	const struct results *results = &check->results;
	monotime_t since = check->node.history.state_since;
	char text[FSM_TEXT_SIZE];

	if (since.ns == 0)
		since = check->node.since;
	return view_put_text(map, "method", check->config->method->name) &&
	    view_put_text(map, "state", fsm_state_name(check->fsm.state)) &&
	    view_put_text(map, "progress", fsm_describe(&check->fsm, (unsigned)options->rise, (unsigned)options->fall, text,
	    sizeof(text))) &&
	    view_put_time(map, "since", since.ns == 0 ? MONOTIME_NEVER : since) &&
	    view_put(map, "count", json_integer(check->fsm.count)) &&
	    view_put(map, "rise", json_integer(options->rise > 0 ? options->rise : 1)) &&
	    view_put(map, "fall", json_integer(options->fall > 0 ? options->fall : 1)) &&
	    view_put(map, "interval_s", json_real(seconds(options->interval_ns))) &&
	    view_put(map, "fast_interval_s", json_real(seconds(options->fast_interval_ns))) &&
	    view_put(map, "successes", json_integer((json_int_t)results->passes)) &&
	    view_put(map, "failures", json_integer((json_int_t)results->failures)) &&
	    view_put(map, "disable_file_exists", json_boolean(check->disabled)) &&
	    view_put(map, "last", last_map(results)) && view_put(map, "worker", worker_map(check)) &&
	    (detail == VIEW_BRIEF || (results_put(results, map, detail) &&
	    view_put(map, "executions", executions_list(results)) && view_put(map, "durations", durations_map(results))));
}

static json_t *
members_list(const struct view *view, const struct group_config *config)
{
	json_t *list = json_array();

	for (size_t i = 0; list != NULL && i < config->count; i++) {
		const struct check *check = checks_at(view->checks, config->members[i].check);

		if (json_array_append_new(list, json_pack("{ss ss sI}", "name", check->config->node.name, "verdict",
		    verdict_name(node_verdict(&check->node)), "weight", (json_int_t)config->members[i].weight)) != 0)
			return view_whole(list, false);
	}
	return list;
}

static bool
group_put(const struct view *view, const struct group *group, json_t *map)
{
	const char *state = verdict_name(node_verdict(&group->node));

	return view_put_text(map, "state", state) && view_put_text(map, "progress", state) &&
	    view_put_time(map, "since", group->node.since.ns == 0 ? MONOTIME_NEVER : group->node.since) &&
	    view_put(map, "threshold", json_integer(group->config->threshold)) &&
	    view_put(map, "keep_last", json_boolean(group->config->keep_last)) &&
	    view_put(map, "members", members_list(view, group->config));
}

json_t *
view_node(const struct view *view, size_t rank, enum view_detail detail, monotime_t now)
{
	size_t count = checks_count(view->checks);
	const struct node *node = checks_node(view->checks, rank);
	json_t *map = json_object();

	if (map == NULL || !node_put(view, node, map, now) || (detail == VIEW_FULL && !view_put(map, "rules",
	    view_rules(node->config, rank < count ? &checks_at(view->checks, rank)->config->options : NULL))))
		return view_whole(map, false);
	return view_whole(map, rank < count ? check_put(checks_at(view->checks, rank), map, detail) :
	    group_put(view, checks_group(view->checks, rank - count), map));
}

json_t *
view_history(const struct view *view, size_t rank)
{
	const struct history *history = &checks_node(view->checks, rank)->history;
	json_t *list = json_array();

	for (unsigned back = history->count; list != NULL && back-- > 0;) {
		const struct history_one *one = history_kept(history, back);
		json_t *map = json_pack("{ss}", "state", one->state);

		map = view_whole(map, map != NULL && view_put_time(map, "time", one->at) && view_put_text(map, "text", one->text));
		if (json_array_append_new(list, map) != 0)
			return view_whole(list, false);
	}
	return list;
}

/* Routes and events. */

json_t *
view_route(const struct view *view, const struct route *route)
{
	static const char *const statuses[] = {[ROUTE_UNKNOWN] = "unknown", [ROUTE_ANNOUNCED] = "announced",
		[ROUTE_WITHDRAWN] = "withdrawn"};
	const char *desired = route_desired(route), *kept;
	enum route_status kept_status = route_kept(route, &kept);
	json_t *map = json_object();

	return view_whole(map, map != NULL && key_put(map, route_key(route)) &&
	    view_put_text(map, "state", route_word(route)) && view_put_text(map, "desired", desired != NULL ? "announced" : "withdrawn") &&
	    view_put_text(map, "attributes", desired) && view_put(map, "held", json_boolean(route_held(route))) &&
	    view_put_text(map, "sent", statuses[route_sent_status(route)]) &&
	    view_put_text(map, "sent_attributes", route_sent_attributes(route)) &&
	    view_put_text(map, "acked", statuses[route_acked_status(route)]) &&
	    view_put_text(map, "kept", statuses[kept_status]) && view_put_text(map, "error", route_error(route)) &&
	    view_put_text(map, "by", owner_first(view, route)) && view_put(map, "owners", owners_list(view, route)));
}

json_t *
view_event(const struct events_one *one)
{
	json_t *map = json_pack("{sI ss}", "number", (json_int_t)one->number, "level", log_level_name(one->level));

	return view_whole(map, map != NULL && view_put_time(map, "time", one->at) && view_put_text(map, "name", one->name) &&
	    view_put_text(map, "before", one->before) && view_put_text(map, "after", one->after) &&
	    view_put_text(map, "text", one->text));
}
