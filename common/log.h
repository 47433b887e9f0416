/*
 * Log lines. The supervisor writes them to stderr (never stdout: that is ExaBGP's); a worker hands them
 * to a sink that sends them to the supervisor. A write never blocks: a line that stderr cannot take is
 * dropped, counted, and the count is told with the next line that fits.
 */
#ifndef EXACHECK_LOG_H
#define EXACHECK_LOG_H

#include <stdbool.h>

enum log_level { LOG_LEVEL_ERROR, LOG_LEVEL_WARNING, LOG_LEVEL_INFO, LOG_LEVEL_SUCCESS, LOG_LEVEL_DEBUG, LOG_LEVEL_TRACE, LOG_LEVELS };

/* Lines above this level are not formatted. Default: LOG_LEVEL_SUCCESS. */
void log_set_level(enum log_level);
enum log_level log_level(void);
bool log_enabled(enum log_level);

/* Where lines go instead of stderr; text is one line without newline, valid during the call only. */
typedef void log_sink(enum log_level, const char *subject, const char *text);
void log_set_sink(log_sink *);

/*
 * Who also wants every line up to LOG_LEVEL_SUCCESS, whether or not it is written; NULL: nobody. It must not write lines
 * itself.
 */
void log_set_tap(log_sink *);

/*
 * Who has every line up to LOG_LEVEL_SUCCESS for a while, beside everybody else, or, alone, in their place; NULL: it is
 * over. It must not write lines itself.
 */
typedef void log_witness(void *context, const char *subject, const char *text);
void log_set_witness(log_witness *, void *context, bool alone);

/*
 * subject: the name of the check the line is about, or NULL for exacheck itself. log_warn and log_error
 * append strerror(errno); the *x forms do not.
 */
void log_line(enum log_level, const char *subject, const char *format, ...) __attribute__((format(printf, 3, 4)));
void log_warn(const char *format, ...) __attribute__((format(printf, 1, 2)));
void log_warnx(const char *format, ...) __attribute__((format(printf, 1, 2)));
void log_error(const char *format, ...) __attribute__((format(printf, 1, 2)));
void log_errorx(const char *format, ...) __attribute__((format(printf, 1, 2)));
void log_info(const char *format, ...) __attribute__((format(printf, 1, 2)));
void log_debug(const char *format, ...) __attribute__((format(printf, 1, 2)));

const char *log_level_name(enum log_level);

#endif
