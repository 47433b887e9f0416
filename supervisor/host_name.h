/*
 * The name of this machine, for those who are told it as text.
 */
#ifndef EXACHECK_HOST_NAME_H
#define EXACHECK_HOST_NAME_H

#include <limits.h>

/* Returns the buffer: printable UTF-8, "?" where it has no name. */
const char *host_name(char text[static HOST_NAME_MAX + 1]);

#endif
