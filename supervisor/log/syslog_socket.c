/*
 * Sockets. Touches nothing else. Invariant: none blocks.
 */
#include "syslog_socket.h"

#include <bsd/string.h>
#include <errno.h>
#include <linux/sockios.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/ioctl.h>
#include <sys/un.h>
#include <unistd.h>

#define USER_TIMEOUT_MS 30000 /* without an acknowledgement of what was sent */
#define READ_SIZE 512
#define READ_ATTEMPTS 16

/* When nothing is sent: how long until the server is asked whether it is there, how often, and how many times. */
static const struct {
	int option, value;
} tcp_options[] = {
	{TCP_KEEPIDLE, 30},
	{TCP_KEEPINTVL, 10},
	{TCP_KEEPCNT, 3},
	{TCP_USER_TIMEOUT, USER_TIMEOUT_MS},
	{TCP_NODELAY, 1},
};

/* An option that is refused makes a dead server harder to see, and nothing else. */
static void
options_set(int fd)
{
	int on = 1;

	(void)setsockopt(fd, SOL_SOCKET, SO_KEEPALIVE, &on, sizeof(on));
	for (size_t i = 0; i < sizeof(tcp_options) / sizeof(tcp_options[0]); i++)
		(void)setsockopt(fd, IPPROTO_TCP, tcp_options[i].option, &tcp_options[i].value,
		    sizeof(tcp_options[i].value));
}

static socklen_t
address_length(const struct sockaddr_storage *address)
{
	switch (address->ss_family) {
	case AF_INET: return sizeof(struct sockaddr_in);
	case AF_INET6: return sizeof(struct sockaddr_in6);
	default: return sizeof(struct sockaddr_un);
	}
}

int
syslog_socket_open(const struct sockaddr_storage *address, int type, bool *pending)
{
	int fd = socket(address->ss_family, type | SOCK_CLOEXEC | SOCK_NONBLOCK, 0), error;

	if (fd == -1)
		return -1;
	if (type == SOCK_STREAM && address->ss_family != AF_UNIX)
		options_set(fd);
	*pending = false;
	if (connect(fd, (const struct sockaddr *)address, address_length(address)) == 0)
		return fd;
	if (errno == EINPROGRESS) {
		*pending = true;
		return fd;
	}
	error = errno;
	close(fd);
	errno = error;
	return -1;
}

bool
syslog_socket_local(const char *path, struct sockaddr_storage *address)
{
	struct sockaddr_un *local = (struct sockaddr_un *)address;

	memset(address, 0, sizeof(*address));
	local->sun_family = AF_UNIX;
	return strlcpy(local->sun_path, path, sizeof(local->sun_path)) < sizeof(local->sun_path);
}

size_t
syslog_socket_unacknowledged(int fd)
{
	int bytes = 0;

	return ioctl(fd, SIOCOUTQ, &bytes) == 0 && bytes > 0 ? (size_t)bytes : 0;
}

int
syslog_socket_error(int fd)
{
	int error = 0;
	socklen_t length = sizeof(error);

	return getsockopt(fd, SOL_SOCKET, SO_ERROR, &error, &length) == -1 ? errno : error;
}

bool
syslog_socket_drain(int fd)
{
	char bytes[READ_SIZE];

	for (int attempt = 0; attempt < READ_ATTEMPTS; attempt++) {
		ssize_t count = recv(fd, bytes, sizeof(bytes), MSG_DONTWAIT);
		int type = SOCK_STREAM;
		socklen_t length = sizeof(type);

		if (count == -1)
			return errno == EAGAIN || errno == EINTR;
		if (count == 0 && getsockopt(fd, SOL_SOCKET, SO_TYPE, &type, &length) == 0 && type == SOCK_STREAM) {
			errno = 0;
			return false;
		}
	}
	return true;
}
