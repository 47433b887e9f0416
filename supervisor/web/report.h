/*
 * The few words that exacheck-web has for the supervisor, which logs them: everything else that it says ends it.
 */
#ifndef EXACHECK_WEB_REPORT_H
#define EXACHECK_WEB_REPORT_H

#define REPORT_SIZE 200 /* bytes of a line */

/* It serves this address (NULL: none), in this sandbox. Once. */
void report_ready(const char *listen, const char *sandbox);

/* Something does not work, and it goes on without; a line for people. Seldom: more than a few a minute are dropped. */
void report_problem(const char *format, ...) __attribute__((format(printf, 1, 2)));

/* The same, and the end of this process. */
_Noreturn void report_fatal(const char *format, ...) __attribute__((format(printf, 1, 2)));

#endif
