/*
 * The icmp method's sockets. Invariant: a raw socket takes only replies to its own id from the kernel, so
 * that a thousand workers do not read each other's packets.
 */
#include "icmp_socket.h"

#include <errno.h>
#include <linux/errqueue.h>
#include <linux/filter.h>
#include <netinet/icmp6.h>
#include <netinet/in.h>
#include <netinet/ip_icmp.h>
#include <string.h>
#include <sys/random.h>
#include <sys/socket.h>
#include <sys/uio.h>
#include <unistd.h>

#include "probe.h"

#define ACCEPT 0xffffffff
#define QUOTED_V6 (ICMP_HEADER_SIZE + 40) /* the quoted request in an ICMPv6 error */

static uint8_t received[65536];

static bool
filter_attach(int fd, struct sock_filter *filter, unsigned short length)
{
	const struct sock_fprog program = {.len = length, .filter = filter};

	return setsockopt(fd, SOL_SOCKET, SO_ATTACH_FILTER, &program, sizeof(program)) == 0;
}

/*
 * Accept echo replies and quoted echo requests with our id. Raw IPv4 sockets are given the IP header: X is
 * its length, then that of it and the quoted one. The jumps' counts skip that many instructions.
 */
static bool
filter_attach_v4(int fd, uint16_t id)
{
	struct sock_filter filter[] = {
	    BPF_STMT(BPF_LDX | BPF_B | BPF_MSH, 0),
	    BPF_STMT(BPF_LD | BPF_B | BPF_IND, 0),
	    BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, ICMP_ECHOREPLY, 2, 0),
	    BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, ICMP_DEST_UNREACH, 3, 0),
	    BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, ICMP_TIME_EXCEEDED, 2, 12),
	    BPF_STMT(BPF_LD | BPF_H | BPF_IND, 4),
	    BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, id, 9, 10),
	    BPF_STMT(BPF_LD | BPF_B | BPF_IND, ICMP_HEADER_SIZE), /* the quoted IP header's length */
	    BPF_STMT(BPF_ALU | BPF_AND | BPF_K, 0xf),
	    BPF_STMT(BPF_ALU | BPF_LSH | BPF_K, 2),
	    BPF_STMT(BPF_ALU | BPF_ADD | BPF_X, 0),
	    BPF_STMT(BPF_MISC | BPF_TAX, 0),
	    BPF_STMT(BPF_LD | BPF_B | BPF_IND, ICMP_HEADER_SIZE),
	    BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, ICMP_ECHO, 0, 3),
	    BPF_STMT(BPF_LD | BPF_H | BPF_IND, ICMP_HEADER_SIZE + 4),
	    BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, id, 0, 1),
	    BPF_STMT(BPF_RET | BPF_K, ACCEPT),
	    BPF_STMT(BPF_RET | BPF_K, 0),
	};

	return filter_attach(fd, filter, sizeof(filter) / sizeof(filter[0]));
}

/* The same for IPv6, where the ICMP header comes first and the quoted IP header has a fixed length. */
static bool
filter_attach_v6(int fd, uint16_t id)
{
	struct sock_filter filter[] = {
	    BPF_STMT(BPF_LD | BPF_B | BPF_ABS, 0),
	    BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, ICMP6_ECHO_REPLY, 3, 0),
	    BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, ICMP6_DST_UNREACH, 4, 0),
	    BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, ICMP6_PACKET_TOO_BIG, 3, 0),
	    BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, ICMP6_TIME_EXCEEDED, 2, 7),
	    BPF_STMT(BPF_LD | BPF_H | BPF_ABS, 4),
	    BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, id, 4, 5),
	    BPF_STMT(BPF_LD | BPF_B | BPF_ABS, QUOTED_V6),
	    BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, ICMP6_ECHO_REQUEST, 0, 3),
	    BPF_STMT(BPF_LD | BPF_H | BPF_ABS, QUOTED_V6 + 4),
	    BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, id, 0, 1),
	    BPF_STMT(BPF_RET | BPF_K, ACCEPT),
	    BPF_STMT(BPF_RET | BPF_K, 0),
	};

	return filter_attach(fd, filter, sizeof(filter) / sizeof(filter[0]));
}

static bool
option_on(int fd, int family, int name_v4, int value_v4, int name_v6, int value_v6)
{
	const int *value = family == AF_INET ? &value_v4 : &value_v6;

	return setsockopt(fd, family == AF_INET ? IPPROTO_IP : IPPROTO_IPV6, family == AF_INET ? name_v4 : name_v6,
	    value, sizeof(*value)) == 0;
}

static bool
socket_configure(const struct icmp_socket *s, const struct icmp_args *args)
{
	probe_timestamps(s->fd);
	if (args->dont_fragment &&
	    !option_on(s->fd, s->family, IP_MTU_DISCOVER, IP_PMTUDISC_DO, IPV6_MTU_DISCOVER, IPV6_PMTUDISC_DO))
		return false;
	if (args->dont_fragment && s->family == AF_INET6 && !option_on(s->fd, AF_INET6, 0, 0, IPV6_DONTFRAG, 1))
		return false;
	/* Raw sockets see errors as packets; with RECVERR each would be told of everyone's. */
	if (!s->raw)
		return option_on(s->fd, s->family, IP_RECVERR, 1, IPV6_RECVERR, 1);
	return s->family == AF_INET ? filter_attach_v4(s->fd, s->id) : filter_attach_v6(s->fd, s->id);
}

