/*
 * What exacheck-log is told: each line of the log that a logger of the configuration may want, in order. It is never
 * waited for: what does not fit into a bounded queue is counted, and the count told in its place.
 */
#ifndef EXACHECK_LOGGERS_H
#define EXACHECK_LOGGERS_H

#include <jansson.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <sys/types.h>

#include "../common/log.h"
#include "identity.h"

struct config;
struct event_base;
struct launcher;
struct loggers;

/* All arguments outlive the result; *config is the one that is in force. NULL: out of memory. */
struct loggers *loggers_new(struct event_base *, struct config *const *config, const struct identity *,
    struct launcher *);
void loggers_free(struct loggers *);

/* Begin, or follow a configuration that is in force from now on. */
void loggers_configure(struct loggers *);

/* Whether there are any; the highest level (see log_set_tap) of which one wants lines. */
bool loggers_wanted(const struct loggers *);
enum log_level loggers_level(const struct loggers *);

/* A line of the log was written. Writes none itself. */
void loggers_record(struct loggers *, const struct log_record *);

/* The files may have been moved: they are opened anew, between the lines before and those that come. */
void loggers_reopen(struct loggers *);

/* See helper.h. loggers_told: whether there is nothing that leaving would lose. */
void loggers_stop(struct loggers *);
bool loggers_ends(const struct loggers *);
pid_t loggers_pid(const struct loggers *);
bool loggers_told(const struct loggers *);
void loggers_leave(struct loggers *);
bool loggers_reaped(struct loggers *, pid_t, int status);
bool loggers_save(const struct loggers *, FILE *);
void loggers_load(struct loggers *, const json_t *);

/* For those who look. */
struct loggers_figures {
	uint64_t lines, lost; /* that were to be told; of which there was no room or memory for so many */
	uint64_t failures; /* how often exacheck-log ended unexpectedly */
};
void loggers_figures(const struct loggers *, struct loggers_figures *);

#endif
