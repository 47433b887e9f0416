/*
 * The format of log lines as loguru has it ("{time:YYYY-MM-DD} | {level: <8} | {message}"): compiled once, used for every
 * line.
 */
#ifndef EXACHECK_LOG_FORMAT_H
#define EXACHECK_LOG_FORMAT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct log_format;

/* What a line is made of; all of it lives during the call. */
struct log_fields {
	int64_t at_us;	   /* since 1970-01-01 UTC */
	const char *level; /* "error" ... "trace" */
	const char *event, *subsystem;
	const char *check; /* NULL: exacheck itself, written as MASTER */
	const char *from, *to; /* states, or NULL */
	const char *text;
	const char *file, *function;
	unsigned line;
	int pid;
};

#define LOG_FORMAT_ERROR_SIZE 200

/* NULL with a reason that names the field, phrased to follow "formatter: ", or out of memory. */
struct log_format *log_format_compile(const char *format, char error[static LOG_FORMAT_ERROR_SIZE]);
void log_format_free(struct log_format *);

/* The line, malloc'd, without newline. NULL: out of memory. */
char *log_format_line(const struct log_format *, const struct log_fields *);

#endif
