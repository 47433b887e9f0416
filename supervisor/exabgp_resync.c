/*
 * Saying again what is announced: from time to time, and when there is evidence that ExaBGP has lost it. Touches the
 * conversation and the ledger. Invariant: what is in flight is awaited first, so that each route is said once, and a
 * count of answers that is off shows.
 */
#include "exabgp_internal.h"

#define DRAIN_WAIT_NS (2 * NS_PER_SECOND)
#define RECOUNT_NS (300 * NS_PER_SECOND) /* in place of a resync that is switched off */
#define AGE_NS (300 * NS_PER_SECOND)	 /* in which ExaBGP has read what it was sent */
/* Evidence comes in flocks (a session a neighbor), and each time everything is said. */
#define EVIDENCE_WAIT_NS (500 * NS_PER_MILLISECOND)
#define EVIDENCE_PAUSE_NS (2 * NS_PER_SECOND)

static int64_t
resync_period_ns(const struct exabgp *exabgp)
{
	return exabgp->resync_ns > 0 ? exabgp->resync_ns : RECOUNT_NS;
}

void
resync_schedule(struct exabgp *exabgp, monotime_t now)
{
	exabgp->resync_at = monotime_add(now, resync_period_ns(exabgp));
	exabgp->age_at = monotime_min(exabgp->age_at, monotime_add(now, AGE_NS));
}

void
resync_drained(struct exabgp *exabgp, monotime_t now)
{
	bool all = exabgp->miscounted;

	if (!exabgp->draining || exabgp->paused || exabgp->flights.count > 0)
		return;
	exabgp->draining = false;
	if (exabgp->reborn && exabgp->phase == PHASE_TALK && exabgp->version[0] != '\0') {
		/* Then phase_talk says everything. */
		exabgp->resend_due = true;
		version_ask(exabgp, true, now);
	} else if (all || exabgp->lost_state || exabgp->resync_ns > 0)
		ledger_resend(exabgp->ledger, all);
	exabgp->miscounted = exabgp->reborn = exabgp->lost_state = false;
}

static void
resync_begin(struct exabgp *exabgp, monotime_t now)
{
	if (exabgp->phase != PHASE_TALK) {
		exabgp->resend_due |= exabgp->lost_state;
		exabgp->lost_state = exabgp->reborn = false;
		return;
	}
	if (!exabgp->acks && exabgp->options.ack == ACK_AUTO && exabgp->version[0] != '\0') {
		/* It once answered: perhaps it does again. */
		exabgp->unaccounted = true;
		version_ask(exabgp, true, now);
	}
	exabgp->draining = true;
	exabgp->drain_end = monotime_add(now, DRAIN_WAIT_NS);
}

monotime_t
resync_deadline(const struct exabgp *exabgp)
{
	if (exabgp->paused)
		return MONOTIME_NEVER;
	return monotime_min(exabgp->age_at, monotime_min(exabgp->resync_at, exabgp->evidence_at));
}

void
resync_tick(struct exabgp *exabgp, monotime_t now)
{
	bool due = !monotime_before(now, exabgp->resync_at);
	bool evidence = !monotime_before(now, exabgp->evidence_at);

	if (exabgp->paused)
		return;
	if (!monotime_before(now, exabgp->age_at)) {
		exabgp->age_at = monotime_next(exabgp->age_at, AGE_NS, now);
		ledger_age(exabgp->ledger);
	}
	if (!due && !evidence)
		return;
	if (due)
		exabgp->resync_at = monotime_next(exabgp->resync_at, resync_period_ns(exabgp), now);
	if (evidence) {
		exabgp->evidence_at = MONOTIME_NEVER;
		exabgp->evidence_earliest = monotime_add(now, EVIDENCE_PAUSE_NS);
		exabgp->lost_state = true;
	}
	resync_begin(exabgp, now);
}

void
exabgp_suspect(struct exabgp *exabgp, bool reborn, monotime_t now)
{
	monotime_t soon = monotime_add(now, EVIDENCE_WAIT_NS);

	if (exabgp->phase == PHASE_AWAY)
		return;
	exabgp->reborn |= reborn;
	if (monotime_before(soon, exabgp->evidence_earliest))
		soon = exabgp->evidence_earliest;
	exabgp->evidence_at = monotime_min(exabgp->evidence_at, soon);
}

void
exabgp_pause(struct exabgp *exabgp, bool paused)
{
	exabgp->paused = paused;
}

bool
exabgp_change(struct exabgp *exabgp, const struct exabgp_options *options, int64_t resync_ns, monotime_t now)
{
	bool language = options->dialect != exabgp->options.dialect || options->ack != exabgp->options.ack;
	bool there = exabgp->phase != PHASE_AWAY && exabgp->peer != EXABGP_NOBODY;

	exabgp->options.dialect = options->dialect;
	exabgp->options.ack = options->ack;
	if (exabgp->resync_ns != resync_ns) {
		exabgp->resync_ns = resync_ns;
		if (there)
			resync_schedule(exabgp, now);
	}
	if (language && exabgp->peer == EXABGP_NOBODY && options->dialect != DIALECT_AUTO)
		exabgp->dialect = (enum exabgp_dialect)options->dialect;
	if (language && there)
		exabgp_relearn(exabgp, now);
	exabgp->options.max_in_flight = options->max_in_flight;
	return flights_resize(&exabgp->flights, options->max_in_flight);
}
