/*
 * Command line parsing. Writes help to stdout and complaints to stderr.
 */
#include "command_line.h"

#include <errno.h>
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>

#include "../common/monotime.h"
#include "program.h"
#include "watchdog.h"

#define CONFIG_DEFAULT "/etc/exabgp/exacheck.yaml"

static const char usage_text[] =
    "usage: exacheck [-v] [-f FILE] COMMAND ...\n"
    "\n"
    "  run          run the checks, ExaBGP commands on standard output\n"
    "  test         [--print] [--sandbox] [--diff RUNNING]\n"
    "                 check the configuration; --print: show it with all defaults,\n"
    "                 --sandbox: what each check may still do, --diff: the commands of\n"
    "                 a reload from the file RUNNING\n"
    "  schema       a JSON Schema of the configuration, for editors\n"
    "  import       PROGRAM ...\n"
    "                 another program's configuration as exacheck's; --help: whose\n"
    "  healthcheck  [OPTION...]\n"
    "                 as ExaBGP's own healthcheck, with its options; --help: which\n"
    "\n"
    "  -f, --file FILE  configuration (default $EXACHECK_CONFIG, then\n"
    "                   " CONFIG_DEFAULT ")\n"
    "  -v, --verbose    more log lines on standard error; twice for all (default\n"
    "                   $EXACHECK_VERBOSITY, 0 to 2)\n"
    "  -h, --help       this text\n"
    "      --version    version\n"
    "\n"
    "See exacheck(8).\n";

/* Verbosity of the environment: a small number, anything else is an error. */
static bool
verbosity_parse(const char *text, int *verbosity)
{
	char *end;
	long number;

	errno = 0;
	number = strtol(text, &end, 10);
	if (errno != 0 || end == text || *end != '\0' || number < 0 || number > 10) {
		fprintf(stderr, "exacheck: EXACHECK_VERBOSITY must be a number from 0 to 10, got \"%s\"\n", text);
		return false;
	}
	*verbosity = (int)number;
	return true;
}

/* Seconds of the environment, 0 for off. */
static bool
watchdog_parse(const char *text, int64_t *limit_ns)
{
	char *end;
	double seconds;

	errno = 0;
	seconds = strtod(text, &end);
	if (errno != 0 || end == text || *end != '\0' || !(seconds == 0 || (seconds >= 0.1 && seconds <= 86400))) {
		fprintf(stderr, "exacheck: EXACHECK_WATCHDOG must be 0 (off) or a number of seconds from 0.1 to 86400, "
		    "got \"%s\"\n", text);
		return false;
	}
	*limit_ns = (int64_t)(seconds * NS_PER_SECOND);
	return true;
}

/* What the environment sets; variables that are not set or empty change nothing. */
static bool
environment_parse(struct command_line *line)
{
	const char *path = getenv("EXACHECK_CONFIG"), *verbosity = getenv("EXACHECK_VERBOSITY");
	const char *watchdog = getenv("EXACHECK_WATCHDOG");

	if (path != NULL && path[0] != '\0')
		line->path = path;
	return (verbosity == NULL || verbosity[0] == '\0' || verbosity_parse(verbosity, &line->verbosity)) &&
	    (watchdog == NULL || watchdog[0] == '\0' || watchdog_parse(watchdog, &line->watchdog_ns));
}

bool
command_line_defaults(struct command_line *line)
{
	*line = (struct command_line){.path = CONFIG_DEFAULT, .watchdog_ns = WATCHDOG_DEFAULT_S * NS_PER_SECOND};
	return environment_parse(line);
}

bool
command_line_parse(int argc, char **argv, struct command_line *line, int *status)
{
	enum { OPTION_VERSION = 256, OPTION_PRINT, OPTION_SANDBOX, OPTION_DIFF };
	static const struct option options[] = {
		{"file", required_argument, NULL, 'f'},
		{"verbose", no_argument, NULL, 'v'},
		{"help", no_argument, NULL, 'h'},
		{"version", no_argument, NULL, OPTION_VERSION},
		{"print", no_argument, NULL, OPTION_PRINT},
		{"sandbox", no_argument, NULL, OPTION_SANDBOX},
		{"diff", required_argument, NULL, OPTION_DIFF},
		{NULL, 0, NULL, 0},
	};
	int letter;

	*status = EXIT_USAGE;
	if (!command_line_defaults(line))
		return false;
	while ((letter = getopt_long(argc, argv, "f:vh", options, NULL)) != -1) {
		switch (letter) {
		case 'f':
			line->path = optarg;
			break;
		case 'v':
			line->verbosity++;
			break;
		case 'h':
			fputs(usage_text, stdout);
			*status = EXIT_SUCCESS;
			return false;
		case OPTION_VERSION:
			printf("exacheck %s\n", program_version);
			*status = EXIT_SUCCESS;
			return false;
		case OPTION_PRINT:
			line->print = true;
			break;
		case OPTION_SANDBOX:
			line->sandbox = true;
			break;
		case OPTION_DIFF:
			line->running = optarg;
			break;
		default:
			fputs(usage_text, stderr);
			return false;
		}
	}
	if (optind != argc - 1) {
		fputs(usage_text, stderr);
		return false;
	}
	line->command = argv[optind];
	return true;
}
