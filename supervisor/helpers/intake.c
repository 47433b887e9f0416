/*
 * Lines out of a stream. Touches the channel, for reading. Invariant: what is kept is less than one line, and one that
 * does not end is the end.
 */
#include "intake.h"

#include <errno.h>
#include <event2/buffer.h>
#include <event2/event.h>
#include <fcntl.h>
#include <poll.h>
#include <stdlib.h>

#define LINE_MAX_SIZE ((size_t)64 * 1024 * 1024) /* the order of very many checks */
#define PIECE (64 * 1024)
#define PIECES 8 /* before others of this loop have their turn */

struct intake {
	int fd;
	struct evbuffer *buffer;
	size_t searched; /* there is no newline before this place */
	struct event *event;
	struct intake_calls calls;
};

struct intake *
intake_new(int fd)
{
	struct intake *intake = calloc(1, sizeof(*intake));

	if (intake == NULL)
		return NULL;
	intake->fd = fd;
	if ((intake->buffer = evbuffer_new()) != NULL && fcntl(fd, F_SETFL, fcntl(fd, F_GETFL) | O_NONBLOCK) != -1)
		return intake;
	intake_free(intake);
	return NULL;
}

void
intake_free(struct intake *intake)
{
	if (intake == NULL)
		return;
	if (intake->event != NULL)
		event_free(intake->event);
	if (intake->buffer != NULL)
		evbuffer_free(intake->buffer);
	free(intake);
}

/* The next whole line, malloc'd; NULL: none yet. */
static char *
line_next(struct intake *intake, size_t *length)
{
	struct evbuffer_ptr from, found;
	size_t held = evbuffer_get_length(intake->buffer);

	if (intake->searched >= held || evbuffer_ptr_set(intake->buffer, &from, intake->searched, EVBUFFER_PTR_SET) == -1)
		return NULL;
	found = evbuffer_search_eol(intake->buffer, &from, NULL, EVBUFFER_EOL_LF);
	intake->searched = found.pos == -1 ? held : 0;
	return found.pos == -1 ? NULL : evbuffer_readln(intake->buffer, length, EVBUFFER_EOL_LF);
}

char *
intake_wait(struct intake *intake, monotime_t deadline, size_t *length)
{
	struct pollfd pfd = {.fd = intake->fd, .events = POLLIN};
	int64_t left_ns;
	char *line;
	int got = -1;

	while ((line = line_next(intake, length)) == NULL && (left_ns = monotime_left(deadline, monotime_now())) > 0) {
		poll(&pfd, 1, (int)(left_ns / NS_PER_MILLISECOND) + 1);
		got = evbuffer_read(intake->buffer, intake->fd, PIECE);
		if (got == 0 || (got == -1 && errno != EAGAIN && errno != EINTR))
			break;
	}
	return line;
}

static void
lines_call(struct intake *intake)
{
	size_t length;
	char *line;

	while ((line = line_next(intake, &length)) != NULL) {
		intake->calls.line(intake->calls.context, line, length);
		free(line);
	}
}

static void
intake_ready(evutil_socket_t fd, short what, void *context)
{
	struct intake *intake = context;
	int got = 0;
	bool more;

	(void)what;
	lines_call(intake); /* what came with a line that was waited for */
	for (int i = 0; i < PIECES && (got = evbuffer_read(intake->buffer, fd, PIECE)) > 0; i++)
		lines_call(intake);
	more = got > 0 || (got == -1 && (errno == EAGAIN || errno == EINTR)); /* before errno is another one's */
	intake->calls.pause(intake->calls.context);
	if (more && evbuffer_get_length(intake->buffer) <= LINE_MAX_SIZE)
		return;
	event_del(intake->event);
	intake->calls.end(intake->calls.context);
}

bool
intake_begin(struct intake *intake, struct event_base *base, const struct intake_calls *calls)
{
	intake->calls = *calls;
	intake->event = event_new(base, intake->fd, EV_READ | EV_PERSIST, intake_ready, intake);
	if (intake->event == NULL || event_add(intake->event, NULL) == -1)
		return false;
	event_active(intake->event, EV_READ, 0);
	return true;
}
