/*
 * The watchdog: a loop that stands still aborts; one that turns, or that was stopped or traced from outside, does not.
 */
#include <check.h>
#include <errno.h>
#include <event2/event.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ptrace.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include "../../common/monotime.h"
#include "../../supervisor/watchdog.h"
#include "unit.h"

#define LIMIT_NS (600 * NS_PER_MILLISECOND)
#define LONG_MS 1500 /* well over the limit */

static int ready[2], words[2];

/* Not a turn of the loop, whatever signals arrive. */
static void
sleep_ms(int64_t duration_ms)
{
	monotime_t end = monotime_add(monotime_now(), duration_ms * NS_PER_MILLISECOND);
	int64_t left_ns;

	while ((left_ns = monotime_left(end, monotime_now())) > 0)
		poll(NULL, 0, (int)(left_ns / NS_PER_MILLISECOND) + 1);
}

static void
block(evutil_socket_t fd, short what, void *context)
{
	(void)fd;
	(void)what;
	(void)context;
	ck_assert_int_eq(write(ready[1], "", 1), 1);
	sleep_ms(LONG_MS);
}

static void
turn(evutil_socket_t fd, short what, void *context)
{
	(void)fd;
	(void)what;
	(void)context;
	(void)!write(ready[1], "", 1);
}

/*
 * A process with a loop under the watchdog, which lives for a while and then exits with 0; its words go to a pipe.
 * Returns when `callback` has been called.
 */
static pid_t
loop_start(event_callback_fn callback, const struct timeval *interval)
{
	const struct timeval life = {LONG_MS / 1000 + 1, 0};
	char byte;
	pid_t pid;

	ck_assert(pipe2(ready, O_NONBLOCK | O_CLOEXEC) == 0 && pipe2(words, O_NONBLOCK | O_CLOEXEC) == 0);
	if ((pid = fork()) == 0) {
		struct event_base *base = event_base_new();
		struct event *event = event_new(base, -1, EV_PERSIST, callback, NULL);

		setrlimit(RLIMIT_CORE, &(const struct rlimit){0, 0});
		dup2(words[1], STDERR_FILENO);
		event_add(event, interval);
		if (!watchdog_start(base, LIMIT_NS) || event_base_loopexit(base, &life) == -1 ||
		    event_base_dispatch(base) == -1)
			_exit(1);
		watchdog_stop();
		sleep_ms(LIMIT_NS / NS_PER_MILLISECOND * 2);
		_exit(0);
	}
	ck_assert_int_ne(pid, -1);
	ck_assert_int_eq(poll(&(struct pollfd){.fd = ready[0], .events = POLLIN}, 1, 20000), 1);
	ck_assert_int_eq(read(ready[0], &byte, 1), 1);
	return pid;
}

static int
end_await(pid_t pid)
{
	int status;

	ck_assert_int_eq(waitpid(pid, &status, 0), pid);
	return status;
}

static const struct timeval once = {0, 1000}, often = {0, 20000};

START_TEST(standing_still_aborts)
{
	monotime_t begin = monotime_now();
	pid_t pid = loop_start(block, &once);
	int status = end_await(pid);
	char text[256] = "";

	ck_assert(WIFSIGNALED(status) && WTERMSIG(status) == SIGABRT);
	ck_assert_int_ge(monotime_sub(monotime_now(), begin), LIMIT_NS);
	ck_assert_int_gt(read(words[0], text, sizeof(text) - 1), 0);
	ck_assert_str_eq(text, "exacheck: watchdog: the event loop has not turned for 0.6 s\n");
}
END_TEST

START_TEST(standing_still_aborts_when_nobody_listens)
{
	int status;
	pid_t pid;

	/* the same pipe for all: filled before the loop stands still */
	pid = loop_start(block, &once);
	while (write(words[1], words, sizeof(words)) > 0)
		;
	ck_assert_int_eq(errno, EAGAIN);
	ck_assert_int_eq(fcntl(words[1], F_SETFL, 0), 0); /* a write would block */
	status = end_await(pid);
	ck_assert(WIFSIGNALED(status) && WTERMSIG(status) == SIGABRT);
}
END_TEST

START_TEST(turning_lives)
{
	ck_assert_int_eq(end_await(loop_start(turn, &often)), 0);
}
END_TEST

START_TEST(stopped_lives)
{
	pid_t pid = loop_start(turn, &often);

	for (int i = 0; i < 3; i++) {
		ck_assert_int_eq(kill(pid, SIGSTOP), 0);
		sleep_ms(LIMIT_NS / NS_PER_MILLISECOND * (i + 1) / 2 + 50);
		ck_assert_int_eq(kill(pid, SIGCONT), 0);
	}
	ck_assert_int_eq(end_await(pid), 0);
}
END_TEST

START_TEST(traced_lives)
{
	pid_t pid = loop_start(block, &once);
	int status;

	ck_assert_int_eq(ptrace(PTRACE_SEIZE, pid, NULL, NULL), 0);
	do {
		ck_assert_int_eq(waitpid(pid, &status, 0), pid);
		if (WIFSTOPPED(status))
			ck_assert_int_eq(ptrace(PTRACE_CONT, pid, NULL, (long)WSTOPSIG(status)), 0);
	} while (WIFSTOPPED(status) && kill(pid, 0) == 0);
	ck_assert_msg(status == 0 || (WIFEXITED(status) && WEXITSTATUS(status) == 0), "wait status 0x%x", (unsigned)status);
}
END_TEST

int
main(void)
{
	Suite *suite = suite_create("watchdog");
	TCase *tcase = unit_case(suite, "watchdog");

	tcase_set_tags(tcase, UNIT_NATIVE);
	tcase_add_test(tcase, standing_still_aborts);
	tcase_add_test(tcase, standing_still_aborts_when_nobody_listens);
	tcase_add_test(tcase, turning_lives);
	tcase_add_test(tcase, stopped_lives);
	tcase_add_test(tcase, traced_lives);
	return unit_run(suite);
}
