/*
 * Messages of syslog: the frame around a line. RFC 5424; RFC 3164, as the C library's syslog(3) writes it.
 */
#ifndef EXACHECK_LOG_FORMAT_SYSLOG_H
#define EXACHECK_LOG_FORMAT_SYSLOG_H

#include <stdbool.h>

#include "format.h"

/*
 * The whole message, malloc'd: one line without newline, and without a control character. local: to a socket of this
 * machine, where RFC 3164 messages name no host. NULL: out of memory.
 */
char *format_syslog(const struct format *, const struct logger_setup *, const struct log_fields *, bool local);

#endif
