/*
 * Connections to a syslog server. Touches one socket, and a child that looks up its name. Invariant: while it is neither
 * up nor on trial something will happen that tries it again: a timer, a look-up or a connection that is being made.
 *
 * A datagram over IP may be refused, which is heard of later if at all. After a refusal the link is on trial: one message
 * is sent, and only if nothing is heard of it the next ones are.
 */
#include "syslog_link.h"

#include <errno.h>
#include <event2/event.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "../../common/address.h"
#include "../../common/backoff.h"
#include "../helpers/timer.h"
#include "syslog_name.h"
#include "syslog_socket.h"

#define CONNECT_LIMIT_NS (10 * NS_PER_SECOND)
#define NAME_AGE_NS (3600 * NS_PER_SECOND) /* a datagram socket notices nothing when a name moves: it is looked up again */
#define OUT_OF_MEMORY "out of memory"

enum link_state {
	LINK_WAITING,	 /* for the timer */
	LINK_RESOLVING,	 /* for the look-up */
	LINK_CONNECTING, /* for the socket, or the timer */
	LINK_TRIAL,	 /* for something to send */
	LINK_TRIED,	 /* for a refusal, or the timer */
	LINK_UP,
	LINK_BROKEN, /* for the timer, which comes at once: sending found an error */
};

enum link_kind { KIND_LOCAL, KIND_DATAGRAM, KIND_STREAM };

struct syslog_link {
	enum link_kind kind;
	enum link_state state;
	const char *destination;
	uint16_t port;
	const struct syslog_link_calls *calls;
	void *context;
	bool named;  /* the destination has to be looked up */
	bool stream; /* as it is now */
	bool doubted; /* it was refused since it was up */
	struct event_base *base;
	struct event *timer, *readable, *writable;
	int fd, error; /* error: of sending */
	struct sockaddr_storage addresses[SYSLOG_ADDRESSES_MAX];
	size_t count, current;
	struct syslog_name *look_up;
	monotime_t looked_up;
	struct backoff backoff;
};

static void link_fail(struct syslog_link *, const char *);
static void link_attempt(struct syslog_link *);

struct syslog_link *
syslog_link_new(const char *destination, uint16_t port, bool tcp, const struct syslog_link_calls *calls, void *context,
    struct needs *needs)
{
	struct syslog_link *link = calloc(1, sizeof(*link));
	struct address address;

	if (link == NULL)
		return NULL;
	link->kind = *destination == '/' ? KIND_LOCAL : tcp ? KIND_STREAM : KIND_DATAGRAM;
	link->destination = destination;
	link->port = port;
	link->calls = calls;
	link->context = context;
	link->fd = -1;
	if (link->kind == KIND_LOCAL) {
		needs->bits |= LOG_NEED_UNIX;
		return link;
	}
	needs->bits |= tcp ? LOG_NEED_TCP : LOG_NEED_UDP;
	if (address_parse(destination, &address)) {
		address_to_sockaddr(&address, port, &link->addresses[0]);
		link->count = 1;
		return link;
	}
	link->named = true;
	needs->bits |= LOG_NEED_RESOLVER | LOG_NEED_CHILDREN;
	return link;
}

static void
event_release(struct event **event)
{
	if (*event != NULL)
		event_free(*event);
	*event = NULL;
}

static void
link_close(struct syslog_link *link)
{
	event_release(&link->readable);
	event_release(&link->writable);
	if (link->fd != -1) {
		shutdown(link->fd, SHUT_WR); /* a child may have it, too */
		close(link->fd);
	}
	link->fd = -1;
}

void
syslog_link_free(struct syslog_link *link)
{
	if (link == NULL)
		return;
	link_close(link);
	syslog_name_free(link->look_up);
	event_release(&link->timer);
	free(link);
}

static void
link_up(struct syslog_link *link)
{
	link->state = LINK_UP;
	link->doubted = false;
	event_del(link->timer);
	link->calls->up(link->context);
	link->calls->writable(link->context);
}

