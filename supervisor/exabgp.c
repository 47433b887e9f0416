/*
 * The conversation with ExaBGP: what is said, and when. Touches its own memory and the ledger. Invariant: a command is
 * written only when the dialect is known.
 */
#include "exabgp.h"

#include <stdlib.h>
#include <string.h>

#include "../common/log.h"
#include "exabgp_internal.h"

#define PEERS_WAIT_NS (2 * NS_PER_SECOND)

static const struct {
	enum control control;
	const char *line;
} control_lines[] = {
    /* Ends what a dead predecessor may have left of a line; ExaBGP answers with an error, or done. */
    {CONTROL_NEWLINE, "\n"},
    {CONTROL_VERSION, "system version\n"},
    {CONTROL_PEERS, "peer list\n"},
};

/* Output. */

static size_t
output_control(struct exabgp *exabgp, char *buffer)
{
	size_t length = 0;

	for (size_t i = 0; i < sizeof(control_lines) / sizeof(control_lines[0]); i++)
		if ((exabgp->due & control_lines[i].control) != 0) {
			memcpy(buffer + length, control_lines[i].line, strlen(control_lines[i].line));
			length += strlen(control_lines[i].line);
		}
	exabgp->due = 0;
	return length;
}

static void
refuse(struct exabgp *exabgp, struct route *route, const char *why, monotime_t now)
{
	route_sent(exabgp->ledger, route);
	flight_begin(exabgp, (struct flight){route, why}, now);
	refusals_settle(exabgp, now);
}

/* ExaBGP 6 takes an unknown neighbor for all of them: whether the route may be said, must be refused, or waits. */
enum verdict { SAY, REFUSE, WAIT };

static enum verdict
neighbor_verdict(struct exabgp *exabgp, const struct route_key *key, monotime_t now)
{
	if (exabgp->dialect != DIALECT_V6 || key->neighbor == NULL || exabgp->peer == EXABGP_NOBODY)
		return SAY;
	if (peer_list_fresh(&exabgp->peers, now))
		return peer_list_has(&exabgp->peers, key->neighbor) ? SAY : REFUSE;
	if (exabgp->flights.count > 0)
		return WAIT;
	peer_list_ask(&exabgp->peers, now);
	exabgp->due |= CONTROL_PEERS;
	phase_enter(exabgp, PHASE_PEERS, monotime_add(now, PEERS_WAIT_NS));
	return WAIT;
}

/*
 * Say one route in what is left of a buffer. Returns the length of its line; 0: it was refused, or it needs
 * a buffer of its own (then nothing has changed).
 */
static size_t
output_route(struct exabgp *exabgp, struct route *route, char *buffer, size_t size, monotime_t now)
{
	size_t length = exabgp_command(exabgp->dialect, route_key(route), route_desired(route), buffer, size);

	if (length == 0) {
		if (size < EXABGP_LINE_MAX)
			return 0;
		if (!exabgp->complained)
			log_errorx("a route command does not fit in %d bytes or holds a word that is not allowed: not sent",
			    EXABGP_LINE_MAX);
		exabgp->complained = true;
		refuse(exabgp, route, "the command is too long or not allowed", now);
		return 0;
	}
	buffer[length++] = '\n'; /* in place of the NUL */
	exabgp->commands++;
	*(route_desired(route) != NULL ? &exabgp->announces : &exabgp->withdraws) += 1;
	route_sent(exabgp->ledger, route);
	if (exabgp->acks)
		flight_begin(exabgp, (struct flight){route, NULL}, now);
	else {
		exabgp->unaccounted = true;
		route_assume(exabgp->ledger, route);
	}
	return length;
}

/* Say routes until the buffer, what may be in flight, or the pending routes are used up. */
static size_t
output_routes(struct exabgp *exabgp, char *buffer, size_t size, monotime_t now)
{
	size_t length = 0, room, said;
	struct route *route;

	while (exabgp->phase == PHASE_TALK && !exabgp->draining && !exabgp->paused &&
	    flights_room(&exabgp->flights) && size - length > 1 && (route = ledger_next(exabgp->ledger, now)) != NULL) {
		enum verdict verdict = neighbor_verdict(exabgp, route_key(route), now);

		if (verdict == WAIT)
			break;
		if (verdict == REFUSE) {
			refuse(exabgp, route, "ExaBGP has no such neighbor", now);
			continue;
		}
		room = size - length < EXABGP_LINE_MAX ? size - length : EXABGP_LINE_MAX;
		said = output_route(exabgp, route, buffer + length, room, now);
		if (said == 0 && room < EXABGP_LINE_MAX)
			break;
		length += said;
	}
	return length;
}

