/*
 * Routes as JSON. Touches nothing: it only reads. Invariant: a map is whole, or there is none.
 */
#include "view.h"

#include "checks.h"
#include "route.h"
#include "view_internal.h"

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

/* Who decides the attributes; NULL: nobody. */
static const char *
first_owner(const struct view *view, const struct route *route)
{
	struct owners owners = {.view = view};

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
	    view_put_text(map, "by", route != NULL ? first_owner(routes->view, route) : NULL) &&
	    view_put_text(map, "error", route != NULL ? route_error(route) : NULL));
	return map != NULL && json_array_append_new(routes->list, map) == 0;
}

json_t *
view_node_routes(const struct view *view, const struct node *node, size_t *announced)
{
	struct routes routes = {.view = view, .list = json_array()};
	bool whole = routes.list != NULL && node_each_route(node, node_route, &routes);

	*announced = routes.announced;
	return view_whole(routes.list, whole);
}

json_t *
view_route(const struct view *view, const struct route *route)
{
	static const char *const statuses[] = {[ROUTE_UNKNOWN] = "unknown", [ROUTE_ANNOUNCED] = "announced",
		[ROUTE_WITHDRAWN] = "withdrawn"};
	const char *desired = route_desired(route), *kept;
	enum route_status kept_status = route_kept(route, &kept);
	json_t *map = json_object();

	return view_whole(map, map != NULL && key_put(map, route_key(route)) &&
	    view_put_text(map, "state", route_word(route)) &&
	    view_put_text(map, "desired", desired != NULL ? "announced" : "withdrawn") &&
	    view_put_text(map, "attributes", desired) && view_put(map, "held", json_boolean(route_held(route))) &&
	    view_put_text(map, "sent", statuses[route_sent_status(route)]) &&
	    view_put_text(map, "sent_attributes", route_sent_attributes(route)) &&
	    view_put_text(map, "acked", statuses[route_acked_status(route)]) &&
	    view_put_text(map, "kept", statuses[kept_status]) && view_put_text(map, "error", route_error(route)) &&
	    view_put_text(map, "by", first_owner(view, route)) && view_put(map, "owners", owners_list(view, route)));
}

