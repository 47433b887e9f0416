/*
 * The poll loop that probes several addresses at once. Touches only the descriptors that the method's
 * callbacks hand it; on return all of them are closed and all state is freed, whatever happened.
 */
#include "probe.h"

#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "resolve.h"

struct session {
	const struct probe_ops *ops;
	struct probe *probes; /* the first `begun` are initialised */
	size_t count, begun, pending;
	monotime_t deadline;
	bool all_valid;
	bool decided; /* no further result can change the verdict */
};

static void
probe_release(struct session *session, struct probe *probe)
{
	if (probe->fd != -1)
		close(probe->fd);
	probe->fd = -1;
	if (session->ops->finish != NULL)
		session->ops->finish(probe);
}

/* After every callback. */
static void
probe_settle(struct session *session, struct probe *probe)
{
	bool passed;

	if (!probe->done) {
		probe->deadline = monotime_min(probe->deadline, session->deadline);
		return;
	}
	probe_release(session, probe);
	session->pending--;
	passed = probe->result.code == RESULT_PASS;
	session->decided |= session->all_valid ? !passed : passed;
}

static void
session_start(struct session *session, const struct remote_args *args, const struct addresses *addresses, char *states)
{
	for (size_t i = 0; i < session->count && !session->decided; i++) {
		struct probe *probe = &session->probes[i];

		probe->args = args;
		probe->address = addresses->items[i];
		probe->fd = -1;
		probe->events = 0;
		probe->started = monotime_now();
		probe->deadline = session->deadline;
		probe->done = false;
		probe->state = states == NULL ? NULL : states + i * session->ops->state_size;
		session->begun++;
		session->pending++;
		session->ops->start(probe);
		probe_settle(session, probe);
	}
}

static void
probe_expire(struct session *session, struct probe *probe, monotime_t now)
{
	monotime_t deadline = probe->deadline;

	session->ops->expired(probe);
	/* A probe that neither ended nor moved its deadline into the future would keep the loop spinning. */
	if (!probe->done && (!monotime_before(now, session->deadline) || !monotime_before(deadline, probe->deadline)))
		probe_timeout(probe, 0, "probe of", 0);
	probe_settle(session, probe);
}

static void
session_abort(struct session *session, int error)
{
	for (size_t i = 0; i < session->begun; i++) {
		struct probe *probe = &session->probes[i];

		if (probe->done)
			continue;
		result_errno(&probe->result, error, "poll");
		probe->done = true;
		probe_settle(session, probe);
	}
}

/* Wait for the next event and pass it on. */
static void
session_turn(struct session *session)
{
	struct pollfd fds[RESOLVE_MAX];
	monotime_t next = session->deadline, now;
	struct timespec left;
	int ready;

	for (size_t i = 0; i < session->begun; i++) {
		struct probe *probe = &session->probes[i];

		fds[i] = (struct pollfd){.fd = probe->fd, .events = probe->events};
		if (!probe->done)
			next = monotime_min(next, probe->deadline);
	}
	left = monotime_timespec(monotime_left(next, monotime_now()));
	if ((ready = ppoll(fds, session->begun, &left, NULL)) == -1) {
		if (errno != EINTR)
			session_abort(session, errno);
		return;
	}
	for (size_t i = 0; i < session->begun && ready > 0 && !session->decided; i++) {
		if (fds[i].revents == 0)
			continue;
		session->ops->ready(&session->probes[i], fds[i].revents);
		probe_settle(session, &session->probes[i]);
	}
	now = monotime_now();
	for (size_t i = 0; i < session->begun && !session->decided; i++)
		if (!session->probes[i].done && !monotime_before(now, session->probes[i].deadline))
			probe_expire(session, &session->probes[i], now);
}

static void
session_combine(struct session *session, const struct remote_args *args, const struct addresses *addresses,
    struct result *result)
{
	struct result results[RESOLVE_MAX];

	for (size_t i = 0; i < session->count; i++) {
		if (i < session->begun && session->probes[i].done)
			results[i] = session->probes[i].result;
		else
			results[i].code = RESULT_CODES;
	}
	probe_combine(args, addresses->items, results, session->count, result);
}

