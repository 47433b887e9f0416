/*
 * A connection of a control client. Touches its socket. Invariant: of what a client sends no more than one request is
 * kept, and of what it is told no more than it can be handed at once and one line; what comes beyond waits in the
 * kernel, and in the step functions of commands.
 */
#include <errno.h>
#include <event2/buffer.h>
#include <event2/event.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "../common/message.h"
#include "control_internal.h"
#include "loop.h"

#define CLIENTS_MAX 64
#define READERS_MAX 48 /* of them: who only reads does not lock out who may change something */
#define READ_MAX 16384 /* bytes at once */
#define OUT_MARK 32768 /* no step is made before less than this waits to be written */

/* How long a client may keep us waiting; and what is said of it then. */
static const struct {
	int64_t limit_ns;
	const char *what;
} waits[WAITS] = {
	[WAIT_REQUEST] = {60 * NS_PER_SECOND, "asked nothing for 60 s"},
	[WAIT_REST] = {10 * NS_PER_SECOND, "did not end its request within 10 s"},
	[WAIT_READER] = {10 * NS_PER_SECOND, "did not read for 10 s"},
};

static void
client_event(evutil_socket_t fd, short what, void *context)
{
	(void)fd;
	(void)what;
	control_ready(context);
}

static void
client_wait(struct client *client, enum client_wait wait)
{
	if (client->wait == wait)
		return;
	client->wait = wait;
	client->since = monotime_now();
}

/* False: out of memory, or there is no telling who it is. */
static bool
client_prepare(struct client *client)
{
	struct ucred peer;
	socklen_t length = sizeof(peer);

	if (getsockopt(client->fd, SOL_SOCKET, SO_PEERCRED, &peer, &length) == -1)
		return false;
	message_refuse_descriptors(client->fd);
	client->uid = peer.uid;
	client->pid = peer.pid;
	client->writer = peer.uid == 0 || peer.uid == geteuid();
	client->in = evbuffer_new();
	client->out = evbuffer_new();
	client->readable = event_new(client->control->base, client->fd, EV_READ, client_event, client);
	client->writable = event_new(client->control->base, client->fd, EV_WRITE, client_event, client);
	return client->in != NULL && client->out != NULL && client->readable != NULL && client->writable != NULL &&
	    event_priority_set(client->readable, LOOP_LAST) == 0 && event_priority_set(client->writable, LOOP_LAST) == 0;
}

void
client_new(struct control *control, int fd)
{
	struct client *client = calloc(1, sizeof(*client));

	if (client == NULL) {
		close(fd);
		return;
	}
	client->control = control;
	client->fd = fd;
	client->answer.client = client;
	client->answer.control = control;
	client->answer.request.level = -1;
	TAILQ_INSERT_TAIL(&control->clients, client, entry);
	control->count++;
	if (!client_prepare(client)) {
		control_tell(control, "control: a client was not taken: out of memory");
		client_free(client);
		return;
	}
	client->counted = !client->writer;
	control->readers += client->counted;
	control->accepted++;
	if (control->count > CLIENTS_MAX || (!client->writer && control->readers > READERS_MAX)) {
		control->refused++;
		client->closing = true;
		(void)answer_error(&client->answer, CONTROL_BUSY, "too many clients: try again later");
		control_tell(control, "control: a client of uid %u was sent away: there are too many", client->uid);
	}
	control_ready(client);
}

void
client_free(struct client *client)
{
	struct control *control = client->control;

	answer_clear(&client->answer);
	TAILQ_REMOVE(&control->clients, client, entry);
	control->count--;
	control->readers -= client->counted;
	if (client->ready)
		TAILQ_REMOVE(&control->ready, client, by_ready);
	if (client->readable != NULL)
		event_free(client->readable);
	if (client->writable != NULL)
		event_free(client->writable);
	if (client->in != NULL)
		evbuffer_free(client->in);
	if (client->out != NULL)
		evbuffer_free(client->out);
	close(client->fd);
	free(client);
}

