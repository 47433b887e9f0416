/*
 * The model, see model.h: the sentences of the documentation one after another. Invariant: whoever disagrees with the
 * documentation is wrong, this file included.
 */
#include "model.h"

#include <string.h>

#define SECOND 1000000000LL

/* Whether it announces in a state at all. */
static bool
announces_when(const struct model *model, size_t rank, enum spec_attributes set)
{
	const struct spec_node *spec = spec_node(&model->spec, rank);

	return set == SPEC_DRAIN ? spec->drain_time > 0 : spec_set_any(&spec->sets[set]);
}

/* Routes */

static unsigned
node_prefix(const struct model *model, size_t rank, unsigned key)
{
	return model->nodes[rank].prefix[key];
}

static bool
node_has(const struct model *model, size_t rank, unsigned key)
{
	return node_prefix(model, rank, key) != SPEC_ROUTED;
}

static bool
route_owned(const struct model *model, unsigned key)
{
	for (size_t i = 0; i < spec_nodes(&model->spec); i++)
		if (node_has(model, i, key))
			return true;
	return false;
}

static bool
node_announces(const struct model *model, size_t rank)
{
	enum model_wish wish = model->nodes[rank].wish;

	return wish != MODEL_NOTHING && wish != MODEL_WITHDRAW;
}

/* Those that are up, then those that announce in another state, then guarded ones. */
static int
node_class(const struct model *model, size_t rank)
{
	const struct model_node *node = &model->nodes[rank];

	return node->guarded != 0 ? 2 : node->wish != MODEL_WISH_UP;
}

/* For whom a route is announced; SPEC_NODES: for nobody. */
static size_t
route_winner(const struct model *model, unsigned key)
{
	for (int class = 0; class < 3; class++)
		for (size_t i = 0; i < spec_nodes(&model->spec); i++)
			if (node_has(model, i, key) && node_announces(model, i) && node_class(model, i) == class)
				return i;
	return SPEC_NODES;
}

/*
 * Nothing is said of it before somebody's verdict, while ExaBGP may have it: from a predecessor, or from us, if whoever
 * it was announced for is gone, and nobody refuses it since.
 */
static bool
route_held(const struct model *model, unsigned key)
{
	const struct model_route *route = &model->routes[key];
	bool undecided = false, refused = false;

	for (size_t i = 0; i < spec_nodes(&model->spec); i++) {
		undecided |= node_has(model, i, key) && model->nodes[i].wish == MODEL_NOTHING;
		refused |= node_has(model, i, key) && model->nodes[i].wish == MODEL_WITHDRAW;
	}
	return undecided && route_winner(model, key) == SPEC_NODES &&
	    (route->inherited || (route->said && route->announced && !refused));
}

static bool
route_announced(const struct model *model, unsigned key)
{
	return route_winner(model, key) != SPEC_NODES || route_held(model, key);
}

/* Its attributes, for the winner. */
static const char *
route_text(const struct model *model, unsigned key, size_t winner)
{
	static const enum spec_attributes sets[] = {
		[MODEL_WISH_UP] = SPEC_UP,
		[MODEL_WISH_DOWN] = SPEC_DOWN,
		[MODEL_WISH_DISABLED] = SPEC_DISABLED,
		[MODEL_WISH_DRAIN] = SPEC_DRAIN,
	};
	const struct model_node *node = &model->nodes[winner];

	return node->text[sets[node->wish]][node_prefix(model, winner, key)];
}

/* The guard */

struct routes {
	bool announced[SPEC_KEYS];
};

/* What is announced, and would be if this node withdrew (SPEC_NODES: nobody does). */
static struct routes
routes_without(struct model *model, size_t rank)
{
	enum model_wish wish = rank != SPEC_NODES ? model->nodes[rank].wish : MODEL_NOTHING;
	struct routes routes;

	if (rank != SPEC_NODES)
		model->nodes[rank].wish = MODEL_WITHDRAW;
	for (unsigned key = 0; key < SPEC_KEYS; key++)
		routes.announced[key] = route_announced(model, key);
	if (rank != SPEC_NODES)
		model->nodes[rank].wish = wish;
	return routes;
}

static size_t
routes_count(const struct routes *routes)
{
	size_t count = 0;

	for (unsigned key = 0; key < SPEC_KEYS; key++)
		count += routes->announced[key];
	return count;
}

