/*
 * Everything that is written.
 */
#include <stddef.h>

#include "output.h"

const struct output *const outputs[] = {
	NULL,
};
