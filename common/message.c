/*
 * The worker protocol's only reader and writer. Invariant: a message is handed on only if its type is
 * permitted here and now, its size is exactly its type's, and no descriptor came where none belongs.
 */
#include "message.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#define SIZE_VARIABLE SIZE_MAX

/* Exact size per type, and the text fields to terminate (offset and size of up to one). */
static const struct message_layout {
	size_t size;
	size_t text_offset, text_size;
} layouts[MESSAGE_TYPES] = {
	[MESSAGE_SPAWN] = {.size = sizeof(struct message_spawn)},
	[MESSAGE_READY] = {.size = sizeof(struct message_ready)},
	[MESSAGE_SPAWNED] = {.size = sizeof(struct message_spawned)},
	[MESSAGE_JOB] = {.size = SIZE_VARIABLE},
	[MESSAGE_PACE] = {.size = sizeof(struct message_pace), .text_offset = offsetof(struct message_pace, state),
	    .text_size = MESSAGE_STATE_SIZE},
	[MESSAGE_STARTED] = {.size = sizeof(struct message_started),
	    .text_offset = offsetof(struct message_started, sandbox), .text_size = MESSAGE_TEXT_SIZE},
	[MESSAGE_RESULT] = {.size = sizeof(struct message_result), .text_offset = offsetof(struct message_result, text),
	    .text_size = RESULT_TEXT_SIZE},
	[MESSAGE_DISABLED] = {.size = sizeof(struct message_disabled)},
	[MESSAGE_LOG] = {.size = sizeof(struct message_log), .text_offset = offsetof(struct message_log, text),
	    .text_size = MESSAGE_TEXT_SIZE},
	[MESSAGE_LEAVING] = {.size = sizeof(struct message_leaving)},
	[MESSAGE_LAUNCH] = {.size = sizeof(struct message_launch), .text_offset = offsetof(struct message_launch, program),
	    .text_size = MESSAGE_PROGRAM_SIZE},
	[MESSAGE_STATE] = {.size = sizeof(struct message_state)},
};

#define PASSRIGHTS 83 /* SO_PASSRIGHTS of Linux 6.16; not in older headers */

union control {
	struct cmsghdr align;
	char bytes[CMSG_SPACE(sizeof(int))];
};

/* The one control message of a kind and size that came with msg, or false. */
static bool
control_take(struct msghdr *msg, int type, void *data, size_t size)
{
	struct cmsghdr *cmsg = CMSG_FIRSTHDR(msg);

	if (cmsg == NULL || cmsg->cmsg_level != SOL_SOCKET || cmsg->cmsg_type != type || cmsg->cmsg_len != CMSG_LEN(size))
		return false;
	memcpy(data, CMSG_DATA(cmsg), size);
	return true;
}

static bool
message_valid(const union message *message, size_t length, unsigned permitted)
{
	uint32_t type = message->header.type;

	return length >= sizeof(struct message_header) && message->header.length == length && type < MESSAGE_TYPES &&
	    (permitted & (1u << type)) != 0 && layouts[type].size == length;
}

/*
 * One packet, checked as far as it can be without what came along with it, for which msg has room or not:
 * without room the kernel closes passed descriptors itself and says MSG_CTRUNC.
 */
static enum message_status
packet_receive(int fd, union message *message, unsigned permitted, struct msghdr *msg)
{
	struct iovec iov = {.iov_base = message, .iov_len = sizeof(*message)};
	const struct message_layout *layout;
	ssize_t length;

	msg->msg_iov = &iov;
	msg->msg_iovlen = 1;
	do
		length = recvmsg(fd, msg, MSG_DONTWAIT | MSG_CMSG_CLOEXEC);
	while (length == -1 && errno == EINTR);
	if (length == -1) {
		msg->msg_controllen = 0; /* nothing came */
		return errno == EAGAIN || errno == EWOULDBLOCK || errno == ENOMEM || errno == ENOBUFS ? MESSAGE_NONE :
												     MESSAGE_CLOSED;
	}
	if (length == 0)
		return MESSAGE_CLOSED;
	if ((msg->msg_flags & (MSG_TRUNC | MSG_CTRUNC)) != 0 || !message_valid(message, (size_t)length, permitted))
		return MESSAGE_BAD;
	layout = &layouts[message->header.type];
	if (layout->text_size > 0)
		((char *)message)[layout->text_offset + layout->text_size - 1] = '\0';
	return MESSAGE_OK;
}

