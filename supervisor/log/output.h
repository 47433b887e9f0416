/*
 * Where the lines of a logger go: a file, or a syslog server. Each kind is one table of calls, made in this order:
 * open (before the sandbox, with all rights), begin (in it), then write, flush and reopen as things happen, finish,
 * close. Invariant: no call waits for anybody, but a file system for its disk.
 */
#ifndef EXACHECK_LOG_OUTPUT_H
#define EXACHECK_LOG_OUTPUT_H

#include <stdbool.h>

#include "../../common/log_format.h"
#include "needs.h"
#include "setup.h"

struct event_base;

/* What every kind's own struct begins with. */
struct output {
	const struct output_kind *kind;
};

struct output_kind {
	const char *method; /* in the setup */
	/*
	 * Make one for this logger, which outlives it, and add what it needs of the system. That the destination cannot be
	 * had now is a matter of report_problem, and of trying again. NULL: out of memory.
	 */
	struct output *(*open)(const struct logger_setup *, struct needs *);
	/* The loop, for its events. False: out of memory. */
	bool (*begin)(struct output *, struct event_base *);
	/* A record that has passed the filter. Valid during the call only. */
	void (*write)(struct output *, const struct log_fields *);
	/* There is nothing more to be read just now: what is collected may go. */
	void (*flush)(struct output *);
	/* SIGUSR1: the destination may be another one by now. */
	void (*reopen)(struct output *);
	/* Nothing more will be written: whether all is out, or given up. Asked again and again, but not for long. */
	bool (*finished)(struct output *);
	/* Free it, whatever is left. */
	void (*close)(struct output *);
};

extern const struct output_kind file_output, syslog_output;

#endif
