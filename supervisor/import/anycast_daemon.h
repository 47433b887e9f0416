/*
 * The section [daemon] of anycast-healthchecker: logs, metrics, and what it needed for BIRD.
 */
#ifndef EXACHECK_ANYCAST_DAEMON_H
#define EXACHECK_ANYCAST_DAEMON_H

#include "ini.h"

#define ANYCAST_DAEMON "daemon"

/* section: [daemon]; NULL: there is none, and its defaults hold. */
void anycast_daemon_import(const struct ini *, const struct ini_section *);

#endif