void
probe_all(const struct probe_ops *ops, const struct remote_args *args, monotime_t deadline, struct result *result)
{
	struct addresses addresses;
	struct probe probes[RESOLVE_MAX];
	struct session session = {.ops = ops, .probes = probes, .deadline = deadline, .all_valid = args->all_valid};
	char *states = NULL;

	if (!resolve(args->host, remote_family(args), &addresses, result))
		return;
	session.count = addresses.count;
	if (ops->state_size > 0 && (states = calloc(addresses.count, ops->state_size)) == NULL) {
		result_error(result, REASON_LOCAL, "out of memory");
		return;
	}
	session_start(&session, args, &addresses, states);
	while (session.pending > 0 && !session.decided)
		session_turn(&session);
	for (size_t i = 0; i < session.begun; i++)
		if (!probes[i].done)
			probe_release(&session, &probes[i]);
	if (session.count == 1)
		*result = probes[0].result;
	else
		session_combine(&session, args, &addresses, result);
	free(states);
}

/* One of several: say which, unless the text does already, and what the others make of it. */
static void
result_of_one(const struct address *address, const struct result *one, const char *others, struct result *result)
{
	char name[ADDRESS_TEXT_SIZE];
	bool named;

	address_format(address, name);
	named = strstr(one->text, name) != NULL;
	result->code = one->code;
	result->reason = one->reason;
	snprintf(result->text, sizeof(result->text), "%s%s%.*s%s", named ? "" : name, named ? "" : ": ",
	    (int)(sizeof(result->text) - strlen(others) - (named ? 0 : strlen(name) + 2) - 1), one->text, others);
}

void
probe_combine(const struct remote_args *args, const struct address *addresses, const struct result *results,
    size_t count, struct result *result)
{
	size_t passed = 0, verdicts = 0, chosen = count;
	char others[64] = "";

	for (size_t i = 0; i < count; i++) {
		if (results[i].code == RESULT_CODES)
			continue;
		verdicts++;
		passed += results[i].code == RESULT_PASS;
		/* all_valid looks for a failure, any for a pass; without one the first verdict stands */
		if (chosen == count ||
		    ((results[chosen].code == RESULT_PASS) == args->all_valid &&
		    (results[i].code == RESULT_PASS) != args->all_valid))
			chosen = i;
	}
	if (chosen == count) {
		result_error(result, REASON_LOCAL, "no address was probed");
		return;
	}
	if (count == 1) {
		*result = results[chosen];
		return;
	}
	if (passed == count)
		snprintf(others, sizeof(others), " (all %zu addresses pass)", count);
	else if (passed == 0 && verdicts == count)
		snprintf(others, sizeof(others), " (none of %zu addresses passes)", count);
	result_of_one(&addresses[chosen], &results[chosen], others, result);
}

void
probe_limit(struct probe *probe, int64_t limit_ns)
{
	probe->deadline = monotime_min(probe->deadline, monotime_add(probe->started, limit_ns));
}

void
probe_timeout(struct probe *probe, uint16_t port, const char *what, unsigned ignored)
{
	char name[ADDRESS_TEXT_SIZE + 16], others[64] = "";
	int64_t waited_ms = (monotime_left(probe->deadline, probe->started) + NS_PER_MILLISECOND / 2) / NS_PER_MILLISECOND;

	if (ignored > 0)
		snprintf(others, sizeof(others), " (%u packets that do not answer us ignored)", ignored);
	result_fail(&probe->result, REASON_TIMEOUT, "%s %s: no answer within %g s%s", what,
	    probe_name(&probe->address, port, name), (double)waited_ms / 1000, others);
	probe->done = true;
}

void
probe_errno(struct probe *probe, int error, uint16_t port, const char *what)
{
	char name[ADDRESS_TEXT_SIZE + 16], text[RESULT_TEXT_SIZE];

	snprintf(text, sizeof(text), "%s %s", what, probe_name(&probe->address, port, name));
	result_errno(&probe->result, error, text);
	probe->done = true;
}
