/*
 * The phases of the conversation: which questions are asked before commands are said, and what is made of answers
 * that do not come. Touches the conversation and the ledger. Invariant: commands are said in PHASE_TALK only.
 */
#include <stdio.h>
#include <string.h>

#include "../common/log.h"
#include "../common/result.h"
#include "exabgp_internal.h"

#define VERSION_WAIT_NS (3 * NS_PER_SECOND)	  /* first greeting: ExaBGP may still be starting */
#define VERSION_AGAIN_WAIT_NS (2 * NS_PER_SECOND) /* asked again after lost answers */
#define VERSION_LATE_WAIT_NS (10 * NS_PER_SECOND) /* a service that never answered yet */
#define DEAF_NS (60 * NS_PER_SECOND)		  /* after which a service is asked again whether it answers */
#define DONE_WAIT_NS (2 * NS_PER_SECOND)	  /* from the version to its "done" */
#define QUIET_NS (1 * NS_PER_SECOND)
#define SETTLE_MAX_NS (10 * NS_PER_SECOND)

void
phase_enter(struct exabgp *exabgp, enum phase phase, monotime_t end)
{
	exabgp->phase = phase;
	exabgp->phase_end = end;
}

void
phase_talk(struct exabgp *exabgp)
{
	phase_enter(exabgp, PHASE_TALK, MONOTIME_NEVER);
	if (exabgp->resend_due) {
		exabgp->resend_due = false;
		ledger_resend(exabgp->ledger, true);
	}
}

void
phase_settle(struct exabgp *exabgp, monotime_t now)
{
	exabgp->settle_end = monotime_add(now, SETTLE_MAX_NS);
	phase_enter(exabgp, PHASE_SETTLE, monotime_add(now, QUIET_NS));
}

/* Something came while late answers go by. */
void
settle_prolong(struct exabgp *exabgp, monotime_t now)
{
	exabgp->phase_end = monotime_min(monotime_add(now, QUIET_NS), exabgp->settle_end);
}

void
version_ask(struct exabgp *exabgp, bool again, monotime_t now)
{
	exabgp->due |= CONTROL_VERSION;
	exabgp->version_owed = true;
	phase_enter(exabgp, PHASE_VERSION, monotime_add(now, again ? VERSION_AGAIN_WAIT_NS : VERSION_WAIT_NS));
}

void
flights_give_up(struct exabgp *exabgp, monotime_t now)
{
	while (exabgp->flights.count > 0) {
		struct flight flight = flights_pop(&exabgp->flights);

		if (flight.route != NULL)
			route_answer(exabgp->ledger, flight.route, false,
			    flight.refusal != NULL ? flight.refusal : "no answer from ExaBGP", now);
	}
	exabgp->error_begun = false;
	exabgp->draining = false;
	exabgp->unaccounted = true;
}

void
answers_lost(struct exabgp *exabgp, monotime_t now)
{
	exabgp->timeouts++;
	exabgp->miscounted = true;
	/* It may have been started anew meanwhile. */
	if (exabgp->peer == EXABGP_SERVICE)
		exabgp->resend_due = true;
	log_warnx("ExaBGP: no answer to %zu commands, saying them again", exabgp->flights.count);
	flights_give_up(exabgp, now);
	if (exabgp->version_owed)
		phase_settle(exabgp, now); /* one unanswered question is enough */
	else
		version_ask(exabgp, true, now);
}

void
exabgp_hurry(struct exabgp *exabgp, monotime_t now)
{
	exabgp->options.ack = ACK_OFF;
	exabgp->acks = false;
	flights_give_up(exabgp, now);
	exabgp->paused = false;
	if (exabgp->phase != PHASE_AWAY)
		phase_talk(exabgp);
}

/* Whether answers are awaited from now on; told once each time it changes. */
static void
set_acks(struct exabgp *exabgp, bool acks)
{
	if (exabgp->acks && !acks)
		log_warnx("ExaBGP no longer answers: going on without its answers");
	exabgp->acks = acks;
}

/* Nobody but ExaBGP can be at the other end, and it always tells its version: it is still starting, or stopped. */
static void
version_await(struct exabgp *exabgp, monotime_t now)
{
	log_debug("ExaBGP does not answer yet");
	exabgp->unaccounted = true; /* the answer to the first question may come too */
	version_ask(exabgp, true, now);
	exabgp->phase_end = monotime_add(now, VERSION_LATE_WAIT_NS);
}

static void
version_missing(struct exabgp *exabgp, monotime_t now)
{
	if (exabgp->peer == EXABGP_SERVICE && exabgp->version[0] == '\0' && exabgp->options.ack != ACK_OFF) {
		version_await(exabgp, now);
		return;
	}
	if (exabgp->peer == EXABGP_SERVICE)
		exabgp->resync_at = monotime_min(exabgp->resync_at, monotime_add(now, DEAF_NS));
	if (exabgp->version[0] == '\0')
		log_debug("ExaBGP did not tell its version: assuming version 4 commands");
	set_acks(exabgp, exabgp->options.ack == ACK_ON);
	phase_talk(exabgp);
}