bool
icmp_socket_open(struct icmp_socket *s, int family, const struct icmp_args *args)
{
	int protocol = family == AF_INET ? IPPROTO_ICMP : IPPROTO_ICMPV6;

	*s = (struct icmp_socket){.family = family, .fd = -1, .raw = args->privileged};
	if (getrandom(&s->id, sizeof(s->id), 0) != (ssize_t)sizeof(s->id)) {
		result_errno(&s->failure, errno, "getrandom");
		return false;
	}
	if (!s->raw)
		s->fd = socket(family, SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC, protocol);
	if (s->fd == -1) {
		s->raw = true;
		s->fd = socket(family, SOCK_RAW | SOCK_NONBLOCK | SOCK_CLOEXEC, protocol);
	}
	if (s->fd == -1) {
		result_errno(&s->failure, errno, family == AF_INET ? "IPv4 ICMP socket" : "IPv6 ICMP socket");
		return false;
	}
	if (socket_configure(s, args))
		return true;
	result_errno(&s->failure, errno, "options of the ICMP socket");
	close(s->fd);
	s->fd = -1;
	return false;
}

bool
icmp_socket_ready(struct icmp_socket *s, const struct icmp_args *args, struct result *result)
{
	const struct address any = {.family = s->family};

	if (s->fd == -1) {
		*result = s->failure;
		return false;
	}
	if (!s->applied)
		s->applied = probe_socket_apply(s->fd, &args->remote, &any, result);
	return s->applied;
}

int
icmp_socket_send(struct icmp_socket *s, const struct address *address, const uint8_t *packet, size_t size)
{
	struct sockaddr_storage storage;
	socklen_t length = address_to_sockaddr(address, 0, &storage);

	/* The first call may return the error that an earlier packet met, to whichever address. */
	for (int attempt = 0; attempt < 2; attempt++)
		if (sendto(s->fd, packet, size, MSG_NOSIGNAL, (const struct sockaddr *)&storage, length) != -1)
			return 0;
	return errno;
}

/* From the error queue of a datagram socket: the quoted request and who reported it. */
static bool
error_receive(struct icmp_socket *s, struct icmp_event *event)
{
	_Alignas(struct cmsghdr) char control[512];
	struct iovec iov = {.iov_base = received, .iov_len = sizeof(received)};
	struct msghdr message = {
	    .msg_iov = &iov, .msg_iovlen = 1, .msg_control = control, .msg_controllen = sizeof(control)};
	ssize_t length = recvmsg(s->fd, &message, MSG_ERRQUEUE | MSG_DONTWAIT);

	if (length == -1)
		return false;
	event->kind = ICMP_KIND_OTHER;
	for (struct cmsghdr *header = CMSG_FIRSTHDR(&message); header != NULL; header = CMSG_NXTHDR(&message, header)) {
		struct {
			struct sock_extended_err error;
			struct sockaddr_in6 offender; /* large enough for both families */
		} report = {0};
		size_t size = header->cmsg_len - CMSG_LEN(0);

		if (!(header->cmsg_level == IPPROTO_IP && header->cmsg_type == IP_RECVERR) &&
		    !(header->cmsg_level == IPPROTO_IPV6 && header->cmsg_type == IPV6_RECVERR))
			continue;
		memcpy(&report, CMSG_DATA(header), size < sizeof(report) ? size : sizeof(report));
		event->error = icmp_errno(s->family, report.error.ee_type, report.error.ee_code);
		if ((report.error.ee_origin != SO_EE_ORIGIN_ICMP && report.error.ee_origin != SO_EE_ORIGIN_ICMP6) ||
		    event->error == 0 || !icmp_quote_parse(s->family, received, (size_t)length, &event->echo))
			continue;
		event->kind = ICMP_KIND_ERROR;
		address_from_sockaddr((const struct sockaddr *)&report.offender, &event->from);
	}
	return true;
}

bool
icmp_socket_receive(struct icmp_socket *s, struct icmp_event *event)
{
	struct sockaddr_storage from;
	ssize_t length = -1;

	*event = (struct icmp_event){.kind = ICMP_KIND_OTHER};
	if (!s->raw && error_receive(s, event))
		return true;
	/* What is in the error queue is also reported as an error of the next call, once: look behind it. */
	for (int attempt = 0; attempt < 3 && length == -1; attempt++) {
		length = probe_receive(s->fd, received, sizeof(received), &from, &event->age_ns);
		if (length == -1 && errno == EAGAIN)
			break;
	}
	if (length == -1)
		return false;
	address_from_sockaddr((const struct sockaddr *)&from, &event->from);
	event->kind = icmp_parse(s->family, s->raw && s->family == AF_INET, received, (size_t)length, &event->echo,
	    &event->error);
	if (s->raw && event->kind != ICMP_KIND_OTHER && event->echo.id != s->id)
		event->kind = ICMP_KIND_OTHER;
	return true;
}
