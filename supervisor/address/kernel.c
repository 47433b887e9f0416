/*
 * Sockets to the kernel. Touches these. Invariant: only what the kernel itself says is listened to, and of that only
 * the answer to the last question.
 */
#include "kernel.h"

#include <errno.h>
#include <linux/netlink.h>
#include <linux/rtnetlink.h>
#include <stdalign.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

#define ANSWER_SIZE ((size_t)32 * 1024) /* the kernel makes no larger pieces */
#define ANSWER_WAIT_S 2
#define HEARD_MAX 100 /* pieces of news at a time */
#define INTERRUPTED_MAX 10 /* dumps that were overtaken by changes, one after the other */

struct kernel {
	int ask, watch;
	uint32_t sequence;
	alignas(NLMSG_ALIGNTO) uint8_t request[NETLINK_REQUEST_SIZE];
	uint8_t answer[ANSWER_SIZE];
};

/* What an answer is made of; false ends it, with errno. */
typedef bool message_take(void *context, const struct netlink_message *);

static int
netlink_open(unsigned groups, int flags)
{
	const struct sockaddr_nl address = {.nl_family = AF_NETLINK, .nl_groups = groups};
	const struct timeval patience = {.tv_sec = ANSWER_WAIT_S};
	int fd = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC | flags, NETLINK_ROUTE);

	if (fd != -1 && bind(fd, (const struct sockaddr *)&address, sizeof(address)) == 0 &&
	    setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof(patience)) == 0)
		return fd;
	if (fd != -1)
		close(fd);
	return -1;
}

static void
kernel_close(struct kernel *kernel)
{
	if (kernel == NULL)
		return;
	if (kernel->ask != -1)
		close(kernel->ask);
	if (kernel->watch != -1)
		close(kernel->watch);
	free(kernel);
}

struct kernel *
kernel_open(void)
{
	struct kernel *kernel = calloc(1, sizeof(*kernel));

	if (kernel == NULL)
		return NULL;
	kernel->ask = netlink_open(0, 0);
	kernel->watch = netlink_open(RTMGRP_LINK | RTMGRP_IPV4_IFADDR | RTMGRP_IPV6_IFADDR, SOCK_NONBLOCK);
	if (kernel->ask != -1 && kernel->watch != -1)
		return kernel;
	kernel_close(kernel);
	return NULL;
}

/* A piece of an answer. Returns its length, -1 with errno. */
static ssize_t
answer_receive(struct kernel *kernel)
{
	struct sockaddr_nl sender = {.nl_pid = 0};
	struct iovec piece = {kernel->answer, sizeof(kernel->answer)};
	struct msghdr header = {.msg_name = &sender, .msg_namelen = sizeof(sender), .msg_iov = &piece, .msg_iovlen = 1};
	ssize_t length;

	do
		length = recvmsg(kernel->ask, &header, 0);
	while ((length == -1 && errno == EINTR) || (length >= 0 && sender.nl_pid != 0));
	if (length == -1 && errno == EAGAIN)
		errno = ETIMEDOUT;
	if (length != -1 && (header.msg_flags & MSG_TRUNC) != 0) {
		errno = EMSGSIZE;
		return -1;
	}
	return length;
}

static bool
request_send(struct kernel *kernel, size_t length)
{
	const struct sockaddr_nl receiver = {.nl_family = AF_NETLINK};
	ssize_t sent;

	do
		sent = sendto(kernel->ask, kernel->request, length, 0, (const struct sockaddr *)&receiver, sizeof(receiver));
	while (sent == -1 && errno == EINTR);
	return sent != -1;
}

/* Ask, and take what comes until take refuses or it is the end. Returns the error of the end, or errno; 0: none. */
static int
kernel_ask(struct kernel *kernel, size_t request_length, message_take *take, void *context)
{
	struct netlink_message message;
	ssize_t length;

	if (!request_send(kernel, request_length))
		return errno;
	while ((length = answer_receive(kernel)) > 0) {
		const uint8_t *bytes = kernel->answer;
		size_t left = (size_t)length;

		while (netlink_next(&bytes, &left, &message)) {
			if (message.sequence != kernel->sequence)
				continue;
			if (take != NULL && !take(context, &message))
				return errno;
			if (message.type == NETLINK_END)
				return message.error;
		}
	}
	return length == 0 ? EIO : errno;
}

struct collection {
	struct netlink_address *list;
	size_t count, room;
	bool interrupted;
};

static bool
address_collect(void *context, const struct netlink_message *message)
{
	struct collection *collection = context;
	struct netlink_address *list;

	collection->interrupted |= message->interrupted;
	if (message->type != NETLINK_ADDRESS)
		return true;
	if (collection->count == collection->room) {
		collection->room = collection->room * 2 + 64;
		if ((list = reallocarray(collection->list, collection->room, sizeof(*list))) == NULL) {
			errno = ENOMEM;
			return false;
		}
		collection->list = list;
	}
	collection->list[collection->count++] = message->address;
	return true;
}

bool
kernel_addresses(struct kernel *kernel, struct netlink_address **list, size_t *count)
{
	struct collection collection = {.list = NULL};
	int error = 0;

	for (int i = 0; i < INTERRUPTED_MAX; i++) {
		collection.count = 0;
		collection.interrupted = false;
		error = kernel_ask(kernel, netlink_make_dump(kernel->request, ++kernel->sequence), address_collect,
		    &collection);
		if (error != 0 || !collection.interrupted)
			break;
	}
	if (error == 0 && collection.interrupted)
		error = EAGAIN;
	if (error != 0) {
		free(collection.list);
		errno = error;
		return false;
	}
	*list = collection.list;
	*count = collection.count;
	return true;
}

/* There is one answer, without an end. */
static bool
link_take(void *context, const struct netlink_message *message)
{
	if (message->type != NETLINK_LINK)
		return true;
	*(struct netlink_message *)context = *message;
	errno = 0;
	return false;
}

int
kernel_link(struct kernel *kernel, const char *name, bool *up)
{
	struct netlink_message link = {.index = 0};
	int error = kernel_ask(kernel, netlink_make_link(kernel->request, ++kernel->sequence, name), link_take, &link);

	*up = link.up;
	if (error == 0 || error == ENODEV)
		return error == 0 ? link.index : 0;
	errno = error;
	return -1;
}

int
kernel_change(struct kernel *kernel, bool add, const struct netlink_address *address)
{
	return kernel_ask(kernel, netlink_make_change(kernel->request, ++kernel->sequence, add, address), NULL, NULL);
}

int
kernel_watch(const struct kernel *kernel)
{
	return kernel->watch;
}

void
kernel_heard(struct kernel *kernel)
{
	ssize_t length = 1;

	/* that some was lost (ENOBUFS) is news as well */
	for (int i = 0; i < HEARD_MAX && (length > 0 || errno == EINTR || errno == ENOBUFS); i++)
		length = recv(kernel->watch, kernel->answer, sizeof(kernel->answer), MSG_TRUNC);
}
