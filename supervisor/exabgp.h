/*
 * The conversation with ExaBGP: dialect detection, commands, answers. Pure: bytes in, whole lines out,
 * time as a parameter; channel.c does the input and output.
 */
#ifndef EXACHECK_EXABGP_H
#define EXACHECK_EXABGP_H

#include <stdbool.h>
#include <stddef.h>

#include "../common/monotime.h"
#include "config.h"
#include "route.h"
#include "state.h"

#define EXABGP_LINE_MAX 4096 /* a command with its newline: one atomic write to a pipe */

struct exabgp;

/* Who is at the other end. */
enum exabgp_peer {
	EXABGP_NOBODY,	/* a terminal or a file: nobody answers */
	EXABGP_PARENT,	/* we are its process: there from the start, its end is ours */
	EXABGP_SERVICE, /* beside us: not there at first, comes and goes */
};

/* ledger: outlives the result. NULL: out of memory. */
struct exabgp *exabgp_new(
    const struct exabgp_options *, int64_t resync_ns, struct ledger *, enum exabgp_peer, monotime_t now);
void exabgp_free(struct exabgp *);

/* EXABGP_SERVICE came, with an empty RIB as far as we know: everything is said anew. Or it went. */
void exabgp_arrive(struct exabgp *, monotime_t now);
void exabgp_leave(struct exabgp *, monotime_t now);

/*
 * There is evidence that ExaBGP may have lost routes: soon, and not too often, everything announced is said again.
 * reborn: it may even be another ExaBGP, whose version is asked.
 */
void exabgp_suspect(struct exabgp *, bool reborn, monotime_t now);

/* While paused nothing new is said, and exabgp_idle means that nothing is unanswered. */
void exabgp_pause(struct exabgp *, bool paused);

/* A new configuration. False: out of memory, max_in_flight keeps its value. */
bool exabgp_change(struct exabgp *, const struct exabgp_options *, int64_t resync_ns, monotime_t now);

/*
 * Whole lines to write now, at most `size` bytes (at least EXABGP_LINE_MAX); 0: nothing now. Each line
 * must then be written; the conversation counts it as said.
 */
size_t exabgp_output(struct exabgp *, char *buffer, size_t size, monotime_t now);

/* Bytes from ExaBGP, in any pieces. */
void exabgp_input(struct exabgp *, const char *data, size_t length, monotime_t now);

/* When exabgp_tick wants to be called next: time-outs, retries, resync. */
monotime_t exabgp_deadline(const struct exabgp *);
void exabgp_tick(struct exabgp *, monotime_t now);

/*
 * The end is near: say what is desired without waiting for answers, to questions or to commands. What was
 * in flight counts as not answered.
 */
void exabgp_hurry(struct exabgp *, monotime_t now);

/* ExaBGP said "shutdown". */
bool exabgp_shutdown_asked(const struct exabgp *);
/* Nothing left to say and nothing unanswered; or it is away. */
bool exabgp_idle(const struct exabgp *);

/*
 * Its state across an upgrade while nothing is in flight, into a new conversation; exabgp_state_valid: whether it
 * could be loaded.
 */
json_t *exabgp_save(const struct exabgp *);
bool exabgp_load(struct exabgp *, const json_t *, char error[static STATE_ERROR_SIZE]);
bool exabgp_state_valid(const json_t *, char error[static STATE_ERROR_SIZE]);

struct exabgp_status {
	enum exabgp_dialect dialect;
	bool detecting, acks;
	bool answered; /* ExaBGP is there: it has said something since it arrived */
	char version[64]; /* ExaBGP's answer, empty: none */
	size_t in_flight, errors, timeouts, commands; /* commands: about routes */
	size_t announces, withdraws;		     /* of these */
};
void exabgp_status(const struct exabgp *, struct exabgp_status *);

/*
 * One command as a line without newline: "announce route P next-hop …" in the dialect. attributes NULL:
 * withdraw. Returns its length, or 0 when it does not fit in size.
 */
size_t exabgp_command(enum exabgp_dialect, const struct route_key *, const char *attributes, char *line, size_t size);

#endif
