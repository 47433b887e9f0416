/*
 * The dns method: one query per address, over UDP with TCP when the answer is truncated, or over TCP from
 * the start. Datagrams that do not answer our query are counted and ignored until the deadline. A query
 * is sent once: a lost datagram is a failed execution, which `fall` is there to absorb.
 */
#include <errno.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <sys/socket.h>
#include <unistd.h>

#include "dns_answer.h"
#include "method.h"
#include "probe.h"
#include "resolve.h"

enum phase { PHASE_DATAGRAM, PHASE_CONNECT, PHASE_SEND, PHASE_RECEIVE };

#define FRAME_SIZE 2 /* TCP messages follow their length, RFC 1035 section 4.2.2 */

struct dns_state {
	struct dns_query query; /* with this probe's id */
	enum phase phase;
	unsigned ignored;
	size_t done;		    /* bytes of the phase's transfer that are through */
	uint8_t frame[FRAME_SIZE];
	size_t length;		    /* of the answer over TCP, 0: not known yet */
	uint8_t *answer;	    /* malloc'd, over TCP */
};

/* One worker does one check: what is the same in all its executions. */
static struct {
	struct dns_query query;
	struct pattern *response; /* NULL: none */
} job;

static uint16_t
dns_port(const struct probe *probe)
{
	return (uint16_t)((const struct dns_args *)probe->args)->port;
}

static bool
dns_prepare(const void *opaque, const char *name, char *error)
{
	const struct dns_args *args = opaque;

	(void)name;
	if (args->response != NULL && (job.response = pattern_compile(args->response, error)) == NULL)
		return false;
	return dns_query_build(args, &job.query, error);
}

static void
dns_judge(struct probe *probe, const uint8_t *data, size_t length)
{
	char name[ADDRESS_TEXT_SIZE + 16];

	dns_answer_judge(probe->args, job.response, data, length, probe_name(&probe->address, dns_port(probe), name),
	    &probe->result);
	probe->done = true;
}

static void
dns_broken(struct probe *probe, enum reason reason, const char *what)
{
	char name[ADDRESS_TEXT_SIZE + 16];

	result_fail(&probe->result, reason, "%s: %s", probe_name(&probe->address, dns_port(probe), name), what);
	probe->done = true;
}

static void
stream_start(struct probe *probe)
{
	const struct dns_args *args = probe->args;
	struct dns_state *state = probe->state;

	if (probe->fd != -1)
		close(probe->fd);
	probe->fd = probe_socket(&args->remote, &probe->address, SOCK_STREAM, 0, &probe->result);
	if (probe->fd == -1 || !probe_connect(probe->fd, &probe->address, dns_port(probe), &probe->result))
		probe->done = true;
	state->phase = PHASE_CONNECT;
	probe->events = POLLOUT;
}

static void
dns_start(struct probe *probe)
{
	const struct dns_args *args = probe->args;
	struct dns_state *state = probe->state;
	uint16_t id;

	probe_limit(probe, args->dns_timeout_ns);
	if (getrandom(&id, sizeof(id), 0) != (ssize_t)sizeof(id)) {
		result_errno(&probe->result, errno, "getrandom");
		probe->done = true;
		return;
	}
	state->query = job.query;
	dns_query_set_id(&state->query, id);
	if (args->tcp)
		stream_start(probe);
	else if (probe_datagram(probe, dns_port(probe)))
		probe_send(probe, dns_port(probe), state->query.wire, state->query.length);
}

static bool
transfer_failed(struct probe *probe, ssize_t n, const char *what)
{
	if (n != -1)
		return false;
	if (errno != EAGAIN && errno != EINTR)
		probe_errno(probe, errno, dns_port(probe), what);
	return true;
}

static void
datagram_ready(struct probe *probe)
{
	static uint8_t datagram[65535];
	struct dns_state *state = probe->state;
	ssize_t n = recv(probe->fd, datagram, sizeof(datagram), 0);

	if (transfer_failed(probe, n, "ask"))
		return;
	switch (dns_classify(&state->query, datagram, (size_t)n)) {
	case DNS_FOREIGN:
		state->ignored++;
		break;
	case DNS_MALFORMED:
		dns_broken(probe, REASON_PROTOCOL, "malformed answer: cut short");
		break;
	case DNS_TRUNCATED:
		stream_start(probe);
		break;
	case DNS_ANSWER:
		dns_judge(probe, datagram, (size_t)n);
		break;
	}
}

