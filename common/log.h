/*
 * Log lines. The supervisor writes them to stderr (never stdout: that is ExaBGP's), and hands them to whom else they
 * concern; a worker hands them to a sink that sends them to the supervisor. A write never blocks: a line that stderr cannot take is
 * dropped, counted, and the count is told with the next line that fits.
 */
#ifndef EXACHECK_LOG_H
#define EXACHECK_LOG_H

#include <stdbool.h>

enum log_level { LOG_LEVEL_ERROR, LOG_LEVEL_WARNING, LOG_LEVEL_INFO, LOG_LEVEL_SUCCESS, LOG_LEVEL_DEBUG, LOG_LEVEL_TRACE, LOG_LEVELS };

/* Lines above this level are not written to stderr. Default: LOG_LEVEL_SUCCESS. */
void log_set_level(enum log_level);
enum log_level log_level(void);
/* Whether anybody wants lines of this level; those that nobody wants are not formatted. */
bool log_enabled(enum log_level);

/* What a line is about. Those of ExaCheck's logging.events; usual: as the level says */
enum log_event {
	LOG_EVENT_USUAL,
	LOG_EVENT_ANNOUNCE, /* routes were announced */
	LOG_EVENT_DATADUMP,
	LOG_EVENT_DEBUG,
	LOG_EVENT_ERROR,
	LOG_EVENT_INFO,
	LOG_EVENT_WITHDRAW, /* routes were withdrawn */
	LOG_EVENTS
};

/* Errors of exacheck itself, as against those of the services that it checks. */
enum log_fault {
	LOG_FAULT_NONE,
	LOG_FAULT_CRASH,    /* one of its processes ended by itself */
	LOG_FAULT_PROTOCOL, /* one of its processes said what it never should */
	LOG_FAULT_REJECTED, /* ExaBGP, or we, refused a route */
	LOG_FAULT_SILENCE,  /* one of its processes did not answer in time */
	LOG_FAULTS
};

/* Where in the program a line is written. */
struct log_source {
	const char *file; /* as the compiler knows it */
	unsigned line;
	const char *function;
	const char *subsystem; /* what the line is of where the file does not say it; NULL: it does */
};
#define LOG_HERE (&(const struct log_source){__FILE__, __LINE__, __func__, NULL})

/* What is said of a line beside its text; all of it lives at least as long as the line is written. */
struct log_about {
	enum log_level level;
	const char *subject; /* the name of the check or group; NULL: exacheck itself */
	enum log_event event;
	enum log_fault fault;
	const char *before, *after; /* states of the subject, when it changed; NULL: it did not */
};

/* A line. Valid during the call only. */
struct log_record {
	struct log_about about; /* the event is none but LOG_EVENT_USUAL */
	const struct log_source *source;
	const char *text; /* one line without newline */
};

/* Where lines go instead of stderr. */
typedef void log_sink(enum log_level, const char *subject, const char *text);
void log_set_sink(log_sink *);

/*
 * Who takes what would be written to stderr and is more than a text there, such as a journal; what it returns false for is
 * written to stderr nevertheless. NULL: nobody.
 */
typedef bool log_writer(const struct log_record *);
void log_set_writer(log_writer *);

/*
 * Who also wants every line up to this level, whether or not it is written; NULL: nobody. It must not write lines itself.
 */
typedef void log_tap(const struct log_record *);
void log_set_tap(log_tap *, enum log_level);

/*
 * Who has every line up to LOG_LEVEL_SUCCESS for a while, beside everybody else, or, alone, in their place; NULL: it is
 * over. It must not write lines itself.
 */
typedef void log_witness(void *context, const char *subject, const char *text);
void log_set_witness(log_witness *, void *context, bool alone);

/* Write a line. error: an errno to append the text of, 0: none, LOG_ERRNO: errno as it is. */
#define LOG_ERRNO (-1)
void log_write(const struct log_source *, const struct log_about *, int error, const char *format, ...)
    __attribute__((format(printf, 4, 5)));

/*
 * The same in short. subject: the name of the check the line is about, or NULL for exacheck itself. log_warn and
 * log_error append strerror(errno); the *x forms do not.
 */
#define LOG_WRITE(LEVEL, SUBJECT, FAULT, ERROR, ...) \
	log_write(LOG_HERE, &(const struct log_about){.level = (LEVEL), .subject = (SUBJECT), .fault = (FAULT)}, (ERROR), __VA_ARGS__)
#define log_line(LEVEL, SUBJECT, ...) LOG_WRITE((LEVEL), (SUBJECT), LOG_FAULT_NONE, 0, __VA_ARGS__)
#define log_fault(FAULT, LEVEL, SUBJECT, ...) LOG_WRITE((LEVEL), (SUBJECT), (FAULT), 0, __VA_ARGS__)
#define log_warn(...) LOG_WRITE(LOG_LEVEL_WARNING, NULL, LOG_FAULT_NONE, LOG_ERRNO, __VA_ARGS__)
#define log_warnx(...) LOG_WRITE(LOG_LEVEL_WARNING, NULL, LOG_FAULT_NONE, 0, __VA_ARGS__)
#define log_error(...) LOG_WRITE(LOG_LEVEL_ERROR, NULL, LOG_FAULT_NONE, LOG_ERRNO, __VA_ARGS__)
#define log_errorx(...) LOG_WRITE(LOG_LEVEL_ERROR, NULL, LOG_FAULT_NONE, 0, __VA_ARGS__)
#define log_info(...) LOG_WRITE(LOG_LEVEL_INFO, NULL, LOG_FAULT_NONE, 0, __VA_ARGS__)
#define log_debug(...) LOG_WRITE(LOG_LEVEL_DEBUG, NULL, LOG_FAULT_NONE, 0, __VA_ARGS__)

/*
 * Whether a log that is to have lines from this level on has those of `level`, as ExaCheck means it: there success is
 * graver than info, so that one of level info has both.
 */
bool log_level_admits(enum log_level least, enum log_level level);

/* The names of ExaCheck's configuration. */
const char *log_event_name(enum log_event);
/* "crash", "protocol", "rejected", "silence"; NULL: none. */
const char *log_fault_name(enum log_fault);
const char *log_level_name(enum log_level);

#endif
