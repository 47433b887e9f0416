/*
 * Which of ExaCheck's subsystems a line of the log is of: what logging[].subsystems of the configuration names.
 */
#ifndef EXACHECK_SUBSYSTEM_H
#define EXACHECK_SUBSYSTEM_H

#include "../common/log.h"

/*
 * "announcer", "configuration", "executor", "healthcheck", "logging", "notification", "utility", "worker" or "master":
 * what the line says itself, or by the name of the source's file.
 */
const char *subsystem_name(const struct log_source *);

#endif
