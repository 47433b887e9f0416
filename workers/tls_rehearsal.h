/*
 * A TLS connection inside the spawner, before any worker is there: OpenSSL fetches algorithms and builds tables
 * at first use, which every worker would do again, on pages of its own. Touches no descriptor and no file.
 */
#ifndef EXACHECK_TLS_REHEARSAL_H
#define EXACHECK_TLS_REHEARSAL_H

#include <stdbool.h>

/* Returns whether a handshake of every version was made. What was not is left for the workers; nothing depends on it. */
bool tls_rehearse(void);

#endif
