/*
 * Checks as those see them who only look: who hears of them is the chronicle. Part of the program that includes it.
 */
#ifndef EXACHECK_TESTS_SEEN_H
#define EXACHECK_TESTS_SEEN_H

#include <check.h>

#include "../../supervisor/channel.h"
#include "../../supervisor/checks.h"
#include "../../supervisor/chronicle.h"

/* The listener; its context is a chronicle. */
static inline void
seen_transition(void *context, const struct transition *transition)
{
	chronicle_transition(context, transition);
}

static inline void
seen_change(void *context, const struct node_change *change)
{
	chronicle_change(context, change);
}

/* ExaBGP is gone: nobody cares. */
static inline void
seen_ended(void *context, enum channel_end end)
{
	(void)context;
	(void)end;
}

/* The checks and groups of a configuration, of which there were none. */
static inline void
seen_begin(struct checks *checks, const struct config *config, monotime_t now)
{
	const struct config nothing = {0};
	struct plan *plan = plan_new(&nothing, config);

	ck_assert_ptr_nonnull(plan);
	ck_assert(checks_prepare(checks, plan, config));
	checks_commit(checks, now);
	plan_free(plan);
}

/* An execution that passes, or is refused. */
static inline void
seen_execute(struct check *check, bool pass, int64_t duration_ns, monotime_t now)
{
	struct result result;

	if (pass)
		result_pass(&result, "fine");
	else
		result_fail(&result, REASON_REFUSED, "nobody there");
	check_result(check, &result, duration_ns, now);
}

/* Everything that is to be said is said, and answered. */
static inline void
seen_exchange(struct ledger *ledger, bool accepted, monotime_t now)
{
	struct route *route;

	while ((route = ledger_next(ledger, now)) != NULL) {
		route_sent(ledger, route);
		route_answer(ledger, route, accepted, accepted ? NULL : "no", now);
	}
}

#endif