/* There is a socket that something can be sent by. */
static void
link_established(struct syslog_link *link)
{
	if (event_add(link->readable, NULL) == -1) {
		link_fail(link, OUT_OF_MEMORY);
	} else if (link->kind == KIND_DATAGRAM && link->doubted) {
		link->state = LINK_TRIAL;
		link->calls->writable(link->context);
	} else {
		link_up(link);
	}
}

static void
socket_readable(evutil_socket_t fd, short what, void *context)
{
	(void)what;
	if (!syslog_socket_drain(fd))
		link_fail(context, errno == 0 ? "the server closed the connection" : strerror(errno));
}

static void
socket_writable(evutil_socket_t fd, short what, void *context)
{
	struct syslog_link *link = context;
	int error;

	(void)what;
	if (link->state != LINK_CONNECTING)
		link->calls->writable(link->context);
	else if ((error = syslog_socket_error(fd)) == 0)
		link_established(link);
	else
		link_fail(link, strerror(error));
}

/* To the address that is its turn. -1 with errno. */
static int
link_socket(struct syslog_link *link, bool *pending)
{
	const struct sockaddr_storage *address = &link->addresses[link->current];
	int fd;

	link->stream = link->kind == KIND_STREAM;
	fd = syslog_socket_open(address, link->stream ? SOCK_STREAM : SOCK_DGRAM, pending);
	if (fd == -1 && errno == EPROTOTYPE && link->kind == KIND_LOCAL) {
		link->stream = true;
		fd = syslog_socket_open(address, SOCK_STREAM, pending);
	}
	return fd;
}

static void
link_connect(struct syslog_link *link)
{
	bool pending;

	if ((link->fd = link_socket(link, &pending)) == -1) {
		link_fail(link, strerror(errno));
		return;
	}
	link->readable = event_new(link->base, link->fd, EV_READ | EV_PERSIST, socket_readable, link);
	link->writable = event_new(link->base, link->fd, EV_WRITE, socket_writable, link);
	if (link->readable == NULL || link->writable == NULL || (pending && event_add(link->writable, NULL) == -1)) {
		link_fail(link, OUT_OF_MEMORY);
	} else if (pending) {
		link->state = LINK_CONNECTING;
		timer_arm(link->timer, CONNECT_LIMIT_NS);
	} else {
		link_established(link);
	}
}

static bool
address_is_of(const struct sockaddr_storage *address, const struct sockaddr_storage *addresses, size_t count)
{
	for (size_t i = 0; i < count; i++)
		if (memcmp(address, &addresses[i], sizeof(*address)) == 0)
			return true;
	return false;
}

static void
name_found(void *context, const struct sockaddr_storage *addresses, size_t count, const char *reason)
{
	struct syslog_link *link = context;
	bool moved = count > 0 && !address_is_of(&link->addresses[link->current], addresses, count);

	link->look_up = NULL;
	link->looked_up = monotime_now();
	if (link->state != LINK_RESOLVING && !moved)
		return;
	if (count > 0) {
		memcpy(link->addresses, addresses, count * sizeof(*addresses));
		link->count = count;
		link->current = 0;
	}
	if (link->state != LINK_RESOLVING)
		syslog_link_renew(link);
	else if (count > 0)
		link_connect(link);
	else
		link_fail(link, reason);
}

/* False with errno. */
static bool
name_look_up(struct syslog_link *link)
{
	link->look_up = syslog_name_look_up(link->destination, link->port,
	    link->kind == KIND_STREAM ? SOCK_STREAM : SOCK_DGRAM, name_found, link);
	return link->look_up != NULL;
}

static void
link_attempt(struct syslog_link *link)
{
	backoff_started(&link->backoff, monotime_now());
	if (link->kind == KIND_LOCAL) {
		if (!syslog_socket_local(link->destination, &link->addresses[0])) {
			link_fail(link, "the path is too long for a socket");
			return;
		}
		link->count = 1;
	}
	if (link->count > 0) {
		link_connect(link);
	} else if (link->look_up != NULL || name_look_up(link)) {
		link->state = LINK_RESOLVING;
	} else {
		link_fail(link, strerror(errno));
	}
}

