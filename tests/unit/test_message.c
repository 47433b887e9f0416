/*
 * The worker protocol's reader against every malformed message: nothing of it is handed on, and no
 * descriptor that came along stays open.
 */
#include <check.h>
#include <errno.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "../../common/message.h"
#include "unit.h"

#define ALL (~0u)

static int here, there;
static int open_before;

static void
setup(void)
{
	int fds[2];

	ck_assert_int_eq(socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, fds), 0);
	here = fds[0];
	there = fds[1];
	open_before = unit_descriptors();
}

static void
teardown(void)
{
	close(here);
	close(there);
}

/* Send bytes as they are, with the given number of descriptors. */
static void
raw_send(const void *bytes, size_t length, unsigned descriptors)
{
	union {
		struct cmsghdr align;
		char bytes[CMSG_SPACE(8 * sizeof(int))];
	} control = {0};
	struct iovec iov = {.iov_base = (void *)(uintptr_t)bytes, .iov_len = length};
	struct msghdr msg = {.msg_iov = &iov, .msg_iovlen = 1};
	struct cmsghdr *cmsg;

	ck_assert_uint_le(descriptors, 8);
	if (descriptors > 0) {
		msg.msg_control = &control;
		msg.msg_controllen = CMSG_SPACE(descriptors * sizeof(int));
		cmsg = CMSG_FIRSTHDR(&msg);
		cmsg->cmsg_level = SOL_SOCKET;
		cmsg->cmsg_type = SCM_RIGHTS;
		cmsg->cmsg_len = CMSG_LEN(descriptors * sizeof(int));
		for (unsigned i = 0; i < descriptors; i++)
			memcpy(CMSG_DATA(cmsg) + i * sizeof(int), &there, sizeof(int));
	}
	ck_assert_int_eq(sendmsg(there, &msg, 0), (ssize_t)length);
}

/* What the header says, in a buffer longer than every message. */
static void *
message_bytes(uint32_t type, uint32_t length)
{
	static char bytes[4096];
	struct message_header header = {.type = type, .length = length};

	memset(bytes, 'x', sizeof(bytes));
	memcpy(bytes, &header, sizeof(header));
	return bytes;
}

static void
expect(enum message_status status, unsigned permitted, int *descriptor)
{
	union message message;

	ck_assert_int_eq(message_receive(here, &message, permitted, descriptor), status);
	ck_assert_int_eq(unit_descriptors(), open_before);
	ck_assert_int_eq(message_receive(here, &message, ALL, NULL), MESSAGE_NONE);
}

static const struct {
	uint32_t type;
	uint32_t size;
	size_t text_offset, text_size;
} fixed[] = {
	{MESSAGE_SPAWN, sizeof(struct message_spawn), 0, 0},
	{MESSAGE_READY, sizeof(struct message_ready), 0, 0},
	{MESSAGE_SPAWNED, sizeof(struct message_spawned), 0, 0},
	{MESSAGE_PACE, sizeof(struct message_pace), offsetof(struct message_pace, state), MESSAGE_STATE_SIZE},
	{MESSAGE_STARTED, sizeof(struct message_started), offsetof(struct message_started, sandbox), MESSAGE_TEXT_SIZE},
	{MESSAGE_RESULT, sizeof(struct message_result), offsetof(struct message_result, text), RESULT_TEXT_SIZE},
	{MESSAGE_DISABLED, sizeof(struct message_disabled), 0, 0},
	{MESSAGE_LOG, sizeof(struct message_log), offsetof(struct message_log, text), MESSAGE_TEXT_SIZE},
	{MESSAGE_LEAVING, sizeof(struct message_leaving), 0, 0},
};
#define FIXED (COUNT(fixed))

