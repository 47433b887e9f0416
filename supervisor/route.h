/*
 * The ledger of routes: for every route (prefix, path id, neighbor) what its owners want, what is
 * therefore desired, what was last written to ExaBGP and what ExaBGP acknowledged. Pure: no clock, no
 * input or output; the channel pulls commands out of it, so a queue of any length holds one latest
 * command per route.
 *
 * What is desired of a route, in this order:
 * 1. an owner wants it announced: announced, with the attributes of the first such owner in the file;
 * 2. an owner is undecided, and ExaBGP may have the route announced, by a predecessor of ours, or, where no owner wants
 *    it withdrawn, by us for an owner that has been released since: it is held, nothing is said before there is a verdict;
 * 3. it has a neighbor, and the route for all neighbors is announced: the same as that one;
 * 4. withdrawn. A route of which nothing is known is withdrawn as soon as it is claimed: a predecessor may have left
 *    it announced.
 *
 * Wishes that change before they are written coalesce, so those of one turn of the event loop count as one change;
 * of what one such change wants said, announces go out before withdraws, except where a neighbor may take both for one
 * route (route_queue.c).
 */
#ifndef EXACHECK_ROUTE_H
#define EXACHECK_ROUTE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "../common/address.h"
#include "../common/monotime.h"

struct route_key {
	struct prefix prefix;
	bool has_path_id;
	uint32_t path_id;
	const char *neighbor; /* canonical address, NULL: all neighbors */
};

enum route_status {
	ROUTE_UNKNOWN,	 /* never said: a predecessor may have announced it */
	ROUTE_ANNOUNCED,
	ROUTE_WITHDRAWN,
};

struct ledger;
struct route;

struct ledger *ledger_new(void);
void ledger_free(struct ledger *);

/* Orders keys: the same prefix and path id together, of these the route for all neighbors first. */
int route_key_compare(const struct route_key *, const struct route_key *);

/*
 * Owners. owner: a number that is one owner's for ever; rank: its place in the configuration, which may change.
 * Each of these makes the owner when the route does not have it yet, and gives it the rank. False: out of memory, and
 * nothing has changed.
 */

/* The owner exists; it keeps its wish, and is undecided when it has none. */
bool ledger_claim(struct ledger *, const struct route_key *, unsigned owner, unsigned rank);
/* It wants the route announced with these attributes (copied), or withdrawn. */
bool ledger_announce(struct ledger *, const struct route_key *, unsigned owner, unsigned rank, const char *attributes);
bool ledger_withdraw(struct ledger *, const struct route_key *, unsigned owner, unsigned rank);

/*
 * It has nothing to do with the route any more. A route without owners is withdrawn, and forgotten once that is
 * acknowledged. Needs no memory.
 */
void ledger_release(struct ledger *, const struct route_key *, unsigned owner);

/*
 * Whether the route is desired announced, or held, by itself (not for following the route for all neighbors), and would
 * be withdrawn, or would not be, if this owner wanted that. And how many routes are.
 */
bool ledger_would_lose(struct ledger *, const struct route_key *, unsigned owner);
bool ledger_would_keep(struct ledger *, const struct route_key *, unsigned owner);
size_t ledger_announced(const struct ledger *);
/* A number that is another one when any of these three answers may be. */
uint64_t ledger_changes(const struct ledger *);

/* Every owner's wish is turned into withdraw: shutdown. */
void ledger_withdraw_all(struct ledger *);

/*
 * What is known at start, before or after owners claim; false: out of memory.
 * A predecessor announced the route with these attributes (NULL: it may have, and wanted it gone), and nobody knows
 * whether ExaBGP still has it.
 */
bool ledger_carry(struct ledger *, const struct route_key *, const char *attributes);
/*
 * What there is to know of a route when this very process executes its program anew, with nothing unanswered; and the
 * same route afterwards, before anyone claims. Texts: of a status that is ANNOUNCED, else NULL; the ledger's, or
 * copied.
 */
