/*
 * A TLS connection inside the spawner, before any worker is there: OpenSSL fetches algorithms and builds tables
 * at first use, which every worker would do again, on pages of its own. Touches no descriptor and no file.
 */
#ifndef EXACHECK_HTTP_REHEARSAL_H
#define EXACHECK_HTTP_REHEARSAL_H

/* In the spawner. What fails here is left for the workers to do; nothing depends on it. */
void http_rehearse(void);

#endif
