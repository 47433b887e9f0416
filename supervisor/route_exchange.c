/*
 * What was said of each route and what ExaBGP answered. Touches the ledger only. Invariant: what was written is
 * modelled in the order of writing, so that the commands replayed give the desired routes whenever nothing is pending.
 *
 * Overlap: a command without neighbor acts on every neighbor, so what it says also becomes what was said on
 * the routes of the same prefix and path id with a neighbor; where that is not what they desire, they are
 * said again after it. So a check that narrows its neighbors from all to some makes "withdraw" for all and "announce"
 * for each of these as soon as that is answered: there is no command that leaves a neighbor out. ExaBGP 4.2 sends both
 * on, so that such a neighbor is without the route for about a millisecond. Widening from some to all moves nothing at
 * these.
 */
#include <stdlib.h>
#include <string.h>

#include "../common/result.h"
#include "route_internal.h"

#define ERROR_TEXT_MAX 200

/* There is something new to see of this route. */
static void
route_touch(struct ledger *ledger, struct route *route)
{
	route->news = ++ledger->news;
}

/* What was said last on this route is no longer known. */
static void
route_lose(struct ledger *ledger, struct route *route)
{
	struct route *one;

	ledger->changes++;
	route_touch(ledger, route);
	wish_set(&route->sent, ROUTE_UNKNOWN, NULL);
	route->sent_by_all = false;
	if (route->key.neighbor != NULL)
		return;
	for (one = family_next(route); one != NULL; one = family_next(one))
		if (one->sent_by_all) {
			route_touch(ledger, one);
			wish_set(&one->sent, ROUTE_UNKNOWN, NULL);
			one->sent_by_all = false;
			route_refresh(ledger, one, false);
		}
}

static void
route_news(struct ledger *ledger, const struct route *route, enum route_news news)
{
	if (ledger->said != NULL)
		ledger->said(ledger->said_context, route, news);
}

/* Nothing is left at ExaBGP under this very key. */
static void
route_gone(struct ledger *ledger, struct route *route)
{
	if (route->kept.status == ROUTE_UNKNOWN)
		return;
	ledger->changes++;
	route_touch(ledger, route);
	wish_set(&route->kept, ROUTE_UNKNOWN, NULL);
	route_news(ledger, route, ROUTE_NEWS_GONE);
}

/* An announcement of its own is desired, not that of the route for all. */
static bool
route_own(const struct route *route)
{
	return route->desired.status == ROUTE_ANNOUNCED && !route->follows;
}

/* Note in `kept` what is said, and tell: what is only said again is no news. */
static void
route_keep(struct ledger *ledger, struct route *route)
{
	bool own = route_own(route);
	const struct wish said = {own ? ROUTE_ANNOUNCED : ROUTE_WITHDRAWN, own ? route->desired.attributes : NULL};
	bool news = !wish_equal(&said, &route->kept);

	ledger->changes++;
	route->carried &= route->held;
	route->aged = false;
	wish_set(&route->kept, said.status, said.attributes);
	if (news)
		route_news(ledger, route, own ? ROUTE_NEWS_ANNOUNCE : ROUTE_NEWS_WITHDRAW);
}

void
route_adopt(struct ledger *ledger, struct route *route)
{
	if (!route->sent_by_all || !wish_equal(&route->desired, &route->sent))
		return;
	if (route_own(route) ? !wish_equal(&route->desired, &route->kept) : route->kept.status == ROUTE_ANNOUNCED)
		route_keep(ledger, route);
}

/* What is said to all reaches every neighbor. */
static void
route_sent_to_all(struct ledger *ledger, struct route *route)
{
	struct route *one, *next;

	for (one = family_next(route); one != NULL; one = next) {
		next = family_next(one);
		ledger->changes++;
		route_touch(ledger, one);
		wish_set(&one->sent, route->sent.status, route->sent.attributes);
		one->sent_by_all = true;
		route_refresh(ledger, one, true);
		route_adopt(ledger, one);
		route_tidy(ledger, one);
	}
}

