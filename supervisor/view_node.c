/*
 * Checks and groups as JSON. Touches nothing: it only reads. Invariant: a map is whole, or there is none.
 */
#include "view.h"

#include "checks.h"
#include "config.h"
#include "override.h"
#include "view_internal.h"
#include "worker.h"

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
	size_t announced = 0;
	monotime_t until = MONOTIME_NEVER;
	bool held = node_held(node, &until), draining = node->wish == WISH_DRAIN && !node->guarded;

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
	    view_put(map, "routes", view_node_routes(view, node, &announced)) &&
	    view_put(map, "announced", json_boolean(announced > 0));
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
		return json_pack("{so so so}", "bounds", bounds, "counts", counts, "sum_s",
		    view_seconds(results->duration_ns));
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
	    view_put(map, "interval_s", view_seconds(options->interval_ns)) &&
	    view_put(map, "fast_interval_s", view_seconds(options->fast_interval_ns)) &&
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

