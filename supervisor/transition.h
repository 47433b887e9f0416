/*
 * What happened to a check, or to the routes of a node: the events that everything which wants to know reads.
 */
#ifndef EXACHECK_TRANSITION_H
#define EXACHECK_TRANSITION_H

#include <stdbool.h>
#include <stdint.h>

#include "../common/log.h"
#include "../common/result.h"
#include "config.h"
#include "fsm.h"
#include "node.h"

struct transition {
	const struct check_config *config;
	const struct node *node;
	enum fsm_event event;
	struct fsm before, after;
	enum node_effect effect;     /* of it on the routes */
	const struct result *result; /* NULL for the disable file's coming and going, and an operator's word */
	const char *word;	     /* the latter, for people; NULL: the file's. It is told whatever came of it */
	int64_t duration_ns;	     /* of the execution */
	monotime_t now;
};

/* "fail timeout (no answer within 5 s) in 5000.1 ms". Returns text. */
#define TRANSITION_CAUSE_SIZE 512
const char *transition_cause(const struct transition *, char text[static TRANSITION_CAUSE_SIZE]);

/* Of the routes that a node withdrew: how many are announced all the same, as others want them. */
size_t transition_kept(const struct node *, enum node_effect);

/*
 * One consistent log line per change of state; a line per result at debug level. And a line for a change that no
 * transition's line tells. Each returns whether there was a change, with its line in text.
 */
#define TRANSITION_TEXT_SIZE 1024
bool transition_log(const struct transition *, char text[static TRANSITION_TEXT_SIZE]);
bool change_log(const struct node_change *, char text[static TRANSITION_TEXT_SIZE]);

#endif
