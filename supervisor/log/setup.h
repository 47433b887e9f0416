/*
 * What exacheck-log is to do: the loggers of its setup.
 */
#ifndef EXACHECK_LOG_SETUP_H
#define EXACHECK_LOG_SETUP_H

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "../../common/log.h"

struct names {
	size_t count;
	char **names; /* in the order of strcmp */
};

/* One logger, as the configuration has it. */
struct logger_setup {
	char *method;	 /* "file", "syslog" */
	enum log_level level;
	char *formatter; /* "exacheck", or a format as loguru takes it; NULL: the usual one */
	struct names events, subsystems; /* that are written */
	struct names checks; /* MASTER: exacheck itself; none: all */
	bool structured;
	char *destination; /* a path, an address, the name of a host */
	/* file */
	int64_t size;  /* bytes: beyond them it is rotated */
	int64_t count; /* rotated files that are kept */
	bool compress;
	char *compression_format; /* "gz" ... "zip" */
	/* syslog */
	uint16_t port;
	char *protocol; /* "udp", "tcp" */
	char *format;	/* "rfc5424", "rfc3164" */
	int facility;	/* number of RFC 5424 */
	/* the same for all */
	int pid;	  /* the supervisor's */
	const char *host; /* name of this machine; the setup's */
};

struct log_setup {
	int pid;
	char *host;
	size_t count;
	struct logger_setup *loggers;
};

#define SETUP_ERROR_SIZE 120

/* Read the map. False with why: it is no setup of exacheck-log, or out of memory. */
bool log_setup_read(struct log_setup *, const json_t *map, char error[static SETUP_ERROR_SIZE]);
void log_setup_free(struct log_setup *);

/* The level of this name, LOG_LEVELS: there is none. */
enum log_level log_setup_level(const char *name);

#endif