START_TEST(well_formed)
{
	union message message;
	size_t end = fixed[_i].text_offset + fixed[_i].text_size;

	raw_send(message_bytes(fixed[_i].type, fixed[_i].size), fixed[_i].size, 0);
	ck_assert_int_eq(message_receive(here, &message, 1u << fixed[_i].type, NULL), MESSAGE_OK);
	ck_assert_uint_eq(message.header.type, fixed[_i].type);
	ck_assert_uint_eq(message.header.length, fixed[_i].size);
	if (fixed[_i].text_size > 0) {
		ck_assert_int_eq(((char *)&message)[end - 1], '\0');
		ck_assert_int_eq(((char *)&message)[end - 2], 'x');
	}
}
END_TEST

START_TEST(too_short)
{
	for (uint32_t length = 1; length < fixed[_i].size; length++) {
		raw_send(message_bytes(fixed[_i].type, length), length, 0);
		expect(MESSAGE_BAD, ALL, NULL);
	}
}
END_TEST

START_TEST(too_long)
{
	static const uint32_t more[] = {1, 4, 8, 1024};

	for (size_t i = 0; i < COUNT(more); i++) {
		uint32_t length = fixed[_i].size + more[i];

		raw_send(message_bytes(fixed[_i].type, length), length, 0);
		expect(MESSAGE_BAD, ALL, NULL);
		raw_send(message_bytes(fixed[_i].type, fixed[_i].size), length, 0);
		expect(MESSAGE_BAD, ALL, NULL);
	}
}
END_TEST

START_TEST(lying_length)
{
	const uint32_t lies[] = {0, 1, fixed[_i].size - 1, fixed[_i].size + 1, UINT32_MAX};

	for (size_t i = 0; i < COUNT(lies); i++) {
		raw_send(message_bytes(fixed[_i].type, lies[i]), fixed[_i].size, 0);
		expect(MESSAGE_BAD, ALL, NULL);
	}
}
END_TEST

START_TEST(not_permitted)
{
	raw_send(message_bytes(fixed[_i].type, fixed[_i].size), fixed[_i].size, 0);
	expect(MESSAGE_BAD, ~(1u << fixed[_i].type), NULL);
	raw_send(message_bytes(fixed[_i].type, fixed[_i].size), fixed[_i].size, 0);
	expect(MESSAGE_BAD, 0, NULL);
}
END_TEST

START_TEST(type_of_another_size)
{
	for (size_t i = 0; i < FIXED; i++)
		if (fixed[i].size != fixed[_i].size) {
			raw_send(message_bytes(fixed[i].type, fixed[_i].size), fixed[_i].size, 0);
			expect(MESSAGE_BAD, ALL, NULL);
		}
}
END_TEST

/* No such type; a shift by it must not wrap round to a permitted one. */
START_TEST(unknown_type)
{
	static const uint32_t types[] = {0, MESSAGE_TYPES, MESSAGE_TYPES + 1, 31, 32, 32 + MESSAGE_LOG, INT32_MAX, UINT32_MAX};

	for (size_t i = 0; i < COUNT(types); i++) {
		raw_send(message_bytes(types[i], sizeof(struct message_log)), sizeof(struct message_log), 0);
		expect(MESSAGE_BAD, ALL, NULL);
		raw_send(message_bytes(types[i], sizeof(struct message_header)), sizeof(struct message_header), 0);
		expect(MESSAGE_BAD, ALL, NULL);
	}
}
END_TEST

START_TEST(job_is_no_fixed_message)
{
	raw_send(message_bytes(MESSAGE_JOB, sizeof(union message)), sizeof(union message), 0);
	expect(MESSAGE_BAD, ALL, NULL);
	raw_send(message_bytes(MESSAGE_JOB, sizeof(struct message_job)), sizeof(struct message_job), 0);
	expect(MESSAGE_BAD, ALL, NULL);
}
END_TEST

START_TEST(zero_length)
{
	int descriptor = -1;

	raw_send("", 0, 0);
	expect(MESSAGE_CLOSED, ALL, NULL);
	raw_send("", 0, 1);
	expect(MESSAGE_CLOSED, ALL, NULL);
	raw_send("", 0, 1);
	expect(MESSAGE_CLOSED, ALL, &descriptor);
	raw_send("", 0, 2);
	expect(MESSAGE_CLOSED, ALL, &descriptor);
	ck_assert_int_eq(descriptor, -1);
}
END_TEST

