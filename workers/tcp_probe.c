/*
 * The tcp method on one address: everything within tcp_timeout. The connection is closed in the ordinary way, as users
 * of the service would, or held to learn of its end.
 */
#include "tcp_probe.h"

#include <poll.h>
#include <sys/socket.h>

#include "dialogue.h"
#include "hold.h"
#include "probe.h"

struct tcp_state {
	monotime_t limit;
	bool connected, agreed; /* agreed: the handshake is complete */
	struct stream stream;
	struct dialogue dialogue;
};

static const struct stream_ops *ops;
static struct pattern *pattern; /* of `expect`, or NULL */

static const struct tcp_args *
tcp_args(const struct probe *probe)
{
	return probe->args;
}

static uint16_t
tcp_port(const struct probe *probe)
{
	return (uint16_t)tcp_args(probe)->port;
}

static void
tcp_start(struct probe *probe)
{
	const struct tcp_args *args = tcp_args(probe);
	struct tcp_state *state = probe->state;

	probe_limit(probe, args->tcp_timeout_ns);
	state->limit = probe->deadline;
	dialogue_begin(&state->dialogue, args->send, pattern);
	probe->fd = probe_socket(&args->remote, &probe->address, SOCK_STREAM, 0, &probe->result);
	if (probe->fd == -1 || !probe_connect(probe->fd, &probe->address, tcp_port(probe), &probe->result))
		probe->done = true;
	probe->events = POLLOUT;
}

static void
stream_close(struct tcp_state *state, bool orderly)
{
	if (ops->close != NULL)
		ops->close(&state->stream, orderly);
}

/* There is a verdict. */
static void
tcp_done(struct probe *probe)
{
	struct tcp_state *state = probe->state;
	bool hold = tcp_args(probe)->watch && probe->result.code == RESULT_PASS;

	probe->done = true;
	stream_close(state, !hold);
	if (hold) {
		hold_offer(probe->fd);
		probe->fd = -1;
	}
}

static bool
tcp_connected(struct probe *probe, struct tcp_state *state)
{
	if (!probe_connected(probe->fd, &probe->address, tcp_port(probe), &probe->result))
		return false;
	state->connected = true;
	state->agreed = ops->handshake == NULL;
	state->stream.fd = probe->fd;
	state->stream.host = tcp_args(probe)->remote.host;
	state->stream.result = &probe->result;
	probe_name(&probe->address, tcp_port(probe), state->stream.name);
	return true;
}

/* The handshake. Returns the events to wait for; 0: complete, or there is a verdict. */
static short
tcp_agree(struct tcp_state *state)
{
	enum stream_status status = ops->handshake(&state->stream);

	state->agreed = status == STREAM_DONE;
	return status == STREAM_WANTS_READ ? POLLIN : status == STREAM_WANTS_WRITE ? POLLOUT : 0;
}

/* On a connection that stands: as far as it goes. Returns the events to wait for; 0: there is a verdict. */
static short
tcp_advance(struct probe *probe, struct tcp_state *state)
{
	short events = state->agreed ? 0 : tcp_agree(state);

	if (!state->agreed)
		return events;
	if (state->dialogue.text != NULL || state->dialogue.pattern != NULL)
		return dialogue_step(&state->dialogue, ops, &state->stream);
	result_pass(&probe->result, "%s %s", ops->connected, state->stream.name);
	return 0;
}

static void
tcp_ready(struct probe *probe, short revents)
{
	struct tcp_state *state = probe->state;

	(void)revents; /* POLLERR and POLLHUP come with an error, or an end, that the next call tells */
	if (!state->connected && !tcp_connected(probe, state)) {
		probe->done = true;
		return;
	}
	probe->events = tcp_advance(probe, state);
	probe->deadline = monotime_min(state->limit, state->dialogue.next_try);
	if (probe->events == 0)
		tcp_done(probe);
}

static void
tcp_expired(struct probe *probe)
{
	struct tcp_state *state = probe->state;
	int64_t waited_ms = (monotime_left(state->limit, probe->started) + NS_PER_MILLISECOND / 2) / NS_PER_MILLISECOND;

	if (monotime_before(monotime_now(), state->limit)) {
		tcp_ready(probe, 0); /* the pattern may be tried again */
		return;
	}
	if (!state->connected || !state->agreed) {
		probe_timeout(probe, tcp_port(probe), state->connected ? "TLS handshake with" : "connect to", 0);
		return;
	}
	dialogue_expire(&state->dialogue, &state->stream, (double)waited_ms / 1000);
	tcp_done(probe);
}

static void
tcp_finish(struct probe *probe)
{
	struct tcp_state *state = probe->state;

	stream_close(state, false);
	dialogue_free(&state->dialogue);
}

bool
tcp_probe_prepare(const struct tcp_args *args, const struct stream_ops *stream_ops, char *error)
{
	ops = stream_ops;
	return args->expect == NULL || (pattern = pattern_compile(args->expect, error)) != NULL;
}

void
tcp_probe_execute(const void *args, monotime_t deadline, struct result *result)
{
	static const struct probe_ops probe_ops = {.state_size = sizeof(struct tcp_state), .start = tcp_start,
	    .ready = tcp_ready, .expired = tcp_expired, .finish = tcp_finish};

	probe_all(&probe_ops, args, deadline, result);
	if (((const struct tcp_args *)args)->watch)
		hold_settle(result->code == RESULT_PASS);
}

const struct method_lookout tcp_probe_lookout = {
	.descriptors = hold_descriptors,
	.changed = hold_changed,
	.release = hold_release,
};