struct route_left {
	enum route_status sent, kept;
	bool sent_by_all, carried, held;
	const char *sent_attributes, *kept_attributes;
};
struct route_left route_leave(const struct route *);
bool ledger_restore(struct ledger *, const struct route_key *, const struct route_left *);
/* Everyone has claimed: routes that nobody claimed are withdrawn. Returns how many of them were announced. */
size_t ledger_settle(struct ledger *);

/* Called whenever a route becomes pending, so that the channel can wake up. One listener. */
void ledger_on_pending(struct ledger *, void (*wake)(void *), void *context);

/* What becomes of the route that ExaBGP may have under this very key. */
enum route_news {
	ROUTE_NEWS_ANNOUNCE, /* about to be written: announce with route_kept's attributes */
	ROUTE_NEWS_WITHDRAW, /* about to be written: withdraw, or the announcement of the route for all in its place */
	ROUTE_NEWS_GONE,     /* that was acknowledged, with nothing later unanswered */
};

/*
 * Called with each of these that is news, before the command is written. The ledger must not be changed in it; a route
 * that is GONE may be freed afterwards. One listener.
 */
void ledger_on_said(struct ledger *, void (*said)(void *, const struct route *, enum route_news), void *context);

/*
 * The next route whose desired state differs from what was sent, skipping those that wait for a retry until after
 * now; NULL: none. It stays pending until route_sent.
 */
struct route *ledger_next(struct ledger *, monotime_t now);

/* When a waiting retry falls due; MONOTIME_NEVER: none waits. */
monotime_t ledger_next_retry(const struct ledger *);

const struct route_key *route_key(const struct route *);
/* What to say now: attributes to announce with, NULL: withdraw. Valid until the ledger changes. */
const char *route_desired(const struct route *);
/* What was last written and what ExaBGP acknowledged. */
enum route_status route_sent_status(const struct route *);
enum route_status route_acked_status(const struct route *);
const char *route_sent_attributes(const struct route *); /* NULL unless sent announced */
/*
 * What ExaBGP may have under this very key, said or carried. ANNOUNCED, with attributes; WITHDRAWN: it is to go, which
 * is not acknowledged yet; UNKNOWN: nothing, as far as is known. attributes (may be NULL) is set, to NULL unless
 * ANNOUNCED.
 */
enum route_status route_kept(const struct route *, const char **attributes);
/* Nothing is said of it before an owner's verdict. */
bool route_held(const struct route *);
/* ExaBGP's words on the last refusal, NULL: none. */
const char *route_error(const struct route *);

/* The desired state is about to be written to ExaBGP. */
void route_sent(struct ledger *, struct route *);
/*
 * ExaBGP's answer to the oldest unanswered command of this route: done, or refused with a text. The route may be
 * freed; one with an unanswered command never is.
 */
void route_answer(struct ledger *, struct route *, bool done, const char *text, monotime_t now);

/*
 * No answer will come to it: it is taken for done. A withdraw that is not acknowledged may yet be lost with us, so that
 * the route is not GONE, and is not forgotten, before the second ledger_age after it.
 */
void route_assume(struct ledger *, struct route *);
/* To be called from time to time, at intervals in which ExaBGP reads what it was sent. */
void ledger_age(struct ledger *);

/* Forget what was sent for routes that are desired announced (resync), or for all (ExaBGP lost its state). */
void ledger_resend(struct ledger *, bool all);

/*
 * What is there to see: the route of this key, NULL: there is none. ledger_news: another number whenever something was
 * said of a route or answered, or an owner may wish something else; route_news_of: that number when it was this route last.
 */
const struct route *ledger_look_up(const struct ledger *, const struct route_key *);
uint64_t ledger_news(const struct ledger *);
uint64_t route_news_of(const struct route *);
/* Its owners, in the order of their ranks; wish: UNKNOWN while undecided. */
void route_each_owner(const struct route *, void (*visit)(void *, unsigned rank, enum route_status wish), void *context);

size_t ledger_count(const struct ledger *, enum route_status sent);
size_t ledger_pending(const struct ledger *);
void ledger_each(const struct ledger *, void (*visit)(void *, const struct route *), void *context);
/* The first route whose key is this one or comes after it; after: only one that comes after it. NULL: there is none. */
const struct route *ledger_seek(const struct ledger *, const struct route_key *, bool after);

#endif
