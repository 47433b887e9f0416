/*
 * Log lines on stderr, or to a sink. Invariant: a write never blocks; what could not be written is
 * counted and told later. Touches stderr only.
 */
#include "log.h"

#include <errno.h>
#include <poll.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "utf8.h"

#define LINE_SIZE 1024 /* below PIPE_BUF: a line that fits into a pipe goes in whole, without blocking */

#define WRITE_ATTEMPTS 3

static const char *const level_names[LOG_LEVELS] = {
	[LOG_LEVEL_ERROR] = "error",
	[LOG_LEVEL_WARNING] = "warning",
	[LOG_LEVEL_INFO] = "info",
	[LOG_LEVEL_SUCCESS] = "success",
	[LOG_LEVEL_DEBUG] = "debug",
	[LOG_LEVEL_TRACE] = "trace",
};

static enum log_level threshold = LOG_LEVEL_SUCCESS;
static log_sink *sink, *tap;
static struct {
	log_witness *see; /* NULL: there is none */
	void *context;
	bool alone;
} witness;
static unsigned long dropped;

void
log_set_level(enum log_level level)
{
	threshold = level;
}

enum log_level
log_level(void)
{
	return threshold;
}

bool
log_enabled(enum log_level level)
{
	return level <= threshold;
}

void
log_set_sink(log_sink *function)
{
	sink = function;
}

void
log_set_tap(log_sink *function)
{
	tap = function;
}

void
log_set_witness(log_witness *see, void *context, bool alone)
{
	witness.see = see;
	witness.context = context;
	witness.alone = see != NULL && alone;
}

const char *
log_level_name(enum log_level level)
{
	return (unsigned)level < LOG_LEVELS ? level_names[level] : "?";
}

static bool
stderr_takes(void)
{
	struct pollfd pfd = {.fd = STDERR_FILENO, .events = POLLOUT};

	return poll(&pfd, 1, 0) == 1 && (pfd.revents & POLLOUT) != 0;
}

/* Returns false when nothing of it went out. The rest of a line of which some did is worth a few attempts. */
static bool
line_write(const char *line, size_t length)
{
	size_t done = 0;

	for (int attempt = 0; attempt < WRITE_ATTEMPTS && done < length; attempt++) {
		ssize_t written = stderr_takes() ? write(STDERR_FILENO, line + done, length - done) : -1;

		if (written > 0)
			done += (size_t)written;
	}
	return done > 0;
}

static void
stderr_write(enum log_level level, const char *subject, const char *text)
{
	char line[LINE_SIZE], stamp[32];
	struct timespec now;
	struct tm tm;
	int length;

	clock_gettime(CLOCK_REALTIME, &now);
	gmtime_r(&now.tv_sec, &tm);
	strftime(stamp, sizeof(stamp), "%Y-%m-%dT%H:%M:%S", &tm);
	length = snprintf(line, sizeof(line), "%s.%03ldZ %s %s%s%s\n", stamp, now.tv_nsec / 1000000,
	    log_level_name(level), subject != NULL ? subject : "", subject != NULL ? ": " : "", text);
	if (length >= (int)sizeof(line)) {
		length = sizeof(line) - 1;
		line[length - 1] = '\n';
	}
	if (!line_write(line, (size_t)length))
		dropped++;
}

static void
stderr_sink(enum log_level level, const char *subject, const char *text)
{
	char notice[64];

	if (dropped > 0 && stderr_takes()) {
		snprintf(notice, sizeof(notice), "%lu log lines were lost: stderr was full", dropped);
		dropped = 0;
		stderr_write(LOG_LEVEL_WARNING, NULL, notice);
	}
	stderr_write(level, subject, text);
}

static void log_emit(enum log_level, const char *, int, const char *, va_list)
    __attribute__((format(printf, 4, 0)));

static void
log_emit(enum log_level level, const char *subject, int error, const char *format, va_list ap)
{
	char text[LINE_SIZE - 128];
	size_t length;
	bool usual = level <= LOG_LEVEL_SUCCESS, tapped = tap != NULL && usual && !witness.alone;
	bool written = log_enabled(level) && !witness.alone, witnessed = witness.see != NULL && usual;
	int saved_errno = errno;

	if (!written && !tapped && !witnessed)
		return;
	vsnprintf(text, sizeof(text), format, ap);
	length = strlen(text);
	if (error != 0 && length < sizeof(text))
		snprintf(text + length, sizeof(text) - length, ": %s", strerror(error));
	utf8_sanitise(text);
	if (witnessed)
		witness.see(witness.context, subject, text);
	if (written)
		(sink != NULL ? sink : stderr_sink)(level, subject, text);
	if (tapped)
		tap(level, subject, text);
	errno = saved_errno;
}

void
log_line(enum log_level level, const char *subject, const char *format, ...)
{
	va_list ap;

	va_start(ap, format);
	log_emit(level, subject, 0, format, ap);
	va_end(ap);
}

#define LOG_FUNCTION(NAME, LEVEL, ERROR)                   \
	void NAME(const char *format, ...)                 \
	{                                                  \
		va_list ap;                                \
                                                           \
		va_start(ap, format);                      \
		log_emit(LEVEL, NULL, ERROR, format, ap);  \
		va_end(ap);                                \
	}

LOG_FUNCTION(log_warn, LOG_LEVEL_WARNING, errno)
LOG_FUNCTION(log_warnx, LOG_LEVEL_WARNING, 0)
LOG_FUNCTION(log_error, LOG_LEVEL_ERROR, errno)
LOG_FUNCTION(log_errorx, LOG_LEVEL_ERROR, 0)
LOG_FUNCTION(log_info, LOG_LEVEL_INFO, 0)
LOG_FUNCTION(log_debug, LOG_LEVEL_DEBUG, 0)
