/*
 * The guard's two rules and its books. Touches nodes' places in its queues, asks the ledger. Invariant: `lost` is the
 * sum of what the nodes in `losses` lost, none of it older than the window whenever it is used.
 */
#include "guard.h"

#include "nodes.h"

#define PARTS 1000000 /* of max_withdraw_ppm */

void
guard_init(struct guard *guard)
{
	*guard = (struct guard){.options = NULL};
	TAILQ_INIT(&guard->guarded);
	TAILQ_INIT(&guard->losses);
}

static bool
guard_limits(const struct guard *guard)
{
	return guard->options != NULL && guard->options->window_ns > 0 &&
	    guard->options->max_withdraw_ppm != OPTION_UNSET;
}

static monotime_t
loss_end(const struct guard *guard, const struct node *node)
{
	return monotime_add(node->lost_at, guard->options->window_ns);
}

void
guard_forget(struct nodes *nodes, struct node *node)
{
	if (node->lost == 0)
		return;
	TAILQ_REMOVE(&nodes->guard.losses, node, by_loss);
	nodes->guard.lost -= node->lost;
	nodes->guard.changed = true;
	node->lost = 0;
}

/* Without a limit nothing is counted. */
static void
guard_expire(struct nodes *nodes, monotime_t now)
{
	struct guard *guard = &nodes->guard;
	struct node *node;

	while ((node = TAILQ_FIRST(&guard->losses)) != NULL &&
	    (!guard_limits(guard) || !monotime_before(now, loss_end(guard, node))))
		guard_forget(nodes, node);
}

void
guard_reconfigure(struct nodes *nodes, const struct guard_options *options, monotime_t now)
{
	guard_expire(nodes, now);
	nodes->guard.options = options;
	guard_expire(nodes, now);
	guard_ask_again(nodes);
}

/* Losing the oldest last. */
static void
loss_insert(struct guard *guard, struct node *node)
{
	struct node *before = TAILQ_LAST(&guard->losses, node_queue);

	while (before != NULL && monotime_before(node->lost_at, before->lost_at))
		before = TAILQ_PREV(before, node_queue, by_loss);
	if (before != NULL)
		TAILQ_INSERT_AFTER(&guard->losses, before, node, by_loss);
	else
		TAILQ_INSERT_HEAD(&guard->losses, node, by_loss);
	guard->lost += node->lost;
}

static void
guarded_insert(struct guard *guard, struct node *node)
{
	struct node *before = TAILQ_LAST(&guard->guarded, node_queue);

	while (before != NULL && monotime_before(node->guarded_at, before->guarded_at))
		before = TAILQ_PREV(before, node_queue, by_guard);
	if (before != NULL)
		TAILQ_INSERT_AFTER(&guard->guarded, before, node, by_guard);
	else
		TAILQ_INSERT_HEAD(&guard->guarded, node, by_guard);
	guard->count++;
}

static bool
route_count_lost(const struct node *node, const struct route_key *key, size_t prefix, void *context)
{
	size_t *lost = context;

	(void)prefix;
	*lost += ledger_would_lose(node->nodes->ledger, key, node->owner);
	return true;
}

/* max_withdraw of all routes. */
static bool
loss_fits(const struct nodes *nodes, size_t more)
{
	const struct guard *guard = &nodes->guard;
	int64_t all = (int64_t)(ledger_announced(nodes->ledger) + guard->lost);

	return !guard_limits(guard) || (int64_t)(guard->lost + more) * PARTS <= all * guard->options->max_withdraw_ppm;
}

bool
guard_permits(struct nodes *nodes, struct node *node, monotime_t now)
{
	struct guard *guard = &nodes->guard;
	size_t more = 0;

	guard_expire(nodes, now);
	if (guard->willed != NULL && guard->willed(guard->context, node))
		return true;
	node_each_route(node, route_count_lost, &more);
	if (more == 0)
		return true;
	if (!loss_fits(nodes, more) || (guard->keeps_last != NULL && guard->keeps_last(guard->context, node)))
		return false;
	guard_forget(nodes, node);
	node->lost = more;
	node->lost_at = now;
	loss_insert(guard, node);
	return true;
}

void
guard_hold(struct nodes *nodes, struct node *node, monotime_t now)
{
	if (node->guarded)
		return;
	node->guarded = true;
	node->guarded_at = now;
	guarded_insert(&nodes->guard, node);
}

void
guard_let(struct nodes *nodes, struct node *node)
{
	if (node->guarded) {
		TAILQ_REMOVE(&nodes->guard.guarded, node, by_guard);
		nodes->guard.count--;
	}
	node->guarded = false;
	node->guarded_at = (monotime_t){0};
}

void
guard_restore(struct nodes *nodes, struct node *node)
{
	if (node->guarded)
		guarded_insert(&nodes->guard, node);
	if (node->lost > 0)
		loss_insert(&nodes->guard, node);
	guard_ask_again(nodes);
}

void
guard_ask_again(struct nodes *nodes)
{
	nodes->guard.changed = true;
}

/* What is permitted changes what comes after it: begin anew each time. */
void
guard_review(struct nodes *nodes, monotime_t now)
{
	struct guard *guard = &nodes->guard;
	struct node *node = TAILQ_FIRST(&guard->guarded);

	if (node == NULL)
		return;
	guard_expire(nodes, now);
	if (!guard->changed && guard->refused_at == ledger_changes(nodes->ledger))
		return;
	while (node != NULL)
		if (guard_permits(nodes, node, now)) {
			node_permitted(node, now);
			node = TAILQ_FIRST(&guard->guarded);
		} else
			node = TAILQ_NEXT(node, by_guard);
	guard->changed = false;
	guard->refused_at = ledger_changes(nodes->ledger);
}

monotime_t
guard_next(const struct nodes *nodes)
{
	const struct guard *guard = &nodes->guard;

	if (TAILQ_EMPTY(&guard->guarded) || TAILQ_EMPTY(&guard->losses) || !guard_limits(guard))
		return MONOTIME_NEVER;
	return loss_end(guard, TAILQ_FIRST(&guard->losses));
}
