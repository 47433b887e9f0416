/*
 * Which logger wants which record.
 */
#ifndef EXACHECK_LOG_FILTER_H
#define EXACHECK_LOG_FILTER_H

#include "../../common/log_format.h"
#include "setup.h"

/* What a record of exacheck itself has in place of a check, in a logger's list of checks. */
#define FILTER_ITSELF "MASTER"

/* Whether this logger writes a record of this level, event, subsystem and check; a level that is none is nobody's. */
bool filter_wants(const struct logger_setup *, const struct log_fields *);

#endif
