/*
 * The conversation with ExaBGP. Touches its own memory and the ledger. Invariants: a command is written
 * only when the dialect is known; every answer is counted against the oldest unanswered command.
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
#include "exabgp.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "../common/address.h"
#include "../common/log.h"
#include "../common/result.h"
#include "exabgp_line.h"
#include "exabgp_peers.h"

#define VERSION_WAIT_NS (3 * NS_PER_SECOND)	  /* first greeting: ExaBGP may still be starting */
#define VERSION_AGAIN_WAIT_NS (2 * NS_PER_SECOND) /* asked again after lost answers */
#define DONE_WAIT_NS (2 * NS_PER_SECOND)	  /* from the version to its "done" */
#define PEERS_WAIT_NS (2 * NS_PER_SECOND)
#define ANSWER_WAIT_NS (10 * NS_PER_SECOND)
#define DRAIN_WAIT_NS (2 * NS_PER_SECOND)
#define ERROR_WAIT_NS (2 * NS_PER_SECOND) /* from "error: text" to "error" */
#define QUIET_NS (1 * NS_PER_SECOND)
#define SETTLE_MAX_NS (10 * NS_PER_SECOND)
#define RECOUNT_NS (300 * NS_PER_SECOND) /* in place of a resync that is switched off */

#define IN_FLIGHT_LIMIT 65536

enum phase {
	PHASE_VERSION, /* asked for the version */
	PHASE_DONE,    /* the version came, its "done" not yet */
	PHASE_SETTLE,  /* late answers go by */
	PHASE_PEERS,   /* asked for the list of neighbors */
	PHASE_TALK,
};

/* Control lines that go out before any command, bits of exabgp.due. */
enum control { CONTROL_NEWLINE = 1, CONTROL_VERSION = 2, CONTROL_PEERS = 4 };

static const struct {
	enum control control;
	const char *line;
} control_lines[] = {
    /* Ends what a dead predecessor may have left of a line; ExaBGP answers with an error, or done. */
    {CONTROL_NEWLINE, "\n"},
    {CONTROL_VERSION, "system version\n"},
    {CONTROL_PEERS, "peer list\n"},
};

/* A command whose answer is awaited. */
struct flight {
	struct route *route; /* NULL: the bare newline */
	const char *refusal; /* not NULL: it never went out, this is its answer */
};

struct exabgp {
	struct exabgp_options options;
	int64_t resync_ns;
	struct ledger *ledger;
	bool detect;

	enum phase phase;
	monotime_t phase_end;
	monotime_t settle_end; /* SETTLE: latest phase_end */
	unsigned due;	       /* enum control */
	bool version_owed;     /* asked, and not answered yet */
	bool resend_due;       /* ExaBGP's state is uncertain: say everything when talking again */
	bool unaccounted;      /* answers to given up or unacknowledged commands may come */
	bool miscounted;       /* an answer was lost or too many: another may have been taken for a wrong command's */

	enum exabgp_dialect dialect;
	bool acks;
	char version[64];
	struct peer_list peers;

	struct flight *flights; /* ring */
	size_t flights_size, first, in_flight;
	monotime_t answer_end; /* while something is in flight */

	bool error_begun; /* "error: text" came, its "error" not yet */
	char error[200];
	monotime_t error_end;

	bool draining; /* resync waits for what is in flight */
	monotime_t drain_end, resync_at;

	size_t commands, errors, timeouts;
	bool shutdown, complained;

	struct line_reader reader;
};

/* Commands in flight. */

static void
flight_push(struct exabgp *exabgp, struct route *route, const char *refusal, monotime_t now)
{
	if (exabgp->in_flight == 0)
		exabgp->answer_end = monotime_add(now, ANSWER_WAIT_NS);
	exabgp->flights[(exabgp->first + exabgp->in_flight) % exabgp->flights_size] = (struct flight){route, refusal};
	exabgp->in_flight++;
}

static struct flight
flight_pop(struct exabgp *exabgp)
{
	struct flight flight = exabgp->flights[exabgp->first];

	exabgp->first = (exabgp->first + 1) % exabgp->flights_size;
	exabgp->in_flight--;
	return flight;
}

