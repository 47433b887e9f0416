/*
 * The icmp method: echo requests to every address, on one socket a family that was opened before
 * privileges were dropped. A reply counts only if it carries this execution's sequence number and random
 * payload: what belongs to an earlier execution, or to somebody else, is dropped.
 */
#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>

#include "icmp_socket.h"
#include "icmp_verdict.h"
#include "method.h"
#include "probe.h"
#include "resolve.h"

#define FAMILIES 2
#define SEQUENCES 65536 /* one execution's requests all have their own */
#define RTT_PENDING (-2)
#define RECEIVE_BUDGET 1024 /* packets in a row, before the clock is looked at again */

/* One address and its requests. */
struct target {
	struct address address;
	struct icmp_socket *socket;
	uint8_t nonce[ICMP_NONCE_SIZE];
	monotime_t *sent;  /* of each request; points into run.times */
	int64_t *rtts_ns;  /* of each request: RTT_PENDING, ICMP_RTT_LOST or the round trip */
	int64_t oldest;	   /* all requests before this one are settled */
	int error;
	struct address reporter;
	struct result *result; /* RESULT_CODES as code: no verdict yet */
};

struct run {
	const struct icmp_args *args;
	uint16_t base; /* sequence number of the first target's first request */
	size_t count, pending;
	struct target targets[RESOLVE_MAX];
	struct result results[RESOLVE_MAX];
	int64_t sent; /* requests sent to each target */
	monotime_t next_send, deadline;
	bool decided;
	monotime_t *times;
	int64_t *rtts_ns;
};

static struct icmp_socket sockets[FAMILIES] = {{.family = AF_INET, .fd = -1}, {.family = AF_INET6, .fd = -1}};
static uint8_t request[ICMP_HEADER_SIZE + ICMP_SIZE_MAX];

static bool
icmp_prepare(const void *opaque, const char *name, char *error)
{
	const struct icmp_args *args = opaque;
	const char *reason = NULL;
	struct address literal;
	int family = remote_family(&args->remote);
	bool opened = false, forbidden = false;
	struct result later;

	(void)name;
	if (address_parse(args->remote.host, &literal))
		family = literal.family;
	for (size_t i = 0; i < FAMILIES; i++) {
		if (family != AF_UNSPEC && family != sockets[i].family)
			continue;
		if (icmp_socket_open(&sockets[i], sockets[i].family, args)) {
			opened = true;
			/* Now, with privileges; an address or interface that is not there yet is tried again later. */
			icmp_socket_ready(&sockets[i], args, &later);
			continue;
		}
		forbidden |= sockets[i].failure.reason == REASON_PERMISSION;
		reason = sockets[i].failure.text;
	}
	if (opened)
		return true;
	if (forbidden)
		reason = args->privileged ? "privileged needs a raw socket: give worker-icmp the capability cap_net_raw, or "
					    "leave privileged out" :
					    "no ICMP socket allowed: let net.ipv4.ping_group_range include the group of "
					    "the workers, or give worker-icmp the capability cap_net_raw";
	snprintf(error, OPTION_ERROR_SIZE, "%s", reason);
	return false;
}

static void
target_settle(struct run *run, struct target *target)
{
	bool passed = target->result->code == RESULT_PASS;

	run->pending--;
	run->decided |= run->args->remote.all_valid ? !passed : passed;
}

static void
target_judge(struct run *run, struct target *target)
{
	char name[ADDRESS_TEXT_SIZE];
	struct icmp_outcome outcome = {
	    .name = address_format(&target->address, name),
	    .rtts_ns = target->rtts_ns,
	    .error = target->error,
	    .reporter = target->reporter,
	};

	icmp_judge(run->args, &outcome, target->result);
	target_settle(run, target);
}

