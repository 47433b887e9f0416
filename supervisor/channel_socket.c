/*
 * ExaBGP's unix socket. Touches the socket's path and one descriptor. End-of-file is the end of ExaBGP.
 */
#include <errno.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "channel_transport.h"

/* What a failure of connect(2) means. */
static enum transport_outcome
socket_refused(struct transport *transport, int error)
{
	switch (error) {
	case ENOENT:
	case ECONNREFUSED:
	case EAGAIN: /* others wait to be let in */
	case EINTR:
		return transport_absent(transport, "nobody listens on %s", transport->path);
	case EACCES:
	case EPERM:
		return transport_wrong(transport, "no permission to connect to %s: it must be writable for this user, "
		    "and its directories searchable", transport->path);
	default:
		return transport_wrong(transport, "cannot connect to %s: %s; exabgp.output must name ExaBGP's unix socket",
		    transport->path, strerror(error));
	}
}

static enum transport_outcome
socket_open(struct transport *transport)
{
	struct sockaddr_un address = {.sun_family = AF_UNIX};
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0), error;

	if (fd == -1)
		return transport_wrong(transport, "no socket: %s", strerror(errno));
	strncpy(address.sun_path, transport->path, sizeof(address.sun_path) - 1);
	if (connect(fd, (const struct sockaddr *)&address, sizeof(address)) == -1) {
		error = errno;
		close(fd);
		return socket_refused(transport, error);
	}
	transport->input = transport->output = fd;
	transport->input_kind = transport->output_kind = DESCRIPTOR_STREAM;
	return TRANSPORT_OPEN;
}

static void
socket_close(struct transport *transport, bool last)
{
	(void)last;
	transport->output = -1;
	transport_close_fd(&transport->input);
}

const struct transport_kind transport_socket = {.lasting = true, .open = socket_open, .close = socket_close};
