/*
 * The commands: exacheck run | test | schema | import | healthcheck.
 */
#include <bsd/string.h>
#include <bsd/unistd.h>
#include <errno.h>
#include <fcntl.h>
#include <libgen.h>
#include <limits.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <unistd.h>

#include "../common/log.h"
#include "command_line.h"
#include "config.h"
#include "diff.h"
#include "identity.h"
#include "import/import.h"
#include "journald.h"
#include "launcher.h"
#include "preflight.h"
#include "program.h"
#include "reload.h"
#include "sandbox_table.h"
#include "service.h"
#include "settings.h"
#include "supervisor.h"

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

static int
command_run(const struct command_line *line)
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
	if (state != -1 && supervisor_resume(state, line->watchdog_ns, &status))
		return status;
	/* before there is any secret to hold */
	paths = (struct launcher_paths){.libexec = libexec_find(libexec), .program = program_path()};
	if ((launcher = launcher_start(&paths)) == NULL)
		return EXIT_FAILURE;
	if ((config = reload_load(line->path, true)) == NULL) {
		launcher_free(launcher);
		return EXIT_USAGE;
	}
	if (isatty(STDOUT_FILENO))
		fprintf(stderr, "exacheck: the lines on standard output are commands that ExaBGP would read; ^C ends\n");
	return supervisor_run(config, launcher, line->watchdog_ns);
}

/* Not an error: the configuration may be meant for another machine, or for a start as another user than root. */
static void
identity_warn(const struct config *config)
{
	char problem[IDENTITY_PROBLEM_SIZE];
	struct identity identity;

	if (!identity_look_up(&config->global, &identity, problem))
		fprintf(stderr, "%s: warning: started as root, exacheck would not run: %s\n", config->path, problem);
}

/* Load a configuration and print every finding. NULL: it has errors. */
static struct config *
config_load_printed(const char *path)
{
	struct diagnostics *diagnostics = diagnostics_new(path);
	struct config *config;

	if (diagnostics == NULL) {
		log_errorx("out of memory");
		return NULL;
	}
	config = config_load(path, diagnostics, true);
	diagnostics_print(diagnostics, stderr);
	diagnostics_free(diagnostics);
	return config;
}

/* What a reload from the running file would send. Returns the exit status. */
static int
test_diff(const char *running_path, const struct config *config)
{
	struct config *running = config_load_printed(running_path);
	bool printed;

	if (running == NULL)
		return EXIT_USAGE;
	settings_tell(running, config);
	if (!(printed = diff_print(running, config, stdout)))
		log_errorx("out of memory");
	config_free(running);
	return printed ? EXIT_SUCCESS : EXIT_FAILURE;
}

static void
print_valid(const char *path, const struct config *config)
{
	printf("%s: valid, %zu check%s", path, config->count, config->count == 1 ? "" : "s");
	if (config->group_count > 0)
		printf(" and %zu group%s", config->group_count, config->group_count == 1 ? "" : "s");
	putchar('\n');
}

static int
command_test(const struct command_line *line)
{
	struct config *config = config_load_printed(line->path);
	int status = EXIT_SUCCESS;

	if (config == NULL)
		return EXIT_USAGE;
	identity_warn(config);
	if (line->print)
		config_print(config, stdout);
	if (line->sandbox)
		sandbox_table_print(config, stdout);
	if (line->running != NULL)
		status = test_diff(line->running, config);
	if (!line->print && !line->sandbox && line->running == NULL)
		print_valid(line->path, config);
	config_free(config);
	if (fflush(stdout) == EOF || ferror(stdout)) {
		log_error("standard output");
		return EXIT_FAILURE;
	}
	return status;
}

static int
command_schema(const struct command_line *line)
{
	(void)line;
	config_schema(stdout);
	if (fflush(stdout) == EOF || ferror(stdout)) {
		log_error("standard output");
		return EXIT_FAILURE;
	}
	return EXIT_SUCCESS;
}

static int
command_preflight(const struct command_line *line)
{
	(void)line;
	return preflight_run();
}

static const struct {
	const char *name;
	int (*run)(const struct command_line *);
} commands[] = {
	{"run", command_run},
	{"test", command_test},
	{"schema", command_schema},
	{"preflight", command_preflight},
};

static int
command_dispatch(const char *name, const struct command_line *line)
{
	for (size_t i = 0; i < sizeof(commands) / sizeof(commands[0]); i++)
		if (strcmp(commands[i].name, name) == 0)
			return commands[i].run(line);
	fprintf(stderr, "exacheck: no command \"%s\": it is one of run, test, schema, import\n", name);
	return EXIT_USAGE;
}

/* Commands whose arguments are those of other programs: the first word of the command line. False: it is none of them. */
static bool
command_foreign(int argc, char **argv, int *status)
{
	static const struct {
		const char *name;
		int (*run)(int argc, char **argv);
	} foreign[] = {
		{"import", import_main},
	};

	for (size_t i = 0; argc > 1 && i < sizeof(foreign) / sizeof(foreign[0]); i++) {
		if (strcmp(foreign[i].name, argv[1]) != 0)
			continue;
		*status = foreign[i].run(argc - 1, argv + 1);
		return true;
	}
	return false;
}

/*
 * A standard descriptor that is closed would be given to the next socket, and what is written there, commands
 * or log lines, would reach a worker. What takes its place refuses to be written (1) or swallows it (2).
 */
static bool
descriptors_occupy(void)
{
	for (int fd = STDIN_FILENO; fd <= STDERR_FILENO; fd++)
		if (fcntl(fd, F_GETFD) == -1 && errno == EBADF &&
		    open("/dev/null", fd == STDERR_FILENO ? O_WRONLY : O_RDONLY) != fd)
			return false;
	return true;
}

int
main(int argc, char **argv, char **envp)
{
	struct command_line line;
	int status;

	if (!descriptors_occupy()) {
		fprintf(stderr, "exacheck: a standard descriptor is closed, and /dev/null cannot take its place\n");
		return EXIT_FAILURE;
	}
	if (!program_remember(argv, envp)) {
		fprintf(stderr, "exacheck: out of memory\n");
		return EXIT_FAILURE;
	}
	setproctitle_init(argc, argv, envp);
	if (command_foreign(argc, argv, &status) || !command_line_parse(argc, argv, &line, &status))
		return status;
	if (line.verbosity > 0)
		log_set_level(line.verbosity == 1 ? LOG_LEVEL_DEBUG : LOG_LEVEL_TRACE);
	return command_dispatch(line.command, &line);
}
