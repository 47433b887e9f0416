/*
 * Plain streams. Touches nothing but the descriptor.
 */
#include "stream.h"

#include <errno.h>
#include <stdio.h>
#include <sys/socket.h>

enum stream_status
stream_errno(struct stream *stream, int error, const char *what)
{
	char text[RESULT_TEXT_SIZE];

	snprintf(text, sizeof(text), "%s %s", what, stream->name);
	result_errno(stream->result, error, text);
	return STREAM_FAILED;
}

static bool
is_later(int error)
{
	return error == EAGAIN || error == EWOULDBLOCK || error == EINTR;
}

static enum stream_status
plain_send(struct stream *stream, const char *data, size_t length, size_t *sent)
{
	ssize_t went = send(stream->fd, data, length, MSG_NOSIGNAL | MSG_DONTWAIT);

	if (went == -1)
		return is_later(errno) ? STREAM_WANTS_WRITE : stream_errno(stream, errno, "send to");
	*sent = (size_t)went;
	return STREAM_DONE;
}

static enum stream_status
plain_receive(struct stream *stream, char *data, size_t size, size_t *received)
{
	ssize_t came = recv(stream->fd, data, size, MSG_DONTWAIT);

	if (came == -1)
		return is_later(errno) ? STREAM_WANTS_READ : stream_errno(stream, errno, "read from");
	*received = (size_t)came;
	return came == 0 ? STREAM_ENDED : STREAM_DONE;
}

const struct stream_ops stream_plain = {
	.connected = "connected to",
	.send = plain_send,
	.receive = plain_receive,
};
