/*
 * Streams inside TLS 1.2 or later, as a client: for the tcp method with tls. Only worker-tls links it.
 */
#ifndef EXACHECK_TLS_STREAM_H
#define EXACHECK_TLS_STREAM_H

#include "../common/methods/tcp.h"
#include "stream.h"

/*
 * In the worker, once, while the file system is open: read what the arguments name. Returns false with the reason in error
 * (OPTION_ERROR_SIZE bytes).
 */
bool tls_stream_prepare(const struct tcp_args *, char *error);

extern const struct stream_ops stream_tls;

#endif