/* It does not work: on with the next address, or later with the first. */
static void
link_fail(struct syslog_link *link, const char *reason)
{
	monotime_t now = monotime_now(), next = now;

	link->state = LINK_WAITING;
	link->doubted = true;
	link->calls->down(link->context, reason);
	link_close(link);
	if (++link->current >= link->count) {
		link->current = 0;
		if (link->named)
			link->count = 0;
		next = backoff_ended(&link->backoff, now);
	}
	timer_arm(link->timer, monotime_left(next, now));
}

static void
timer_fired(evutil_socket_t fd, short what, void *context)
{
	struct syslog_link *link = context;

	(void)fd;
	(void)what;
	if (link->state == LINK_WAITING)
		link_attempt(link);
	else if (link->state == LINK_CONNECTING)
		link_fail(link, strerror(ETIMEDOUT));
	else if (link->state == LINK_BROKEN)
		link_fail(link, strerror(link->error));
	else if (link->state == LINK_TRIED)
		link_up(link);
}

bool
syslog_link_begin(struct syslog_link *link, struct event_base *base)
{
	link->base = base;
	if ((link->timer = evtimer_new(base, timer_fired, link)) == NULL)
		return false;
	timer_arm(link->timer, 0);
	return true;
}

/* The socket does not take it: because it is full, or this is too long for it, or not at all any more. */
static ssize_t
send_failed(struct syslog_link *link)
{
	if (errno == EMSGSIZE && !link->stream)
		return -1;
	if (errno == EINTR || errno == EWOULDBLOCK)
		errno = EAGAIN;
	if (errno != EAGAIN || event_add(link->writable, NULL) == -1) {
		link->error = errno == EAGAIN ? ENOMEM : errno;
		link->state = LINK_BROKEN;
		timer_arm(link->timer, 0);
	}
	errno = EAGAIN;
	return -1;
}

ssize_t
syslog_link_send(struct syslog_link *link, const char *bytes, size_t length)
{
	ssize_t sent;

	if (link->state != LINK_UP && link->state != LINK_TRIAL) {
		errno = EAGAIN;
		return -1;
	}
	if ((sent = send(link->fd, bytes, length, MSG_DONTWAIT | MSG_NOSIGNAL)) == -1)
		return send_failed(link);
	if (link->state == LINK_TRIAL) {
		link->state = LINK_TRIED;
		timer_arm(link->timer, SYSLOG_REFUSAL_NS);
	}
	if (link->named && link->kind == KIND_DATAGRAM && link->look_up == NULL &&
	    monotime_sub(monotime_now(), link->looked_up) > NAME_AGE_NS && !name_look_up(link))
		link->looked_up = monotime_now(); /* another time */
	return sent;
}

bool
syslog_link_is_up(const struct syslog_link *link)
{
	return link->state == LINK_UP;
}

bool
syslog_link_is_local(const struct syslog_link *link)
{
	return link->kind == KIND_LOCAL;
}

bool
syslog_link_is_stream(const struct syslog_link *link)
{
	return link->stream;
}

enum syslog_arrival
syslog_link_arrival(const struct syslog_link *link)
{
	static const enum syslog_arrival arrivals[] = {
		[KIND_LOCAL] = ARRIVAL_AT_ONCE,
		[KIND_DATAGRAM] = ARRIVAL_UNLESS_REFUSED,
		[KIND_STREAM] = ARRIVAL_ACKNOWLEDGED,
	};

	return arrivals[link->kind];
}

size_t
syslog_link_unacknowledged(const struct syslog_link *link)
{
	return link->fd != -1 ? syslog_socket_unacknowledged(link->fd) : 0;
}

void
syslog_link_renew(struct syslog_link *link)
{
	if (link->state == LINK_RESOLVING || link->state == LINK_CONNECTING)
		return;
	link_close(link);
	if (link->named && link->look_up == NULL && monotime_sub(monotime_now(), link->looked_up) > NS_PER_SECOND)
		link->count = 0;
	link->backoff = (struct backoff){0};
	link->state = LINK_WAITING;
	timer_arm(link->timer, 0);
}
