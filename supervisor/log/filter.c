/*
 * The filters of loggers. Pure. Invariant: every one of level, events, subsystems and checks must let a record pass.
 */
#include "filter.h"

#include <stdlib.h>
#include <string.h>

static int
name_compare(const void *name, const void *entry)
{
	return strcmp(name, *(char *const *)entry);
}

static bool
names_have(const struct names *names, const char *name)
{
	return names->count > 0 && bsearch(name, names->names, names->count, sizeof(names->names[0]), name_compare) != NULL;
}

bool
filter_wants(const struct logger_setup *logger, const struct log_fields *record)
{
	enum log_level level = log_setup_level(record->level);

	return level != LOG_LEVELS && log_level_admits(logger->level, level) && names_have(&logger->events, record->event) &&
	    names_have(&logger->subsystems, record->subsystem) &&
	    (logger->checks.count == 0 ||
	    names_have(&logger->checks, record->check != NULL ? record->check : FILTER_ITSELF));
}