static bool
flight_room(const struct exabgp *exabgp)
{
	return exabgp->in_flight < exabgp->flights_size;
}

/* A command was refused, by ExaBGP or by us; told when it is news, not at every retry. */
static void
route_was_refused(struct exabgp *exabgp, struct route *route, const char *why, monotime_t now)
{
	const char *known = route_error(route);
	const struct route_key *key = route_key(route);
	char prefix[PREFIX_TEXT_SIZE];

	exabgp->errors++;
	log_line(known != NULL && strcmp(known, why) == 0 ? LOG_LEVEL_DEBUG : LOG_LEVEL_WARNING, NULL,
	    "route %s%s%s was refused: %s; it is tried again", prefix_format(&key->prefix, prefix),
	    key->neighbor != NULL ? " for neighbor " : "", key->neighbor != NULL ? key->neighbor : "", why);
	route_answer(exabgp->ledger, route, false, why, now);
}

/* Answer refusals of our own that have come to the front. */
static void
flights_settle_refusals(struct exabgp *exabgp, monotime_t now)
{
	while (exabgp->in_flight > 0 && exabgp->flights[exabgp->first].refusal != NULL) {
		struct flight flight = flight_pop(exabgp);

		route_was_refused(exabgp, flight.route, flight.refusal, now);
	}
}

static void
flights_give_up(struct exabgp *exabgp, monotime_t now)
{
	while (exabgp->in_flight > 0) {
		struct flight flight = flight_pop(exabgp);

		if (flight.route != NULL)
			route_answer(exabgp->ledger, flight.route, false,
			    flight.refusal != NULL ? flight.refusal : "no answer from ExaBGP", now);
	}
	exabgp->error_begun = false;
	exabgp->draining = false;
	exabgp->unaccounted = true;
}

/* Phases. */

static void
phase_enter(struct exabgp *exabgp, enum phase phase, monotime_t end)
{
	exabgp->phase = phase;
	exabgp->phase_end = end;
}

static void
phase_talk(struct exabgp *exabgp)
{
	phase_enter(exabgp, PHASE_TALK, MONOTIME_NEVER);
	if (exabgp->resend_due) {
		exabgp->resend_due = false;
		ledger_resend(exabgp->ledger, true);
	}
}

static void
ask_version(struct exabgp *exabgp, int64_t wait_ns, monotime_t now)
{
	exabgp->due |= CONTROL_VERSION;
	exabgp->version_owed = true;
	phase_enter(exabgp, PHASE_VERSION, monotime_add(now, wait_ns));
}

/* Late answers must not be taken for those of new commands. */
static void
phase_settle(struct exabgp *exabgp, monotime_t now)
{
	exabgp->settle_end = monotime_add(now, SETTLE_MAX_NS);
	phase_enter(exabgp, PHASE_SETTLE, monotime_add(now, QUIET_NS));
}

static void
answers_lost(struct exabgp *exabgp, monotime_t now)
{
	exabgp->timeouts++;
	exabgp->miscounted = true;
	log_warnx("ExaBGP: no answer to %zu commands, saying them again", exabgp->in_flight);
	flights_give_up(exabgp, now);
	if (exabgp->version_owed)
		phase_settle(exabgp, now); /* one unanswered question is enough */
	else
		ask_version(exabgp, VERSION_AGAIN_WAIT_NS, now);
}

void
exabgp_hurry(struct exabgp *exabgp, monotime_t now)
{
	exabgp->options.ack = ACK_OFF;
	exabgp->acks = false;
	flights_give_up(exabgp, now);
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

static void
version_missing(struct exabgp *exabgp)
{
	if (exabgp->version[0] == '\0')
		log_debug("ExaBGP did not tell its version: assuming version 4 commands");
	set_acks(exabgp, exabgp->options.ack == ACK_ON);
	phase_talk(exabgp);
}

static void
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

static void
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

/* Answers. */

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
		exabgp->phase_end = monotime_min(monotime_add(now, QUIET_NS), exabgp->settle_end);
		return;
	case PHASE_PEERS:
		/* Without acks it may be a late one to any command: the list itself is awaited. */
		if (exabgp->acks)
			phase_talk(exabgp);
		return;
	case PHASE_TALK:
		break;
	}
	if (exabgp->in_flight == 0) {
		exabgp->miscounted |= exabgp->acks;
		return;
	}
	flight = flight_pop(exabgp);
	exabgp->answer_end = monotime_add(now, ANSWER_WAIT_NS);
	if (flight.route != NULL && done)
		route_answer(exabgp->ledger, flight.route, true, NULL, now);
	else if (flight.route != NULL)
		route_was_refused(exabgp, flight.route, text, now);
	flights_settle_refusals(exabgp, now);
}

