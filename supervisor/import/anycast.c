/*
 * The configuration of anycast-healthchecker as ours.
 */
#include "importing.h"

void
import_anycast(struct importing *importing, int argc, char **argv)
{
	(void)argc;
	import_note(importing, IMPORT_WRONG, argv[0], "cannot be imported yet");
}
