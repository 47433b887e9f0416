/*
 * ExaBGP's answers. Touches the conversation and the ledger. Invariant: every answer is counted against the oldest
 * unanswered command.
 *
 * Answers carry no number, and ExaBGP can lose one (an exception in its callback) or give one that its
 * dead predecessor of ours was owed. The count therefore starts anew in three ways:
 * - an answer that nothing waits for is ignored, so a surplus ends as soon as nothing is in flight;
 * - when answers fail to come, what is in flight is given up (the ledger says it again), "system version"
 *   is asked - the only answer that can be told from the others -, and after it nothing is said until
 *   ExaBGP has been quiet for a while: late answers belong to the past;
 * - at every resync what is in flight is awaited first, so that a count that is off by a lost answer
 *   shows even if something was in flight all the time; and when the count has been off since the last
 *   one, a refusal may have been noted for a wrong command, so withdraws are said again too.
 */
#include <stdio.h>
#include <string.h>

#include "../common/address.h"
#include "../common/log.h"
#include "exabgp_internal.h"

#define ANSWER_WAIT_NS (10 * NS_PER_SECOND)
#define ERROR_WAIT_NS (2 * NS_PER_SECOND) /* from "error: text" to "error" */

void
flight_begin(struct exabgp *exabgp, struct flight flight, monotime_t now)
{
	if (exabgp->flights.count == 0)
		exabgp->answer_end = monotime_add(now, ANSWER_WAIT_NS);
	flights_push(&exabgp->flights, flight);
}

/* A command was refused, by ExaBGP or by us; told when it is news, not at every retry. */
static void
route_was_refused(struct exabgp *exabgp, struct route *route, const char *why, monotime_t now)
{
	const char *known = route_error(route);
	const struct route_key *key = route_key(route);
	char prefix[PREFIX_TEXT_SIZE];

	exabgp->errors++;
	log_fault(LOG_FAULT_REJECTED, known != NULL && strcmp(known, why) == 0 ? LOG_LEVEL_DEBUG : LOG_LEVEL_WARNING, NULL,
	    "route %s%s%s was refused: %s; it is tried again", prefix_format(&key->prefix, prefix),
	    key->neighbor != NULL ? " for neighbor " : "", key->neighbor != NULL ? key->neighbor : "", why);
	route_answer(exabgp->ledger, route, false, why, now);
}

void
refusals_settle(struct exabgp *exabgp, monotime_t now)
{
	while (flights_refused(&exabgp->flights)) {
		struct flight flight = flights_pop(&exabgp->flights);

		route_was_refused(exabgp, flight.route, flight.refusal, now);
	}
}

/*
 * A line that answers nothing that was asked. Beside ExaBGP it is meant for another program on the same pipe, which
 * may have taken one of ours in return: the count begins anew soon, not only at the next resync.
 */
static void
stranger_seen(struct exabgp *exabgp, monotime_t now)
{
	if (exabgp->peer != EXABGP_SERVICE || exabgp->phase != PHASE_TALK || !exabgp->acks || exabgp->unaccounted)
		return;
	exabgp->miscounted = true;
	exabgp_suspect(exabgp, false, now);
	if (!exabgp->strangers)
		log_warnx("ExaBGP answers what was not asked here: another program, such as exabgpcli, uses the same pipe "
		    "or socket; each of the two may lose answers");
	exabgp->strangers = true;
}

/* A complete answer; text: of an error. */
static void
answer(struct exabgp *exabgp, bool done, const char *text, monotime_t now)
{
	struct flight flight;

	switch (exabgp->phase) {
	case PHASE_VERSION:
		return; /* to the bare newline, or to a predecessor */
	case PHASE_DONE:
		if (done)
			version_done(exabgp, now);
		return;
	case PHASE_SETTLE:
		settle_prolong(exabgp, now);
		return;
	case PHASE_PEERS:
		/* Without acks it may be a late one to any command: the list itself is awaited. */
		if (exabgp->acks)
			phase_talk(exabgp);
		return;
	case PHASE_AWAY:
		return;
	case PHASE_TALK:
		break;
	}
	if (exabgp->flights.count == 0) {
		exabgp->miscounted |= exabgp->acks;
		stranger_seen(exabgp, now);
		return;
	}
	flight = flights_pop(&exabgp->flights);
	exabgp->answer_end = monotime_add(now, ANSWER_WAIT_NS);
	if (flight.route != NULL && done)
		route_answer(exabgp->ledger, flight.route, true, NULL, now);
	else if (flight.route != NULL)
		route_was_refused(exabgp, flight.route, text, now);
	refusals_settle(exabgp, now);
}

void
error_complete(struct exabgp *exabgp, monotime_t now)
{
	if (!exabgp->error_begun)
		return;
	exabgp->error_begun = false;
	answer(exabgp, false, exabgp->error, now);
}

static void
error_begin(struct exabgp *exabgp, const char *text, monotime_t now)
{
	error_complete(exabgp, now);
	snprintf(exabgp->error, sizeof(exabgp->error), "%s", text);
	exabgp->error_begun = true;
	exabgp->error_end = monotime_add(now, ERROR_WAIT_NS);
}

static void
input_line(struct exabgp *exabgp, const char *line, monotime_t now)
{
	const char *text = line;
	size_t length = 0;
	enum line_kind kind = line_kind(line, &text, &length);

	switch (kind) {
	case LINE_DONE:
		error_complete(exabgp, now);
		answer(exabgp, true, NULL, now);
		break;
	case LINE_ERROR:
		if (exabgp->error_begun)
			error_complete(exabgp, now);
		else
			answer(exabgp, false, "ExaBGP answered: error", now);
		break;
	case LINE_ERROR_TEXT:
		error_begin(exabgp, text, now);
		break;
	case LINE_SHUTDOWN:
		exabgp->shutdown = true;
		break;
	case LINE_VERSION_V4:
	case LINE_VERSION_V6:
		if (exabgp->version_owed)
			version_learn(exabgp, text, length, kind == LINE_VERSION_V6 ? DIALECT_V6 : DIALECT_V4, now);
		else
			stranger_seen(exabgp, now);
		break;
	case LINE_NEIGHBOR_UP:
		/* Its definition may be new, and its RIB empty; else saying everything again does nothing. */
		exabgp_suspect(exabgp, false, now);
		break;
	case LINE_OTHER:
		if (exabgp->phase != PHASE_PEERS)
			stranger_seen(exabgp, now);
		else if (peer_list_learn(&exabgp->peers, line) && !exabgp->acks)
			phase_talk(exabgp);
		break;
	}
}

void
exabgp_input(struct exabgp *exabgp, const char *data, size_t length, monotime_t now)
{
	const char *line;

	if (exabgp->phase == PHASE_AWAY)
		return;
	exabgp->answered = true;
	while (length > 0)
		if ((line = line_reader_next(&exabgp->reader, &data, &length)) != NULL)
			input_line(exabgp, line, now);
}