/* An "error: text" that no "error" followed was an answer by itself. */
static void
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
		break;
	case LINE_OTHER:
		if (exabgp->phase == PHASE_PEERS && peer_list_learn(&exabgp->peers, line) && !exabgp->acks)
			phase_talk(exabgp);
		break;
	}
}

void
exabgp_input(struct exabgp *exabgp, const char *data, size_t length, monotime_t now)
{
	const char *line;

	while (length > 0)
		if ((line = line_reader_next(&exabgp->reader, &data, &length)) != NULL)
			input_line(exabgp, line, now);
}

/* Output. */

static void
resync_finish(struct exabgp *exabgp)
{
	exabgp->draining = false;
	if (exabgp->miscounted || exabgp->resync_ns > 0)
		ledger_resend(exabgp->ledger, exabgp->miscounted);
	exabgp->miscounted = false;
}

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
	flight_push(exabgp, route, why, now);
	flights_settle_refusals(exabgp, now);
}

/* ExaBGP 6 takes an unknown neighbor for all of them: whether the route may be said, must be refused, or waits. */
enum verdict { SAY, REFUSE, WAIT };

static enum verdict
neighbor_verdict(struct exabgp *exabgp, const struct route_key *key, monotime_t now)
{
	if (exabgp->dialect != DIALECT_V6 || key->neighbor == NULL || !exabgp->detect)
		return SAY;
	if (peer_list_fresh(&exabgp->peers, now))
		return peer_list_has(&exabgp->peers, key->neighbor) ? SAY : REFUSE;
	if (exabgp->in_flight > 0)
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
	route_sent(exabgp->ledger, route);
	if (exabgp->acks)
		flight_push(exabgp, route, NULL, now);
	else {
		exabgp->unaccounted = true;
		route_answer(exabgp->ledger, route, true, NULL, now);
	}
	return length;
}