/* A local failure is the target's verdict; one of the network is a lost packet. */
static void
target_send(struct run *run, struct target *target)
{
	int64_t index = run->sent;
	uint16_t sequence = (uint16_t)(run->base + (target - run->targets) * run->args->count + index);
	size_t size = icmp_request_build(request, target->address.family, target->socket->id, sequence, target->nonce,
	    (size_t)run->args->size);
	char name[ADDRESS_TEXT_SIZE], what[ADDRESS_TEXT_SIZE + 8];
	struct result failure;
	int error;

	target->sent[index] = monotime_now();
	if ((error = icmp_socket_send(target->socket, &target->address, request, size)) == 0)
		return;
	snprintf(what, sizeof(what), "ping %s", address_format(&target->address, name));
	result_errno(&failure, error, what);
	if (failure.code == RESULT_ERROR && error != EMSGSIZE) {
		*target->result = failure;
		target_settle(run, target);
		return;
	}
	target->rtts_ns[index] = ICMP_RTT_LOST;
	target->error = error;
	target->reporter.family = 0;
}

static void
run_send(struct run *run, monotime_t now)
{
	while (run->sent < run->args->count && !monotime_before(now, run->next_send)) {
		for (size_t i = 0; i < run->count; i++)
			if (run->targets[i].result->code == RESULT_CODES)
				target_send(run, &run->targets[i]);
		run->sent++;
		/* From now, not from the plan: requests that are late must not go out in a bunch. */
		run->next_send = monotime_add(now, run->args->interval_ns);
	}
}

/* Give up on requests that are too old, judge targets without open requests; returns when to look again. */
static monotime_t
run_expire(struct run *run, monotime_t now)
{
	bool over = !monotime_before(now, run->deadline);
	monotime_t next = run->sent < run->args->count ? run->next_send : MONOTIME_NEVER;

	for (size_t i = 0; i < run->count && !run->decided; i++) {
		struct target *target = &run->targets[i];

		if (target->result->code != RESULT_CODES)
			continue;
		for (; target->oldest < run->sent; target->oldest++) {
			monotime_t end = monotime_add(target->sent[target->oldest], run->args->icmp_timeout_ns);

			if (target->rtts_ns[target->oldest] != RTT_PENDING)
				continue;
			if (!over && monotime_before(now, end)) {
				next = monotime_min(next, end);
				break;
			}
			target->rtts_ns[target->oldest] = ICMP_RTT_LOST;
		}
		if (over || target->oldest == run->args->count)
			target_judge(run, target);
	}
	return monotime_min(next, run->deadline);
}

/* The request that an event belongs to: its target and index, or NULL. */
static struct target *
run_find(struct run *run, const struct icmp_socket *s, const struct icmp_event *event, int64_t *index)
{
	uint16_t number = (uint16_t)(event->echo.sequence - run->base);
	struct target *target;

	if (event->kind == ICMP_KIND_OTHER || (int64_t)number >= (int64_t)run->count * run->args->count)
		return NULL;
	target = &run->targets[number / run->args->count];
	*index = number % run->args->count;
	if (*index >= run->sent || target->socket != s || target->result->code != RESULT_CODES ||
	    target->rtts_ns[*index] != RTT_PENDING ||
	    !icmp_nonce_equal(&event->echo, target->nonce, (size_t)run->args->size, event->kind == ICMP_KIND_ERROR))
		return NULL;
	if (event->kind == ICMP_KIND_REPLY &&
	    memcmp(event->from.bytes, target->address.bytes, sizeof(target->address.bytes)) != 0)
		return NULL;
	return target;
}

static void
run_receive(struct run *run, struct icmp_socket *s)
{
	struct icmp_event event;
	struct target *target;
	int64_t index, rtt_ns;

	for (int budget = RECEIVE_BUDGET; budget > 0 && icmp_socket_receive(s, &event); budget--) {
		if ((target = run_find(run, s, &event, &index)) == NULL)
			continue;
		if (event.kind == ICMP_KIND_ERROR) {
			target->rtts_ns[index] = ICMP_RTT_LOST;
			target->error = event.error;
			target->reporter = event.from;
			continue;
		}
		rtt_ns = monotime_sub(monotime_now(), target->sent[index]);
		if (event.age_ns < rtt_ns)
			rtt_ns -= event.age_ns;
		target->rtts_ns[index] = rtt_ns;
	}
}

