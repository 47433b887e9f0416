/*
 * command_run(): verdicts, output, and that nothing it started is left, however it tried to get away.
 */
#include <check.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "../../workers/command.h"
#include "unit.h"

static char path[] = "PATH=/usr/local/bin:/usr/bin:/bin", colour[] = "COLOUR=deep blue";
static char *const environment[] = {path, colour, NULL};
static struct result result;

static void
run(const char *command, int64_t limit_ns)
{
	memset(&result, 0, sizeof(result));
	ck_assert_int_eq(
	    command_run(command, environment, monotime_add(monotime_now(), limit_ns), -1, &result), COMMAND_ENDED);
}

static void
verdict(const char *command, enum result_code code, enum reason reason, const char *text)
{
	run(command, 20 * NS_PER_SECOND);
	ck_assert_msg(result.code == code && result.reason == reason, "%s: %s", command, result.text);
	ck_assert_str_eq(result.text, text);
}

static bool
no_child(void)
{
	return waitpid(-1, NULL, WNOHANG) == -1 && errno == ECHILD;
}

START_TEST(verdicts)
{
	verdict("true", RESULT_PASS, REASON_OK, "exit status 0");
	verdict("echo fine", RESULT_PASS, REASON_OK, "exit status 0: fine");
	verdict("exit 7", RESULT_FAIL, REASON_EXIT, "exit status 7");
	verdict("kill -KILL $$", RESULT_FAIL, REASON_SIGNAL, "command ended by signal 9 (Killed)");
	verdict("echo; echo first; echo second; exit 3", RESULT_FAIL, REASON_EXIT, "exit status 3: first");
	verdict("echo error >&2; exit 3", RESULT_FAIL, REASON_EXIT, "exit status 3: error");
	verdict("read line && exit 1; echo \"$COLOUR\"", RESULT_PASS, REASON_OK, "exit status 0: deep blue");
}
END_TEST

START_TEST(much_output)
{
	verdict("head -c 10000000 /dev/zero | tr '\\0' '\\n'; exit 4", RESULT_FAIL, REASON_EXIT, "exit status 4");
	run("yes", NS_PER_SECOND / 5);
	ck_assert_int_eq(result.reason, REASON_TIMEOUT);
}
END_TEST

/* Signals that we ignore or block, and descriptors that we forgot to mark, are not the command's. */
START_TEST(clean_start)
{
	sigset_t mask;
	int fd = open("/dev/null", O_RDONLY);

	ck_assert_int_gt(fd, STDERR_FILENO);
	signal(SIGPIPE, SIG_IGN);
	sigemptyset(&mask);
	sigaddset(&mask, SIGTERM);
	sigprocmask(SIG_BLOCK, &mask, NULL);
	verdict("for fd in $(seq 3 64); do test ! -e /proc/$$/fd/$fd || echo $fd; done", RESULT_PASS, REASON_OK,
	    "exit status 0");
	/* 1 and 8 as the ninth and eighth digit from the end: signals 32 and 33, which belong to the C library */
	verdict("grep -E 'SigIgn|SigBlk' /proc/self/status | grep -vE '0000000[01][08]0000000' && exit 1; true", RESULT_PASS,
	    REASON_OK, "exit status 0");
	close(fd);
}
END_TEST

static const char *const escapes[] = {
	"sleep 600 & true",
	"setsid sleep 600 & sleep 0.1",
	"setsid sh -c 'setsid sleep 600 & sleep 600' & sleep 0.1; exit 1",
	"sh -c 'trap \"\" TERM INT HUP; sleep 600; sleep 600' & true",
	"sleep 600 & kill -STOP $!; true",
};

START_TEST(nothing_is_left)
{
	monotime_t start = monotime_now();

	run(escapes[_i], 60 * NS_PER_SECOND);
	ck_assert_int_ne(result.reason, REASON_TIMEOUT);
	ck_assert_int_lt(monotime_sub(monotime_now(), start), 30 * NS_PER_SECOND);
	ck_assert(no_child());
}
END_TEST

START_TEST(timeout_ends_everything)
{
	monotime_t start = monotime_now();

	run("trap '' TERM; setsid sleep 600 & sleep 600; sleep 600", NS_PER_SECOND / 4);
	ck_assert_int_eq(result.code, RESULT_FAIL);
	ck_assert_int_eq(result.reason, REASON_TIMEOUT);
	ck_assert_int_ge(monotime_sub(monotime_now(), start), NS_PER_SECOND / 4);
	ck_assert_int_lt(monotime_sub(monotime_now(), start), 20 * NS_PER_SECOND);
	ck_assert(no_child());
}
END_TEST

START_TEST(stop_ends_everything)
{
	int ends[2];

	ck_assert_int_eq(pipe2(ends, O_CLOEXEC), 0);
	close(ends[1]); /* hung up: as when the worker has gone */
	ck_assert_int_eq(command_run("sleep 600 & sleep 600", environment, monotime_add(monotime_now(), 60 * NS_PER_SECOND),
	    ends[0], &result), COMMAND_STOPPED);
	close(ends[0]);
	ck_assert(no_child());
}
END_TEST

START_TEST(descriptors_do_not_leak)
{
	int before = dup(STDIN_FILENO), after;

	ck_assert_int_ge(before, 0);
	close(before);
	for (int i = 0; i < 20; i++) {
		run("true", 20 * NS_PER_SECOND);
		run("sleep 600", NS_PER_SECOND / 100);
	}
	after = dup(STDIN_FILENO);
	close(after);
	ck_assert_int_eq(before, after);
}
END_TEST

int
main(void)
{
	Suite *suite = suite_create("command");
	TCase *tests = unit_case(suite, "run");

	tcase_set_tags(tests, UNIT_NATIVE);
	tcase_add_test(tests, verdicts);
	tcase_add_test(tests, much_output);
	tcase_add_test(tests, clean_start);
	tcase_add_loop_test(tests, nothing_is_left, 0, COUNT(escapes));
	tcase_add_test(tests, timeout_ends_everything);
	tcase_add_test(tests, stop_ends_everything);
	tcase_add_test(tests, descriptors_do_not_leak);
	return unit_run(suite);
}
