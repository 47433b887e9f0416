/*
 * The logs of the Perl exabgp-healthcheck: each service has files of its own, or shares them.
 */
#ifndef EXACHECK_PERL_LOGS_H
#define EXACHECK_PERL_LOGS_H

#include "ini.h"

/* The logs of a service, whose check has that name. */
void perl_logs_import(const struct ini *, const struct ini_section *, const char *check);
/* After the last: what all services log to takes what is said of no service as well. */
void perl_logs_end(struct importing *, size_t services);

#endif
