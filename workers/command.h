/*
 * Running one shell command to its end: own process group, output drained, exit awaited through a pidfd,
 * nothing left behind.
 */
#ifndef EXACHECK_COMMAND_H
#define EXACHECK_COMMAND_H

#include "../common/monotime.h"
#include "../common/result.h"

#define COMMAND_OUTPUT_SIZE 4096 /* bytes of output that are kept */

enum command_end {
	COMMAND_ENDED,	 /* result holds the verdict */
	COMMAND_STOPPED, /* the stop descriptor became readable: the command was killed, result is not filled */
};

/*
 * Run `/bin/sh -c command` with environment (NULL-terminated KEY=VALUE) until it ends, `deadline` comes or
 * stop (a descriptor, or -1) becomes readable or is hung up. Exit status 0 passes; the first line of its output
 * is in the result's text. Every process that it started has been killed and reaped on return, but for one
 * that the kernel keeps from dying; these are waited for up to 0.2 s past the deadline.
 *
 * Makes the calling process a subreaper and treats every child of it as the command's: to be called in a
 * process that has no other children.
 */
enum command_end command_run(const char *command, char *const *environment, monotime_t deadline, int stop,
    struct result *result);

#endif
