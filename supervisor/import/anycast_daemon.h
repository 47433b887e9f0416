/*
 * The section [daemon] of anycast-healthchecker: logs, metrics, and what it needed for BIRD.
 */
#ifndef EXACHECK_ANYCAST_DAEMON_H
#define EXACHECK_ANYCAST_DAEMON_H

#include "ini.h"

#define ANYCAST_DAEMON "daemon"

/* Whether it has a key of this name. */
bool anycast_daemon_has(const struct ini_key *);

/* section: [daemon]; NULL: there is none, and [DEFAULT] holds. */
void anycast_daemon_import(const struct ini *, const struct ini_section *);

#endif
