/*
 * Which part of exacheck a line of the log is of, by the names that ExaCheck's configuration has for its parts.
 */
#ifndef EXACHECK_SUBSYSTEM_H
#define EXACHECK_SUBSYSTEM_H

#include "../common/log.h"

/* "announcer", "configuration", "executor", "healthcheck", "logging", "master", "notification", "utility" or "worker". */
const char *subsystem_name(const struct log_source *);

#endif
