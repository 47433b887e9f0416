/*
 * The options of ExaBGP's healthcheck as the source of a configuration, and what they ask for beside one. Touches the
 * file of --pid. Invariant: whatever is said of the configuration names an option, or a line of the options' file.
 */
#include "healthcheck.h"

#include <errno.h>
#include <pwd.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "../common/log.h"
#include "command_line.h"
#include "config.h"
#include "config_source.h"
#include "diagnostic.h"
#include "import/healthcheck_options.h"
#include "inherited.h"
#include "instance.h"
#include "pid_file.h"
#include "program.h"
#include "start.h"

#define SYSLOG_SOCKET "/dev/log"
#define NAME_SIZE (sizeof("healthcheck ") + sizeof(((struct instance *)NULL)->name))

/* The options as they were given, to be read again at every reload. */
struct command {
	int argc;
	char **argv;
	struct instance instance;
	char name[NAME_SIZE]; /* of the source */
};

/* Where it keeps what is its own: that is no affair of an import. */
static void
settings_add(struct importing *importing, const struct command *command)
{
	json_t *document = import_document(importing), *settings = json_object_get(document, "exacheck");

	if (settings == NULL)
		settings = import_add_map(importing, document, "exacheck");
	import_add_text(importing, settings, "runtime_dir", command->instance.directory);
}

/* What is to be known once, at the start. */
static void
user_check(struct importing *importing, const struct healthcheck_options *options)
{
	if (options->user != NULL && getpwnam(options->user) == NULL)
		import_note(importing, IMPORT_WRONG, healthcheck_option_place(options, "user"), "no user %s on this system",
		    options->user);
	if (options->user == NULL && geteuid() == 0)
		import_note(importing, IMPORT_LOST, "--user", "is not given: commands run as the user exacheck, or nobody, not "
		    "as root");
}

/* Whether a command has this word. */
static bool
has_word(const char *command, const char *word)
{
	static const char ends[] = " \t\n;&|()";
	size_t length = strlen(word), found;

	for (; *command != '\0'; command += found) {
		command += strspn(command, ends);
		found = strcspn(command, ends);
		if (found == length && strncmp(command, word, length) == 0)
			return true;
	}
	return false;
}

static void
command_check(struct importing *importing, const struct healthcheck_options *options)
{
	if (options->command != NULL && has_word(options->command, "sudo"))
		import_note(importing, IMPORT_LOST, healthcheck_option_place(options, "command"), "sudo does not work in it, as "
		    "commands gain no privilege: run those that `exacheck import exabgp-healthcheck` makes of the options, with "
		    "exacheck.sandbox: off");
}

/* What is done here, where the import would say that it is lost. */
static void
options_settle(struct healthcheck_options *options)
{
	static const char *const own[] = {"pid", "debug", "silent"};

	for (size_t i = 0; i < sizeof(own) / sizeof(own[0]); i++) {
		char **place = &options->places[healthcheck_option_named(own[i]) - healthcheck_option_table];

		free(*place);
		*place = NULL;
	}
	if (options->interval_s == 0) /* it ends with the first verdict */
		options->interval_s = options->fast_interval_s > 0 ? options->fast_interval_s : 1;
}

static void
note_report(void *context, enum import_kind kind, const char *text)
{
	if (kind != IMPORT_DIFFERS)
		diagnostic_add(context, kind == IMPORT_WRONG ? SEVERITY_ERROR : SEVERITY_WARNING, 0, 0, NULL, "%s", text);
}

/*
 * Without --ip it is what lay on the loopback interface at the start, as there: a confined supervisor cannot look again.
 * What lay there needs not be put there. False: out of memory, noted.
 */
static bool
addresses_keep(struct importing *importing, const struct config *running, struct healthcheck_options *options)
{
	options->no_ip_setup = true;
	for (size_t i = 0; i < running->count; i++) {
		const struct string_list *prefixes = &running->checks[i].node.prefixes;

		for (size_t j = 0; j < prefixes->count; j++) {
			char *copy = strdup(prefixes->items[j]);

			if (copy != NULL && string_list_add(&options->ips, copy))
				continue;
			import_note(importing, IMPORT_WRONG, NULL, "out of memory");
			return false;
		}
	}
	return true;
}