static bool
group_has_member(const struct spec_group *group, size_t check)
{
	for (size_t i = 0; i < group->count; i++)
		if (group->members[i] == check)
			return true;
	return false;
}

/* Whether any route of the group or its members is among these. */
static bool
group_has_route(const struct model *model, size_t group, const struct routes *routes)
{
	for (size_t i = 0; i < spec_nodes(&model->spec); i++)
		if (i == model->spec.checks + group ||
		    (i < model->spec.checks && group_has_member(&model->spec.group[group], i)))
			for (unsigned key = 0; key < SPEC_KEYS; key++)
				if (routes->announced[key] && node_has(model, i, key))
					return true;
	return false;
}

/* Whether it was the last of a group that keeps it. */
static bool
was_last(const struct model *model, size_t rank, const struct routes *after)
{
	for (size_t i = 0; i < model->spec.groups; i++) {
		const struct spec_group *group = &model->spec.group[i];

		if (group->keep_last && (rank == model->spec.checks + i ||
		    (rank < model->spec.checks && group_has_member(group, rank))) && !group_has_route(model, i, after))
			return true;
	}
	return false;
}

/* Lost in the last window, by nodes that still wish to withdraw. */
static size_t
lost_lately(const struct model *model, int64_t now)
{
	size_t lost = 0;

	for (size_t i = 0; i < spec_nodes(&model->spec); i++) {
		const struct model_node *node = &model->nodes[i];

		if (node->lost > 0 && node->wish == MODEL_WITHDRAW && now < node->lost_at + model->spec.window * SECOND)
			lost += node->lost;
	}
	return lost;
}

/* Whether it is a group that no member's failure has brought down. */
static bool
down_by_will(const struct model *model, size_t rank)
{
	const struct spec_group *group;

	if (rank < model->spec.checks)
		return false;
	group = &model->spec.group[rank - model->spec.checks];
	for (size_t i = 0; i < group->count; i++)
		if (model->nodes[group->members[i]].verdict == MODEL_DOWN)
			return false;
	return true;
}

/* What comes down withdraws, if it may. */
static bool
withdraw_permitted(struct model *model, size_t rank, int64_t now)
{
	struct model_node *node = &model->nodes[rank];
	struct routes before = routes_without(model, SPEC_NODES), after = routes_without(model, rank);
	size_t loses = routes_count(&before) - routes_count(&after), lost = lost_lately(model, now);

	if (down_by_will(model, rank))
		loses = 0;
	if (loses > 0 && was_last(model, rank, &after))
		return false;
	if (loses > 0 && model->spec.max_withdraw != SPEC_NONE &&
	    (lost + loses) * 100 > (size_t)model->spec.max_withdraw * (routes_count(&before) + lost))
		return false;
	if (loses > 0) {
		node->lost = loses;
		node->lost_at = now;
	}
	node->wish = MODEL_WITHDRAW;
	node->guarded = 0;
	return true;
}

/* In the order in which they were refused, again and again until all are. */
static void
review(struct model *model, int64_t now)
{
	bool permitted;

	do {
		unsigned asked = 0;

		permitted = false;
		for (;;) {
			size_t next = SPEC_NODES;

			for (size_t i = 0; i < spec_nodes(&model->spec); i++)
				if (model->nodes[i].guarded > asked &&
				    (next == SPEC_NODES || model->nodes[i].guarded < model->nodes[next].guarded))
					next = i;
			if (next == SPEC_NODES)
				break;
			asked = model->nodes[next].guarded;
			permitted |= withdraw_permitted(model, next, now);
		}
	} while (permitted);
}

/* Verdicts */

/* Of a check that is disabled and no longer drains, or never did. */
static void
disabled_wish(struct model *model, size_t rank)
{
	model->nodes[rank].wish = announces_when(model, rank, SPEC_DISABLED) ? MODEL_WISH_DISABLED : MODEL_WITHDRAW;
}

