/*
 * Findings into verdicts into wishes. Touches the ledger, and what struct nodes has. Invariant: what was decided reaches
 * the ledger, if need be at the next finding.
 */
#include "node.h"

#include <string.h>

#include "../common/log.h"
#include "nodes.h"

/* Who is not up gives way to who is; who is guarded to everybody. */
#define RANK_NOT_UP 0x40000000u
#define RANK_GUARDED 0x80000000u

static const char *const verdict_names[VERDICTS] = {"undecided", "up", "down", "disabled"};

/* The attributes of each wish that announces. */
static const enum node_attributes wish_sets[WISHES] = {
	[WISH_UP] = ATTRIBUTES_UP,
	[WISH_DOWN] = ATTRIBUTES_DOWN,
	[WISH_DISABLED] = ATTRIBUTES_DISABLED,
	[WISH_DRAIN] = ATTRIBUTES_DRAIN,
};

unsigned
node_rank(unsigned rank)
{
	return rank & ~(RANK_NOT_UP | RANK_GUARDED);
}

const char *
verdict_name(enum verdict verdict)
{
	return verdict_names[verdict];
}

void
node_init(struct node *node, const struct node_config *config, unsigned owner, unsigned rank, struct nodes *nodes)
{
	*node = (struct node){.config = config, .nodes = nodes, .owner = owner, .rank = rank};
}

/* Routes. */

bool
node_each_route(const struct node *node, node_call *call, void *context)
{
	const struct node_config *config = node->config;
	struct route_key key = {.has_path_id = config->path_id != OPTION_UNSET};
	bool done = true;

	if (key.has_path_id)
		key.path_id = (uint32_t)config->path_id;
	for (size_t i = 0; i < config->prefixes.count; i++) {
		key.prefix = config->networks[i];
		key.neighbor = NULL;
		if (config->neighbors.count == 0)
			done &= call(node, &key, i, context);
		for (size_t j = 0; j < config->neighbors.count; j++) {
			key.neighbor = config->neighbors.items[j];
			done &= call(node, &key, i, context);
		}
	}
	return done;
}

static bool
route_claim(const struct node *node, const struct route_key *key, size_t prefix, void *context)
{
	(void)prefix;
	(void)context;
	return ledger_claim(node->nodes->ledger, key, node->owner, node->rank);
}

static bool
route_release(const struct node *node, const struct route_key *key, size_t prefix, void *context)
{
	(void)prefix;
	(void)context;
	ledger_release(node->nodes->ledger, key, node->owner);
	return true;
}

bool
node_announces(const struct node *node)
{
	return node->end != NODE_ENDED && node->wish != WISH_NOTHING && node->wish != WISH_WITHDRAW;
}

/* What to announce a prefix with; NULL: withdraw. */
static const char *
node_text(const struct node *node, size_t prefix)
{
	enum node_attributes set = wish_sets[node->wish];

	if (!node_announces(node))
		return NULL;
	if (node->end == NODE_ENDING && node->wish == WISH_UP)
		set = ATTRIBUTES_DRAIN;
	return node_attributes_text(node->config, set, prefix);
}

static bool
route_say(const struct node *node, const struct route_key *key, size_t prefix, void *context)
{
	struct ledger *ledger = node->nodes->ledger;
	const char *text = node_text(node, prefix);
	unsigned rank = node->rank;

	(void)context;
	if (node->guarded)
		rank |= RANK_GUARDED;
	else if (node->wish != WISH_UP)
		rank |= RANK_NOT_UP;
	if (text == NULL)
		return ledger_withdraw(ledger, key, node->owner, rank);
	return ledger_announce(ledger, key, node->owner, rank, text);
}

/* Say what is wished; nothing is: claim, which tells the rank. */
static void
node_say(struct node *node)
{
	bool nothing = node->wish == WISH_NOTHING && node->end != NODE_ENDED;
	bool said = node_each_route(node, nothing ? route_claim : route_say, NULL);

	if (!said && !node->unsaid)
		log_errorx("out of memory for the routes of %s: trying again at its next result", node->config->name);
	node->unsaid = !said;
}

bool
node_claim(struct node *node)
{
	return node_each_route(node, route_claim, NULL);
}

void
node_release(struct node *node)
{
	node_each_route(node, route_release, NULL);
	nodes_disarm(node);
	guard_let(node->nodes, node);
	guard_forget(node->nodes, node);
}

static bool
list_same(const struct string_list *a, const struct string_list *b)
{
	bool same = a->count == b->count;

	for (size_t i = 0; same && i < a->count; i++)
		same = strcmp(a->items[i], b->items[i]) == 0;
	return same;
}

bool
node_same_routes(const struct node_config *a, const struct node_config *b)
{
	return a->path_id == b->path_id && list_same(&a->prefixes, &b->prefixes) && list_same(&a->neighbors, &b->neighbors);
}

/* For its routes only. */
static struct node
node_as(const struct node *node, const struct node_config *config, unsigned owner, unsigned rank)
{
	struct node other = *node;

	other.config = config;
	other.owner = owner;
	other.rank = rank;
	return other;
}