/* The options, which are right, as a text. NULL: notes say why not. */
static char *
text_make(struct importing *importing, const struct command *command, struct healthcheck_options *options,
    const struct config *running)
{
	if (running == NULL) { /* later nothing waits for a name service unless it has to */
		user_check(importing, options);
		command_check(importing, options);
	}
	options_settle(options);
	if ((running != NULL && options->ips.count == 0 && !addresses_keep(importing, running, options)) ||
	    !healthcheck_import(importing, options))
		return NULL;
	settings_add(importing, command);
	inherited_environment_add(importing);
	return importing_text(importing, command->name, NULL);
}

/* What it says of a text that nobody sees was said of the options. */
static struct config *
text_parse(const struct command *command, const char *text, struct diagnostics *diagnostics)
{
	struct diagnostics *unseen = diagnostics_new(command->name);
	struct config *config = unseen == NULL ? NULL : config_parse(command->name, text, strlen(text), unseen);

	diagnostics_free(unseen);
	if (config == NULL)
		diagnostic_add(diagnostics, SEVERITY_ERROR, 0, 0, NULL, "out of memory");
	return config;
}

static struct config *
options_load(const struct config_source *source, const struct config *running, struct diagnostics *diagnostics)
{
	const struct command *command = source->context;
	struct importing *importing = importing_new();
	struct healthcheck_options options;
	struct config *config = NULL;
	char *text = NULL;

	if (importing == NULL) {
		diagnostic_add(diagnostics, SEVERITY_ERROR, 0, 0, NULL, "out of memory");
		return NULL;
	}
	if (healthcheck_options_parse(importing, command->argc, command->argv, &options)) {
		text = text_make(importing, command, &options, running);
		healthcheck_options_free(&options);
	}
	import_notes_each(importing, note_report, diagnostics);
	importing_free(importing);
	if (text != NULL)
		config = text_parse(command, text, diagnostics);
	free(text);
	return config;
}

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

/* Everything is known. Returns the exit status. */
static int
command_start(struct command *command, const struct healthcheck_options *options, int64_t watchdog_ns)
{
	const struct config_source source = {.name = command->name, .load = options_load, .context = command,
	    .file = options->config != NULL ? options->config : "/dev/null"};
	const struct supervisor_start start = {.source = &source, .watchdog_ns = watchdog_ns,
	    .once = options->interval_s == 0};
	pid_t other = program_goes_on() ? 0 : instance_taken(&command->instance);
	int status;

	if (other != 0) {
		log_errorx("%s is running already, as process %d: give each a --name of its own, or end that one",
		    command->name, (int)other);
		return EXIT_FAILURE;
	}
	if (options->pid != NULL && !pid_file_write(options->pid)) {
		log_errorx("--pid: cannot write %s: %s", options->pid, strerror(errno));
		return EXIT_USAGE;
	}
	status = start_run(&start);
	if (options->pid != NULL)
		pid_file_remove(options->pid);
	return status;
}

static int
command_run(struct command *command, const struct healthcheck_options *options)
{
	struct command_line line;

	if (options->help) {
		printf("usage: exacheck healthcheck [OPTION...], in place of python -m exabgp healthcheck\n");
		healthcheck_options_print(stdout);
		return EXIT_SUCCESS;
	}
	if (!command_line_defaults(&line))
		return EXIT_USAGE;
	if (!instance_name(&command->instance, options->name, command->argc, command->argv)) {
		fprintf(stderr, "exacheck: EXACHECK_RUNTIME, or --name, is too long for the name of a directory\n");
		return EXIT_USAGE;
	}
	snprintf(command->name, sizeof(command->name), "healthcheck %s", command->instance.name);
	log_set_up(options, line.verbosity);
	return command_start(command, options, line.watchdog_ns);
}

int
healthcheck_main(int argc, char **argv)
{
	struct command command = {.argc = argc - 1, .argv = argv + 1};
	struct importing *importing = importing_new();
	struct healthcheck_options options;
	int status = EXIT_USAGE;

	if (importing == NULL) {
		fprintf(stderr, "exacheck: out of memory\n");
		return EXIT_FAILURE;
	}
	if (!healthcheck_options_parse(importing, command.argc, command.argv, &options)) {
		import_notes_print(importing, stderr);
		importing_free(importing);
		return status;
	}
	importing_free(importing);
	status = command_run(&command, &options);
	healthcheck_options_free(&options);
	return status;
}
