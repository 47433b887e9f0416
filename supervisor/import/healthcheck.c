/*
 * The arguments of `exacheck import exabgp-healthcheck`: options, a file of options, ExaBGP's configuration file, or a whole
 * command line. Touches the files that are named. Invariant: whatever is not kept is noted.
 */
#include <stdlib.h>
#include <string.h>

#include "healthcheck_conf.h"
#include "healthcheck_options.h"
#include "healthcheck_words.h"
#include "process_block.h"

static const char heading[] =
    "\n"
    "In ExaBGP's configuration one process takes the place of those that run its healthcheck:\n"
    "\n"
    PROCESS_BLOCK
    "\n";

static void
options_import(struct importing *importing, int argc, char **argv)
{
	struct healthcheck_options options;

	if (!healthcheck_options_parse(importing, argc, argv, &options))
		return;
	if (options.help)
		import_note(importing, IMPORT_WRONG, "--help", "with it nothing is checked there: leave it out");
	else
		healthcheck_import(importing, &options);
	healthcheck_options_free(&options);
}

static void
file_import(struct importing *importing, char *path)
{
	static char config[] = "--config";
	char *argv[] = {config, path, NULL}, *text = healthcheck_file_read(importing, path);

	if (text == NULL)
		return;
	if (healthcheck_conf_is(text))
		healthcheck_conf_import(importing, path, text);
	else
		options_import(importing, 2, argv);
	free(text);
}

void
import_healthcheck(struct importing *importing, int argc, char **argv)
{
	int first;

	import_heading(importing, heading);
	if (argc > 1 && strcmp(argv[0], "--") == 0) {
		argc--;
		argv++;
	}
	first = *argv[0] == '-' || argc == 1 ? 0 : healthcheck_command_options(argc, argv);
	if (*argv[0] != '-' && argc == 1) {
		file_import(importing, argv[0]);
	} else if (*argv[0] != '-' && first == 0) {
		import_note(importing, IMPORT_WRONG, argv[0],
		    "a file has no further arguments; with options it is named by --config");
	} else {
		healthcheck_command_note(importing, first, argv);
		options_import(importing, argc - first, argv + first);
	}
}
