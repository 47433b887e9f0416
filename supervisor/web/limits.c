/*
 * Clients by descriptor. evhttp does not tell when it is done with one, and its own time-outs begin anew with each byte;
 * hence this looks itself at what is open. Touches sockets only to end them. Invariant: a socket that is open for longer
 * than its time is shut down, and nobody is listened to while there are too many.
 */
#include "limits.h"

#include <event2/event.h>
#include <event2/listener.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <sys/socket.h>

#include "../../common/monotime.h"
#include "../helpers/timer.h"

/* Above what the sandbox lets be open. */
#define DESCRIPTORS_MAX 128
#define LOOK_NS (100 * NS_PER_MILLISECOND)
/* While there are too many the slow ones have less time, the slowest first. */
#define CROWDED_REQUEST_NS (1 * NS_PER_SECOND)
#define CROWDED_WHOLE_NS (5 * NS_PER_SECOND)

struct client {
	uint64_t cookie; /* of its socket, unique; 0: there is none */
	monotime_t came;
	bool ours; /* no client's */
	bool asked, cut;
};

struct limits {
	struct evconnlistener *listener;
	struct event *timer;
	unsigned count;
	bool paused;
	struct client clients[DESCRIPTORS_MAX]; /* by descriptor */
};

static struct limits *present; /* a listener's callback for errors gets what evhttp is to get */

/* 0: no socket. socket(7), SO_COOKIE. */
static uint64_t
socket_cookie(int fd)
{
	uint64_t cookie = 0;
	socklen_t length = sizeof(cookie);

	return getsockopt(fd, SOL_SOCKET, SO_COOKIE, &cookie, &length) == 0 ? cookie : 0;
}

/* Bring the table up to date. */
static void
clients_look(struct limits *limits, monotime_t now)
{
	limits->count = 0;
	for (int fd = 0; fd < DESCRIPTORS_MAX; fd++) {
		struct client *client = &limits->clients[fd];
		uint64_t cookie = socket_cookie(fd);

		if (cookie != client->cookie)
			*client = (struct client){.cookie = cookie, .came = now};
		if (cookie != 0 && !client->ours)
			limits->count++;
	}
}

static void
client_cut(struct client *client, int fd)
{
	const struct linger none = {.l_onoff = 1};

	/* what it did not read is not kept for it either */
	setsockopt(fd, SOL_SOCKET, SO_LINGER, &none, sizeof(none));
	shutdown(fd, SHUT_RDWR);
	client->cut = true;
}

static void
clients_judge(struct limits *limits, monotime_t now)
{
	bool crowded = limits->count >= LIMITS_CONNECTIONS;
	const int64_t request_ns = crowded ? CROWDED_REQUEST_NS : LIMITS_REQUEST_S * NS_PER_SECOND;
	const int64_t whole_ns = crowded ? CROWDED_WHOLE_NS : LIMITS_WHOLE_S * NS_PER_SECOND;

	for (int fd = 0; fd < DESCRIPTORS_MAX; fd++) {
		struct client *client = &limits->clients[fd];

		if (client->cookie == 0 || client->ours || client->cut)
			continue;
		if (monotime_sub(now, client->came) >= (client->asked ? whole_ns : request_ns))
			client_cut(client, fd);
	}
}

static void
limits_turn(evutil_socket_t unused, short what, void *context)
{
	struct limits *limits = context;
	monotime_t now = monotime_now();

	(void)unused;
	(void)what;
	clients_look(limits, now);
	clients_judge(limits, now);
	if (limits->paused && limits->count < LIMITS_CONNECTIONS)
		limits->paused = evconnlistener_enable(limits->listener) == -1;
	if (limits->count > 0 || limits->paused)
		timer_arm(limits->timer, LOOK_NS);
}

static void
limits_pause(struct limits *limits)
{
	evconnlistener_disable(limits->listener);
	limits->paused = true;
	timer_arm(limits->timer, LOOK_NS);
}

void
limits_came(struct limits *limits)
{
	/* its descriptor is there, but may not be known to be one of ours: count, and look when it is certain */
	limits->count++;
	if (limits->count >= LIMITS_CONNECTIONS)
		limits_pause(limits);
	timer_arm(limits->timer, 0);
}

void
limits_asked(struct limits *limits, int fd)
{
	if (fd < 0 || fd >= DESCRIPTORS_MAX)
		return;
	if (limits->clients[fd].cookie != socket_cookie(fd))
		limits->clients[fd] = (struct client){.cookie = socket_cookie(fd), .came = monotime_now()};
	limits->clients[fd].asked = true;
}

/* accept(2) does not work: not to be tried again at once. */
static void
accept_failed(struct evconnlistener *listener, void *context)
{
	(void)listener;
	(void)context;
	limits_pause(present);
}

struct limits *
limits_new(struct event_base *base, struct evconnlistener *listener)
{
	struct limits *limits = calloc(1, sizeof(*limits));

	if (limits == NULL)
		return NULL;
	limits->listener = listener;
	if ((limits->timer = evtimer_new(base, limits_turn, limits)) == NULL) {
		free(limits);
		return NULL;
	}
	for (int fd = 0; fd < DESCRIPTORS_MAX; fd++) {
		limits->clients[fd].cookie = socket_cookie(fd);
		limits->clients[fd].ours = limits->clients[fd].cookie != 0;
	}
	present = limits;
	evconnlistener_set_error_cb(listener, accept_failed);
	return limits;
}

void
limits_free(struct limits *limits)
{
	if (limits == NULL)
		return;
	evconnlistener_set_error_cb(limits->listener, NULL);
	event_free(limits->timer);
	free(limits);
}
