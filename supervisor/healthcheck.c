/*
 * What the options of ExaBGP's healthcheck ask for beside a configuration. Touches the file of --pid. Invariant: of two
 * with the same name one has the journal and the control socket.
 */
#include "healthcheck.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "../common/log.h"
#include "../common/utf8.h"
#include "command_line.h"
#include "config_kept.h"
#include "healthcheck_source.h"
#include "import/healthcheck_options.h"
#include "pid_file.h"
#include "program.h"
#include "start.h"

#define SYSLOG_SOCKET "/dev/log"

/*
 * What goes to standard error, which is ExaBGP's log: what goes wrong; all that is worth a line where it has no other
 * place, or somebody looks on.
 */
static void
log_set_up(const struct healthcheck_options *options, int verbosity)
{
	bool elsewhere = !options->no_syslog && access(SYSLOG_SOCKET, F_OK) == 0;

	if (verbosity > 1)
		log_set_level(LOG_LEVEL_TRACE);
	else if (verbosity > 0 || options->debug)
		log_set_level(LOG_LEVEL_DEBUG);
	else if (options->silent || (elsewhere && isatty(STDERR_FILENO) == 0))
		log_set_level(LOG_LEVEL_WARNING);
}

/*
 * Whether there may be routes that nobody but this process checks: of its former program, or of a predecessor that was
 * killed. Then hardly anything is a reason not to go on.
 */
static bool
routes_left(const struct healthcheck_command *command)
{
	return program_goes_on() || config_kept_exists(command->instance.directory);
}

/* Everything is known. Returns the exit status. */
static int
command_start(struct healthcheck_command *command, const struct healthcheck_options *options, int64_t watchdog_ns)
{
	const struct config_source source = {.name = command->name, .load = healthcheck_load, .context = command,
	    .runtime_dir = command->instance.directory,
	    .file = options->config != NULL ? options->config : "/dev/null"};
	const struct supervisor_start start = {.source = &source, .watchdog_ns = watchdog_ns,
	    .once = options->interval_s == 0};
	pid_t other = program_goes_on() ? 0 : instance_taken(&command->instance);
	int status;

	/* as theirs do: and ExaBGP, which starts again what ends, would soon end itself */
	if (other != 0)
		log_warnx("%s is running already, as process %d: this one goes on with neither journal nor control socket; "
		    "give each a --name of its own", command->name, (int)other);
	if (options->pid != NULL && !pid_file_write(options->pid)) {
		log_errorx("--pid: cannot write %s: %s", options->pid, strerror(errno));
		if (!routes_left(command))
			return EXIT_USAGE;
	}
	status = start_run(&start);
	if (options->pid != NULL)
		pid_file_remove(options->pid);
	return status;
}

/*
 * wrong: notes on options that could not be read whole; NULL: they could. Whoever was upgraded in place goes on with what
 * runs all the same, and whoever follows on a crash with what ran, see config_kept.h. Returns the exit status.
 */
static int
command_run(struct healthcheck_command *command, const struct healthcheck_options *options, struct importing *wrong)
{
	struct command_line line;

	if (!command_line_defaults(&line))
		return EXIT_USAGE;
	if (!instance_name(&command->instance, options->name, command->argc, command->argv)) {
		fprintf(stderr, "exacheck: EXACHECK_RUNTIME, or --name, is too long for the name of a directory\n");
		return EXIT_USAGE;
	}
	if (wrong != NULL && !routes_left(command)) {
		import_notes_print(wrong, stderr);
		return EXIT_USAGE;
	}
	snprintf(command->name, sizeof(command->name), "healthcheck %s", command->instance.name);
	utf8_sanitise(command->name);
	log_set_up(options, line.verbosity);
	return command_start(command, options, line.watchdog_ns);
}

static void
help_print(void)
{
	printf("usage: exacheck healthcheck [OPTION...], in place of python -m exabgp healthcheck\n");
	healthcheck_options_print(stdout);
}

int
healthcheck_main(int argc, char **argv)
{
	struct healthcheck_command command = {.argc = argc - 1, .argv = argv + 1};
	struct importing *importing = importing_new();
	struct healthcheck_options options;
	int status = EXIT_SUCCESS;
	bool valid;

	if (importing == NULL) {
		fprintf(stderr, "exacheck: out of memory\n");
		return EXIT_FAILURE;
	}
	valid = healthcheck_options_read(importing, command.argc, command.argv, &options);
	if (valid && options.help)
		help_print();
	else
		status = command_run(&command, &options, valid ? NULL : importing);
	healthcheck_options_free(&options);
	importing_free(importing);
	return status;
}
