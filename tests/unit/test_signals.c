/*
 * Signals as events: each reaches its handler, none is lost between turns. Each test runs in a process of its own.
 */
#include <check.h>
#include <event2/event.h>
#include <signal.h>
#include <stdbool.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

#include "../../supervisor/loop.h"
#include "../../supervisor/signals.h"

static struct event_base *base;
static int seen[NSIG];
static bool again; /* the handler sends the signal once more */

static void
note(void *context, int number)
{
	ck_assert_ptr_eq(context, seen);
	seen[number]++;
	if (again) {
		again = false;
		kill(getpid(), number);
	}
}

static const struct signal_handler handlers[] = {{SIGTERM, note}, {SIGUSR1, note}, {SIGCHLD, note}, {0, NULL}};

static void
turns(int count)
{
	while (count-- > 0)
		ck_assert_int_eq(event_base_loop(base, EVLOOP_NONBLOCK | EVLOOP_ONCE), 0);
}

static struct signals *
start(void)
{
	struct signals *signals;

	ck_assert_ptr_nonnull(base = loop_new());
	ck_assert_ptr_nonnull(signals = signals_new(base, handlers, seen));
	return signals;
}

static void
stop(struct signals *signals)
{
	signals_free(signals);
	event_base_free(base);
}

START_TEST(each_reaches_its_handler)
{
	struct signals *signals = start();

	kill(getpid(), SIGTERM);
	kill(getpid(), SIGUSR1);
	kill(getpid(), SIGCHLD);
	turns(5);
	ck_assert_int_eq(seen[SIGTERM], 1);
	ck_assert_int_eq(seen[SIGUSR1], 1);
	ck_assert_int_eq(seen[SIGCHLD], 1);
	stop(signals);
}
END_TEST

START_TEST(one_that_comes_while_it_is_handled_is_handled_again)
{
	struct signals *signals = start();

	again = true;
	kill(getpid(), SIGCHLD);
	turns(5);
	ck_assert_int_eq(seen[SIGCHLD], 2);
	stop(signals);
}
END_TEST

START_TEST(none_ends_the_process_afterwards)
{
	struct signals *signals = start();

	stop(signals);
	kill(getpid(), SIGTERM);
	ck_assert_int_eq(seen[SIGTERM], 0);
}
END_TEST

START_TEST(children_are_ours_to_reap_though_a_parent_ignored_them)
{
	struct signals *signals;
	pid_t child;
	siginfo_t info;

	signal(SIGCHLD, SIG_IGN);
	signals = start();
	ck_assert_int_ne(child = fork(), -1);
	if (child == 0) {
		close_range(3, ~0U, 0); /* what it inherited is no leak of its own */
		_exit(0);
	}
	ck_assert_int_eq(waitid(P_PID, (id_t)child, &info, WEXITED | WNOWAIT), 0);
	turns(2);
	ck_assert_int_eq(seen[SIGCHLD], 1);
	ck_assert_int_eq(waitpid(child, NULL, 0), child);
	stop(signals);
}
END_TEST

int
main(void)
{
	Suite *suite = suite_create("signals");
	TCase *tests = tcase_create("signals");
	SRunner *runner;
	int failed;

	tcase_add_test(tests, each_reaches_its_handler);
	tcase_add_test(tests, one_that_comes_while_it_is_handled_is_handled_again);
	tcase_add_test(tests, none_ends_the_process_afterwards);
	tcase_add_test(tests, children_are_ours_to_reap_though_a_parent_ignored_them);
	suite_add_tcase(suite, tests);
	runner = srunner_create(suite);
	srunner_set_fork_status(runner, CK_FORK);
	srunner_run_all(runner, CK_NORMAL);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
