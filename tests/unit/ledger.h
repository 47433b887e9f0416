/*
 * A ledger whose commands are taken out and answered by the test, and what it tells the journal. Part of the program
 * that includes it: one ledger at a time.
 */
#ifndef EXACHECK_TESTS_LEDGER_H
#define EXACHECK_TESTS_LEDGER_H

#include <check.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "../../supervisor/route.h"
#include "routes.h"
#include "unit.h"

static struct ledger *ledger;
static unsigned wakes;

static inline void
announce(struct route_key route, unsigned rank, const char *attributes)
{
	ck_assert(ledger_announce(ledger, &route, rank, rank, attributes));
}

static inline void
withdraw(struct route_key route, unsigned rank)
{
	ck_assert(ledger_withdraw(ledger, &route, rank, rank));
}

/* The next route as text, "-" when there is none; it is marked as sent. */
static inline const char *
say(monotime_t now)
{
	static char text[200];
	char prefix[PREFIX_TEXT_SIZE];
	struct route *route = ledger_next(ledger, now);
	const struct route_key *said;

	if (route == NULL)
		return "-";
	said = route_key(route);
	snprintf(text, sizeof(text), "%s %s %s", prefix_format(&said->prefix, prefix),
	    said->neighbor != NULL ? said->neighbor : "*",
	    route_desired(route) != NULL ? route_desired(route) : "withdraw");
	route_sent(ledger, route);
	return text;
}

struct search {
	struct route_key wanted;
	struct route *found;
};

static inline void
search_visit(void *context, const struct route *route)
{
	struct search *search = context;
	const struct route_key *found = route_key(route);
	union {
		const struct route *constant;
		struct route *route;
	} cast = {.constant = route};

	if (route_key_compare(found, &search->wanted) == 0)
		search->found = cast.route;
}

static inline struct route *
find(struct route_key wanted)
{
	struct search search = {.wanted = wanted};

	ledger_each(ledger, search_visit, &search);
	ck_assert_ptr_nonnull(search.found);
	return search.found;
}

static inline void
answer(struct route_key route, bool done, monotime_t now)
{
	route_answer(ledger, find(route), done, done ? NULL : "no\x01 such thing", now);
}

/* ExaBGP does as it was told, several times. */
static inline void
answers(struct route_key route, unsigned count)
{
	while (count-- > 0)
		answer(route, true, (monotime_t){0});
}

static inline void
claim(struct route_key route, unsigned owner, unsigned rank)
{
	ck_assert(ledger_claim(ledger, &route, owner, rank));
}

static inline void
release(struct route_key route, unsigned owner)
{
	ledger_release(ledger, &route, owner);
}

static inline void
carry(struct route_key route, const char *attributes)
{
	ck_assert(ledger_carry(ledger, &route, attributes));
}

static inline void
count_visit(void *context, const struct route *route)
{
	(void)route;
	(*(unsigned *)context)++;
}

/* Routes that the ledger knows. */
static inline unsigned
routes(void)
{
	unsigned count = 0;

	ledger_each(ledger, count_visit, &count);
	return count;
}

static char news[400];

/* "+KEY=attributes", "-KEY", ".KEY": what the journal is told. */
static inline void
said(void *context, const struct route *route, enum route_news what)
{
	static const char marks[] = {[ROUTE_NEWS_ANNOUNCE] = '+', [ROUTE_NEWS_WITHDRAW] = '-', [ROUTE_NEWS_GONE] = '.'};
	static const enum route_status statuses[] = {[ROUTE_NEWS_ANNOUNCE] = ROUTE_ANNOUNCED,
	    [ROUTE_NEWS_WITHDRAW] = ROUTE_WITHDRAWN, [ROUTE_NEWS_GONE] = ROUTE_UNKNOWN};
	char prefix[PREFIX_TEXT_SIZE];
	const char *attributes;
	size_t length = strlen(news);

	(void)context;
	ck_assert_int_eq(route_kept(route, &attributes), statuses[what]);
	snprintf(news + length, sizeof(news) - length, "%c%s%s%s%s%s ", marks[what],
	    prefix_format(&route_key(route)->prefix, prefix), route_key(route)->neighbor != NULL ? "@" : "",
	    route_key(route)->neighbor != NULL ? route_key(route)->neighbor : "", attributes != NULL ? "=" : "",
	    attributes != NULL ? attributes : "");
}

/* What was told since the last time. */
static inline const char *
told(void)
{
	static char text[sizeof(news)];

	memcpy(text, news, sizeof(text));
	news[0] = '\0';
	return text;
}

static inline void
wake(void *context)
{
	(*(unsigned *)context)++;
}

static inline void
setup(void)
{
	ledger = ledger_new();
	ck_assert_ptr_nonnull(ledger);
	wakes = 0;
	ledger_on_pending(ledger, wake, &wakes);
	ledger_on_said(ledger, said, NULL);
	news[0] = '\0';
}

static inline void
teardown(void)
{
	ledger_free(ledger);
}

#define A key("192.0.2.1/32", NULL)
#define A_N1 key("192.0.2.1/32", "10.0.0.1")
#define A_N2 key("192.0.2.1/32", "10.0.0.2")
#define B key("192.0.2.2/32", NULL)

#endif
