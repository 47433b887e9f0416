/*
 * exacheck-ctl: what its parts have in common. Each command is one function over the words of the command line; it
 * writes to standard output, says on standard error what went wrong, and returns what the program exits with.
 */
#ifndef EXACHECK_CTL_H
#define EXACHECK_CTL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Documented in exacheck-ctl(8). */
enum ctl_exit {
	CTL_DONE,
	CTL_FAILED,	/* refused, or not known to have been done */
	CTL_USAGE,
	CTL_NOBODY,	/* nothing listens at the socket */
	CTL_PERMISSION,
	CTL_NAME,	/* nothing has this name */
	CTL_PROTOCOL,	/* what answers is no exacheck, or one that speaks another protocol */
};

/* The command line. Texts are its own. */
struct ctl {
	const char *socket;
	bool json, verbose, watch, follow, dry_run;
	double patience_s; /* how long an answer may take; 0: as the command has it */
	double for_s;	   /* 0: for ever */
	const char *reason; /* NULL: none was given */
	int64_t since;	   /* number of an event */
	long warning, critical; /* thresholds of nagios; -1: not given */
	char *const *names;
	size_t count;
};

#define CTL_PATIENCE_S 10.0

/* "exacheck-ctl: ..." on standard error. */
void ctl_warn(const char *format, ...) __attribute__((format(printf, 1, 2)));
/* There is no memory: the end of the program. */
_Noreturn void ctl_no_memory(void);
/* What an allocation returned, never NULL. */
void *ctl_whole(void *memory);

enum ctl_exit command_status(const struct ctl *);
enum ctl_exit command_routes(const struct ctl *);
enum ctl_exit command_why(const struct ctl *);
enum ctl_exit command_history(const struct ctl *);
enum ctl_exit command_events(const struct ctl *);
enum ctl_exit command_check(const struct ctl *);
enum ctl_exit command_disable(const struct ctl *);
enum ctl_exit command_drain(const struct ctl *);
enum ctl_exit command_enable(const struct ctl *);
enum ctl_exit command_reload(const struct ctl *);
enum ctl_exit command_upgrade(const struct ctl *);
enum ctl_exit command_notify_test(const struct ctl *);
enum ctl_exit command_log(const struct ctl *);
enum ctl_exit command_version(const struct ctl *);
enum ctl_exit command_nagios(const struct ctl *);
enum ctl_exit command_names(const struct ctl *);
enum ctl_exit command_targets(const struct ctl *);
enum ctl_exit command_watch(const struct ctl *);

#endif
