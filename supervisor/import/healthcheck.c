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
	import_note(importing, IMPORT_WRONG, argv[0], "cannot be imported yet");
	healthcheck_options_free(&options);
}