static void
stream_connected(struct probe *probe)
{
	struct dns_state *state = probe->state;

	if (!probe_connected(probe->fd, &probe->address, dns_port(probe), &probe->result)) {
		probe->done = true;
		return;
	}
	state->phase = PHASE_SEND;
}

static void
stream_send(struct probe *probe)
{
	struct dns_state *state = probe->state;
	uint8_t message[FRAME_SIZE + DNS_QUERY_MAX];
	ssize_t n;

	message[0] = (uint8_t)(state->query.length >> 8);
	message[1] = (uint8_t)state->query.length;
	memcpy(message + FRAME_SIZE, state->query.wire, state->query.length);
	n = send(probe->fd, message + state->done, FRAME_SIZE + state->query.length - state->done, MSG_NOSIGNAL);
	if (transfer_failed(probe, n, "send to"))
		return;
	state->done += (size_t)n;
	if (state->done < FRAME_SIZE + state->query.length)
		return;
	state->done = 0;
	state->phase = PHASE_RECEIVE;
	probe->events = POLLIN;
}

/* Both bytes of the length are there: make room. */
static void
stream_framed(struct probe *probe)
{
	struct dns_state *state = probe->state;

	state->done = 0;
	state->length = (size_t)state->frame[0] << 8 | state->frame[1];
	if (state->length == 0) {
		dns_broken(probe, REASON_PROTOCOL, "malformed answer: empty message over TCP");
		return;
	}
	if ((state->answer = malloc(state->length)) == NULL) {
		result_error(&probe->result, REASON_LOCAL, "out of memory");
		probe->done = true;
	}
}

/* The whole message is there. Nothing but the server can have sent it, so a wrong one is the server's fault. */
static void
stream_complete(struct probe *probe)
{
	struct dns_state *state = probe->state;

	switch (dns_classify(&state->query, state->answer, state->length)) {
	case DNS_FOREIGN:
		dns_broken(probe, REASON_PROTOCOL, "the answer over TCP does not belong to the query");
		break;
	case DNS_MALFORMED:
		dns_broken(probe, REASON_PROTOCOL, "malformed answer: cut short");
		break;
	case DNS_TRUNCATED:
	case DNS_ANSWER:
		dns_judge(probe, state->answer, state->length);
		break;
	}
}

static void
stream_receive(struct probe *probe)
{
	struct dns_state *state = probe->state;
	bool framed = state->answer != NULL;
	uint8_t *target = framed ? state->answer : state->frame;
	size_t wanted = framed ? state->length : FRAME_SIZE;
	ssize_t n = recv(probe->fd, target + state->done, wanted - state->done, 0);

	if (transfer_failed(probe, n, "read from"))
		return;
	if (n == 0) {
		dns_broken(probe, REASON_CLOSED, "connection closed before the answer was complete");
		return;
	}
	state->done += (size_t)n;
	if (state->done < wanted)
		return;
	if (framed)
		stream_complete(probe);
	else
		stream_framed(probe);
}

static void
dns_ready(struct probe *probe, short revents)
{
	static void (*const handlers[])(struct probe *) = {
	    [PHASE_DATAGRAM] = datagram_ready,
	    [PHASE_CONNECT] = stream_connected,
	    [PHASE_SEND] = stream_send,
	    [PHASE_RECEIVE] = stream_receive,
	};

	(void)revents; /* errors come with the call that the handler makes */
	handlers[((const struct dns_state *)probe->state)->phase](probe);
}

static void
dns_expired(struct probe *probe)
{
	static const char *const whats[] = {
	    [PHASE_DATAGRAM] = "ask",
	    [PHASE_CONNECT] = "connect to",
	    [PHASE_SEND] = "send over TCP to",
	    [PHASE_RECEIVE] = "ask over TCP",
	};
	const struct dns_state *state = probe->state;

	probe_timeout(probe, dns_port(probe), whats[state->phase], state->ignored);
}

static void
dns_finish(struct probe *probe)
{
	free(((struct dns_state *)probe->state)->answer);
}

static void
dns_execute(const void *args, monotime_t deadline, struct result *result)
{
	static const struct probe_ops ops = {
	    .state_size = sizeof(struct dns_state),
	    .start = dns_start,
	    .ready = dns_ready,
	    .expired = dns_expired,
	    .finish = dns_finish,
	};

	probe_all(&ops, args, deadline, result);
}

const struct worker_method worker_method = {
    .method = &method_dns,
    .preload = resolve_preload,
    .prepare = dns_prepare,
    .execute = dns_execute,
};
