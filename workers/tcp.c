/*
 * The tcp method without TLS.
 */
#include "../common/methods/tcp.h"
#include "method.h"
#include "resolve.h"
#include "tcp_probe.h"

static bool
tcp_prepare(const void *args, const char *name, char *error)
{
	(void)name;
	return tcp_probe_prepare(args, &stream_plain, error);
}

const struct worker_method worker_method = {
	.method = &method_tcp,
	.preload = resolve_preload,
	.prepare = tcp_prepare,
	.execute = tcp_probe_execute,
	.lookout = &tcp_probe_lookout,
};
