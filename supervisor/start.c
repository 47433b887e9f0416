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
#include "settings.h"

/*
 * Whoever asks for a reload or an upgrade while we start (exacheck-ctl does as soon as the lock is taken) must not end
 * us: what they ask for waits until there is a loop. So does the end, which has to withdraw what a predecessor left.
 * The launcher and all that it starts begin with no signal blocked.
 */
static void
requests_hold(void)
{
	static const int numbers[] = {SIGHUP, SIGUSR1, SIGUSR2, SIGTERM, SIGINT};
	sigset_t set;

	sigemptyset(&set);
	for (size_t i = 0; i < sizeof(numbers) / sizeof(numbers[0]); i++)
		sigaddset(&set, numbers[i]);
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

/*
 * Whether its commands go where somebody reads them, unlike those of a service without exabgp.output: all would look
 * well, and no route would be announced.
 */
static bool
commands_heard(const struct config *config)
{
	if (!says_to_stdout(config) || !journald_has_output())
		return true;
	log_errorx("standard output leads to the journal, where ExaBGP reads no command: beside ExaBGP, as a service, set "
	    "exacheck.exabgp.output to \"fifo DIRECTORY\" or \"socket PATH\"; see exacheck(8), STAND-ALONE SERVICE");
	return false;
}

/* Whether it can run here, with what it says of users and confinement: the exit status. */
static int
config_judge(const struct config *config, struct identity *identity)
{
	if (config == NULL || !commands_heard(config))
		return EXIT_USAGE;
	return settings_possible(&config->global, identity) ? EXIT_SUCCESS : EXIT_FAILURE;
}

/*
 * What is to run: what the source says, or else what a predecessor ran, of which ExaBGP may have routes. NULL with the
 * exit status.
 */
static struct config *
config_find(const struct config_source *source, struct identity *identity, int *status)
{
	struct config *config = config_source_load(source, NULL);

	if ((*status = config_judge(config, identity)) == EXIT_SUCCESS)
		return config;
	config_free(config);
	if (config_judge(config = config_kept_load(source), identity) == EXIT_SUCCESS)
		return config;
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
	struct identity identity;
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
	if ((config = config_find(start->source, &identity, &status)) == NULL) {
		launcher_free(launcher);
		return status;
	}
	onlooker_tell(config);
	return supervisor_run(start, config, &identity, launcher);
}