START_TEST(other_end_gone)
{
	union message message;

	close(there);
	ck_assert_int_eq(message_receive(here, &message, ALL, NULL), MESSAGE_CLOSED);
	there = -1;
}
END_TEST

START_TEST(descriptor_where_none_belongs)
{
	for (unsigned count = 1; count <= 8; count++) {
		raw_send(message_bytes(fixed[_i].type, fixed[_i].size), fixed[_i].size, count);
		expect(MESSAGE_BAD, ALL, NULL);
	}
}
END_TEST

/* Where exactly one belongs: none or several are refused, and so is one that comes with nonsense. */
START_TEST(descriptors_other_than_one)
{
	const uint32_t size = sizeof(struct message_spawn);
	int descriptor = -1;

	raw_send(message_bytes(MESSAGE_SPAWN, size), size, 0);
	expect(MESSAGE_BAD, ALL, &descriptor);
	for (unsigned count = 2; count <= 8; count++) {
		raw_send(message_bytes(MESSAGE_SPAWN, size), size, count);
		expect(MESSAGE_BAD, ALL, &descriptor);
	}
	raw_send(message_bytes(MESSAGE_SPAWN, size + 1), size + 1, 1);
	expect(MESSAGE_BAD, ALL, &descriptor);
	raw_send(message_bytes(MESSAGE_SPAWN, 4096), 4096, 1);
	expect(MESSAGE_BAD, ALL, &descriptor);
	raw_send(message_bytes(MESSAGE_SPAWN, size), size, 1);
	expect(MESSAGE_BAD, 1u << MESSAGE_LOG, &descriptor);
	ck_assert_int_eq(descriptor, -1);
}
END_TEST

START_TEST(one_descriptor)
{
	struct message_spawn spawn = {.id = 7};
	union message message;
	int descriptor = -1;

	ck_assert_int_eq(message_send(there, MESSAGE_SPAWN, &spawn, sizeof(spawn), here), 0);
	ck_assert_int_eq(message_receive(here, &message, 1u << MESSAGE_SPAWN, &descriptor), MESSAGE_OK);
	ck_assert_uint_eq(message.spawn.id, 7);
	ck_assert_int_ge(descriptor, 0);
	ck_assert_int_eq(unit_descriptors(), open_before + 1);
	close(descriptor);
}
END_TEST

/* Nobody reads: told, not waited for. */
START_TEST(full_buffer)
{
	struct message_log message = {0};
	int sent = 0;

	while (message_send(there, MESSAGE_LOG, &message, sizeof(message), -1) == 0)
		ck_assert_int_lt(++sent, 100000);
	ck_assert(errno == EAGAIN || errno == EWOULDBLOCK);
	ck_assert_int_gt(sent, 0);
}
END_TEST

/* Jobs. */

#define ARGS 100

static struct message_job *
job_new(size_t size)
{
	struct message_job *job = malloc(size);

	ck_assert_ptr_nonnull(job);
	memset(job, 'x', size);
	job->header = (struct message_header){.type = MESSAGE_JOB, .length = (uint32_t)size};
	job->protocol = MESSAGE_PROTOCOL;
	job->args_length = (uint32_t)(size - sizeof(*job));
	return job;
}

/* Takes the job. */
static void
expect_no_job(struct message_job *job, size_t size)
{
	raw_send(job, size, 0);
	free(job);
	ck_assert_ptr_null(message_receive_job(here));
	(void)recv(here, NULL, 0, MSG_DONTWAIT | MSG_TRUNC); /* one of a wrong size is not even taken */
}

START_TEST(well_formed_job)
{
	struct message_job *sent = job_new(sizeof(*sent) + ARGS), *job;

	raw_send(sent, sizeof(*sent) + ARGS, 0);
	job = message_receive_job(here);
	ck_assert_ptr_nonnull(job);
	ck_assert_uint_eq(job->args_length, ARGS);
	ck_assert_mem_eq(job->args, sent->args, ARGS);
	ck_assert_uint_eq(strlen(job->name), sizeof(job->name) - 1);
	ck_assert_uint_eq(strlen(job->state), sizeof(job->state) - 1);
	ck_assert_uint_eq(strlen(job->disable), sizeof(job->disable) - 1);
	free(job);
	free(sent);
}
END_TEST

