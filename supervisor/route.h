/*
 * The ledger of routes: for every route (prefix, path id, neighbor) what its owners want, what is
 * therefore desired, what was last written to ExaBGP and what ExaBGP acknowledged. Pure: no clock, no
 * input or output; the channel pulls commands out of it, so a queue of any length holds one latest
 * command per route.
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

/*
 * An owner (rank: its place in the configuration; the lowest that wants the route decides its
 * attributes) wants the route announced with these attributes (copied), or withdrawn. The route is
 * desired announced while any owner wants it so, desired withdrawn once an owner said withdraw and none
 * wants it announced; before that nothing is desired and nothing is sent. False: out of memory.
 */
bool ledger_announce(struct ledger *, const struct route_key *, unsigned rank, const char *attributes);
bool ledger_withdraw(struct ledger *, const struct route_key *, unsigned rank);

/* Every owner's wish is turned into withdraw: shutdown. */
void ledger_withdraw_all(struct ledger *);

/* Called whenever a route becomes pending, so that the channel can wake up. One listener. */
void ledger_on_pending(struct ledger *, void (*wake)(void *), void *context);

/*
 * The next route whose desired state differs from what was sent, oldest first, skipping those that wait
 * for a retry until after now; NULL: none. It stays pending until route_sent.
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
/* ExaBGP's words on the last refusal, NULL: none. */
const char *route_error(const struct route *);

/* The desired state was just written to ExaBGP. */
void route_sent(struct ledger *, struct route *);
/* ExaBGP's answer to the oldest unanswered command of this route: done, or refused with a text. */
void route_answer(struct ledger *, struct route *, bool done, const char *text, monotime_t now);

/* Forget what was sent for routes that are desired announced (resync), or for all (ExaBGP lost its state). */
void ledger_resend(struct ledger *, bool all);

size_t ledger_count(const struct ledger *, enum route_status sent);
size_t ledger_pending(const struct ledger *);
void ledger_each(const struct ledger *, void (*visit)(void *, const struct route *), void *context);

#endif
