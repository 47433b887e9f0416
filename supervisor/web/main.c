/*
 * exacheck-web: shows what the supervisor tells it.
 */
#include <stdlib.h>

int
main(void)
{
	return EXIT_SUCCESS;
}
