/*
 * exacheck-ctl: what people and their scripts see of a running exacheck, and how they steer it. Talks to its control
 * socket, and to nothing else.
 */
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>

#include "ctl.h"
#include "options.h"
#include "screen.h"

/* What could not be written, was not done; a reader that has seen enough is no error. */
static enum ctl_exit
output_end(enum ctl_exit code)
{
	bool failed = ferror(stdout) != 0;

	errno = 0;
	if ((fclose(stdout) == 0 && !failed) || errno == EPIPE)
		return code;
	ctl_warn("standard output: %s", errno != 0 ? strerror(errno) : "not everything could be written");
	return code == CTL_DONE ? CTL_FAILED : code;
}

/* A plugin that was called wrongly is UNKNOWN, and says so where it is read: on standard output. */
static enum ctl_exit
usage_end(char **argv)
{
	while (*argv != NULL && strcmp(*argv, "nagios") != 0)
		argv++;
	if (*argv == NULL)
		return CTL_USAGE;
	puts("EXACHECK UNKNOWN - exacheck-ctl nagios was called with wrong options: see its standard error");
	return (enum ctl_exit)3;
}

int
main(int argc, char **argv)
{
	const struct command *command;
	enum ctl_exit code;
	struct ctl ctl;

	signal(SIGPIPE, SIG_DFL); /* a quiet end, whatever was inherited */
	screen_begin();
	command = options_read(argc, argv, &ctl, &code);
	if (command != NULL)
		code = command->run(&ctl);
	else if (code == CTL_USAGE)
		code = usage_end(argv);
	return output_end(code);
}
