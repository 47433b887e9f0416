/*
 * The attempts over sockets. Invariant: what a test has for them on this machine is all that they reach.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/uio.h>
#include <sys/un.h>
#include <unistd.h>

#include "../../common/message.h"
#include "escape.h"

#define DESCRIPTORS 1000 /* among which a raw socket is looked for */

/* The network: numbers of the family, type and protocol, or of a port on 127.0.0.1. */

static int
try_socket(const struct aim *aim)
{
	return attempt_descriptor(socket(attempt_number(aim, 1), attempt_number(aim, 2), attempt_number(aim, 3)));
}

static const struct sockaddr *
loopback(int port)
{
	static struct sockaddr_in address;

	address = (struct sockaddr_in){.sin_family = AF_INET, .sin_port = htons((uint16_t)port),
	    .sin_addr = {htonl(INADDR_LOOPBACK)}};
	return (const struct sockaddr *)&address;
}

static int
stream_connect(int port, int protocol)
{
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, protocol), error;

	if (fd == -1)
		return errno;
	error = attempt_errno(connect(fd, loopback(port), sizeof(struct sockaddr_in)));
	close(fd);
	return error;
}

static int
try_connect(const struct aim *aim)
{
	return stream_connect(attempt_number(aim, 1), 0);
}

static int
try_connect_mptcp(const struct aim *aim)
{
	return stream_connect(attempt_number(aim, 1), IPPROTO_MPTCP);
}

/* Of any socket: handed to another process it would hold up who closes it. */
static int
try_linger(const struct aim *aim)
{
	const struct linger linger = {.l_onoff = 1, .l_linger = 10};

	(void)aim;
	return attempt_errno(setsockopt(CHANNEL_FD, SOL_SOCKET, SO_LINGER, &linger, sizeof(linger)));
}

/* A connection that is not made by connect(2). */
static int
try_fast_open(const struct aim *aim)
{
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0), error;

	if (fd == -1)
		return errno;
	error = attempt_errno(sendto(fd, "x", 1, MSG_FASTOPEN | MSG_NOSIGNAL, loopback(attempt_number(aim, 1)),
	    sizeof(struct sockaddr_in)));
	close(fd);
	return error;
}

static int
try_fast_open_sendmsg(const struct aim *aim)
{
	struct sockaddr_in address = *(const struct sockaddr_in *)loopback(attempt_number(aim, 1));
	char byte = 'x';
	struct iovec part = {&byte, 1};
	struct msghdr message = {.msg_name = &address, .msg_namelen = sizeof(address), .msg_iov = &part, .msg_iovlen = 1};
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0), error;

	if (fd == -1)
		return errno;
	error = attempt_errno(sendmsg(fd, &message, MSG_FASTOPEN | MSG_NOSIGNAL));
	close(fd);
	return error;
}

static int
try_bind(const struct aim *aim)
{
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0), error;

	if (fd == -1)
		return errno;
	error = attempt_errno(bind(fd, loopback(attempt_number(aim, 1)), sizeof(struct sockaddr_in)));
	close(fd);
	return error;
}

static int
try_listen(const struct aim *aim)
{
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0), error;

	(void)aim;
	if (fd == -1)
		return errno;
	error = attempt_errno(listen(fd, 1)); /* on a port that the kernel chooses */
	close(fd);
	return error;
}

/* An address in the file system, or an abstract one. Returns its length. */
static socklen_t
unix_address(struct sockaddr_un *address, const char *name, bool abstract)
{
	*address = (struct sockaddr_un){.sun_family = AF_UNIX};
	snprintf(address->sun_path + (abstract ? 1 : 0), sizeof(address->sun_path) - 1, "%s", name);
	return (socklen_t)(offsetof(struct sockaddr_un, sun_path) + strlen(name) + 1);
}

static int
unix_connect(const char *name, bool abstract)
{
	struct sockaddr_un address;
	socklen_t length = unix_address(&address, name, abstract);
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0), error;

	if (fd == -1)
		return errno;
	error = attempt_errno(connect(fd, (const struct sockaddr *)&address, length));
	close(fd);
	return error;
}

static int
try_unix(const struct aim *aim)
{
	return unix_connect(aim->words[1], false);
}

static int
try_abstract(const struct aim *aim)
{
	return unix_connect(aim->words[1], true);
}

/* A datagram to a socket of somebody else's, from a pair that was only to talk to itself. */
static int
try_pair_datagram(const struct aim *aim)
{
	struct sockaddr_un address;
	socklen_t length = unix_address(&address, aim->words[1], false);
	int ends[2], error;

	if (socketpair(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0, ends) == -1)
		return errno;
	error = attempt_errno(sendto(ends[0], "x", 1, 0, (const struct sockaddr *)&address, length));
	close(ends[0]);
	close(ends[1]);
	return error;
}

/* The raw socket that an icmp worker holds: -1 with ENOTSOCK when there is none. */
static int
raw_socket(void)
{
	for (int fd = 0; fd < DESCRIPTORS; fd++) {
		int type = 0, domain = 0;
		socklen_t length = sizeof(type);

		if (getsockopt(fd, SOL_SOCKET, SO_TYPE, &type, &length) == 0 && type == SOCK_RAW &&
		    getsockopt(fd, SOL_SOCKET, SO_DOMAIN, &domain, &length) == 0 && domain == AF_INET)
			return fd;
	}
	errno = ENOTSOCK;
	return -1;
}

static int
raw_option(int level, int name)
{
	const int on = 1;
	int fd = raw_socket();

	return fd == -1 ? errno : attempt_errno(setsockopt(fd, level, name, &on, sizeof(on)));
}

/* IP headers of one's own, so any protocol and any sender. */
static int
try_forge(const struct aim *aim)
{
	(void)aim;
	return raw_option(IPPROTO_IP, IP_HDRINCL);
}

/* Everyone's ICMP packets. */
static int
try_snoop(const struct aim *aim)
{
	(void)aim;
	return raw_option(SOL_SOCKET, SO_DETACH_FILTER);
}

const struct attempt attempts_network[] = {
	{"socket", try_socket}, {"connect", try_connect}, {"connect-mptcp", try_connect_mptcp}, {"fast-open", try_fast_open}, {"linger", try_linger},
	{"fast-open-sendmsg", try_fast_open_sendmsg}, {"bind", try_bind}, {"listen", try_listen}, {"unix", try_unix},
	{"abstract", try_abstract}, {"pair-datagram", try_pair_datagram}, {"forge", try_forge}, {"snoop", try_snoop},
	{NULL, NULL},
};
