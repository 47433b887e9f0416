/*
 * Timers of nodes. Touches the nodes. Invariant: what falls due happens in the order of its time, before anything that
 * comes later.
 */
#include "nodes.h"

static int
due_compare(const struct node *a, const struct node *b)
{
	if (a->due.ns != b->due.ns)
		return a->due.ns < b->due.ns ? -1 : 1;
	return a->owner < b->owner ? -1 : a->owner > b->owner;
}

/* Not the _STATIC form: it leaves unused functions that compilers warn of. */
RB_GENERATE_INTERNAL(node_timers, node, by_due, due_compare, __attribute__((unused)) static)

void
nodes_init(struct nodes *nodes, struct ledger *ledger, void (*changed)(void *, const struct node_change *),
    void *context)
{
	*nodes = (struct nodes){.ledger = ledger, .changed = changed, .context = context};
	RB_INIT(&nodes->timers);
	guard_init(&nodes->guard);
}

void
nodes_disarm(struct node *node)
{
	if (node->timed)
		RB_REMOVE(node_timers, &node->nodes->timers, node);
	node->timed = false;
}

void
nodes_arm(struct node *node, monotime_t due)
{
	nodes_disarm(node);
	node->due = due;
	node->timed = true;
	RB_INSERT(node_timers, &node->nodes->timers, node);
}

void
nodes_begin(struct nodes *nodes, monotime_t now)
{
	struct node *node;

	while ((node = RB_MIN(node_timers, &nodes->timers)) != NULL && !monotime_before(now, node->due)) {
		nodes_disarm(node);
		node_timer(node, now);
	}
}

void
nodes_end(struct nodes *nodes, monotime_t now)
{
	guard_review(nodes, now);
}

monotime_t
nodes_next(const struct nodes *nodes)
{
	struct node_timers timers = nodes->timers;
	const struct node *first = RB_MIN(node_timers, &timers);
	monotime_t next = guard_next(nodes);

	return first != NULL ? monotime_min(first->due, next) : next;
}