void
route_sent(struct ledger *ledger, struct route *route)
{
	if (route->in_flight < ROUTE_IN_FLIGHT_MAX) {
		if (route->desired.status == ROUTE_ANNOUNCED)
			route->unanswered |= UINT32_C(1) << route->in_flight;
		route->in_flight++;
	}
	route_touch(ledger, route);
	wish_set(&route->sent, route->desired.status, route->desired.attributes);
	route->sent_by_all = false;
	route_dequeue(ledger, route);
	route_keep(ledger, route);
	if (route->key.neighbor == NULL)
		route_sent_to_all(ledger, route);
}

static void
route_set_error(struct route *route, const char *text)
{
	free(route->error);
	route->error = text != NULL ? strndup(text, ERROR_TEXT_MAX) : NULL;
	if (route->error != NULL)
		text_sanitise(route->error);
}

/* proven: ExaBGP said so. Otherwise what was withdrawn counts as gone after a while only, see ledger_age. */
static void
route_done(struct ledger *ledger, struct route *route, enum route_status status, bool proven)
{
	struct route *one, *next;

	route_touch(ledger, route);
	route->acked = status;
	route->backoff_ns = 0;
	route_set_error(route, NULL);
	if (proven && route->in_flight == 0 && route->kept.status == ROUTE_WITHDRAWN)
		route_gone(ledger, route);
	if (route->key.neighbor != NULL)
		return;
	for (one = family_next(route); one != NULL; one = next) {
		next = family_next(one);
		if (one->in_flight > 0)
			continue;
		route_touch(ledger, one);
		one->acked = status;
		if (proven && route->in_flight == 0 && one->sent_by_all && one->queue == QUEUE_NONE && !route_own(one))
			route_gone(ledger, one);
		route_tidy(ledger, one);
	}
}

static void
route_refused(struct ledger *ledger, struct route *route, const char *text, monotime_t now)
{
	bool still_desired = wish_equal(&route->desired, &route->sent) && !route->held;

	route_touch(ledger, route);
	route_set_error(route, text != NULL ? text : "refused");
	/* A later command decides what ExaBGP has. */
	if (route->in_flight > 0)
		return;
	route_lose(ledger, route);
	if (still_desired)
		route_enqueue_retry(ledger, route, now);
	else
		route_refresh(ledger, route, false);
}

/* What the oldest unanswered command said, which is answered now. */
static enum route_status
route_answered(struct route *route)
{
	enum route_status status = (route->unanswered & 1) != 0 ? ROUTE_ANNOUNCED : ROUTE_WITHDRAWN;

	route->in_flight--;
	route->unanswered >>= 1;
	return status;
}

void
route_assume(struct ledger *ledger, struct route *route)
{
	if (route->in_flight > 0)
		route_done(ledger, route, route_answered(route), false);
	route_tidy(ledger, route);
}

void
route_answer(struct ledger *ledger, struct route *route, bool done, const char *text, monotime_t now)
{
	enum route_status status;

	if (route->in_flight == 0)
		return;
	status = route_answered(route);
	if (done)
		route_done(ledger, route, status, true);
	else
		route_refused(ledger, route, text, now);
	/* It may have waited for room, others for this answer. */
	if ((route->queue == QUEUE_ANNOUNCE || route->queue == QUEUE_WITHDRAW ||
	    !TAILQ_EMPTY(&ledger->announces)) && ledger->wake != NULL)
		ledger->wake(ledger->wake_context);
	route_tidy(ledger, route);
}

void
ledger_resend(struct ledger *ledger, bool all)
{
	struct route *route, *next;

	for (route = route_first(ledger); route != NULL; route = next) {
		next = route_next(route);
		/* What is held was not proven to be wanted. */
		if (!all && (route->desired.status != ROUTE_ANNOUNCED || route->held))
			continue;
		/* What the old state refused, the new one may take. */
		if (all)
			route_retry_now(ledger, route);
		ledger->changes++;
		wish_set(&route->sent, ROUTE_UNKNOWN, NULL);
		route->sent_by_all = false;
		route_refresh(ledger, route, false);
		route_tidy(ledger, route);
	}
}

void
ledger_age(struct ledger *ledger)
{
	struct route *route, *next;

	for (route = route_first(ledger); route != NULL; route = next) {
		next = route_next(route);
		if (route->kept.status != ROUTE_WITHDRAWN || route->queue != QUEUE_NONE || route->in_flight > 0)
			continue;
		if (route->aged)
			route_gone(ledger, route);
		route->aged = true;
		route_tidy(ledger, route);
	}
}
