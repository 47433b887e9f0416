/*
 * What is known of routes at the start: from a predecessor's journal, or from this process's former program. Touches the
 * ledger only. Invariant: whatever is not known stays unknown, so that it is withdrawn before it is relied upon.
 */
#include "route_internal.h"

/* Find or make the route, and a text for its attributes if there are any; NULL: out of memory. */
static struct route *
ledger_know(struct ledger *ledger, const struct route_key *key, const char *attributes, struct text **text)
{
	struct route *route;

	*text = attributes != NULL ? text_new(attributes) : NULL;
	if (attributes != NULL && *text == NULL)
		return NULL;
	if ((route = ledger_route(ledger, key)) == NULL)
		text_release(*text);
	return route;
}

bool
ledger_carry(struct ledger *ledger, const struct route_key *key, const char *attributes)
{
	struct text *text;
	struct route *route = ledger_know(ledger, key, attributes, &text);

	if (route == NULL)
		return false;
	ledger->changes++;
	wish_set(&route->kept, attributes != NULL ? ROUTE_ANNOUNCED : ROUTE_WITHDRAWN, text);
	route->carried = attributes != NULL;
	text_release(text);
	if (!SLIST_EMPTY(&route->owners))
		route_decide(ledger, route);
	return true;
}

struct route_left
route_leave(const struct route *route)
{
	return (struct route_left){
		.sent = route->sent.status,
		.kept = route->kept.status,
		.sent_by_all = route->sent_by_all,
		.carried = route->carried,
		.held = route->held && !route->follows,
		.sent_attributes = wish_attributes(&route->sent),
		.kept_attributes = wish_attributes(&route->kept),
	};
}

bool
ledger_restore(struct ledger *ledger, const struct route_key *key, const struct route_left *left)
{
	struct text *sent, *kept = left->kept_attributes != NULL ? text_new(left->kept_attributes) : NULL;
	struct route *route = NULL;

	if (kept != NULL || left->kept_attributes == NULL)
		route = ledger_know(ledger, key, left->sent_attributes, &sent);
	if (route != NULL) {
		ledger->changes++;
		wish_set(&route->sent, left->sent, sent);
		wish_set(&route->kept, left->kept, kept);
		route->sent_by_all = left->sent_by_all;
		route->carried = left->carried;
		route->acked = left->sent;
		if (left->held)
			route_desire(ledger, route, &(struct decision){{left->kept, kept}, true, false});
		text_release(sent);
	}
	text_release(kept);
	return route != NULL;
}

size_t
ledger_settle(struct ledger *ledger)
{
	struct route *route, *next;
	size_t unclaimed = 0;

	for (route = route_first(ledger); route != NULL; route = next) {
		if (SLIST_EMPTY(&route->owners)) {
			unclaimed += route->kept.status == ROUTE_ANNOUNCED;
			route_decide(ledger, route);
		}
		next = route_next(route);
		route_tidy(ledger, route);
	}
	return unclaimed;
}
