/*
 * The few words that a helper has for the supervisor, which logs them: everything else that it says ends it.
 */
#ifndef EXACHECK_HELPERS_REPORT_H
#define EXACHECK_HELPERS_REPORT_H

#define REPORT_SIZE 200 /* bytes of a line */

/* It does its work from now on: what that is, and in which sandbox. Once. */
void report_ready(const char *format, ...) __attribute__((format(printf, 1, 2)));

/* Something does not work, and it goes on without; a line for people. Seldom: more than a few a minute are dropped. */
void report_problem(const char *format, ...) __attribute__((format(printf, 1, 2)));

/* Something is worth a line that is no problem, such as the end of one. As seldom. */
void report_note(const char *format, ...) __attribute__((format(printf, 1, 2)));

/* A word that the supervisor waits for, of a kind of this helper's own: "KIND: TEXT". Always said. */
void report_answer(const char *kind, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* A problem, and the end of this process. */
_Noreturn void report_fatal(const char *format, ...) __attribute__((format(printf, 1, 2)));

#endif
