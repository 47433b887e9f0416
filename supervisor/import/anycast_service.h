/*
 * A service of anycast-healthchecker.
 */
#ifndef EXACHECK_ANYCAST_SERVICE_H
#define EXACHECK_ANYCAST_SERVICE_H

#include "ini.h"

/* Note the keys that mean nothing: of a service, or of [DEFAULT], which may have those of [daemon], too. */
void anycast_service_keys_note(const struct ini *, const struct ini_section *);

/* Becomes a check. *said: what is the same for all services has been noted. */
void anycast_service_import(const struct ini *, const struct ini_section *, bool *said);

#endif
