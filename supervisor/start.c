/*
 * The first steps of exacheck run. Touches the process's signals and environment. Invariant: what starts other processes
 * is started before there is a secret to hold.
 */
#include "start.h"

#include <limits.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "../common/log.h"
#include "channel_output.h"
#include "command_line.h"
#include "config.h"
#include "config_kept.h"
#include "config_source.h"
#include "identity.h"
#include "journald.h"
#include "launcher.h"
#include "libexec.h"
#include "program.h"
#include "service.h"

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

static bool
says_to_stdout(const struct config *config)
{
	enum output_kind kind;
	const char *path;

	(void)output_parse(config->global.exabgp.output, &kind, &path);
	return kind == OUTPUT_STDOUT;
}

/* Commands that go where nobody reads them: all would look well, and no route would be announced. */
static bool
is_unheard(const struct config *config)
{
	if (!says_to_stdout(config) || !journald_has_output())
		return false;
	log_errorx("standard output leads to the journal, where ExaBGP reads no command: beside ExaBGP, as a service, set "
	    "exacheck.exabgp.output to \"fifo DIRECTORY\" or \"socket PATH\"; see exacheck(8), STAND-ALONE SERVICE");
	return true;
}

/* The configuration, unless it cannot be run here: then why not is logged, and *status is the exit status. */
static struct config *
usable(struct config *config, int *status)
{
	bool unheard;

	if (config == NULL)
		return NULL;
	unheard = is_unheard(config);
	if (!unheard && identity_exists(&config->global))
		return config;
	*status = unheard ? EXIT_USAGE : EXIT_FAILURE;
	config_free(config);
	return NULL;
}

/* Somebody looks on, or means to: a terminal, a file and /dev/null are not ExaBGP. */
static void
onlooker_tell(const struct config *config)
{
	struct stat st;

	if (!says_to_stdout(config))
		return;
	if (isatty(STDOUT_FILENO))
		fprintf(stderr, "exacheck: the lines on standard output are commands that ExaBGP would read; ^C ends\n");
	else if (fstat(STDOUT_FILENO, &st) == 0 && !S_ISFIFO(st.st_mode) && !S_ISSOCK(st.st_mode))
		log_warnx("standard output leads to a file: ExaBGP reads no command there, and announces nothing");
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
	status = EXIT_USAGE;
	if ((config = usable(config_source_load(start->source, NULL), &status)) == NULL &&
	    (config = usable(config_kept_load(start->source), &status)) == NULL) {
		launcher_free(launcher);
		return status;
	}
	onlooker_tell(config);
	return supervisor_run(start, config, launcher);
}
