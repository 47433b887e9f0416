/*
 * Options and commands. Touches the environment, and standard output and error when it has something to tell.
 * Invariant: an option that a command does not know is an error.
 */
#include "options.h"

#include <errno.h>
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "../control_protocol.h"
#include "moment.h"

#define MANY ((size_t)-1)

/* What has a meaning for some commands only. */
enum {
	TAKES_VERBOSE = 1 << 0,
	TAKES_WATCH = 1 << 1,
	TAKES_FOLLOW = 1 << 2,
	TAKES_SINCE = 1 << 3,
	TAKES_FOR = 1 << 4,
	TAKES_REASON = 1 << 5,
	TAKES_DRY_RUN = 1 << 6,
	TAKES_LIMITS = 1 << 7,
};

static const struct command commands[] = {
    {"status", "[NAME...] [-v] [--watch]", "checks and groups, and what is announced for them",
	TAKES_VERBOSE | TAKES_WATCH, 0, MANY, command_status},
    {"routes", "[NAME | PREFIX...]", "what is wanted of routes, what was said, and ExaBGP's answer", 0, 0, MANY,
	command_routes},
    {"why", "NAME | PREFIX...", "why it is as it is, and what happens next", 0, 1, MANY, command_why},
    {"history", "[NAME...]", "the last changes", 0, 0, MANY, command_history},
    {"events", "[--follow] [--since N]", "what has happened lately", TAKES_FOLLOW | TAKES_SINCE, 0, 0, command_events},
    {"check", "NAME...", "run it now, and tell what it came to", 0, 1, MANY, command_check},
    {"disable", "NAME... [--for TIME] [--reason TEXT]", "withdraw, whatever its checks find",
	TAKES_FOR | TAKES_REASON, 1, MANY, command_disable},
    {"drain", "NAME... [--for TIME] [--reason TEXT]", "disable, announcing with the attributes of drain first",
	TAKES_FOR | TAKES_REASON, 1, MANY, command_drain},
    {"enable", "NAME...", "take disable or drain back", 0, 1, MANY, command_enable},
    {"reload", "[--dry-run]", "load the configuration anew", TAKES_DRY_RUN, 0, 0, command_reload},
    {"upgrade", "", "execute the installed program in place of the running one", 0, 0, 0, command_upgrade},
    {"notify-test", "[TARGET]", "send a message to a target of the notifications, or to all, and tell what became of it",
	0, 0, 1, command_notify_test},
    {"log", "LEVEL", "how much is logged: error warning info success debug trace", 0, 1, 1, command_log},
    {"version", "", "of both programs", 0, 0, 0, command_version},
    {"nagios", "[-w N] [-c N] [NAME...]", "one line for Nagios and Icinga, with their exit codes", TAKES_LIMITS, 0, MANY,
	command_nagios},
    {"names", "", NULL, 0, 0, 0, command_names},
    {"targets", "", NULL, 0, 0, 0, command_targets},
};
#define COMMANDS (sizeof(commands) / sizeof(commands[0]))

enum { OPTION_FOR = 256, OPTION_REASON, OPTION_SINCE, OPTION_DRY_RUN, OPTION_WATCH, OPTION_VERSION };

static const struct option options[] = {
    {"socket", required_argument, NULL, 's'},
    {"runtime", required_argument, NULL, 'r'},
    {"json", no_argument, NULL, 'j'},
    {"timeout", required_argument, NULL, 't'},
    {"help", no_argument, NULL, 'h'},
    {"version", no_argument, NULL, OPTION_VERSION},
    {"verbose", no_argument, NULL, 'v'},
    {"watch", no_argument, NULL, OPTION_WATCH},
    {"follow", no_argument, NULL, 'f'},
    {"since", required_argument, NULL, OPTION_SINCE},
    {"for", required_argument, NULL, OPTION_FOR},
    {"reason", required_argument, NULL, OPTION_REASON},
    {"dry-run", no_argument, NULL, OPTION_DRY_RUN},
    {"warning", required_argument, NULL, 'w'},
    {"critical", required_argument, NULL, 'c'},
    {NULL, 0, NULL, 0},
};

static void
usage_print(FILE *stream)
{
	fputs("usage: exacheck-ctl [-s SOCKET | -r DIRECTORY] [--json] [-t SECONDS] COMMAND ...\n\n", stream);
	for (size_t i = 0; i < COMMANDS; i++)
		if (commands[i].help != NULL)
			fprintf(stream, "  %-11s %s%s%s\n", commands[i].name, commands[i].usage,
			    *commands[i].usage != '\0' ? "\n                " : "", commands[i].help);
	fputs("\n  -s, --socket SOCKET      the control socket (default $EXACHECK_SOCKET, then " CONTROL_PATH ")\n"
	      "  -r, --runtime DIRECTORY  exacheck.runtime_dir of the configuration: the socket is DIRECTORY/" CONTROL_FILE "\n"
	      "  -j, --json               for programs\n"
	      "  -t, --timeout SECONDS    how long to wait for an answer\n"
	      "  -h, --help               this text\n"
	      "      --version            version\n"
	      "\nNames may be globs (\"web*\"). See exacheck-ctl(8).\n", stream);
}

