/*
 * A record as the text of a logger's line: the usual one, the configuration's own formatter, JSON, or ExaCheck's quoted
 * pairs.
 */
#ifndef EXACHECK_LOG_LINE_FORMAT_H
#define EXACHECK_LOG_LINE_FORMAT_H

#include "../../common/log_format.h"
#include "setup.h"

struct format;

/*
 * What the logger's setup asks for; a file's line is a record, a syslog message has most of a record around its text.
 * NULL with a reason.
 */
struct format *format_new(const struct logger_setup *, char error[static LOG_FORMAT_ERROR_SIZE]);
void format_free(struct format *);

/* The line, malloc'd, without newline. NULL: out of memory. */
char *format_line(const struct format *, const struct log_fields *);

/* When it was: RFC 3339 in UTC, or as RFC 3164 has it, which is local time. The same. */
char *format_stamp(const struct format *, const struct log_fields *);

#endif
