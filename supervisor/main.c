/*
 * The commands: exacheck run | test | schema | import | healthcheck.
 */
#include <bsd/unistd.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "../common/log.h"
#include "command_line.h"
#include "config.h"
#include "config_source.h"
#include "diff.h"
#include "healthcheck.h"
#include "identity.h"
#include "import/import.h"
#include "preflight.h"
#include "program.h"
#include "sandbox_table.h"
#include "settings.h"
#include "start.h"

static int
command_run(const struct command_line *line)
{
	const struct config_source source = config_source_file(line->path);
	const struct supervisor_start start = {.source = &source, .watchdog_ns = line->watchdog_ns};

	return start_run(&start);
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
	fprintf(stderr, "exacheck: no command \"%s\": it is one of run, test, schema, import, healthcheck\n", name);
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
		{"healthcheck", healthcheck_main},
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
