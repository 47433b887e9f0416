/*
 * Messages whose sender the kernel names: what a process sends is its own, whoever handed it the channel, and no
 * descriptor that comes along stays open.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "../../common/message.h"
#include "unit.h"

static int here, there;

static void
setup(void)
{
	int fds[2];

	ck_assert_int_eq(socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, fds), 0);
	here = fds[0];
	there = fds[1];
	ck_assert_int_eq(message_identify(here), 0);
}

static void
teardown(void)
{
	close(here);
	close(there);
}

/* Send one from a child that ends, with a descriptor along or not; returns the child's number. */
static pid_t
child_sends(int descriptor)
{
	struct message_disabled message = {.disabled = 1};
	pid_t pid = fork();
	int status;

	ck_assert_int_ne(pid, -1);
	if (pid == 0)
		_exit(message_send(there, MESSAGE_DISABLED, &message, sizeof(message), descriptor) == 0 ? 0 : errno);
	ck_assert_int_eq(waitpid(pid, &status, 0), pid);
	ck_assert(WIFEXITED(status));
	errno = WEXITSTATUS(status);
	return errno == 0 ? pid : -1;
}

START_TEST(own_and_inherited)
{
	struct message_disabled disabled = {.disabled = 1};
	union message message;
	pid_t sender = 0, child;

	ck_assert_int_eq(message_send(there, MESSAGE_DISABLED, &disabled, sizeof(disabled), -1), 0);
	child = child_sends(-1);
	ck_assert_int_gt(child, 0);
	ck_assert_int_eq(message_receive_from(here, &message, 1u << MESSAGE_DISABLED, &sender), MESSAGE_OK);
	ck_assert_int_eq(sender, getpid());
	ck_assert_int_eq(message_receive_from(here, &message, 1u << MESSAGE_DISABLED, &sender), MESSAGE_OK);
	ck_assert_int_eq(sender, child); /* though it is gone */
	ck_assert_int_eq(message_receive_from(here, &message, 1u << MESSAGE_DISABLED, &sender), MESSAGE_NONE);
}
END_TEST

START_TEST(descriptors_are_closed)
{
	union message message;
	pid_t sender = -1;
	int before = unit_descriptors();

	/* a newer kernel does not even let them be sent */
	if (child_sends(here) == -1) {
		ck_assert_int_eq(errno, EPERM);
		ck_assert_int_eq(message_receive_from(here, &message, 1u << MESSAGE_DISABLED, &sender), MESSAGE_NONE);
	} else {
		ck_assert_int_eq(message_receive_from(here, &message, 1u << MESSAGE_DISABLED, &sender), MESSAGE_BAD);
	}
	ck_assert_int_eq(unit_descriptors(), before);
	ck_assert_int_eq(sender, -1);
}
END_TEST

/* As the plain reader: the content is checked alike. */
START_TEST(refused_like_any_other)
{
	struct message_disabled disabled = {.disabled = 1};
	union message message;
	pid_t sender = -1;

	ck_assert_int_eq(message_send(there, MESSAGE_DISABLED, &disabled, sizeof(disabled) - 1, -1), 0);
	ck_assert_int_eq(message_receive_from(here, &message, ~0u, &sender), MESSAGE_BAD);
	ck_assert_int_eq(message_send(there, MESSAGE_DISABLED, &disabled, sizeof(disabled), -1), 0);
	ck_assert_int_eq(message_receive_from(here, &message, 1u << MESSAGE_LOG, &sender), MESSAGE_BAD);
	close(there);
	there = -1;
	ck_assert_int_eq(message_receive_from(here, &message, ~0u, &sender), MESSAGE_CLOSED);
	ck_assert_int_eq(sender, -1);
}
END_TEST

/* What is read from a descriptor on which the kernel was not asked for the sender has none. */
START_TEST(not_identified)
{
	struct message_disabled disabled = {.disabled = 1};
	union message message;
	pid_t sender = -1;

	ck_assert_int_eq(message_send(here, MESSAGE_DISABLED, &disabled, sizeof(disabled), -1), 0);
	ck_assert_int_eq(message_receive_from(there, &message, ~0u, &sender), MESSAGE_BAD);
	ck_assert_int_eq(sender, -1);
}
END_TEST

int
main(void)
{
	Suite *suite = suite_create("message sender");
	TCase *tcase = unit_case(suite, "message sender");

	tcase_set_tags(tcase, UNIT_NATIVE);
	tcase_add_checked_fixture(tcase, setup, teardown);
	tcase_add_test(tcase, own_and_inherited);
	tcase_add_test(tcase, descriptors_are_closed);
	tcase_add_test(tcase, refused_like_any_other);
	tcase_add_test(tcase, not_identified);
	return unit_run(suite);
}