static void
run_wait(struct run *run, monotime_t until)
{
	struct pollfd fds[FAMILIES];
	struct timespec left = monotime_timespec(monotime_left(until, monotime_now()));
	int ready;

	for (size_t i = 0; i < FAMILIES; i++)
		fds[i] = (struct pollfd){.fd = sockets[i].fd, .events = POLLIN};
	ready = ppoll(fds, FAMILIES, &left, NULL);
	for (size_t i = 0; i < FAMILIES && ready > 0; i++)
		if (fds[i].revents != 0)
			run_receive(run, &sockets[i]);
}

static bool
run_prepare(struct run *run, const struct icmp_args *args, const struct addresses *addresses, struct result *result)
{
	size_t requests = addresses->count * (size_t)args->count;

	if (requests > SEQUENCES || args->size > ICMP_SIZE_MAX) {
		result_error(result, REASON_LOCAL, "count %d to %zu addresses with size %d is more than one execution can send",
		    (int)args->count, addresses->count, (int)args->size);
		return false;
	}
	run->times = calloc(requests, sizeof(run->times[0]));
	run->rtts_ns = calloc(requests, sizeof(run->rtts_ns[0]));
	if (run->times == NULL || run->rtts_ns == NULL) {
		result_error(result, REASON_LOCAL, "out of memory");
		return false;
	}
	for (size_t i = 0; i < requests; i++)
		run->rtts_ns[i] = RTT_PENDING;
	if (getrandom(&run->base, sizeof(run->base), 0) != (ssize_t)sizeof(run->base)) {
		result_errno(result, errno, "getrandom");
		return false;
	}
	return true;
}

static void
run_targets(struct run *run, const struct addresses *addresses)
{
	const struct icmp_args *args = run->args;

	run->count = run->pending = addresses->count;
	for (size_t i = 0; i < run->count; i++) {
		struct target *target = &run->targets[i];

		target->address = addresses->items[i];
		target->socket = &sockets[target->address.family == AF_INET ? 0 : 1];
		target->sent = run->times + i * (size_t)args->count;
		target->rtts_ns = run->rtts_ns + i * (size_t)args->count;
		target->result = &run->results[i];
		target->result->code = RESULT_CODES;
		if (getrandom(target->nonce, sizeof(target->nonce), 0) != (ssize_t)sizeof(target->nonce))
			result_errno(target->result, errno, "getrandom");
		else if (icmp_socket_ready(target->socket, args, target->result))
			continue;
		target_settle(run, target);
	}
}

static void
icmp_execute(const void *opaque, monotime_t deadline, struct result *result)
{
	const struct icmp_args *args = opaque;
	struct run *run;
	struct addresses addresses;
	monotime_t now, next;

	if (!resolve(args->remote.host, remote_family(&args->remote), &addresses, result))
		return;
	if ((run = calloc(1, sizeof(*run))) == NULL) {
		result_error(result, REASON_LOCAL, "out of memory");
		return;
	}
	run->args = args;
	run->deadline = deadline;
	if (run_prepare(run, args, &addresses, result)) {
		run_targets(run, &addresses);
		run->next_send = monotime_now();
		while (run->pending > 0 && !run->decided) {
			now = monotime_now();
			run_send(run, now);
			next = run_expire(run, now);
			if (run->pending > 0 && !run->decided)
				run_wait(run, next);
		}
		probe_combine(&args->remote, addresses.items, run->results, run->count, result);
	}
	free(run->times);
	free(run->rtts_ns);
	free(run);
}

const struct worker_method worker_method = {
    .method = &method_icmp,
    .preload = resolve_preload,
    .prepare = icmp_prepare,
    .execute = icmp_execute,
};
