/*
 * What the spawners of programs with OpenSSL load, so that workers share it.
 */
#ifndef EXACHECK_TLS_PRELOAD_H
#define EXACHECK_TLS_PRELOAD_H

/* In the spawner, once. library: what initialises OpenSSL, or a library above it. */
void tls_preload(void (*library)(void));

#endif