bool
node_claim_as(const struct node *node, const struct node_config *config, unsigned owner, unsigned rank)
{
	const struct node other = node_as(node, config, owner, rank);

	return node_each_route(&other, route_claim, NULL);
}

void
node_release_as(const struct node *node, const struct node_config *config, unsigned owner)
{
	const struct node other = node_as(node, config, owner, node->rank);

	node_each_route(&other, route_release, NULL);
}

/* Wishes. */

static enum node_wish
wish_or_withdraw(const struct node *node, enum node_wish wish)
{
	return node->config->texts[wish_sets[wish]] != NULL ? wish : WISH_WITHDRAW;
}

/* What the verdict leads to, but for what drains and what is guarded. */
static enum node_wish
wish_of(const struct node *node, enum verdict verdict)
{
	switch (verdict) {
	case VERDICT_UP:
		return WISH_UP;
	case VERDICT_DOWN:
		return wish_or_withdraw(node, WISH_DOWN);
	case VERDICT_DISABLED:
		return wish_or_withdraw(node, WISH_DISABLED);
	case VERDICT_NONE:
	case VERDICTS:
		break;
	}
	return WISH_NOTHING;
}

/* Its timer is that of drain_time: one that is guarded may have this wish too, for as long as the guard refuses. */
static bool
node_draining(const struct node *node)
{
	return node->wish == WISH_DRAIN && !node->guarded;
}

static enum node_effect
effect_of(enum node_wish wish)
{
	return wish == WISH_DRAIN ? NODE_DRAINS : wish == WISH_WITHDRAW ? NODE_WITHDREW : NODE_ANNOUNCED;
}

static enum node_effect
node_wish(struct node *node, enum node_wish wish)
{
	guard_let(node->nodes, node);
	node->wish = wish;
	if (wish != WISH_WITHDRAW)
		guard_forget(node->nodes, node);
	node_say(node);
	return effect_of(wish);
}

/* What is announced with the node's own attributes drains. */
static bool
node_drains(struct node *node, monotime_t now)
{
	if (node->config->texts[ATTRIBUTES_DRAIN] == NULL || node->wish != WISH_UP)
		return false;
	node->drained = monotime_add(now, node->config->drain_time_ns);
	return true;
}

/* The verdict is what it is: wish what it leads to. */
static enum node_effect
node_follow(struct node *node, monotime_t now)
{
	enum node_wish wish = wish_of(node, node->verdict);

	if (node->verdict == VERDICT_DISABLED && node_drains(node, now)) {
		nodes_arm(node, node->drained);
		return node_wish(node, WISH_DRAIN);
	}
	node->drained = (monotime_t){0};
	if (node->verdict == VERDICT_DOWN && wish == WISH_WITHDRAW && node->wish != WISH_WITHDRAW &&
	    !guard_permits(node->nodes, node, now)) {
		guard_hold(node->nodes, node, now);
		node_say(node); /* its rank is another one */
		return NODE_GUARDED;
	}
	return node_wish(node, wish);
}

/* Verdicts. */

/* The verdict is as it was. */
static void
node_tell(const struct node *node, enum node_effect effect, enum node_cause cause, const char *reason, monotime_t now)
{
	const struct node_change change = {node, node->verdict, node->verdict, node->since, effect, cause, reason, now};

	node->nodes->changed(node->nodes->context, &change);
}

/* How long results may not change the verdict. */
static int64_t
node_least(const struct node *node)
{
	return node->verdict == VERDICT_UP ? node->config->min_up_ns :
	    node->verdict == VERDICT_DOWN ? node->config->min_down_ns : 0;
}

static bool
node_waits(const struct node *node)
{
	return node->proven && node->found != node->verdict && node->found != VERDICT_DISABLED;
}

bool
node_held(const struct node *node, monotime_t *until)
{
	if (!node_waits(node))
		return false;
	*until = monotime_add(node->since, node_least(node));
	return true;
}

static enum node_effect
node_turn(struct node *node, enum node_cause cause, const char *reason, monotime_t now)
{
	struct node_change change = {.node = node, .before = node->verdict, .after = node->found, .since = node->since,
	    .cause = cause, .reason = reason, .now = now};

	nodes_disarm(node);
	node->verdict = node->found;
	node->since = now;
	change.effect = node_follow(node, now);
	node->nodes->changed(node->nodes->context, &change);
	return change.effect;
}

/* What a predecessor wished is wished again, as far as the configuration still has it. */
static enum node_effect
node_go_on(struct node *node, monotime_t now)
{
	enum node_wish left = node->left;

	node->left = WISH_NOTHING;
	if (left == WISH_NOTHING)
		return NODE_SAME;
	node->wish = wish_of(node, node->verdict);
	if (left == WISH_DRAIN && node->verdict == VERDICT_DISABLED && node->config->texts[ATTRIBUTES_DRAIN] != NULL &&
	    monotime_before(now, node->drained)) {
		node->wish = WISH_DRAIN;
		nodes_arm(node, node->drained);
	} else {
		node->drained = (monotime_t){0};
	}
	if (node->guarded_at.ns != 0 && node->wish == WISH_WITHDRAW && left != WISH_WITHDRAW) {
		node->wish = left;
		guard_hold(node->nodes, node, node->guarded_at);
		guard_ask_again(node->nodes);
	}
	if (node->wish != WISH_WITHDRAW)
		guard_forget(node->nodes, node);
	node_say(node);
	return node->guarded ? NODE_GUARDED : effect_of(node->wish);
}

