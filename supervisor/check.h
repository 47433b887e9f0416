/*
 * A check at run time: a node whose findings are what its state machine makes of results. Hears results from worker.c;
 * knows no process and no clock.
 *
 * It is disabled while its disable file exists, as a worker says, or while it is overridden: from the beginning of the
 * first of both to the end of the last, after which it starts up and rises anew. While it is overridden it is executed,
 * and results are shown and change nothing. Who goes on from a killed predecessor's state knows nothing of the file: one
 * that was disabled stays so until a worker says that there is one, or there is a result, or an override.
 */
#ifndef EXACHECK_CHECK_H
#define EXACHECK_CHECK_H

#include <stdbool.h>
#include <stdint.h>

#include "../common/result.h"
#include "config.h"
#include "fsm.h"
#include "node.h"
#include "results.h"
#include "state.h"
#include "transition.h"

struct worker;

struct check {
	const struct check_config *config;
	struct node node;
	struct fsm fsm;
	bool disabled;	       /* its disable file exists, as far as a worker has said so */
	struct worker *worker; /* worker.c's; NULL: none executes it */
	struct results results; /* kept by who observes: see chronicle.h */
	void (*observe)(void *context, const struct transition *);
	void *context;
};

/*
 * owner, rank: the node's. observe: called with every event, after its effects; NULL: nobody wants to know. All arguments
 * outlive the check.
 */
void check_init(struct check *, const struct check_config *, unsigned owner, unsigned rank, struct nodes *,
    void (*observe)(void *context, const struct transition *), void *context);

/* From now on the check has this configuration, with its state and counters; see node_reconfigure. */
void check_reconfigure(struct check *, const struct check_config *, unsigned owner, unsigned rank);

/* Its state across an upgrade, into a check that has claimed its routes. check_state_valid: whether it could be. */
json_t *check_save(const struct check *);
bool check_load(struct check *, const json_t *, char error[static STATE_ERROR_SIZE]);
bool check_state_valid(const json_t *, char error[static STATE_ERROR_SIZE]);

/*
 * What another exacheck on the same boot saved before it was killed, into a check that has claimed its routes. Its counts,
 * hold, drain and losses go on; the verdict is unproven (see node.h), so nothing is said yet. now: no time of what is
 * past lies after it.
 */
bool check_inherit(struct check *, const json_t *, monotime_t now, char error[static STATE_ERROR_SIZE]);

/* One execution's result. */
void check_result(struct check *, const struct result *, int64_t duration_ns, monotime_t now);

/* The disable file is there or not there. */
void check_disabled(struct check *, bool disabled, monotime_t now);

/*
 * An operator's word, in place of a former one; it becomes the check's. And it is over: why is for people, "enabled by
 * root". Both are told, whatever comes of them.
 */
void check_override(struct check *, struct override *, monotime_t now);
void check_release(struct check *, const char *why, monotime_t now);

/* Whether it is disabled in a way that keeps it from being executed: one that is overridden is executed. */
bool check_rests(const struct check *);

/* Nanoseconds between executions in the present state. */
int64_t check_interval_ns(const struct check *);

/* The state as people read it, "rising (1/3)", "up (held)". Returns text. */
const char *check_describe(const struct check *, char *text, size_t size);

#endif