/* Write what waits. False: the client is gone. */
static bool
client_write(struct client *client)
{
	while (evbuffer_get_length(client->out) > 0) {
		int written = evbuffer_write(client->out, client->fd);

		if (written > 0) {
			client_wait(client, WAIT_NOTHING);
			continue;
		}
		if (written == -1 && errno != EAGAIN && errno != EINTR)
			return false;
		client_wait(client, WAIT_READER);
		loop_watch(client->writable);
		return true;
	}
	return true;
}

/* Of what was read, one request, if it is there. Returns whether something was done. */
static bool
client_request(struct client *client)
{
	size_t length = evbuffer_get_length(client->in);
	struct evbuffer_ptr from, found;
	const char *line;

	if (length == 0 || evbuffer_ptr_set(client->in, &from, client->scanned, EVBUFFER_PTR_SET) == -1)
		return false;
	found = client->scanned < length ? evbuffer_search(client->in, "\n", 1, &from) : (struct evbuffer_ptr){.pos = -1};
	if (found.pos == -1)
		client->scanned = length;
	else
		length = (size_t)found.pos + 1;
	if (length > CONTROL_REQUEST_MAX) {
		client->closing = true;
		(void)answer_error(&client->answer, CONTROL_REQUEST_BAD, "longer than %d bytes", CONTROL_REQUEST_MAX);
		return true;
	}
	if (found.pos == -1 && !client->ended)
		return false;
	client_wait(client, WAIT_NOTHING);
	if ((line = (const char *)evbuffer_pullup(client->in, (ev_ssize_t)length)) == NULL)
		client->closing = true;
	else
		answer_begin(client, line, length);
	evbuffer_drain(client->in, length);
	client->scanned = 0;
	return true;
}

/* Read some more. Returns whether there is something new; false and closing: there will be nothing. */
static bool
client_read(struct client *client)
{
	int length = client->ended ? 0 : evbuffer_read(client->in, client->fd, READ_MAX);

	if (length > 0)
		return true;
	if (length == 0 || (errno != EAGAIN && errno != EINTR)) {
		client->closing = client->ended || length == -1;
		client->ended = true;
		return true;
	}
	client_wait(client, evbuffer_get_length(client->in) > 0 ? WAIT_REST : WAIT_REQUEST);
	loop_watch(client->readable);
	return false;
}

bool
client_turn(struct client *client)
{
	struct control_answer *answer = &client->answer;
	bool answering = answer->command != NULL && !client->closing;
	size_t waiting = evbuffer_get_length(client->out);

	if (answering && waiting < OUT_MARK && answer_step(answer))
		return true;
	if (!client_write(client)) {
		client_free(client);
		return false;
	}
	if (evbuffer_get_length(client->out) > 0)
		return false; /* it is told when it can go on */
	if (client->closing) {
		client_free(client);
		return false;
	}
	if (answer->command != NULL)
		return !client->asleep;
	return client_request(client) || client_read(client);
}

/* Whether nobody is at the other end; what it has sent may still wait to be read. */
static bool
client_gone(const struct client *client)
{
	struct pollfd poll_fd = {.fd = client->fd};

	return poll(&poll_fd, 1, 0) == 1 && (poll_fd.revents & (POLLHUP | POLLERR)) != 0;
}

void
client_sweep(struct client *client, monotime_t now)
{
	if (client->wait != WAIT_NOTHING && monotime_sub(now, client->since) >= waits[client->wait].limit_ns) {
		client->control->dropped++;
		control_tell(client->control, "control: a client of uid %u was dropped: it %s", client->uid,
		    waits[client->wait].what);
		client_free(client);
	} else if (client->asleep && client_gone(client)) {
		client_free(client);
	} else if (client->answer.wakes.ns != 0 && !monotime_before(now, client->answer.wakes)) {
		answer_wake(&client->answer);
	}
}