enum message_status
message_receive(int fd, union message *message, unsigned permitted, int *descriptor)
{
	union control control;
	struct msghdr msg = {0};
	enum message_status status;
	int passed = -1;

	if (descriptor == NULL)
		return packet_receive(fd, message, permitted, &msg);
	msg.msg_control = &control;
	msg.msg_controllen = CMSG_LEN(sizeof(int)); /* the padding behind it would take a second one */
	status = packet_receive(fd, message, permitted, &msg);
	if (!control_take(&msg, SCM_RIGHTS, &passed, sizeof(passed)) && status == MESSAGE_OK)
		status = MESSAGE_BAD;
	if (status == MESSAGE_OK)
		*descriptor = passed;
	else if (passed != -1)
		close(passed);
	return status;
}

void
message_refuse_descriptors(int fd)
{
	const int off = 0;

	setsockopt(fd, SOL_SOCKET, PASSRIGHTS, &off, sizeof(off)); /* older kernels do not know it */
}

int
message_identify(int fd)
{
	const int on = 1;

	message_refuse_descriptors(fd);
	return setsockopt(fd, SOL_SOCKET, SO_PASSCRED, &on, sizeof(on));
}

enum message_status
message_receive_from(int fd, union message *message, unsigned permitted, pid_t *sender)
{
	union {
		struct cmsghdr align;
		char bytes[CMSG_SPACE(sizeof(struct ucred))];
	} control;
	/* The credentials come first; no byte is left for descriptors. */
	struct msghdr msg = {.msg_control = &control, .msg_controllen = CMSG_LEN(sizeof(struct ucred))};
	enum message_status status = packet_receive(fd, message, permitted, &msg);
	struct ucred credentials;

	if (status != MESSAGE_OK)
		return status;
	if (!control_take(&msg, SCM_CREDENTIALS, &credentials, sizeof(credentials)))
		return MESSAGE_BAD;
	*sender = credentials.pid;
	return MESSAGE_OK;
}

struct message_job *
message_receive_job(int fd)
{
	struct message_job *job;
	ssize_t length;

	do
		length = recv(fd, NULL, 0, MSG_PEEK | MSG_TRUNC);
	while (length == -1 && errno == EINTR);
	if (length < (ssize_t)sizeof(*job) || length > MESSAGE_MAX || (job = malloc((size_t)length)) == NULL)
		return NULL;
	if (recv(fd, job, (size_t)length, 0) != length || job->header.type != MESSAGE_JOB ||
	    job->header.length != (size_t)length || job->protocol != MESSAGE_PROTOCOL ||
	    job->args_length != (size_t)length - sizeof(*job)) {
		free(job);
		return NULL;
	}
	job->name[sizeof(job->name) - 1] = '\0';
	job->state[sizeof(job->state) - 1] = '\0';
	job->disable[sizeof(job->disable) - 1] = '\0';
	return job;
}

int
message_send(int fd, enum message_type type, void *message, size_t length, int descriptor)
{
	union control control;
	struct message_header *header = message;
	struct iovec iov = {.iov_base = message, .iov_len = length};
	struct msghdr msg = {.msg_iov = &iov, .msg_iovlen = 1};
	struct cmsghdr *cmsg;
	ssize_t sent;

	header->type = type;
	header->length = (uint32_t)length;
	if (descriptor != -1) {
		memset(&control, 0, sizeof(control));
		msg.msg_control = &control;
		msg.msg_controllen = CMSG_SPACE(sizeof(int));
		cmsg = CMSG_FIRSTHDR(&msg);
		cmsg->cmsg_level = SOL_SOCKET;
		cmsg->cmsg_type = SCM_RIGHTS;
		cmsg->cmsg_len = CMSG_LEN(sizeof(int));
		memcpy(CMSG_DATA(cmsg), &descriptor, sizeof(int));
	}
	do
		sent = sendmsg(fd, &msg, MSG_DONTWAIT | MSG_NOSIGNAL);
	while (sent == -1 && errno == EINTR);
	return sent == -1 ? -1 : 0;
}
