/*
 * A notice: what of the log is for people who are not looking, and its line of JSON.
 */
#ifndef EXACHECK_NOTIFIER_LINE_H
#define EXACHECK_NOTIFIER_LINE_H

#include <stdint.h>

#include "notifier.h"

/*
 * What a line of the log is as a notice: LOG_EVENT_USUAL: none. subsystem: which wrote it, see subsystem.h; change: NULL:
 * none.
 */
enum log_event notifier_event(const struct log_record *, const char *subsystem, const struct notifier_change *);

/*
 * Its line, malloc'd, with the newline: {"type": "notice", "at": microseconds since 1970, "level", "event", "subsystem",
 * "check": name or null, "group": whether it is a group, "from" and "to": verdicts, "startup" or of a group "undecided"
 * where there was none, or null, "fault": of struct log_about, or null, "text": the log's, "cause", "effect": on routes, or
 * null, "attributes": those of which state they are announced with, null: their own, "restored": whether they were
 * announced before with those of another state, "prefixes": the first NOTIFIER_PREFIXES of "prefix_count", "nexthop",
 * "metric": MED or null, "since": when the state before began, in microseconds since 1970, or null, "kept": how many routes
 * others keep announced, "file", "line", "function"}. NULL: out of memory.
 */
#define NOTIFIER_PREFIXES 50
char *notifier_line(const struct log_record *, enum log_event, const char *subsystem, const struct notifier_change *,
    int64_t at_us);

#endif
