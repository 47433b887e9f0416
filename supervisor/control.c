/*
 * The control socket: who is served, and when. Touches the socket and its clients. Invariant: clients have the loop's
 * last priority, a slice at a time, and together no more of the time than the credit below, whatever they do; nothing
 * is read or accepted outside of that.
 */
#include "control.h"

#include <errno.h>
#include <event2/event.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "control_internal.h"
#include "loop.h"

#define SLICE_NS (NS_PER_MILLISECOND) /* of one turn of the loop */
/* Time that may be taken at once, and the part of all time in the long run. */
#define CREDIT_NS (100 * NS_PER_MILLISECOND)
#define CREDIT_PART 3
#define SWEEP_NS NS_PER_SECOND

void
control_tell(struct control *control, const char *format, ...)
{
	char text[256];
	va_list ap;

	if (!log_enabled(LOG_LEVEL_DEBUG))
		return;
	va_start(ap, format);
	vsnprintf(text, sizeof(text), format, ap);
	va_end(ap);
	log_limit_line(&control->log, LOG_LEVEL_DEBUG, NULL, text, monotime_now());
}

/* There is something to do: now, or when there is credit again. */
static void
control_wake(struct control *control)
{
	if (control->working)
		return;
	control->working = true;
	loop_arm(control->work, control->credit_ns > 0 ? 0 : (SLICE_NS - control->credit_ns) * CREDIT_PART);
}

void
control_ready(struct client *client)
{
	struct control *control = client->control;

	if (client->ready)
		return;
	client->ready = true;
	TAILQ_INSERT_TAIL(&control->ready, client, by_ready);
	control_wake(control);
}

static void
sweep_arm(struct control *control)
{
	if (control->sweeping)
		return;
	control->sweeping = true;
	loop_arm(control->sweep, SWEEP_NS);
}

static void
control_sweep(evutil_socket_t fd, short what, void *context)
{
	struct control *control = context;
	struct client *client, *next;
	monotime_t now = monotime_now();

	(void)fd;
	(void)what;
	control->sweeping = false;
	for (client = TAILQ_FIRST(&control->clients); client != NULL; client = next) {
		next = TAILQ_NEXT(client, entry);
		client_sweep(client, now);
	}
	log_limit_tell(&control->log, "control", now);
	if (control->stuck && control->socket.fd != -1) {
		control->stuck = false;
		control->accepting = true;
		control_wake(control);
	}
	if (!TAILQ_EMPTY(&control->clients) || control->log.dropped > 0)
		sweep_arm(control);
}

/* Take one client of those that wait. */
static void
control_accept(struct control *control)
{
	int fd = accept4(control->socket.fd, NULL, NULL, SOCK_CLOEXEC | SOCK_NONBLOCK);

	if (fd != -1) {
		client_new(control, fd);
		sweep_arm(control);
		return;
	}
	if (errno == EINTR || errno == ECONNABORTED)
		return;
	control->accepting = false;
	if (errno == EAGAIN) {
		loop_watch(control->acceptable);
		return;
	}
	control_tell(control, "control: cannot accept: %s", strerror(errno));
	control->stuck = true; /* descriptors or memory: it would fail all the time */
	sweep_arm(control);
}

static void
control_acceptable(evutil_socket_t fd, short what, void *context)
{
	struct control *control = context;

	(void)fd;
	(void)what;
	control->accepting = true;
	control_wake(control);
}

static void
credit_fill(struct control *control, monotime_t now)
{
	control->credit_ns += monotime_sub(now, control->filled) / CREDIT_PART;
	if (control->credit_ns > CREDIT_NS)
		control->credit_ns = CREDIT_NS;
	control->filled = now;
}

/* One after the other, a step each. */
static void
control_work(evutil_socket_t fd, short what, void *context)
{
	struct control *control = context;
	monotime_t begin = monotime_now(), now = begin;
	struct client *client;

	(void)fd;
	(void)what;
	control->working = false;
	credit_fill(control, begin);
	while (control->credit_ns > 0 && (control->accepting || !TAILQ_EMPTY(&control->ready))) {
		if (control->accepting)
			control_accept(control);
		if ((client = TAILQ_FIRST(&control->ready)) != NULL) {
			TAILQ_REMOVE(&control->ready, client, by_ready);
			client->ready = false;
			if (client_turn(client))
				control_ready(client);
		}
		now = monotime_now();
		if (monotime_sub(now, begin) >= SLICE_NS)
			break;
	}
	control->credit_ns -= monotime_sub(now, begin);
	if (control->accepting || !TAILQ_EMPTY(&control->ready))
		control_wake(control);
}

struct control *
control_new(struct event_base *base, const struct view *view, struct checks *checks, struct workers *workers,
    const struct control_acts *acts)
{
	struct control *control = calloc(1, sizeof(*control));

	if (control == NULL)
		return NULL;
	*control = (struct control){.base = base, .view = view, .checks = checks, .workers = workers, .acts = *acts,
	    .socket = CONTROL_SOCKET_NONE, .credit_ns = CREDIT_NS, .filled = monotime_now()};
	TAILQ_INIT(&control->clients);
	TAILQ_INIT(&control->ready);
	log_limit_init(&control->log);
	control_user_find(control);
	control->work = event_new(base, -1, 0, control_work, control);
	control->sweep = event_new(base, -1, 0, control_sweep, control);
	if (control->work != NULL && control->sweep != NULL && event_priority_set(control->work, LOOP_LAST) == 0 &&
	    event_priority_set(control->sweep, LOOP_LAST) == 0)
		return control;
	control_free(control);
	return NULL;
}

void
control_free(struct control *control)
{
	struct client *client;

	if (control == NULL)
		return;
	while ((client = TAILQ_FIRST(&control->clients)) != NULL)
		client_free(client);
	if (control->acceptable != NULL)
		event_free(control->acceptable);
	control_socket_close(&control->socket);
	if (control->work != NULL)
		event_free(control->work);
	if (control->sweep != NULL)
		event_free(control->sweep);
	free(control);
}

const char *
control_path(const struct control *control)
{
	return control->socket.fd != -1 ? control->socket.path : NULL;
}

static void
socket_open(struct control *control)
{
	int before = control->socket.fd;

	if (!control_socket_open(&control->socket, &(*control->view->config)->global) || control->socket.fd == before)
		return;
	if (control->acceptable != NULL)
		event_free(control->acceptable);
	control->acceptable = event_new(control->base, control->socket.fd, EV_READ, control_acceptable, control);
	if (control->acceptable == NULL || event_priority_set(control->acceptable, LOOP_LAST) == -1) {
		log_warnx("no control socket: out of memory");
		control_socket_close(&control->socket);
		return;
	}
	control->stuck = false;
	control->accepting = true;
	control_wake(control);
}

void
control_listen(struct control *control)
{
	control->generation++;
	socket_open(control);
}

void
control_attend(struct control *control)
{
	if (control_socket_gone(&control->socket))
		socket_open(control);
}
