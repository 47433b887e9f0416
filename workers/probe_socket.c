/*
 * Sockets of probes: opening with the check's source, interface and mark, connecting, datagrams with their
 * time of arrival. Every socket made here is non-blocking and close-on-exec.
 */
#include <errno.h>
#include <inttypes.h>
#include <net/if.h>
#include <netinet/in.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/uio.h>
#include <time.h>
#include <unistd.h>

#include "probe.h"

static void
errno_result(struct result *result, const char *what, const char *object)
{
	int error = errno;
	char text[RESULT_TEXT_SIZE];

	snprintf(text, sizeof(text), "%s %s", what, object);
	result_errno(result, error, text);
}

static bool
socket_bind(int fd, const char *source, const struct address *address, struct result *result)
{
	const int on = 1;
	struct sockaddr_storage storage;
	struct address local;
	socklen_t length;

	if (!address_parse(source, &local) || local.family != address->family) {
		result_error(result, REASON_LOCAL, "source %s is not an %s address", source,
		    address->family == AF_INET ? "IPv4" : "IPv6");
		return false;
	}
	/* The port is then chosen at connect: a busy source can use one port towards several peers. */
	setsockopt(fd, IPPROTO_IP, IP_BIND_ADDRESS_NO_PORT, &on, sizeof(on));
	length = address_to_sockaddr(&local, 0, &storage);
	if (bind(fd, (const struct sockaddr *)&storage, length) == -1) {
		errno_result(result, "bind to source", source);
		if (result->code != RESULT_ERROR)
			result->code = RESULT_ERROR;
		return false;
	}
	return true;
}

/*
 * Set a socket option unless it has the value already: on a socket made before privileges were dropped,
 * mark and interface may be given once only.
 */
static bool
option_ensure(int fd, int name, const void *value, socklen_t length)
{
	char current[IFNAMSIZ];
	socklen_t size = sizeof(current);

	if (getsockopt(fd, SOL_SOCKET, name, current, &size) == 0 && size >= length &&
	    memcmp(current, value, length) == 0)
		return true;
	return setsockopt(fd, SOL_SOCKET, name, value, length) == 0;
}

bool
probe_socket_apply(int fd, const struct remote_args *args, const struct address *address, struct result *result)
{
	char text[24];
	uint32_t mark;

	if (args->mark != OPTION_UNSET) {
		mark = (uint32_t)args->mark;
		if (!option_ensure(fd, SO_MARK, &mark, sizeof(mark))) {
			snprintf(text, sizeof(text), "%" PRIu32, mark);
			errno_result(result, "set mark", text);
			return false;
		}
	}
	if (args->interface != NULL &&
	    !option_ensure(fd, SO_BINDTODEVICE, args->interface, (socklen_t)strlen(args->interface) + 1)) {
		errno_result(result, "bind to interface", args->interface);
		return false;
	}
	return args->source == NULL || socket_bind(fd, args->source, address, result);
}

int
probe_socket(const struct remote_args *args, const struct address *address, int type, int protocol,
    struct result *result)
{
	char name[ADDRESS_TEXT_SIZE];
	int fd;

	if ((fd = socket(address->family, type | SOCK_NONBLOCK | SOCK_CLOEXEC, protocol)) == -1) {
		errno_result(result, "socket for", address_format(address, name));
		return -1;
	}
	if (!probe_socket_apply(fd, args, address, result)) {
		close(fd);
		return -1;
	}
	return fd;
}

bool
probe_connect(int fd, const struct address *address, uint16_t port, struct result *result)
{
	char name[ADDRESS_TEXT_SIZE + 16];
	struct sockaddr_storage storage;
	socklen_t length = address_to_sockaddr(address, port, &storage);

	/* Interrupted, a non-blocking connect goes on by itself: like EINPROGRESS. */
	if (connect(fd, (const struct sockaddr *)&storage, length) == 0 || errno == EINPROGRESS || errno == EINTR)
		return true;
	errno_result(result, "connect to", probe_name(address, port, name));
	return false;
}

bool
probe_connected(int fd, const struct address *address, uint16_t port, struct result *result)
{
	char name[ADDRESS_TEXT_SIZE + 16];
	int error = 0;
	socklen_t length = sizeof(error);

	if (getsockopt(fd, SOL_SOCKET, SO_ERROR, &error, &length) == -1)
		error = errno;
	if (error == 0)
		return true;
	errno = error;
	errno_result(result, "connect to", probe_name(address, port, name));
	return false;
}

bool
probe_datagram(struct probe *probe, uint16_t port)
{
	probe->fd = probe_socket(probe->args, &probe->address, SOCK_DGRAM, 0, &probe->result);
	probe->done = probe->fd == -1 || !probe_connect(probe->fd, &probe->address, port, &probe->result);
	probe->events = POLLIN;
	return !probe->done;
}

void
probe_send(struct probe *probe, uint16_t port, const void *data, size_t length)
{
	if (send(probe->fd, data, length, MSG_NOSIGNAL) == -1)
		probe_errno(probe, errno, port, "send to");
}

void
probe_timestamps(int fd)
{
	const int on = 1;

	setsockopt(fd, SOL_SOCKET, SO_TIMESTAMPNS, &on, sizeof(on));
}

/* Age by the wall clock, over the microseconds since arrival; a step of the clock in between gives 0. */
static int64_t
message_age_ns(struct msghdr *message)
{
	struct timespec arrived, now;
	int64_t age_ns;

	for (struct cmsghdr *header = CMSG_FIRSTHDR(message); header != NULL; header = CMSG_NXTHDR(message, header)) {
		if (header->cmsg_level != SOL_SOCKET || header->cmsg_type != SO_TIMESTAMPNS)
			continue;
		memcpy(&arrived, CMSG_DATA(header), sizeof(arrived));
		clock_gettime(CLOCK_REALTIME, &now);
		age_ns = (now.tv_sec - arrived.tv_sec) * NS_PER_SECOND + (now.tv_nsec - arrived.tv_nsec);
		return age_ns > 0 ? age_ns : 0;
	}
	return 0;
}

ssize_t
probe_receive(int fd, void *data, size_t size, struct sockaddr_storage *from, int64_t *age_ns)
{
	_Alignas(struct cmsghdr) char control[CMSG_SPACE(sizeof(struct timespec))];
	struct iovec iov = {.iov_base = data, .iov_len = size};
	struct msghdr message = {
	    .msg_name = from,
	    .msg_namelen = from == NULL ? 0 : sizeof(*from),
	    .msg_iov = &iov,
	    .msg_iovlen = 1,
	    .msg_control = control,
	    .msg_controllen = sizeof(control),
	};
	ssize_t length = recvmsg(fd, &message, MSG_DONTWAIT);

	*age_ns = length == -1 ? 0 : message_age_ns(&message);
	return length;
}

const char *
probe_name(const struct address *address, uint16_t port, char text[static ADDRESS_TEXT_SIZE + 16])
{
	size_t length;

	address_format(address, text);
	if (port != 0) {
		length = strlen(text);
		snprintf(text + length, ADDRESS_TEXT_SIZE + 16 - length, " port %u", port);
	}
	return text;
}