/* The finding is the verdict. effect: what has become of it by now. */
static enum node_effect
node_confirm(struct node *node, bool proof, enum node_effect effect, enum node_cause cause, const char *reason,
    monotime_t now)
{
	if (!node_draining(node))
		nodes_disarm(node);
	if (node->wish == WISH_NOTHING && !node->guarded)
		effect = node_follow(node, now);
	if (proof || effect != NODE_SAME || cause == CAUSE_OVERRIDE)
		node_tell(node, effect, cause, reason, now);
	return effect;
}

bool
node_news(const struct node *node, enum verdict found)
{
	return !node->proven || found != node->verdict || node->wish == WISH_NOTHING;
}

enum node_effect
node_found(struct node *node, enum verdict found, enum node_cause cause, const char *reason, monotime_t now)
{
	bool proof = !node->proven, waits = node_waits(node) && found == node->found;
	enum node_effect effect = node_go_on(node, now);
	monotime_t until;

	node->proven = true;
	node->found = found;
	if (node->unsaid)
		node_say(node);
	if (found == node->verdict)
		return node_confirm(node, proof, effect, cause, reason, now);
	if (waits) /* for its timer, even if that is due: others may be due before it */
		return NODE_SAME;
	if (!node_held(node, &until) || !monotime_before(now, until))
		return node_turn(node, cause, reason, now);
	nodes_arm(node, until);
	node_tell(node, NODE_HELD, cause, reason, now);
	return NODE_HELD;
}

void
node_timer(struct node *node, monotime_t now)
{
	enum node_effect effect;

	if (node_waits(node)) {
		node_turn(node, CAUSE_TIME, node->verdict == VERDICT_UP ? "min_up is over" : "min_down is over", now);
	} else if (node_draining(node)) {
		node->drained = (monotime_t){0};
		effect = node_wish(node, wish_of(node, node->verdict));
		node_tell(node, effect, CAUSE_DRAINED, "drain_time is over", now);
	}
}

void
node_permitted(struct node *node, monotime_t now)
{
	node_tell(node, node_wish(node, WISH_WITHDRAW), CAUSE_GUARD, "the guard permits it now", now);
}

enum verdict
node_verdict(const struct node *node)
{
	return node->proven ? node->verdict : VERDICT_NONE;
}

/* Reloads, and going on. */

void
node_reconfigure(struct node *node, const struct node_config *config, unsigned owner, unsigned rank)
{
	const struct node before = *node;
	monotime_t until;

	node->config = config;
	node->owner = owner;
	node->rank = rank;
	if (node->wish == WISH_DRAIN && config->texts[ATTRIBUTES_DRAIN] == NULL)
		node->drained = (monotime_t){0};
	/* What drains does so until its timer comes, overdue or not. */
	if (!node->guarded && node->wish != WISH_NOTHING &&
	    (node->wish != WISH_DRAIN || config->texts[ATTRIBUTES_DRAIN] == NULL))
		node->wish = wish_of(node, node->verdict);
	if (node->guarded && config->texts[ATTRIBUTES_DOWN] != NULL)
		node_wish(node, WISH_DOWN);
	else if (node->guarded && owner != before.owner)
		node->wish = WISH_NOTHING; /* what it keeps announced is held; nothing new is announced for what is down */
	if (node->wish != WISH_WITHDRAW && node->wish != WISH_NOTHING)
		guard_forget(node->nodes, node);
	node_say(node);
	if (node_held(node, &until))
		nodes_arm(node, until);
	else if (!node_draining(node))
		nodes_disarm(node);
	if (owner != before.owner)
		node_each_route(&before, route_release, NULL);
}

void
node_resume(struct node *node)
{
	monotime_t until;

	node_say(node);
	guard_restore(node->nodes, node);
	if (node_held(node, &until))
		nodes_arm(node, until);
	else if (node_draining(node))
		nodes_arm(node, node->drained);
}

/* The end. */

int64_t
node_drain_time(const struct node *node, monotime_t begun, int64_t limit_ns, monotime_t now)
{
	int64_t time_ns = node->config->drain_time_ns;
	monotime_t end;

	if (node->end == NODE_ENDED || (node->wish != WISH_UP && !node_draining(node)))
		return 0;
	end = monotime_add(begun, time_ns < limit_ns ? time_ns : limit_ns);
	if (node_draining(node))
		end = monotime_min(end, node->drained);
	return monotime_left(end, now);
}

void
node_stop(struct node *node, enum node_end end)
{
	if (node->end == end)
		return;
	node->end = end;
	if (end == NODE_ENDED) {
		nodes_disarm(node);
		guard_let(node->nodes, node);
	}
	node_say(node);
}
