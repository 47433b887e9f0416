/*
 * The tcp method: a connection that is established within tcp_timeout passes. The connection is closed in
 * the ordinary way, as users of the service would, or held to learn of its end.
 */
#include <poll.h>
#include <sys/socket.h>

#include "../common/methods/tcp.h"
#include "hold.h"
#include "method.h"
#include "probe.h"
#include "resolve.h"

static uint16_t
tcp_port(const struct probe *probe)
{
	return (uint16_t)((const struct tcp_args *)probe->args)->port;
}

static void
tcp_start(struct probe *probe)
{
	const struct tcp_args *args = probe->args;

	probe_limit(probe, args->tcp_timeout_ns);
	probe->fd = probe_socket(&args->remote, &probe->address, SOCK_STREAM, 0, &probe->result);
	if (probe->fd == -1 || !probe_connect(probe->fd, &probe->address, tcp_port(probe), &probe->result))
		probe->done = true;
	probe->events = POLLOUT;
}

static void
tcp_ready(struct probe *probe, short revents)
{
	char name[ADDRESS_TEXT_SIZE + 16];

	(void)revents; /* POLLERR and POLLHUP come with the error that SO_ERROR tells */
	probe->done = true;
	if (!probe_connected(probe->fd, &probe->address, tcp_port(probe), &probe->result))
		return;
	result_pass(&probe->result, "connected to %s", probe_name(&probe->address, tcp_port(probe), name));
	if (((const struct tcp_args *)probe->args)->watch) {
		hold_offer(probe->fd);
		probe->fd = -1;
	}
}

static void
tcp_expired(struct probe *probe)
{
	probe_timeout(probe, tcp_port(probe), "connect to", 0);
}

static void
tcp_execute(const void *args, monotime_t deadline, struct result *result)
{
	static const struct probe_ops ops = {.start = tcp_start, .ready = tcp_ready, .expired = tcp_expired};

	probe_all(&ops, args, deadline, result);
	if (((const struct tcp_args *)args)->watch)
		hold_settle(result->code == RESULT_PASS);
}

static const struct method_lookout tcp_lookout = {
    .descriptors = hold_descriptors,
    .changed = hold_changed,
    .release = hold_release,
};

const struct worker_method worker_method = {
    .method = &method_tcp,
    .preload = resolve_preload,
    .execute = tcp_execute,
    .lookout = &tcp_lookout,
};
