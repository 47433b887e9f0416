/*
 * Results: names, construction, and the one place that turns an errno into a verdict. Pure.
 */
#include "result.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

static const char *const code_names[RESULT_CODES] = {
	[RESULT_PASS] = "pass",
	[RESULT_FAIL] = "fail",
	[RESULT_ERROR] = "error",
};

static const char *const reason_names[REASONS] = {
	[REASON_OK] = "ok",
	[REASON_TIMEOUT] = "timeout",
	[REASON_RESOLVE] = "resolve",
	[REASON_REFUSED] = "refused",
	[REASON_RESET] = "reset",
	[REASON_CLOSED] = "closed",
	[REASON_UNREACHABLE] = "unreachable",
	[REASON_TLS] = "tls",
	[REASON_CERTIFICATE] = "certificate",
	[REASON_PROTOCOL] = "protocol",
	[REASON_STATUS] = "status",
	[REASON_PATTERN] = "pattern",
	[REASON_PATTERN_LIMIT] = "pattern-limit",
	[REASON_RCODE] = "rcode",
	[REASON_EMPTY] = "empty",
	[REASON_LOSS] = "loss",
	[REASON_LATENCY] = "latency",
	[REASON_JITTER] = "jitter",
	[REASON_OFFSET] = "offset",
	[REASON_STRATUM] = "stratum",
	[REASON_UNSYNCHRONISED] = "unsynchronised",
	[REASON_EXIT] = "exit",
	[REASON_SIGNAL] = "signal",
	[REASON_MISSING] = "missing",
	[REASON_PRESENT] = "present",
	[REASON_AGE] = "age",
	[REASON_PERMISSION] = "permission",
	[REASON_LOCAL] = "local",
	[REASON_LEASE] = "lease",
	[REASON_DIED] = "died",
	[REASON_VIOLATION] = "violation",
	[REASON_SPAWN] = "spawn",
};

/* Errors that say something about the service; every other errno is a local failure. */
static const struct {
	int error;
	enum result_code code;
	enum reason reason;
} errno_table[] = {
	{ECONNREFUSED, RESULT_FAIL, REASON_REFUSED},
	{ECONNRESET, RESULT_FAIL, REASON_RESET},
	{ECONNABORTED, RESULT_FAIL, REASON_RESET},
	{EPIPE, RESULT_FAIL, REASON_RESET},
	{ETIMEDOUT, RESULT_FAIL, REASON_TIMEOUT},
	{EHOSTUNREACH, RESULT_FAIL, REASON_UNREACHABLE},
	{ENETUNREACH, RESULT_FAIL, REASON_UNREACHABLE},
	{EHOSTDOWN, RESULT_FAIL, REASON_UNREACHABLE},
	{ENETDOWN, RESULT_FAIL, REASON_UNREACHABLE},
	{ENOPROTOOPT, RESULT_FAIL, REASON_UNREACHABLE}, /* ICMP protocol or port unreachable */
	{EPROTO, RESULT_FAIL, REASON_UNREACHABLE},
	{EACCES, RESULT_ERROR, REASON_PERMISSION},
	{EPERM, RESULT_ERROR, REASON_PERMISSION},
};

void
text_sanitise(char *text)
{
	for (; *text != '\0'; text++)
		if (*text < ' ' || *text > '~')
			*text = '?';
}

static void result_fill(struct result *, enum result_code, enum reason, const char *, va_list)
    __attribute__((format(printf, 4, 0)));

static void
result_fill(struct result *result, enum result_code code, enum reason reason, const char *format, va_list ap)
{
	result->code = code;
	result->reason = reason;
	vsnprintf(result->text, sizeof(result->text), format, ap);
	text_sanitise(result->text);
}

void
result_pass(struct result *result, const char *format, ...)
{
	va_list ap;

	va_start(ap, format);
	result_fill(result, RESULT_PASS, REASON_OK, format, ap);
	va_end(ap);
}

void
result_fail(struct result *result, enum reason reason, const char *format, ...)
{
	va_list ap;

	va_start(ap, format);
	result_fill(result, RESULT_FAIL, reason, format, ap);
	va_end(ap);
}

void
result_error(struct result *result, enum reason reason, const char *format, ...)
{
	va_list ap;

	va_start(ap, format);
	result_fill(result, RESULT_ERROR, reason, format, ap);
	va_end(ap);
}

void
result_errno(struct result *result, int error, const char *what)
{
	for (size_t i = 0; i < sizeof(errno_table) / sizeof(errno_table[0]); i++) {
		if (errno_table[i].error != error)
			continue;
		if (errno_table[i].code == RESULT_FAIL)
			result_fail(result, errno_table[i].reason, "%s: %s", what, strerror(error));
		else
			result_error(result, errno_table[i].reason, "%s: %s", what, strerror(error));
		return;
	}
	result_error(result, REASON_LOCAL, "%s: %s", what, strerror(error));
}

const char *
result_code_name(enum result_code code)
{
	return (unsigned)code < RESULT_CODES ? code_names[code] : "?";
}

const char *
reason_name(enum reason reason)
{
	return (unsigned)reason < REASONS ? reason_names[reason] : "?";
}
