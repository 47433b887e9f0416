/*
 * Opening the listening socket. Touches nothing else. Invariant: a socket that is returned listens.
 */
#include "listen.h"

#include <errno.h>
#include <event2/util.h>
#include <netinet/in.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "../../common/monotime.h"

#define PATIENCE_NS (3 * NS_PER_SECOND)
#define PAUSE_NS (50 * NS_PER_MILLISECOND)
#define BACKLOG 128
/* What the kernel holds for one that does not read; those that accept inherits it. */
#define SEND_BUFFER (256 * 1024)

/* Returns -1 with errno. */
static int
listen_once(const struct sockaddr *address, socklen_t length)
{
	const int on = 1, buffer = SEND_BUFFER;
	int fd = socket(address->sa_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0), error;

	if (fd == -1)
		return -1;
	if (setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on)) == 0 &&
	    setsockopt(fd, SOL_SOCKET, SO_SNDBUF, &buffer, sizeof(buffer)) == 0 &&
	    bind(fd, address, length) == 0 && listen(fd, BACKLOG) == 0)
		return fd;
	error = errno;
	close(fd);
	errno = error;
	return -1;
}

int
listen_open(const char *address, char *problem, size_t size)
{
	monotime_t deadline = monotime_add(monotime_now(), PATIENCE_NS);
	const struct timespec pause = monotime_timespec(PAUSE_NS);
	struct sockaddr_storage storage = {0};
	struct sockaddr *parsed = (struct sockaddr *)&storage;
	int length = sizeof(storage), fd;

	if (evutil_parse_sockaddr_port(address, parsed, &length) == -1) {
		snprintf(problem, size, "metrics.listen: \"%s\" is not ADDRESS:PORT", address);
		return -1;
	}
	while ((fd = listen_once(parsed, (socklen_t)length)) == -1 && errno == EADDRINUSE &&
	    monotime_left(deadline, monotime_now()) > 0)
		nanosleep(&pause, NULL);
	if (fd == -1)
		snprintf(problem, size, "cannot listen on %s: %s", address, strerror(errno));
	return fd;
}
