/*
 * The tcp method inside TLS: a program of its own, so that OpenSSL's memory is that of the checks which use it.
 */
#include <openssl/ssl.h>

#include "../common/methods/tcp.h"
#include "idle.h"
#include "method.h"
#include "tcp_probe.h"
#include "tls_preload.h"
#include "tls_stream.h"

static bool
tls_prepare(const void *args, const char *name, char *error)
{
	(void)name;
	idle_prepare();
	return tls_stream_prepare(args, error) && tcp_probe_prepare(args, &stream_tls, error);
}

static void
tls_execute(const void *args, monotime_t deadline, struct result *result)
{
	tcp_probe_execute(args, deadline, result);
	idle_release();
}

static void
library_open(void)
{
	OPENSSL_init_ssl(OPENSSL_INIT_LOAD_CONFIG, NULL);
}

static void
spawner_preload(void)
{
	tls_preload(library_open);
}

const struct worker_method worker_method = {
	.method = &method_tls,
	.preload = spawner_preload,
	.prepare = tls_prepare,
	.execute = tls_execute,
	.lookout = &tcp_probe_lookout,
};
