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

static const char *const event_names[LOG_EVENTS] = {
	[LOG_EVENT_ANNOUNCE] = "announce",
	[LOG_EVENT_DATADUMP] = "datadump",
	[LOG_EVENT_DEBUG] = "debug",
	[LOG_EVENT_ERROR] = "error",
	[LOG_EVENT_INFO] = "info",
	[LOG_EVENT_WITHDRAW] = "withdraw",
};

static const char *const fault_names[LOG_FAULTS] = {
	[LOG_FAULT_CRASH] = "crash",
	[LOG_FAULT_PROTOCOL] = "protocol",
	[LOG_FAULT_REJECTED] = "rejected",
	[LOG_FAULT_SILENCE] = "silence",
};

/* What a line of this level is about when nothing is said of that. */
static const enum log_event level_events[LOG_LEVELS] = {
	[LOG_LEVEL_ERROR] = LOG_EVENT_ERROR,
	[LOG_LEVEL_WARNING] = LOG_EVENT_ERROR,
	[LOG_LEVEL_INFO] = LOG_EVENT_INFO,
	[LOG_LEVEL_SUCCESS] = LOG_EVENT_INFO,
	[LOG_LEVEL_DEBUG] = LOG_EVENT_DEBUG,
	[LOG_LEVEL_TRACE] = LOG_EVENT_DATADUMP,
};

static enum log_level threshold = LOG_LEVEL_SUCCESS;
static log_sink *sink;
static log_writer *writer;
static struct {
	log_tap *see; /* NULL: there is none */
	enum log_level level;
} tap;
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
	return level <= threshold || (tap.see != NULL && level <= tap.level);
}

void
log_set_sink(log_sink *function)
{
	sink = function;
}

void
log_set_writer(log_writer *function)
{
	writer = function;
}

void
log_set_tap(log_tap *function, enum log_level level)
{
	tap.see = function;
	tap.level = level;
}

void
log_set_witness(log_witness *see, void *context, bool alone)
{
	witness.see = see;
	witness.context = context;
	witness.alone = see != NULL && alone;
}

const char *
log_event_name(enum log_event event)
{
	return (unsigned)event < LOG_EVENTS && event_names[event] != NULL ? event_names[event] : "?";
}

bool
log_level_admits(enum log_level least, enum log_level level)
{
	static const unsigned char gravity[LOG_LEVELS] = {
		[LOG_LEVEL_TRACE] = 0, [LOG_LEVEL_DEBUG] = 1, [LOG_LEVEL_INFO] = 2, [LOG_LEVEL_SUCCESS] = 3,
		[LOG_LEVEL_WARNING] = 4, [LOG_LEVEL_ERROR] = 5};

	return gravity[level] >= gravity[least];
}

const char *
log_fault_name(enum log_fault fault)
{
	return (unsigned)fault < LOG_FAULTS ? fault_names[fault] : NULL;
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

/* To stderr, or what is there in its place. */
static void
record_write(const struct log_record *record)
{
	const struct log_about *about = &record->about;

	if (sink != NULL)
		sink(about->level, about->subject, record->text);
	else if (writer == NULL || !writer(record))
		stderr_sink(about->level, about->subject, record->text);
}

void
log_write(const struct log_source *source, const struct log_about *about, int error, const char *format, ...)
{
	char text[LINE_SIZE - 128];
	struct log_record record = {*about, source, text};
	bool usual = about->level <= LOG_LEVEL_SUCCESS;
	bool written = about->level <= threshold && !witness.alone, witnessed = witness.see != NULL && usual;
	bool tapped = tap.see != NULL && about->level <= tap.level && !witness.alone;
	int saved_errno = errno;
	size_t length;
	va_list ap;

	if (!written && !tapped && !witnessed)
		return;
	va_start(ap, format);
	vsnprintf(text, sizeof(text), format, ap);
	va_end(ap);
	length = strlen(text);
	if (error != 0 && length < sizeof(text))
		snprintf(text + length, sizeof(text) - length, ": %s", strerror(error == LOG_ERRNO ? saved_errno : error));
	utf8_sanitise(text);
	if (about->event == LOG_EVENT_USUAL)
		record.about.event = level_events[about->level];
	if (witnessed)
		witness.see(witness.context, about->subject, text);
	if (written)
		record_write(&record);
	if (tapped)
		tap.see(&record);
	errno = saved_errno;
}
