/*
 * What exacheck-notify is told: what happens, as notices, in order. It is never waited for: what does not fit into a
 * bounded queue is counted, and the count told in its place. Notices are: each change of a verdict, and what drains or the
 * guard led to later; lines of the log about a check that are errors or warnings; of those about exacheck itself these,
 * and what says that it starts, stops, reloads, upgrades. None about notifications themselves, which would never end.
 */
#ifndef EXACHECK_NOTIFIER_H
#define EXACHECK_NOTIFIER_H

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <sys/types.h>

#include "../common/log.h"
#include "identity.h"
#include "node.h"

struct config;
struct event_base;
struct launcher;
struct notifier;

/* What a line of the log about a node says beyond its text. Valid during the call only. */
struct notifier_change {
	const struct node_change *change;
	bool group;
	const char *cause; /* for people, one line: "fail timeout (no answer within 5 s) in 5000.1 ms" */
};

/* A word about the test of a target, see notifier_test. text: for people, what is wrong; "" if nothing is. */
typedef void notifier_tested(void *context, uint32_t id, size_t target, bool ok, const char *text);

/* All arguments outlive the result; *config is the one that is in force. NULL: out of memory. */
struct notifier *notifier_new(struct event_base *, struct config *const *config, const struct identity *,
    struct launcher *);
void notifier_free(struct notifier *);

/* Begin, or follow a configuration that is in force from now on. */
void notifier_configure(struct notifier *);

/* The name of a target of this configuration by its number: notifications, then sentry. NULL: there are no more. */
const char *notifier_target(const struct config *, size_t target);

/*
 * A line of the log was written: it is told, if it is a notice. change: NULL: it is not the line of a change of a node.
 * Writes nothing to the log.
 */
void notifier_record(struct notifier *, const struct log_record *, const struct notifier_change *);

/*
 * Send a message to a target to see whether it works, by its number; ALL: to each of them. Returns an id for what will be
 * heard of it, 0: out of memory.
 */
#define NOTIFIER_ALL SIZE_MAX
uint32_t notifier_test(struct notifier *, size_t target);
void notifier_listen(struct notifier *, notifier_tested *, void *context);

/* See helper.h. */
pid_t notifier_pid(const struct notifier *);
void notifier_stop(struct notifier *);
bool notifier_ends(const struct notifier *);
bool notifier_told(const struct notifier *);
void notifier_leave(struct notifier *);
bool notifier_reaped(struct notifier *, pid_t, int status);
bool notifier_save(const struct notifier *, FILE *);
void notifier_load(struct notifier *, const json_t *);

/* For those who look. */
enum notifier_result { NOTIFIER_DELIVERED, NOTIFIER_FAILED /* to be tried again */, NOTIFIER_GAVE_UP, NOTIFIER_RESULTS };

struct notifier_figures {
	uint64_t notices, lost; /* that there were; of which there was no room or memory for so many */
	uint64_t failures;	/* how often exacheck-notify ended unexpectedly */
	uint64_t results[NOTIFIER_RESULTS]; /* messages, as exacheck-notify says */
};
void notifier_figures(const struct notifier *, struct notifier_figures *);

#endif
