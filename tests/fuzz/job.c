/*
 * The job that a worker reads first: byte 0 says how much of the frame is put right, then the message as it
 * stands on the socket. What is accepted is whole: its texts end, its arguments lie in it.
 */
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include "../../common/message.h"
#include "fuzz.h"

enum repair { REPAIR_SIZE = 1, REPAIR_HEADER = 2, REPAIR_ARGS_LENGTH = 4 };

static int here = -1, there = -1;

/* A message of `length` bytes, malloc'd. */
static struct message_job *
job_build(struct fuzz_input *input, unsigned repair, size_t *length)
{
	struct message_job *job;

	*length = input->left;
	if ((repair & REPAIR_SIZE) != 0 && *length < sizeof(*job))
		*length = sizeof(*job);
	job = calloc(1, *length > sizeof(*job) ? *length : sizeof(*job));
	FUZZ_ASSERT(job != NULL);
	if (input->left > 0)
		memcpy(job, input->data, input->left);
	if ((repair & REPAIR_HEADER) != 0) {
		job->header = (struct message_header){MESSAGE_JOB, (uint32_t)*length};
		job->protocol = MESSAGE_PROTOCOL;
	}
	if ((repair & REPAIR_ARGS_LENGTH) != 0)
		job->args_length = (uint32_t)(*length - sizeof(*job));
	return job;
}

static void
job_is_whole(const struct message_job *job, const struct message_job *sent, size_t length)
{
	FUZZ_ASSERT(job->header.type == MESSAGE_JOB && job->header.length == length && length <= MESSAGE_MAX);
	FUZZ_ASSERT(job->protocol == MESSAGE_PROTOCOL && sizeof(*job) + job->args_length == length);
	FUZZ_ASSERT(strnlen(job->name, sizeof(job->name)) < sizeof(job->name));
	FUZZ_ASSERT(strnlen(job->state, sizeof(job->state)) < sizeof(job->state));
	FUZZ_ASSERT(strnlen(job->disable, sizeof(job->disable)) < sizeof(job->disable));
	FUZZ_ASSERT(memcmp(job->args, sent->args, job->args_length) == 0);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct fuzz_input input = {data, size};
	unsigned repair = fuzz_byte(&input);
	struct message_job *sent, *job;
	size_t length;
	char rest;
	int fds[2];

	if (here == -1) {
		FUZZ_ASSERT(socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, fds) == 0);
		here = fds[0];
		there = fds[1];
	}
	sent = job_build(&input, repair, &length);
	FUZZ_ASSERT(send(there, sent, length, MSG_DONTWAIT) == (ssize_t)length);
	job = message_receive_job(here);
	if (job != NULL)
		job_is_whole(job, sent, length);
	else
		recv(here, &rest, sizeof(rest), MSG_DONTWAIT); /* refused by its length, unread */
	FUZZ_ASSERT(recv(here, &rest, sizeof(rest), MSG_DONTWAIT) == -1);
	free(job);
	free(sent);
	return 0;
}