/* A number of at least 0. False: it is none, which was told. */
static bool
number_read(const char *option, const char *text, int64_t *number)
{
	char *end;

	errno = 0;
	*number = strtoll(text, &end, 10);
	if (*text != '\0' && *end == '\0' && errno == 0 && *number >= 0 && *number <= INT32_MAX)
		return true;
	ctl_warn("%s wants a number from 0 on, not \"%s\"", option, text);
	return false;
}

static bool
period_read(const char *option, const char *text, double *seconds)
{
	if (period_parse(text, seconds))
		return true;
	ctl_warn("%s wants a time such as 90, 90s, 30m, 2h, 1d or 1h30m, up to ten years, not \"%s\"", option, text);
	return false;
}

/* A limit of nagios. */
static bool
limit_read(const char *option, const char *text, long *limit)
{
	int64_t number;

	if (!number_read(option, text, &number))
		return false;
	*limit = (long)number;
	return true;
}

static bool
runtime_read(const char *directory, struct ctl *ctl)
{
	static char *path;

	free(path);
	if (asprintf(&path, "%s/" CONTROL_FILE, directory) == -1)
		ctl_no_memory();
	ctl->socket = path;
	return true;
}

/* One that only some commands take: *used. */
static bool
command_option_read(int letter, const char *text, struct ctl *ctl, unsigned *used)
{
	switch (letter) {
	case 'v':
		*used |= TAKES_VERBOSE;
		return ctl->verbose = true;
	case OPTION_WATCH:
		*used |= TAKES_WATCH;
		return ctl->watch = true;
	case 'f':
		*used |= TAKES_FOLLOW;
		return ctl->follow = true;
	case OPTION_DRY_RUN:
		*used |= TAKES_DRY_RUN;
		return ctl->dry_run = true;
	case OPTION_SINCE:
		*used |= TAKES_SINCE;
		return number_read("--since", text, &ctl->since);
	case OPTION_FOR:
		*used |= TAKES_FOR;
		return period_read("--for", text, &ctl->for_s);
	case OPTION_REASON:
		*used |= TAKES_REASON;
		ctl->reason = text;
		return true;
	case 'w':
		*used |= TAKES_LIMITS;
		return limit_read("-w", text, &ctl->warning);
	case 'c':
		*used |= TAKES_LIMITS;
		return limit_read("-c", text, &ctl->critical);
	default:
		return false;
	}
}

/* One that all commands take, or command_option_read's. False: wrong, which was told. */
static bool
option_read(int letter, char *text, struct ctl *ctl, unsigned *used)
{
	switch (letter) {
	case 's':
		ctl->socket = text;
		return true;
	case 'r':
		return runtime_read(text, ctl);
	case 'j':
		return ctl->json = true;
	case 't':
		return period_read("--timeout", text, &ctl->patience_s);
	case '?':
		fputs("exacheck-ctl --help tells what there is\n", stderr);
		return false;
	default:
		return command_option_read(letter, text, ctl, used);
	}
}

static const struct command *
command_find(const char *name)
{
	for (size_t i = 0; i < COMMANDS; i++)
		if (strcmp(commands[i].name, name) == 0)
			return &commands[i];
	ctl_warn("no command \"%s\": exacheck-ctl --help tells which there are", name);
	return NULL;
}

/* Whether the command can be given these. */
static bool
command_takes(const struct command *command, const struct ctl *ctl, unsigned used)
{
	if ((used & ~command->options) == 0 && ctl->count >= command->least && ctl->count <= command->most &&
	    !(ctl->json && (ctl->watch || command->run == command_nagios)))
		return true;
	fprintf(stderr, "usage: exacheck-ctl %s %s\n", command->name, command->usage);
	return false;
}

const struct command *
options_read(int argc, char **argv, struct ctl *ctl, enum ctl_exit *code)
{
	const char *environment = getenv("EXACHECK_SOCKET");
	const struct command *command;
	unsigned used = 0;
	int letter;

	*ctl = (struct ctl){.socket = environment != NULL && *environment != '\0' ? environment : CONTROL_PATH,
		.warning = -1, .critical = -1};
	*code = CTL_USAGE;
	while ((letter = getopt_long(argc, argv, "s:r:jt:hvfw:c:", options, NULL)) != -1) {
		if (letter == 'h' || letter == OPTION_VERSION) {
			if (letter == 'h')
				usage_print(stdout);
			else
				printf("exacheck-ctl %s\n", EXACHECK_VERSION);
			*code = CTL_DONE;
			return NULL;
		}
		if (!option_read(letter, optarg, ctl, &used))
			return NULL;
	}
	if (optind == argc) {
		usage_print(stderr);
		return NULL;
	}
	command = command_find(argv[optind]);
	ctl->names = argv + optind + 1;
	ctl->count = (size_t)(argc - optind - 1);
	return command != NULL && command_takes(command, ctl, used) ? command : NULL;
}