size_t
exabgp_output(struct exabgp *exabgp, char *buffer, size_t size, monotime_t now)
{
	size_t length;

	resync_drained(exabgp, now);
	length = output_control(exabgp, buffer);
	length += output_routes(exabgp, buffer + length, size - length, now);
	/* The list of neighbors may have turned out to be needed. */
	if (length == 0)
		length = output_control(exabgp, buffer);
	return length;
}

/* Time. */

monotime_t
exabgp_deadline(const struct exabgp *exabgp)
{
	monotime_t deadline = monotime_min(exabgp->phase_end, resync_deadline(exabgp));

	if (exabgp->phase == PHASE_TALK && !exabgp->paused)
		deadline = monotime_min(deadline, ledger_next_retry(exabgp->ledger));
	if (exabgp->flights.count > 0)
		deadline = monotime_min(deadline, exabgp->answer_end);
	if (exabgp->error_begun)
		deadline = monotime_min(deadline, exabgp->error_end);
	if (exabgp->draining)
		deadline = monotime_min(deadline, exabgp->drain_end);
	return deadline;
}

void
exabgp_tick(struct exabgp *exabgp, monotime_t now)
{
	if (exabgp->error_begun && !monotime_before(now, exabgp->error_end))
		error_complete(exabgp, now);
	if (!monotime_before(now, exabgp->phase_end))
		phase_timeout(exabgp, now);
	resync_tick(exabgp, now);
	if (exabgp->flights.count > 0 && (!monotime_before(now, exabgp->answer_end) ||
					 (exabgp->draining && !monotime_before(now, exabgp->drain_end))))
		answers_lost(exabgp, now);
	resync_drained(exabgp, now);
	/* Moves retries that are due among what is to be said. */
	(void)ledger_next(exabgp->ledger, now);
}

struct exabgp *
exabgp_new(const struct exabgp_options *options, int64_t resync_ns, struct ledger *ledger, enum exabgp_peer peer,
    monotime_t now)
{
	struct exabgp *exabgp = calloc(1, sizeof(*exabgp));

	if (exabgp == NULL)
		return NULL;
	if (!flights_resize(&exabgp->flights, options->max_in_flight)) {
		free(exabgp);
		return NULL;
	}
	exabgp->options = *options;
	exabgp->options.output = NULL; /* not ours */
	exabgp->resync_ns = resync_ns;
	exabgp->ledger = ledger;
	exabgp->peer = peer;
	exabgp->dialect = options->dialect == DIALECT_AUTO ? DIALECT_V4 : (enum exabgp_dialect)options->dialect;
	exabgp->resync_at = exabgp->age_at = exabgp->evidence_at = MONOTIME_NEVER;
	exabgp->evidence_earliest = now;
	phase_enter(exabgp, peer == EXABGP_SERVICE ? PHASE_AWAY : PHASE_TALK, MONOTIME_NEVER);
	if (peer == EXABGP_PARENT)
		exabgp_arrive(exabgp, now);
	return exabgp;
}

void
exabgp_free(struct exabgp *exabgp)
{
	if (exabgp == NULL)
		return;
	peer_list_free(&exabgp->peers);
	flights_free(&exabgp->flights);
	free(exabgp);
}

bool
exabgp_shutdown_asked(const struct exabgp *exabgp)
{
	return exabgp->shutdown;
}

bool
exabgp_idle(const struct exabgp *exabgp)
{
	if (exabgp->phase == PHASE_AWAY)
		return true;
	if (exabgp->paused)
		return exabgp->due == 0 && exabgp->flights.count == 0 && exabgp->phase == PHASE_TALK;
	/* The beginning of time: a refused route that waits for its retry is nothing to wait for. */
	return exabgp->due == 0 && exabgp->flights.count == 0 &&
	    ledger_next(exabgp->ledger, (monotime_t){INT64_MIN}) == NULL;
}

void
exabgp_status(const struct exabgp *exabgp, struct exabgp_status *status)
{
	*status = (struct exabgp_status){
	    .dialect = exabgp->dialect,
	    .detecting = exabgp->phase == PHASE_VERSION || exabgp->phase == PHASE_DONE || exabgp->phase == PHASE_SETTLE,
	    .acks = exabgp->acks,
	    .answered = exabgp->answered,
	    .in_flight = exabgp->flights.count,
	    .errors = exabgp->errors,
	    .timeouts = exabgp->timeouts,
	    .commands = exabgp->commands,
	    .announces = exabgp->announces,
	    .withdraws = exabgp->withdraws,
	};
	memcpy(status->version, exabgp->version, sizeof(status->version));
}
