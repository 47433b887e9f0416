/*
 * A log in a file: what is written is kept until it is there, and told as lost if that is too much. For all loggers
 * that name the same file there is one.
 */
#ifndef EXACHECK_LOG_LOGFILE_H
#define EXACHECK_LOG_LOGFILE_H

#include <stdbool.h>
#include <stdint.h>

#include "needs.h"
#include "setup.h"

struct event_base;
struct logfile;

/* The line that says, in the log itself, what is missing at its place: malloc'd; NULL: out of memory. */
typedef char *logfile_tell(void *context, const char *text);

/*
 * The log of this logger, opened if it can be: another logger's if that has the same destination; logfile_close for
 * each. The setup outlives it, and so does the context, which formats lines. NULL: out of memory.
 */
struct logfile *logfile_open(const struct logger_setup *, struct needs *, logfile_tell *, void *context);
bool logfile_begin(struct logfile *, struct event_base *);
void logfile_close(struct logfile *);

/* Add a line; NULL: one that is lost for want of memory. */
void logfile_write(struct logfile *, const char *line);
/* Write what there is, unless it is not the time. */
void logfile_flush(struct logfile *);
/* What is written from now on goes to the file that the path leads to. */
void logfile_reopen(struct logfile *);
/* There is nothing left, or no way to write it. */
bool logfile_finished(struct logfile *);

#endif