static void
verdict_change(struct model *model, size_t rank, enum model_verdict verdict, int64_t now)
{
	struct model_node *node = &model->nodes[rank];
	const struct spec_node *spec = spec_node(&model->spec, rank);

	node->verdict = verdict;
	node->since = now;
	node->guarded = 0;
	if (verdict == MODEL_UP)
		node->wish = MODEL_WISH_UP;
	else if (verdict == MODEL_DOWN && announces_when(model, rank, SPEC_DOWN))
		node->wish = MODEL_WISH_DOWN;
	else if (verdict == MODEL_DOWN) {
		if (!withdraw_permitted(model, rank, now)) {
			node->guarded = ++model->refusals;
			node->guarded_at = now;
		}
	} else if (node->wish == MODEL_WISH_UP && spec->drain_time > 0) {
		node->wish = MODEL_WISH_DRAIN;
		node->drained = now + spec->drain_time * SECOND;
	} else
		disabled_wish(model, rank);
	if (node->wish != MODEL_WITHDRAW)
		node->lost = 0;
}

int64_t
model_held(const struct model *model, size_t rank)
{
	const struct model_node *node = &model->nodes[rank];
	const struct spec_node *spec = spec_node(&model->spec, rank);

	if (node->verdict == MODEL_UP && node->found == MODEL_DOWN)
		return node->since + spec->min_up * SECOND;
	if (node->verdict == MODEL_DOWN && node->found == MODEL_UP)
		return node->since + spec->min_down * SECOND;
	return MODEL_NEVER;
}

static void
find(struct model *model, size_t rank, enum model_verdict found, int64_t now)
{
	struct model_node *node = &model->nodes[rank];

	if (found == node->found && model_held(model, rank) != MODEL_NEVER)
		return; /* that waits for its time already */
	node->found = found;
	if (found != node->verdict && (model_held(model, rank) == MODEL_NEVER || model_held(model, rank) <= now))
		verdict_change(model, rank, found, now);
}

/* Every group judges by its members' verdicts. */
static void
groups_judge(struct model *model, int64_t now)
{
	for (size_t i = 0; i < model->spec.groups; i++) {
		const struct spec_group *group = &model->spec.group[i];
		bool overridden = model->nodes[model->spec.checks + i].overridden;
		int up = 0, unknown = 0, threshold = group->threshold;

		for (size_t j = 0; j < group->count; j++) {
			int weight = group->require == SPEC_WEIGHT ? group->weights[j] : 1;
			enum model_verdict verdict = model->nodes[group->members[j]].verdict;

			up += verdict == MODEL_UP ? weight : 0;
			unknown += verdict == MODEL_UNDECIDED ? weight : 0;
		}
		if (group->require == SPEC_ALL)
			threshold = (int)group->count;
		if (group->require == SPEC_ANY)
			threshold = 1;
		if (overridden)
			find(model, model->spec.checks + i, MODEL_DISABLED, now);
		else if (up >= threshold)
			find(model, model->spec.checks + i, MODEL_UP, now);
		else if (up + unknown < threshold)
			find(model, model->spec.checks + i, MODEL_DOWN, now);
	}
}

/* Time */

static bool
node_drains(const struct model_node *node)
{
	return node->verdict == MODEL_DISABLED && node->wish == MODEL_WISH_DRAIN;
}

/* When something happens to this node by itself. */
static int64_t
node_due(const struct model *model, size_t rank)
{
	const struct model_node *node = &model->nodes[rank];

	return node_drains(node) ? node->drained : model_held(model, rank);
}

/* When the guard is to be asked again, because something lost is older than the window. */
static int64_t
guard_due(const struct model *model, int64_t after)
{
	int64_t due = MODEL_NEVER;
	bool guarded = false;

	for (size_t i = 0; i < spec_nodes(&model->spec); i++) {
		const struct model_node *node = &model->nodes[i];
		int64_t end = node->lost_at + model->spec.window * SECOND;

		guarded |= node->guarded != 0;
		if (node->lost > 0 && node->wish == MODEL_WITHDRAW && end > after && end < due)
			due = end;
	}
	return guarded && model->spec.max_withdraw != SPEC_NONE ? due : MODEL_NEVER;
}

/* Whose time comes first, by owners where several come at once; SPEC_NODES: nobody's. */
static size_t
first_due(const struct model *model)
{
	size_t first = SPEC_NODES;

	for (size_t i = 0; i < spec_nodes(&model->spec); i++) {
		int64_t due = node_due(model, i);

		if (due != MODEL_NEVER && (first == SPEC_NODES || due < node_due(model, first) ||
		    (due == node_due(model, first) && model->nodes[i].owner < model->nodes[first].owner)))
			first = i;
	}
	return first;
}

