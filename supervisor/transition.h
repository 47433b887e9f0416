/*
 * What happened to a check: the one event that everything which wants to know reads.
 */
#ifndef EXACHECK_TRANSITION_H
#define EXACHECK_TRANSITION_H

#include <stdint.h>

#include "../common/result.h"
#include "config.h"
#include "fsm.h"

struct transition {
	const struct check_config *config;
	enum fsm_event event;
	struct fsm before, after;
	enum fsm_action action;	     /* what became of the routes */
	const struct result *result; /* NULL for the disable file's coming and going */
	int64_t duration_ns;	     /* of the execution */
};

/* One consistent log line per change of state; a line per result at debug level. */
void transition_log(const struct transition *);

#endif
