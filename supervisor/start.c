/*
 * The first steps of exacheck run. Touches the process's signals and environment. Invariant: what starts other processes
 * is started before there is a secret to hold.
 */
#include "start.h"

#include <bsd/string.h>
#include <libgen.h>
#include <limits.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <unistd.h>

#include "command_line.h"
#include "config_source.h"
#include "journald.h"
#include "launcher.h"
#include "program.h"
#include "service.h"

/*
 * The directory of the worker programs: that of the program (installed), or libexec beside it (a build tree), or
 * libexec/exacheck beside its directory, else the compiled-in one.
 */
static const char *
libexec_find(char path[static PATH_MAX])
{
	static const char *const candidates[] = {"", "/libexec", "/../libexec/exacheck"};
	char program[PATH_MAX], worker[PATH_MAX];

	strlcpy(program, program_path(), sizeof(program));
	if (*program == '\0')
		return EXACHECK_LIBEXECDIR;
	dirname(program);
	for (size_t i = 0; i < sizeof(candidates) / sizeof(candidates[0]); i++) {
		if (snprintf(path, PATH_MAX, "%s%s", program, candidates[i]) >= PATH_MAX || access(path, X_OK) != 0)
			continue;
		/* of its own directory only what lies there tells whether it is the one */
		if (*candidates[i] != '\0' ||
		    (snprintf(worker, PATH_MAX, "%s/worker-%s", path, check_methods[0]->name) < PATH_MAX &&
		    access(worker, F_OK) == 0))
			return path;
	}
	return EXACHECK_LIBEXECDIR;
}

/*
 * Whoever asks for a reload or an upgrade while we start (exacheck-ctl does as soon as the lock is taken) must not end
 * us: what they ask for waits until there is a loop. The launcher and all that it starts begin with no signal blocked.
 */
static void
requests_hold(void)
{
	sigset_t set;

	sigemptyset(&set);
	sigaddset(&set, SIGHUP);
	sigaddset(&set, SIGUSR1);
	sigaddset(&set, SIGUSR2);
	sigprocmask(SIG_BLOCK, &set, NULL);
}

int
start_run(const struct supervisor_start *start)
{
	struct launcher_paths paths;
	struct launcher *launcher;
	struct config *config;
	char libexec[PATH_MAX];
	int state = program_state(), status;

	requests_hold();
	/* what the configuration keeps secret is for no core file, and for no debugger of the same user */
	prctl(PR_SET_DUMPABLE, 0);
	service_init();
	journald_init();
	if (state != -1 && supervisor_resume(start, state, &status))
		return status;
	/* before there is any secret to hold */
	paths = (struct launcher_paths){.libexec = libexec_find(libexec), .program = program_path()};
	if ((launcher = launcher_start(&paths)) == NULL)
		return EXIT_FAILURE;
	if ((config = config_source_load(start->source, true)) == NULL) {
		launcher_free(launcher);
		return EXIT_USAGE;
	}
	if (isatty(STDOUT_FILENO))
		fprintf(stderr, "exacheck: the lines on standard output are commands that ExaBGP would read; ^C ends\n");
	return supervisor_run(start, config, launcher);
}
