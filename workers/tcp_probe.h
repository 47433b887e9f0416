/*
 * What both programs of the tcp method do, worker-tcp on plain connections and worker-tls inside TLS: connect, say and
 * hear what the arguments ask for, and hold the connection where it is to be watched.
 */
#ifndef EXACHECK_TCP_PROBE_H
#define EXACHECK_TCP_PROBE_H

#include <stdbool.h>

#include "../common/methods/tcp.h"
#include "method.h"
#include "stream.h"

/* In the worker, once. ops: of every connection. Returns false with the reason in error (OPTION_ERROR_SIZE bytes). */
bool tcp_probe_prepare(const struct tcp_args *, const struct stream_ops *, char *error);

/* As struct worker_method has them. */
void tcp_probe_execute(const void *args, monotime_t deadline, struct result *);
extern const struct method_lookout tcp_probe_lookout;

#endif
