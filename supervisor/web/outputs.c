/*
 * Everything that is written.
 */
#include <stddef.h>

#include "output.h"
#include "status_files.h"
#include "textfile.h"

const struct output *const outputs[] = {
	&textfile_output,
	&status_files_output,
	NULL,
};
