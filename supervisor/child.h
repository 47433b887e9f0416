/*
 * Children by number: a pid that somebody else named is trusted only when the kernel says it is ours.
 */
#ifndef EXACHECK_CHILD_H
#define EXACHECK_CHILD_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

#include "../common/log.h"

/* Whether pid is a child of ours that has not been reaped: nothing else may ever be killed by number. */
bool child_exists(pid_t pid);

/* Whether there is any that has not been reaped, other than these. Without /proc they cannot be told from others. */
bool children_left(const pid_t *but, size_t count);

/*
 * Kill every child there is but these, also those that nobody named: at the end, when none may be left. What they leave
 * behind is a child the next time (PR_SET_CHILD_SUBREAPER). Without /proc none is known.
 */
void children_kill(const pid_t *but, size_t count);

/* Whether a report of a start is one of the two that there are: a pid, or 0 and an errno. */
bool child_report_valid(pid_t pid, int error);

/*
 * How a child ended, as text that follows who it was, and how grave that is.
 */
#define CHILD_END_SIZE 100
enum log_level child_end(int status, char text[static CHILD_END_SIZE]);

/*
 * Log how a child ended, whose it was in name (NULL: nobody's). One that was ended by a signal which is not ours,
 * SIGKILL, has a defect or was refused a system call, and did not live to say so: that is a warning.
 */
void child_log_end(const char *name, pid_t pid, int status);

#endif