void
version_done(struct exabgp *exabgp, monotime_t now)
{
	set_acks(exabgp, exabgp->options.ack != ACK_OFF);
	if (exabgp->unaccounted)
		phase_settle(exabgp, now);
	else
		phase_talk(exabgp);
}

static void
version_not_done(struct exabgp *exabgp)
{
	set_acks(exabgp, exabgp->options.ack == ACK_ON);
	phase_talk(exabgp);
}

void
version_learn(struct exabgp *exabgp, const char *version, size_t length, enum exabgp_dialect dialect, monotime_t now)
{
	bool late = exabgp->phase != PHASE_VERSION;

	exabgp->version_owed = false;
	snprintf(exabgp->version, sizeof(exabgp->version), "%.*s", (int)length, version);
	text_sanitise(exabgp->version);
	if (exabgp->options.dialect == DIALECT_AUTO)
		exabgp->dialect = dialect;
	if (late) {
		/* It was busy, and what it was told meanwhile may have been in the wrong dialect. */
		flights_give_up(exabgp, now);
		exabgp->resend_due = true;
	}
	log_debug("ExaBGP %s, %s commands", exabgp->version, exabgp->dialect == DIALECT_V6 ? "version 6" : "version 4");
	if (exabgp->options.ack == ACK_OFF)
		phase_talk(exabgp);
	else
		phase_enter(exabgp, PHASE_DONE, monotime_add(now, DONE_WAIT_NS));
}

void
phase_timeout(struct exabgp *exabgp, monotime_t now)
{
	switch (exabgp->phase) {
	case PHASE_VERSION:
		version_missing(exabgp, now);
		break;
	case PHASE_DONE:
		version_not_done(exabgp);
		break;
	case PHASE_SETTLE:
		exabgp->unaccounted = false;
		phase_talk(exabgp);
		break;
	case PHASE_PEERS:
		/* Its answer may still come, and must not be taken for that of a command. */
		if (exabgp->acks)
			phase_settle(exabgp, now);
		else
			phase_talk(exabgp);
		break;
	case PHASE_TALK:
	case PHASE_AWAY:
		break;
	}
}

/* The newline and what is to be known first. */
static void
greet(struct exabgp *exabgp, monotime_t now)
{
	bool dialect_known = exabgp->options.dialect != DIALECT_AUTO;

	exabgp->dialect = dialect_known ? (enum exabgp_dialect)exabgp->options.dialect : DIALECT_V4;
	exabgp->due = CONTROL_NEWLINE;
	phase_enter(exabgp, PHASE_TALK, MONOTIME_NEVER);
	if (!dialect_known || exabgp->options.ack == ACK_AUTO)
		version_ask(exabgp, false, now);
	else if ((exabgp->acks = exabgp->options.ack == ACK_ON))
		flight_begin(exabgp, (struct flight){NULL, NULL}, now);
}

void
exabgp_arrive(struct exabgp *exabgp, monotime_t now)
{
	greet(exabgp, now);
	resync_schedule(exabgp, now);
}

void
exabgp_leave(struct exabgp *exabgp, monotime_t now)
{
	flights_give_up(exabgp, now);
	peer_list_free(&exabgp->peers);
	exabgp->reader.length = 0;
	exabgp->reader.overlong = false;
	exabgp->version[0] = '\0';
	exabgp->due = 0;
	exabgp->acks = exabgp->version_owed = exabgp->resend_due = exabgp->unaccounted = exabgp->miscounted = false;
	exabgp->answered = exabgp->shutdown = exabgp->strangers = exabgp->reborn = exabgp->lost_state = false;
	exabgp->resync_at = exabgp->age_at = exabgp->evidence_at = MONOTIME_NEVER;
	phase_enter(exabgp, PHASE_AWAY, MONOTIME_NEVER);
	/* Its routes went with it. */
	ledger_resend(exabgp->ledger, true);
}

void
exabgp_relearn(struct exabgp *exabgp, monotime_t now)
{
	flights_give_up(exabgp, now);
	exabgp->resend_due = true;
	if (exabgp->options.dialect != DIALECT_AUTO)
		exabgp->dialect = (enum exabgp_dialect)exabgp->options.dialect;
	exabgp->acks = exabgp->options.ack == ACK_ON || (exabgp->options.ack == ACK_AUTO && exabgp->acks);
	if (exabgp->options.dialect == DIALECT_AUTO || exabgp->options.ack == ACK_AUTO)
		version_ask(exabgp, true, now);
	else if (exabgp->acks)
		phase_settle(exabgp, now);
	else
		phase_talk(exabgp);
}
