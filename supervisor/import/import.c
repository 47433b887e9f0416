/*
 * The command `exacheck import`. Touches standard output and standard error. Invariant: what comes out on standard output
 * is a whole, valid configuration, or nothing.
 */
#include "import.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "../command_line.h"
#include "importing.h"

const struct importer importers[] = {
	{"exabgp-healthcheck", "FILE | OPTION...", import_healthcheck},
	{"exabgp-healthcheck-perl", "FILE", import_perl},
	{"anycast-healthchecker", "[FILE] DIRECTORY | FILE", import_anycast},
	{NULL, NULL, NULL},
};

static const struct importer *
importer_find(const char *name)
{
	for (const struct importer *importer = importers; importer->name != NULL; importer++)
		if (strcmp(importer->name, name) == 0)
			return importer;
	return NULL;
}

static void
usage_print(FILE *file)
{
	for (const struct importer *importer = importers; importer->name != NULL; importer++)
		fprintf(file, "%s exacheck import %s %s\n", importer == importers ? "usage:" : "      ", importer->name,
		    importer->usage);
}

static int
import_run(const struct importer *importer, struct importing *importing, int argc, char **argv)
{
	char heading[256], *text;
	bool written;

	importer->run(importing, argc, argv);
	snprintf(heading, sizeof(heading), "Made by: exacheck import %s\n", importer->name);
	text = importing_text(importing, importer->name, heading);
	import_notes_print(importing, stderr);
	if (text == NULL)
		return EXIT_USAGE;
	written = fputs(text, stdout) != EOF && fflush(stdout) != EOF;
	free(text);
	if (!written) {
		perror("exacheck: standard output");
		return EXIT_USAGE;
	}
	return import_count(importing, IMPORT_LOST) + import_count(importing, IMPORT_LACKS) > 0 ? EXIT_FAILURE : EXIT_SUCCESS;
}

int
import_main(int argc, char **argv)
{
	const struct importer *importer = argc > 1 ? importer_find(argv[1]) : NULL;
	struct importing *importing;
	int status;

	if (argc > 1 && (strcmp(argv[1], "-h") == 0 || strcmp(argv[1], "--help") == 0)) {
		usage_print(stdout);
		return EXIT_SUCCESS;
	}
	if (importer == NULL || argc < 3) {
		if (argc > 1 && importer == NULL)
			fprintf(stderr, "exacheck: no configuration of \"%s\" can be imported\n", argv[1]);
		usage_print(stderr);
		return EXIT_USAGE;
	}
	if ((importing = importing_new()) == NULL) {
		fprintf(stderr, "exacheck: out of memory\n");
		return EXIT_USAGE;
	}
	status = import_run(importer, importing, argc - 2, argv + 2);
	importing_free(importing);
	return status;
}
