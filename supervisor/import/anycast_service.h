/*
 * A service of anycast-healthchecker.
 */
#ifndef EXACHECK_ANYCAST_SERVICE_H
#define EXACHECK_ANYCAST_SERVICE_H

#include "ini.h"

/* Becomes a check. *said: what is the same for all services has been noted. */
void anycast_service_import(const struct ini *, const struct ini_section *, bool *said);

#endif