/* Say routes until the buffer, what may be in flight, or the pending routes are used up. */
static size_t
output_routes(struct exabgp *exabgp, char *buffer, size_t size, monotime_t now)
{
	size_t length = 0, room, said;
	struct route *route;

	while (exabgp->phase == PHASE_TALK && !exabgp->draining && flight_room(exabgp) && size - length > 1 &&
	    (route = ledger_next(exabgp->ledger, now)) != NULL) {
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

	if (exabgp->draining && exabgp->in_flight == 0)
		resync_finish(exabgp);
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
	monotime_t deadline = monotime_min(exabgp->phase_end, exabgp->resync_at);

	deadline = monotime_min(deadline, ledger_next_retry(exabgp->ledger));
	if (exabgp->in_flight > 0)
		deadline = monotime_min(deadline, exabgp->answer_end);
	if (exabgp->error_begun)
		deadline = monotime_min(deadline, exabgp->error_end);
	if (exabgp->draining)
		deadline = monotime_min(deadline, exabgp->drain_end);
	return deadline;
}

static void
phase_timeout(struct exabgp *exabgp, monotime_t now)
{
	switch (exabgp->phase) {
	case PHASE_VERSION:
		version_missing(exabgp);
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
		break;
	}
}

static int64_t
resync_period_ns(const struct exabgp *exabgp)
{
	return exabgp->resync_ns > 0 ? exabgp->resync_ns : RECOUNT_NS;
}

static void
resync_begin(struct exabgp *exabgp, monotime_t now)
{
	exabgp->resync_at = monotime_next(exabgp->resync_at, resync_period_ns(exabgp), now);
	if (exabgp->phase != PHASE_TALK)
		return;
	if (!exabgp->acks && exabgp->options.ack == ACK_AUTO && exabgp->version[0] != '\0') {
		/* It once answered: perhaps it does again. */
		exabgp->unaccounted = true;
		ask_version(exabgp, VERSION_AGAIN_WAIT_NS, now);
	}
	exabgp->draining = true;
	exabgp->drain_end = monotime_add(now, DRAIN_WAIT_NS);
}

void
exabgp_tick(struct exabgp *exabgp, monotime_t now)
{
	if (exabgp->error_begun && !monotime_before(now, exabgp->error_end))
		error_complete(exabgp, now);
	if (!monotime_before(now, exabgp->phase_end))
		phase_timeout(exabgp, now);
	if (!monotime_before(now, exabgp->resync_at))
		resync_begin(exabgp, now);
	if (exabgp->in_flight > 0 && (!monotime_before(now, exabgp->answer_end) ||
					 (exabgp->draining && !monotime_before(now, exabgp->drain_end))))
		answers_lost(exabgp, now);
	if (exabgp->draining && exabgp->in_flight == 0)
		resync_finish(exabgp);
	/* Moves retries that are due among what is to be said. */
	(void)ledger_next(exabgp->ledger, now);
}

struct exabgp *
exabgp_new(const struct exabgp_options *options, int64_t resync_ns, struct ledger *ledger, bool detect, monotime_t now)
{
	struct exabgp *exabgp = calloc(1, sizeof(*exabgp));
	bool dialect_known = options->dialect != DIALECT_AUTO;

	if (exabgp == NULL)
		return NULL;
	exabgp->flights_size = options->max_in_flight < 1 ? 1 :
	    options->max_in_flight > IN_FLIGHT_LIMIT	  ? IN_FLIGHT_LIMIT :
							    (size_t)options->max_in_flight;
	exabgp->flights = calloc(exabgp->flights_size, sizeof(*exabgp->flights));
	if (exabgp->flights == NULL) {
		free(exabgp);
		return NULL;
	}
	exabgp->options = *options;
	exabgp->options.output = NULL; /* not ours */
	exabgp->resync_ns = resync_ns;
	exabgp->ledger = ledger;
	exabgp->detect = detect;
	exabgp->dialect = dialect_known ? (enum exabgp_dialect)options->dialect : DIALECT_V4;
	exabgp->resync_at = detect ? monotime_add(now, resync_period_ns(exabgp)) : MONOTIME_NEVER;
	phase_enter(exabgp, PHASE_TALK, MONOTIME_NEVER);
	if (!detect)
		return exabgp;
	exabgp->due = CONTROL_NEWLINE;
	if (!dialect_known || options->ack == ACK_AUTO)
		ask_version(exabgp, VERSION_WAIT_NS, now);
	else if ((exabgp->acks = options->ack == ACK_ON))
		flight_push(exabgp, NULL, NULL, now);
	return exabgp;
}

void
exabgp_free(struct exabgp *exabgp)
{
	if (exabgp == NULL)
		return;
	peer_list_free(&exabgp->peers);
	free(exabgp->flights);
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
	/* The beginning of time: a refused route that waits for its retry is nothing to wait for. */
	return exabgp->due == 0 && exabgp->in_flight == 0 &&
	    ledger_next(exabgp->ledger, (monotime_t){INT64_MIN}) == NULL;
}

void
exabgp_status(const struct exabgp *exabgp, struct exabgp_status *status)
{
	*status = (struct exabgp_status){
	    .dialect = exabgp->dialect,
	    .detecting = exabgp->phase == PHASE_VERSION || exabgp->phase == PHASE_DONE || exabgp->phase == PHASE_SETTLE,
	    .acks = exabgp->acks,
	    .in_flight = exabgp->in_flight,
	    .errors = exabgp->errors,
	    .timeouts = exabgp->timeouts,
	    .commands = exabgp->commands,
	};
	memcpy(status->version, exabgp->version, sizeof(status->version));
}
