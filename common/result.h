/*
 * The outcome of one execution of a check: three-valued (pass, fail, local error; an error counts as
 * failing), a reason from a closed list, and one line of text for people. Built in a worker, copied by
 * value across the socketpair, read by the supervisor.
 */
#ifndef EXACHECK_RESULT_H
#define EXACHECK_RESULT_H

#include <stddef.h>

#define RESULT_TEXT_SIZE 200

enum result_code {
	RESULT_PASS,
	RESULT_FAIL,  /* the service is not well */
	RESULT_ERROR, /* we could not find out: a local failure */
	RESULT_CODES
};

enum reason {
	REASON_OK,
	REASON_TIMEOUT,
	REASON_RESOLVE,	       /* the name did not resolve */
	REASON_REFUSED,	       /* connection refused */
	REASON_RESET,	       /* connection reset */
	REASON_CLOSED,	       /* closed before the answer was complete */
	REASON_UNREACHABLE,    /* no route, host or network unreachable */
	REASON_TLS,	       /* TLS handshake failed */
	REASON_CERTIFICATE,    /* certificate refused or too close to its end */
	REASON_PROTOCOL,       /* an answer that the protocol does not allow */
	REASON_STATUS,	       /* HTTP status not expected */
	REASON_PATTERN,	       /* response does not match the pattern */
	REASON_PATTERN_LIMIT,  /* matching the pattern took too much: RESULT_ERROR */
	REASON_RCODE,	       /* DNS response code */
	REASON_EMPTY,	       /* no answer records */
	REASON_LOSS,	       /* ICMP packets lost */
	REASON_LATENCY,
	REASON_JITTER,
	REASON_OFFSET,	       /* NTP */
	REASON_STRATUM,
	REASON_UNSYNCHRONISED,
	REASON_EXIT,	       /* command's exit status */
	REASON_SIGNAL,	       /* command ended by a signal */
	REASON_MISSING,	       /* file does not exist */
	REASON_PRESENT,	       /* file exists and should not */
	REASON_AGE,	       /* file not modified recently enough */
	REASON_PERMISSION,     /* EACCES or EPERM: RESULT_ERROR */
	REASON_LOCAL,	       /* another local failure (socket, memory): RESULT_ERROR */
	REASON_LEASE,	       /* supervisor: the worker was silent */
	REASON_DIED,	       /* supervisor: the worker died */
	REASON_VIOLATION,      /* supervisor: the worker broke the protocol */
	REASON_SPAWN,	       /* supervisor: no worker could be started */
	REASONS
};

struct result {
	enum result_code code;
	enum reason reason;
	char text[RESULT_TEXT_SIZE]; /* printable ASCII, NUL-terminated */
};

/* Fill a result; text is printf-formatted, cut to size, and everything unprintable in it becomes '?'. */
void result_pass(struct result *, const char *format, ...) __attribute__((format(printf, 2, 3)));
void result_fail(struct result *, enum reason, const char *format, ...) __attribute__((format(printf, 3, 4)));
void result_error(struct result *, enum reason, const char *format, ...) __attribute__((format(printf, 3, 4)));

/*
 * Fill a result from an errno of a network or file operation: ECONNREFUSED is a failure with
 * REASON_REFUSED, EMFILE an error with REASON_LOCAL, and so on. what: the operation, e.g. "connect to
 * 192.0.2.1 port 80".
 */
void result_errno(struct result *, int error, const char *what);

/* "pass", "fail", "error"; and the reason's name as it appears in logs and metrics. */
const char *result_code_name(enum result_code);
const char *reason_name(enum reason);

/* Replace every byte that is not printable ASCII by '?'. */
void text_sanitise(char *text);

#endif
