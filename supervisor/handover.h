/*
 * What one exacheck hands to the next at an upgrade: the configuration that is in force, who workers are, the launcher,
 * what ExaBGP was told, the state of every check and its process, the hooks that run or wait, helpers that are yet to finish.
 * Written as lines, see state.h, in the order in which the next one needs them.
 */
#ifndef EXACHECK_HANDOVER_H
#define EXACHECK_HANDOVER_H

#include <stdbool.h>
#include <stdio.h>

#include "identity.h"
#include "state.h"

struct channel;
struct checks;
struct config;
struct hooks;
struct launcher;
struct ledger;
struct loggers;
struct notifier;
struct workers;

#define HANDOVER_VERSION_SIZE 64

struct handover {
	char version[HANDOVER_VERSION_SIZE]; /* of the program that wrote the state */
	unsigned upgrades, refusals; /* of this process so far */
	bool reload;	   /* somebody asked for it meanwhile */
	bool once;	   /* see struct supervisor_start */
	int lock;	   /* the runtime directory's, -1: none */
	bool usable;	   /* its workers speak this program's protocol */
	struct config *config;
	struct identity identity;
	struct launcher *launcher;
	struct ledger *ledger;
	struct checks *checks;
	struct workers *workers;
	struct hooks *hooks;
	struct channel *channel;
	struct loggers *loggers;
	struct notifier *notifier;
};

/* Let execve(2) leave open what the next program needs, or not. False with errno. */
bool handover_keep(const struct handover *, bool keep);

/* Write the state. False: out of memory, or the file cannot be written. */
bool handover_save(const struct handover *, FILE *);

/* Whether this program could go on from the state; if not, with the reason in error. Touches no process. */
bool handover_check(int file, char error[static STATE_ERROR_SIZE]);

/*
 * The next program, step by step. First what all else needs: version to launcher are filled in, and are the caller's.
 * False, with a text in error: there is nothing to go on with.
 */
bool handover_begin(struct handover *, int file, char error[static STATE_ERROR_SIZE]);
/* Before the checks are made: what ExaBGP was told, into the ledger. False: not all of it could be. */
bool handover_routes(struct handover *, int file);
/*
 * When there are checks, workers, hooks and the channel: what they were. What cannot be restored is logged. False: not all
 * of it could be.
 */
bool handover_rest(struct handover *, int file);

#endif
