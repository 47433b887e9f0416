/*
 * What the files of the conversation with ExaBGP share: its state, and how its phases change.
 */
#ifndef EXACHECK_EXABGP_INTERNAL_H
#define EXACHECK_EXABGP_INTERNAL_H

#include "exabgp.h"
#include "exabgp_flights.h"
#include "exabgp_line.h"
#include "exabgp_peers.h"

enum phase {
	PHASE_AWAY,    /* ExaBGP is not there */
	PHASE_VERSION, /* asked for the version */
	PHASE_DONE,    /* the version came, its "done" not yet */
	PHASE_SETTLE,  /* late answers go by */
	PHASE_PEERS,   /* asked for the list of neighbors */
	PHASE_TALK,
};

/* Control lines that go out before any command, bits of exabgp.due. */
enum control { CONTROL_NEWLINE = 1, CONTROL_VERSION = 2, CONTROL_PEERS = 4 };

struct exabgp {
	struct exabgp_options options;
	int64_t resync_ns;
	struct ledger *ledger;
	enum exabgp_peer peer;

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

	struct flights flights;
	monotime_t answer_end; /* while something is in flight */

	bool error_begun; /* "error: text" came, its "error" not yet */
	char error[200];
	monotime_t error_end;

	bool draining; /* resync waits for what is in flight */
	monotime_t drain_end, resync_at;
	monotime_t age_at; /* of the ledger; apart from resync_at, which may come every second or every year */
	bool paused;	       /* nothing new is said */
	bool reborn;	       /* at the next resync the version is asked anew */
	bool lost_state;       /* at the next resync everything announced is said, whatever resync_ns is */
	monotime_t evidence_at; /* a resync because of evidence, NEVER: there is none */
	monotime_t evidence_earliest; /* of the next one */

	size_t commands, announces, withdraws, errors, timeouts;
	bool answered; /* a line came since it arrived */
	bool shutdown, complained, strangers; /* complained, strangers: told */

	struct line_reader reader;
};

/* exabgp_phase.c */

void phase_enter(struct exabgp *, enum phase, monotime_t end);
void phase_talk(struct exabgp *);
/* Late answers must not be taken for those of new commands. */
void phase_settle(struct exabgp *, monotime_t now);
/* Something came while late answers go by. */
void settle_prolong(struct exabgp *, monotime_t now);
/* phase_end has come. */
void phase_timeout(struct exabgp *, monotime_t now);
/* First, or again after answers were lost. */
void version_ask(struct exabgp *, bool again, monotime_t now);
/* ExaBGP told its version, and later "done". version: not NUL-terminated. */
void version_learn(struct exabgp *, const char *version, size_t length, enum exabgp_dialect, monotime_t now);
void version_done(struct exabgp *, monotime_t now);
/* What is in flight is not awaited any more. */
void flights_give_up(struct exabgp *, monotime_t now);
/* Answers failed to come. */
void answers_lost(struct exabgp *, monotime_t now);

/* The dialect or whether answers come is configured otherwise. */
void exabgp_relearn(struct exabgp *, monotime_t now);

/* exabgp_resync.c */

/* The first one is a period from now. */
void resync_schedule(struct exabgp *, monotime_t now);
/* When resync_tick wants to be called next: it begins what is due. */
monotime_t resync_deadline(const struct exabgp *);
void resync_tick(struct exabgp *, monotime_t now);
/* While draining: finish when nothing is in flight any more. */
void resync_drained(struct exabgp *, monotime_t now);

/* exabgp_answer.c */

/* A command is in flight from now on. */
void flight_begin(struct exabgp *, struct flight, monotime_t now);
/* Answer refusals of our own that have come to the front. */
void refusals_settle(struct exabgp *, monotime_t now);
/* An "error: text" that no "error" followed was an answer by itself. */
void error_complete(struct exabgp *, monotime_t now);

#endif
