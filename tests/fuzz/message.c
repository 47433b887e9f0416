/*
 * Worker messages: bytes 0 and 1 are the types permitted, byte 2 the descriptors that come along and whether
 * one is expected, then the message as it stands on the socket. Only a whole message of a permitted type is
 * handed on, its text ends, it can be sent on as it is, and no descriptor stays open.
 */
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "../../common/message.h"
#include "fuzz.h"

#define DESCRIPTORS_MAX 3

struct guarded {
	union message message;
	uint8_t behind[64];
};

static int here = -1, there = -1;

static void
raw_send(const uint8_t *data, size_t length, unsigned descriptors)
{
	union {
		struct cmsghdr align;
		char bytes[CMSG_SPACE(DESCRIPTORS_MAX * sizeof(int))];
	} control = {0};
	uint8_t *copy = fuzz_copy(data, length);
	struct iovec iov = {.iov_base = copy, .iov_len = length};
	struct msghdr msg = {.msg_iov = &iov, .msg_iovlen = 1};
	struct cmsghdr *cmsg;

	if (descriptors > 0) {
		msg.msg_control = &control;
		msg.msg_controllen = CMSG_SPACE(descriptors * sizeof(int));
		cmsg = CMSG_FIRSTHDR(&msg);
		cmsg->cmsg_level = SOL_SOCKET;
		cmsg->cmsg_type = SCM_RIGHTS;
		cmsg->cmsg_len = CMSG_LEN(descriptors * sizeof(int));
		for (unsigned i = 0; i < descriptors; i++)
			memcpy(CMSG_DATA(cmsg) + i * sizeof(int), &here, sizeof(int));
	}
	FUZZ_ASSERT(sendmsg(there, &msg, MSG_NOSIGNAL) == (ssize_t)length);
	free(copy);
}

/* The descriptor that the next open would get: the same again unless one is left open. */
static int
descriptor_next(void)
{
	int fd = dup(here);

	FUZZ_ASSERT(fd != -1);
	close(fd);
	return fd;
}

/* The text field of a message that has one. */
static void
text_ends(const union message *message)
{
	static const struct {
		enum message_type type;
		size_t offset, size;
	} fields[] = {
	    {MESSAGE_PACE, offsetof(struct message_pace, state), MESSAGE_STATE_SIZE},
	    {MESSAGE_STARTED, offsetof(struct message_started, sandbox), MESSAGE_TEXT_SIZE},
	    {MESSAGE_RESULT, offsetof(struct message_result, text), RESULT_TEXT_SIZE},
	    {MESSAGE_LOG, offsetof(struct message_log, text), MESSAGE_TEXT_SIZE},
	};

	for (size_t i = 0; i < sizeof(fields) / sizeof(fields[0]); i++)
		if (message->header.type == fields[i].type)
			FUZZ_ASSERT(memchr((const char *)message + fields[i].offset, '\0', fields[i].size) != NULL);
}

/* Sent on, it arrives as it is. */
static void
survives_sending(const union message *message, int descriptor)
{
	union message sent = *message, got;
	int passed = -1;

	FUZZ_ASSERT(message_send(there, message->header.type, &sent, message->header.length, descriptor) == 0);
	FUZZ_ASSERT(message_receive(here, &got, 1u << message->header.type, descriptor != -1 ? &passed : NULL) ==
	    MESSAGE_OK);
	FUZZ_ASSERT(memcmp(&got, message, message->header.length) == 0);
	FUZZ_ASSERT((descriptor != -1) == (passed != -1));
	if (passed != -1)
		close(passed);
}

static void
receive(unsigned permitted, bool expected, unsigned descriptors, size_t length)
{
	struct guarded guarded;
	uint8_t untouched[sizeof(guarded.behind)];
	enum message_status status;
	int passed = -1;

	memset(&guarded, 0xa5, sizeof(guarded));
	memset(untouched, 0xa5, sizeof(untouched));
	status = message_receive(here, &guarded.message, permitted, expected ? &passed : NULL);
	FUZZ_ASSERT(memcmp(guarded.behind, untouched, sizeof(untouched)) == 0);
	FUZZ_ASSERT(status == (length == 0 ? MESSAGE_CLOSED : status == MESSAGE_OK ? MESSAGE_OK : MESSAGE_BAD));
	FUZZ_ASSERT((passed != -1) == (status == MESSAGE_OK && expected));
	if (status != MESSAGE_OK)
		return;
	FUZZ_ASSERT(guarded.message.header.length == length && length <= sizeof(guarded.message));
	FUZZ_ASSERT(guarded.message.header.type < MESSAGE_TYPES && guarded.message.header.type != MESSAGE_JOB);
	FUZZ_ASSERT((permitted >> guarded.message.header.type & 1) != 0);
	FUZZ_ASSERT(descriptors == (expected ? 1 : 0));
	text_ends(&guarded.message);
	survives_sending(&guarded.message, passed);
	if (passed != -1)
		close(passed);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct fuzz_input input = {data, size};
	unsigned permitted = fuzz_byte(&input), choice;
	union message none;
	int next, fds[2];

	if (here == -1) {
		FUZZ_ASSERT(socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, fds) == 0);
		here = fds[0];
		there = fds[1];
	}
	permitted |= (unsigned)fuzz_byte(&input) << 8;
	choice = fuzz_byte(&input);
	next = descriptor_next();
	raw_send(input.data, input.left, choice % (DESCRIPTORS_MAX + 1));
	receive(permitted, (choice & 0x80) != 0, choice % (DESCRIPTORS_MAX + 1), input.left);
	FUZZ_ASSERT(message_receive(here, &none, ~0u, NULL) == MESSAGE_NONE);
	FUZZ_ASSERT(descriptor_next() == next);
	return 0;
}
