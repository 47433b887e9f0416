/*
 * The configuration of ExaBGP's own healthcheck as ours. Touches the files that are named. Invariant: whatever is not
 * kept is noted.
 */
#include "healthcheck_options.h"

void
import_healthcheck(struct importing *importing, int argc, char **argv)
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
