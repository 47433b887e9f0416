/* Where the programs are that exacheck executes: workers and helpers. */
#ifndef EXACHECK_LIBEXEC_H
#define EXACHECK_LIBEXEC_H

#include <limits.h>
#include <stdbool.h>

/*
 * The directory of these programs: that of the program itself (installed), or libexec beside it (a build tree), or
 * libexec/exacheck beside its directory, else the compiled-in one. Returns path or a constant.
 */
const char *libexec_find(char path[static PATH_MAX]);

/* What a worker's file is named before its method. */
#define LIBEXEC_WORKER "worker-"

#endif
