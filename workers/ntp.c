/*
 * The ntp method: one client request per address; the first reply that carries our random timestamp back
 * decides. Everything else that arrives is counted and ignored until the deadline: neither a stale nor a
 * forged packet may give a verdict.
 */
#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <sys/random.h>

#include "method.h"
#include "ntp_packet.h"
#include "probe.h"
#include "resolve.h"

struct ntp_state {
	uint64_t nonce;
	uint64_t sent;	  /* our clock when the request left */
	unsigned ignored; /* packets that were no answer to our request */
};

static uint16_t
ntp_port(const struct probe *probe)
{
	return (uint16_t)((const struct ntp_args *)probe->args)->port;
}

static uint64_t
clock_read(int64_t age_ns)
{
	struct timespec now;
	int64_t ns;

	clock_gettime(CLOCK_REALTIME, &now);
	ns = now.tv_sec * NS_PER_SECOND + now.tv_nsec - age_ns;
	now = (struct timespec){ns / NS_PER_SECOND, ns % NS_PER_SECOND};
	return ntp_timestamp(&now);
}

static void
ntp_start(struct probe *probe)
{
	const struct ntp_args *args = probe->args;
	struct ntp_state *state = probe->state;
	uint8_t packet[NTP_PACKET_SIZE];

	probe_limit(probe, args->ntp_timeout_ns);
	if (getrandom(&state->nonce, sizeof(state->nonce), 0) != (ssize_t)sizeof(state->nonce)) {
		result_errno(&probe->result, errno, "getrandom");
		probe->done = true;
		return;
	}
	if (!probe_datagram(probe, ntp_port(probe)))
		return;
	probe_timestamps(probe->fd);
	ntp_request_build(packet, (unsigned)args->version, state->nonce);
	state->sent = clock_read(0);
	probe_send(probe, ntp_port(probe), packet, sizeof(packet));
}

static void
ntp_ready(struct probe *probe, short revents)
{
	struct ntp_state *state = probe->state;
	char name[ADDRESS_TEXT_SIZE + 16];
	uint8_t packet[NTP_PACKET_SIZE]; /* extension fields behind it are cut off */
	struct ntp_reply reply;
	int64_t age_ns;
	ssize_t length = probe_receive(probe->fd, packet, sizeof(packet), NULL, &age_ns);
	uint64_t received = clock_read(age_ns);

	(void)revents;
	if (length == -1) {
		if (errno != EAGAIN && errno != EINTR)
			probe_errno(probe, errno, ntp_port(probe), "ask");
		return;
	}
	if (!ntp_reply_parse(packet, (size_t)length, &reply) || reply.origin != state->nonce) {
		state->ignored++;
		return;
	}
	ntp_reply_judge(probe->args, &reply, state->sent, received, probe_name(&probe->address, ntp_port(probe), name),
	    &probe->result);
	probe->done = true;
}

static void
ntp_expired(struct probe *probe)
{
	const struct ntp_state *state = probe->state;

	probe_timeout(probe, ntp_port(probe), "ask", state->ignored);
}

static void
ntp_execute(const void *args, monotime_t deadline, struct result *result)
{
	static const struct probe_ops ops = {
	    .state_size = sizeof(struct ntp_state),
	    .start = ntp_start,
	    .ready = ntp_ready,
	    .expired = ntp_expired,
	};

	probe_all(&ops, args, deadline, result);
}

const struct worker_method worker_method = {
    .method = &method_ntp,
    .preload = resolve_preload,
    .execute = ntp_execute,
};