int64_t
model_next(const struct model *model, int64_t now)
{
	size_t first = first_due(model);
	int64_t due = first != SPEC_NODES ? node_due(model, first) : MODEL_NEVER, guard = guard_due(model, now);

	return guard < due ? guard : due;
}

/* What falls due by now happens first, in order of its time. */
static void
time_passes(struct model *model, int64_t now)
{
	size_t rank;

	while ((rank = first_due(model)) != SPEC_NODES && node_due(model, rank) <= now) {
		if (node_drains(&model->nodes[rank]))
			disabled_wish(model, rank);
		else
			verdict_change(model, rank, model->nodes[rank].found, now);
		groups_judge(model, now);
	}
}

void
model_turn(struct model *model, int64_t now)
{
	time_passes(model, now);
	review(model, now);
}

/* Events */

/* While its file exists, or while it is overridden. */
static bool
check_disabled_somehow(const struct model_node *node)
{
	return node->disabled || node->overridden;
}

/* What came before it was disabled does not count after it. */
static void
disabled_find(struct model *model, size_t check, int64_t now)
{
	struct model_node *node = &model->nodes[check];

	if (!check_disabled_somehow(node))
		return;
	node->passes = node->failures = 0;
	find(model, check, MODEL_DISABLED, now);
	groups_judge(model, now);
}

void
model_result(struct model *model, size_t check, bool pass, int64_t now)
{
	struct model_node *node = &model->nodes[check];
	int rise = model->spec.check[check].rise, fall = model->spec.check[check].fall;

	time_passes(model, now);
	if (!check_disabled_somehow(node)) {
		node->passes = pass ? node->passes + 1 : 0;
		node->failures = pass ? 0 : node->failures + 1;
		if (pass && node->passes >= (rise > 0 ? rise : 1))
			find(model, check, MODEL_UP, now);
		if (!pass && node->failures >= (fall > 0 ? fall : 1))
			find(model, check, MODEL_DOWN, now);
		groups_judge(model, now);
	}
	review(model, now);
}

void
model_disable(struct model *model, size_t check, bool disabled, int64_t now)
{
	struct model_node *node = &model->nodes[check];

	time_passes(model, now);
	node->disabled = disabled;
	disabled_find(model, check, now);
	review(model, now);
}

void
model_override(struct model *model, size_t rank, bool overridden, int64_t now)
{
	time_passes(model, now);
	model->nodes[rank].overridden = overridden;
	if (rank < model->spec.checks)
		disabled_find(model, rank, now);
	groups_judge(model, now);
	review(model, now);
}

/* Reloads */

/* The rank of the same node in another configuration; SPEC_NODES: it has none. */
static size_t
partner(const struct spec *spec, size_t rank, const struct spec *other)
{
	bool group = rank >= spec->checks;
	size_t first = group ? other->checks : 0, end = group ? spec_nodes(other) : other->checks;

	for (size_t i = first; i < end; i++)
		if (spec_node(other, i)->id == spec_node(spec, rank)->id)
			return i;
	return SPEC_NODES;
}

static bool
same_routes(const struct spec_node *a, const struct spec_node *b)
{
	return a->prefixes == b->prefixes && memcmp(a->prefix, b->prefix, sizeof(a->prefix)) == 0 && a->path == b->path &&
	    a->neighbors == b->neighbors;
}

/* What it wants is said anew: its verdict stays, and so do what is held and what drains. */
static void
node_reconfigure(struct model *model, size_t rank, bool other_routes)
{
	struct model_node *node = &model->nodes[rank];
	enum model_wish before = node->wish;

	switch (node->verdict) {
	case MODEL_UNDECIDED:
	case MODEL_UP:
		break;
	case MODEL_DOWN:
		if (announces_when(model, rank, SPEC_DOWN)) {
			node->wish = MODEL_WISH_DOWN;
			node->guarded = 0;
		} else if (node->guarded == 0)
			node->wish = MODEL_WITHDRAW;
		else if (other_routes) /* nothing new is announced for what is down, and what was is left alone */
			node->wish = MODEL_NOTHING;
		else if ((before == MODEL_WISH_DOWN && !announces_when(model, rank, SPEC_DOWN)) ||
		    (before == MODEL_WISH_DISABLED && !announces_when(model, rank, SPEC_DISABLED)) ||
		    (before == MODEL_WISH_DRAIN && !announces_when(model, rank, SPEC_DRAIN))) {
			node->wish = MODEL_WITHDRAW;
			node->guarded = 0;
		}
		break;
	case MODEL_DISABLED:
		if (before != MODEL_WISH_DRAIN || !announces_when(model, rank, SPEC_DRAIN))
			disabled_wish(model, rank);
		break;
	}
	if (node->wish != MODEL_WITHDRAW)
		node->lost = 0;
}

