/*
 * The pipe. Invariant: nothing blocks.
 */
#include "helper_pipe.h"

#include <errno.h>
#include <event2/buffer.h>
#include <event2/event.h>
#include <fcntl.h>
#include <linux/sockios.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>

#include "loop.h"

bool
helper_pipe_init(struct helper_pipe *pipe)
{
	*pipe = (struct helper_pipe){.fd = -1, .out = evbuffer_new()};
	return pipe->out != NULL;
}

void
helper_pipe_clear(struct helper_pipe *pipe)
{
	if (pipe->out == NULL)
		return;
	helper_pipe_close(pipe);
	evbuffer_free(pipe->out);
	pipe->out = NULL;
}

int
helper_pipe_open(struct helper_pipe *pipe, struct event_base *base, const struct helper_pipe_calls *calls)
{
	int fds[2];

	if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, fds) == -1)
		return -1;
	pipe->fd = fds[0];
	pipe->deaf = pipe->full = false;
	pipe->taken = monotime_now();
	errno = ENOMEM;
	pipe->readable = event_new(base, fds[0], EV_READ | EV_PERSIST, calls->readable, calls->context);
	pipe->writable = event_new(base, fds[0], EV_WRITE, calls->writable, calls->context);
	if (pipe->readable != NULL && pipe->writable != NULL && event_priority_set(pipe->readable, LOOP_LAST) == 0 &&
	    event_priority_set(pipe->writable, LOOP_LAST) == 0 &&
	    fcntl(fds[0], F_SETFL, fcntl(fds[0], F_GETFL) | O_NONBLOCK) != -1)
		return fds[1];
	helper_pipe_close(pipe);
	close(fds[1]);
	return -1;
}

size_t
helper_pipe_close(struct helper_pipe *pipe)
{
	size_t unsent = evbuffer_get_length(pipe->out);

	if (pipe->readable != NULL)
		event_free(pipe->readable);
	if (pipe->writable != NULL)
		event_free(pipe->writable);
	pipe->readable = pipe->writable = NULL;
	if (pipe->fd != -1)
		close(pipe->fd);
	pipe->fd = -1;
	evbuffer_drain(pipe->out, unsent);
	return unsent;
}

bool
helper_pipe_end(struct helper_pipe *pipe)
{
	return pipe->fd != -1 && helper_pipe_empty(pipe) && shutdown(pipe->fd, SHUT_WR) == 0;
}

bool
helper_pipe_flush(struct helper_pipe *pipe)
{
	while (!helper_pipe_empty(pipe) && !pipe->deaf) {
		if (evbuffer_write(pipe->out, pipe->fd) > 0) {
			if (pipe->full)
				pipe->taken = monotime_now();
			pipe->full = false;
		} else if (errno != EINTR) {
			pipe->full = errno == EAGAIN;
			pipe->deaf = !pipe->full;
			return false;
		}
	}
	return !pipe->deaf;
}

bool
helper_pipe_empty(const struct helper_pipe *pipe)
{
	return evbuffer_get_length(pipe->out) == 0;
}

bool
helper_pipe_heard(struct helper_pipe *pipe)
{
	int unread = 0;

	if (helper_pipe_empty(pipe) && ioctl(pipe->fd, SIOCOUTQ, &unread) == 0 && unread == 0)
		pipe->taken = monotime_now();
	return monotime_sub(monotime_now(), pipe->taken) < HELPER_PIPE_STUCK_NS;
}
