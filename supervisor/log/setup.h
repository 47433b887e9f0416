/*
 * What exacheck-log is to do: the first line that it is told.
 */
#ifndef EXACHECK_LOG_SETUP_H
#define EXACHECK_LOG_SETUP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "../../common/log.h"
#include "../../common/sandbox.h"

#define SETUP_ERROR_SIZE 160

struct names {
	size_t count;
	char **names;
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

struct setup {
	bool drop; /* change to uid and gid */
	uid_t uid;
	gid_t gid;
	enum sandbox_level sandbox;
	int pid;
	char *host;
	size_t count;
	struct logger_setup *loggers;
};

/* Read the line. False with why: it is not one, or out of memory. */
bool setup_read(struct setup *, const char *line, size_t length, char error[static SETUP_ERROR_SIZE]);
void setup_free(struct setup *);

#endif