static void
reconfigure(struct model *model, const struct spec *next)
{
	struct model old = *model;

	model->spec = *next;
	memset(model->nodes, 0, sizeof(model->nodes));
	for (size_t i = 0; i < spec_nodes(next); i++) {
		size_t was = partner(next, i, &old.spec);

		if (was != SPEC_NODES)
			model->nodes[i] = old.nodes[was];
		if (was == SPEC_NODES || !same_routes(spec_node(&old.spec, was), spec_node(next, i)))
			model->nodes[i].owner = ++model->owners;
		model_routes_make(&model->nodes[i], spec_node(next, i));
	}
	for (size_t i = 0; i < spec_nodes(next); i++)
		node_reconfigure(model, i, model->nodes[i].owner > old.owners);
}

/* Without limit nothing is counted, and a longer window does not bring back what is older than the present one. */
static void
losses_forget(struct model *model, const struct spec *next, int64_t now)
{
	for (size_t i = 0; i < spec_nodes(&model->spec); i++)
		if (model->spec.max_withdraw == SPEC_NONE || next->max_withdraw == SPEC_NONE ||
		    now >= model->nodes[i].lost_at + model->spec.window * SECOND)
			model->nodes[i].lost = 0;
}

void
model_reload(struct model *model, const struct spec *next, int64_t now)
{
	losses_forget(model, next, now);
	reconfigure(model, next);
	groups_judge(model, now);
	review(model, now);
	model_turn(model, now);
}

/* How many guarded ones were refused before this one, as far as times and places tell. */
static unsigned
refused_before(const struct model *model, size_t rank)
{
	const struct model_node *node = &model->nodes[rank], *other;
	unsigned before = 0;

	for (size_t i = 0; i < spec_nodes(&model->spec); i++) {
		other = &model->nodes[i];
		before += other->guarded != 0 &&
		    (other->guarded_at < node->guarded_at || (other->guarded_at == node->guarded_at && i < rank));
	}
	return before;
}

void
model_upgrade(struct model *model)
{
	for (size_t i = 0; i < spec_nodes(&model->spec); i++) {
		model->nodes[i].owner = ++model->owners;
		if (model->nodes[i].guarded != 0)
			model->nodes[i].guarded = model->refusals + 1 + refused_before(model, i);
	}
	model->refusals += SPEC_NODES;
}

void
model_carry(struct model *model, unsigned key, const char *text)
{
	model->routes[key].carried = true;
	model->routes[key].inherited = text != NULL;
}

/* Commands */

enum model_say
model_say(const struct model *model, unsigned key, const char **text)
{
	const struct model_route *route = &model->routes[key];
	size_t winner = route_winner(model, key);

	*text = NULL;
	if (winner != SPEC_NODES) {
		*text = route_text(model, key, winner);
		return route->said && route->announced && strcmp(route->text, *text) == 0 ? MODEL_SAY_NOTHING :
		    MODEL_SAY_ANNOUNCE;
	}
	if (route_held(model, key) || (route->said && !route->announced))
		return MODEL_SAY_NOTHING;
	return route->said || route->carried || route_owned(model, key) ? MODEL_SAY_WITHDRAW : MODEL_SAY_NOTHING;
}

const char *
model_rib(const struct model *model, unsigned key, const char *had)
{
	size_t winner = route_winner(model, key);

	if (winner != SPEC_NODES)
		return route_text(model, key, winner);
	return route_held(model, key) ? had : NULL;
}

void
model_said(struct model *model)
{
	for (unsigned key = 0; key < SPEC_KEYS; key++) {
		struct model_route *route = &model->routes[key];
		const char *text;
		enum model_say say = model_say(model, key, &text);

		if (say != MODEL_SAY_NOTHING) {
			route->said = true;
			route->carried = false;
			route->announced = say == MODEL_SAY_ANNOUNCE;
			strcpy(route->text, text != NULL ? text : "");
		}
		if (!route_held(model, key))
			route->inherited = false;
		if (!route_owned(model, key)) /* and forgotten */
			*route = (struct model_route){.said = false};
	}
}