START_TEST(job_with_lying_args_length)
{
	static const uint32_t lies[] = {0, 1, ARGS - 1, ARGS + 1, ARGS + 8, MESSAGE_MAX, INT32_MAX, UINT32_MAX,
	    UINT32_MAX - sizeof(struct message_job) + 1 + ARGS};

	for (size_t i = 0; i < COUNT(lies); i++) {
		struct message_job *job = job_new(sizeof(*job) + ARGS);

		job->args_length = lies[i];
		expect_no_job(job, sizeof(*job) + ARGS);
	}
}
END_TEST

START_TEST(job_with_lying_length)
{
	static const uint32_t lies[] = {0, sizeof(struct message_job), sizeof(struct message_job) + ARGS + 1, UINT32_MAX};

	for (size_t i = 0; i < COUNT(lies); i++) {
		struct message_job *job = job_new(sizeof(*job) + ARGS);

		job->header.length = lies[i];
		expect_no_job(job, sizeof(*job) + ARGS);
	}
}
END_TEST

START_TEST(job_too_short)
{
	for (size_t size = 1; size < sizeof(struct message_job); size += 7) {
		struct message_job *job = job_new(sizeof(*job));

		job->header.length = (uint32_t)size;
		expect_no_job(job, size);
	}
}
END_TEST

START_TEST(job_too_long)
{
	struct message_job *longest = job_new(MESSAGE_MAX), *job;

	raw_send(longest, MESSAGE_MAX, 0);
	free(longest);
	job = message_receive_job(here);
	ck_assert_ptr_nonnull(job);
	ck_assert_uint_eq(job->args_length, MESSAGE_ARGS_MAX);
	free(job);
	expect_no_job(job_new(MESSAGE_MAX + 1), MESSAGE_MAX + 1);
}
END_TEST

START_TEST(job_of_another_type_or_protocol)
{
	struct message_job *job = job_new(sizeof(*job));

	job->header.type = MESSAGE_PACE;
	expect_no_job(job, sizeof(*job));
	job = job_new(sizeof(*job));
	job->protocol = MESSAGE_PROTOCOL + 1;
	expect_no_job(job, sizeof(*job));
}
END_TEST

START_TEST(job_that_never_comes)
{
	raw_send("", 0, 0);
	ck_assert_ptr_null(message_receive_job(here));
	close(there);
	there = -1;
	ck_assert_ptr_null(message_receive_job(here));
}
END_TEST

START_TEST(job_with_a_descriptor)
{
	struct message_job *sent = job_new(sizeof(*sent));

	raw_send(sent, sizeof(*sent), 2);
	free(message_receive_job(here));
	ck_assert_int_eq(unit_descriptors(), open_before);
	free(sent);
}
END_TEST

int
main(void)
{
	const TTest *const each[] = {well_formed, too_short, too_long, lying_length, not_permitted,
	    type_of_another_size, descriptor_where_none_belongs};
	const TTest *const once[] = {unknown_type, job_is_no_fixed_message, zero_length, other_end_gone,
	    descriptors_other_than_one, one_descriptor, full_buffer, well_formed_job, job_with_lying_args_length,
	    job_with_lying_length, job_too_short, job_too_long, job_of_another_type_or_protocol, job_that_never_comes,
	    job_with_a_descriptor};
	Suite *suite = suite_create("message");
	TCase *tcase = unit_case(suite, "message");

	tcase_add_checked_fixture(tcase, setup, teardown);
	for (size_t i = 0; i < COUNT(each); i++)
		tcase_add_loop_test(tcase, each[i], 0, FIXED);
	for (size_t i = 0; i < COUNT(once); i++)
		tcase_add_test(tcase, once[i]);
	return unit_run(suite);
}
