/*
 * Hooks, run by a double of worker-shell that runs commands as it does or does what no honest worker does: order, what
 * goes on beside what, bounds, and shortages that pass.
 */
#include <check.h>
#include <event2/event.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "../../common/message.h"
#include "../../supervisor/hook.h"
#include "../../supervisor/launcher.h"
#include "shell_double.h"
#include "unit.h"

#define TIMEOUT_NS (30 * NS_PER_SECOND)
#define OUTPUT_SIZE (256 * 1024)
#define LOG_SIZE (64 * 1024)

static const struct identity identity = {.sandbox = SANDBOX_LEVEL_OFF};
static struct event_base *base;
static struct launcher *launcher;
static struct hooks *hooks;
static char directory[] = "/tmp/exacheck-test-XXXXXX"; /* where the double is, and where commands run */
static char logged[LOG_SIZE];

static void
keep_log(enum log_level level, const char *subject, const char *line)
{
	size_t length = strlen(logged);

	snprintf(logged + length, sizeof(logged) - length, "%s %s: %s\n", log_level_name(level),
	    subject != NULL ? subject : "-", line);
}

static unsigned
log_count(const char *text)
{
	unsigned count = 0;

	for (const char *next = logged; (next = strstr(next, text)) != NULL; next++)
		count++;
	return count;
}

static const char *
in_directory(const char *name)
{
	static char path[256];

	snprintf(path, sizeof(path), "%s/%s", directory, name);
	return path;
}

static void
file_make(const char *name)
{
	ck_assert_int_eq(close(open(in_directory(name), O_CREAT | O_WRONLY, 0644)), 0);
}

/* What the commands wrote by now. */
static const char *
output(void)
{
	static char text[OUTPUT_SIZE];
	FILE *file = fopen(in_directory("out"), "r");

	text[0] = '\0';
	if (file == NULL)
		return text;
	text[fread(text, 1, sizeof(text) - 1, file)] = '\0';
	fclose(file);
	return text;
}

static unsigned
output_lines(void)
{
	unsigned lines = 0;

	for (const char *text = output(); (text = strchr(text, '\n')) != NULL; text++)
		lines++;
	return lines;
}

/* This program as the spawner: see shell_double.h. */
static void
program_link(void)
{
	char self[4096];
	ssize_t length = readlink("/proc/self/exe", self, sizeof(self) - 1);

	ck_assert_int_gt(length, 0);
	self[length] = '\0';
	ck_assert_int_eq(symlink(self, in_directory("worker-shell")), 0);
}

static void
setup_without_program(void)
{
	log_set_sink(keep_log);
	log_set_level(LOG_LEVEL_DEBUG);
	ck_assert_ptr_nonnull(mkdtemp(directory));
	base = event_base_new();
	ck_assert_ptr_nonnull(base);
	launcher = launcher_start(&(struct launcher_paths){.libexec = directory});
	ck_assert(launcher != NULL && launcher_attach(launcher, base));
	hooks = hooks_new(base, &identity, launcher);
	ck_assert_ptr_nonnull(hooks);
}

static void
setup(void)
{
	setup_without_program();
	program_link();
}

static void
teardown(void)
{
	static const char *const files[] = {"worker-shell", "out", "go"};

	hooks_stop(hooks);
	hooks_free(hooks);
	launcher_free(launcher);
	while (wait(NULL) > 0) /* for ever, if a process was not killed */
		;
	event_base_free(base);
	for (size_t i = 0; i < COUNT(files); i++)
		unlink(in_directory(files[i]));
	ck_assert_int_eq(rmdir(directory), 0);
}

static void
turn(void)
{
	const struct timeval step = monotime_timeval(10 * NS_PER_MILLISECOND);
	pid_t pid;
	int status;

	ck_assert_int_eq(event_base_loopexit(base, &step), 0);
	ck_assert_int_ne(event_base_dispatch(base), -1);
	while ((pid = waitpid(-1, &status, WNOHANG)) > 0)
		if (!launcher_reaped(launcher, pid, status))
			hooks_reaped(hooks, pid, status);
}

static void
turns(double seconds)
{
	monotime_t end = monotime_add(monotime_now(), (int64_t)(seconds * NS_PER_SECOND));

	while (monotime_before(monotime_now(), end))
		turn();
}

/* Let the loop run until the condition holds, which it must some time. */
#define WAIT_UNTIL(CONDITION) \
	do { \
		monotime_t end_ = monotime_add(monotime_now(), 20 * NS_PER_SECOND); \
		while (!(CONDITION) && monotime_before(monotime_now(), end_)) \
			turn(); \
		ck_assert_msg((CONDITION), "%s; log:\n%s\noutput:\n%.2000s", #CONDITION, logged, output()); \
	} while (0)

static bool
all_done(void)
{
	return hooks_active(hooks) + hooks_waiting(hooks) == 0;
}

static void
run_with(const char *name, const char *command, const char *prefixes, int64_t timeout_ns)
{
	const struct hook hook = {.name = name, .key = "down", .command = command, .state = "DOWN", .prefixes = prefixes,
	    .reason = "refused: port 80", .timeout_ns = timeout_ns};

	ck_assert(hooks_run(hooks, &hook));
}

static void
run(const char *name, const char *command)
{
	run_with(name, command, "192.0.2.1/32 192.0.2.2/32", TIMEOUT_NS);
}

/* Waits for the file "go". */
#define BLOCKS "while ! test -e go; do sleep 0.02; done; "

START_TEST(a_run_has_its_environment)
{
	run("web v4", "echo \"$STATE|$CHECK|$PREFIXES|$REASON\" >> out");
	WAIT_UNTIL(all_done());
	ck_assert_str_eq(output(), "DOWN|web v4|192.0.2.1/32 192.0.2.2/32|refused: port 80\n");
	ck_assert_uint_eq(log_count("warning"), 0);
}
END_TEST

START_TEST(runs_of_a_name_keep_their_order)
{
	char command[64], expected[256] = "";

	for (int i = 0; i < 5; i++) {
		snprintf(command, sizeof(command), "sleep 0.%d; echo %d >> out", i == 0 ? 2 : 0, i);
		run("a", command);
		snprintf(expected + strlen(expected), 16, "%d\n", i);
	}
	while (!all_done()) {
		ck_assert_uint_le(hooks_active(hooks), 1);
		turn();
	}
	ck_assert_str_eq(output(), expected);
}
END_TEST

START_TEST(one_that_hangs_holds_up_its_own_name_only)
{
	run("a", BLOCKS "echo a >> out");
	run("a", "echo second >> out");
	run("b", "echo b >> out");
	run("b", "echo b >> out");
	WAIT_UNTIL(output_lines() == 2 && hooks_active(hooks) == 1);
	ck_assert_str_eq(output(), "b\nb\n");
	ck_assert_uint_eq(hooks_waiting(hooks), 1);
	file_make("go");
	WAIT_UNTIL(all_done());
	ck_assert_str_eq(output(), "b\nb\na\nsecond\n");
}
END_TEST

START_TEST(so_many_at_once_and_the_rest_in_turn)
{
	char name[16];

	for (int i = 0; i < 3 * HOOKS_AT_ONCE; i++) {
		snprintf(name, sizeof(name), "%d", i);
		run(name, BLOCKS "echo x >> out");
	}
	WAIT_UNTIL(hooks_active(hooks) == HOOKS_AT_ONCE);
	turns(0.1);
	ck_assert_uint_eq(hooks_active(hooks), HOOKS_AT_ONCE);
	ck_assert_uint_eq(hooks_waiting(hooks), 2 * HOOKS_AT_ONCE);
	file_make("go");
	WAIT_UNTIL(all_done());
	ck_assert_uint_eq(output_lines(), 3 * HOOKS_AT_ONCE);
}
END_TEST

START_TEST(the_oldest_that_wait_are_dropped)
{
	char command[64], expected[1024] = "first\n";

	run("a", BLOCKS "echo first >> out");
	WAIT_UNTIL(hooks_active(hooks) == 1);
	for (int i = 0; i < HOOKS_WAITING + 6; i++) {
		snprintf(command, sizeof(command), "echo %d >> out", i);
		run("a", command);
		if (i >= 6)
			snprintf(expected + strlen(expected), 16, "%d\n", i);
	}
	ck_assert_uint_eq(hooks_waiting(hooks), HOOKS_WAITING);
	file_make("go");
	WAIT_UNTIL(all_done());
	ck_assert_str_eq(output(), expected);
	ck_assert_uint_eq(log_count("warning a: 1 of its hooks was dropped"), 1);
	ck_assert_uint_eq(log_count("warning a: 5 of its hooks were dropped"), 1);
}
END_TEST

START_TEST(failures_are_told)
{
	run("a", "echo 'disk \a full' >&2; exit 3");
	run("a", "true");
	run_with("b", "sleep 60", "", 100 * NS_PER_MILLISECOND);
	WAIT_UNTIL(all_done());
	ck_assert_uint_eq(log_count("warning a: hook down failed (exit): exit status 3: disk ? full"), 1);
	ck_assert_uint_eq(log_count("debug a: hook down: exit status 0"), 1);
	ck_assert_uint_eq(log_count("warning b: hook down failed (timeout): "), 1);
}
END_TEST

static const struct {
	const char *command, *told;
} liars[] = {
	{"@silent", "no result in time"},
	{"@dies", "its process died"},
	{"@early", "broke the protocol"},
	{"@again", "broke the protocol"},
	{"@flood", "broke the protocol"},
	{"@garbage", "broke the protocol"},
	{"@wrong", "broke the protocol"},
	{"@disabled", "broke the protocol"},
	{"@other", "broke the protocol"},
};

START_TEST(whatever_a_process_does_the_next_has_its_turn)
{
	run_with("a", liars[_i].command, "", 100 * NS_PER_MILLISECOND);
	run("a", "echo next >> out");
	WAIT_UNTIL(all_done());
	ck_assert_str_eq(output(), "next\n");
	ck_assert_uint_eq(log_count("warning a: hook down failed"), 1);
	ck_assert_uint_eq(log_count(liars[_i].told), 1);
}
END_TEST

START_TEST(what_is_forgotten_does_not_begin)
{
	run("a", "echo first >> out; " BLOCKS);
	run("a", "echo second >> out");
	run("b", "echo other >> out; " BLOCKS);
	WAIT_UNTIL(output_lines() == 2);
	hooks_forget(hooks, "a");
	hooks_forget(hooks, "nobody");
	ck_assert_uint_eq(hooks_waiting(hooks), 0);
	file_make("go");
	WAIT_UNTIL(all_done());
	ck_assert_uint_eq(output_lines(), 2);
	ck_assert_uint_eq(log_count("failed"), 0); /* what had begun went on */
}
END_TEST

START_TEST(prefixes_that_do_not_fit_are_cut_between_two)
{
	enum { PREFIXES = 20000 };
	char *prefixes = malloc(PREFIXES * 16 + 1), *end;
	unsigned long length;

	ck_assert_ptr_nonnull(prefixes);
	end = prefixes;
	for (int i = 0; i < PREFIXES; i++)
		end += sprintf(end, "10.%03d.%03d.0/24 ", i / 250, i % 250);
	run_with("a", "echo ${#PREFIXES} ${PREFIXES##* } >> out", prefixes, TIMEOUT_NS);
	free(prefixes);
	WAIT_UNTIL(all_done());
	length = strtoul(output(), &end, 10);
	ck_assert_uint_gt(length, 100000);
	ck_assert_uint_lt(length, 131072);
	ck_assert_uint_eq(length % 16, 15); /* whole ones, and blanks between them */
	ck_assert_int_eq(strncmp(end, " 10.", 4), 0);
	ck_assert_uint_eq(strlen(end), sizeof(" 10.000.000.0/24\n") - 1);
	ck_assert_uint_eq(log_count("PREFIXES has room for"), 1);
}
END_TEST

/* Shortages. */

START_TEST(run_when_the_program_works_again)
{
	FILE *file = fopen(in_directory("worker-shell"), "w");

	ck_assert_ptr_nonnull(file);
	fputs("#!/bin/sh\nexit 1\n", file);
	ck_assert_int_eq(fclose(file), 0);
	ck_assert_int_eq(chmod(in_directory("worker-shell"), 0755), 0);
	run("a", "echo a >> out");
	WAIT_UNTIL(log_count("spawner of method shell ended") > 0);
	turns(0.5);
	ck_assert_uint_eq(hooks_waiting(hooks) + hooks_active(hooks), 1);
	ck_assert_uint_le(log_count("spawner of method shell ended"), 3); /* at once, after 1, 2, 4 s … */
	ck_assert_int_eq(unlink(in_directory("worker-shell")), 0);
	program_link();
	WAIT_UNTIL(all_done());
	ck_assert_str_eq(output(), "a\n");
}
END_TEST

START_TEST(run_when_there_are_descriptors_again)
{
	struct rlimit limit;
	rlim_t before;
	int free_fd = dup(STDERR_FILENO);

	close(free_fd);
	ck_assert_int_eq(getrlimit(RLIMIT_NOFILE, &limit), 0);
	before = limit.rlim_cur;
	limit.rlim_cur = (rlim_t)free_fd;
	ck_assert_int_eq(setrlimit(RLIMIT_NOFILE, &limit), 0);
	run("a", "echo a >> out");
	run("b", "echo b >> out");
	turns(0.3);
	ck_assert_uint_eq(hooks_waiting(hooks), 2);
	limit.rlim_cur = before;
	ck_assert_int_eq(setrlimit(RLIMIT_NOFILE, &limit), 0);
	WAIT_UNTIL(all_done());
	ck_assert_uint_eq(output_lines(), 2);
}
END_TEST

/* Descriptors for some at a time: said once, not with each. */
START_TEST(a_shortage_that_comes_and_goes_is_told_once)
{
	struct rlimit limit;
	rlim_t before;
	int free_fd;

	run("a", "echo a >> out");
	WAIT_UNTIL(all_done());
	free_fd = dup(STDERR_FILENO);
	close(free_fd);
	ck_assert_int_eq(getrlimit(RLIMIT_NOFILE, &limit), 0);
	before = limit.rlim_cur;
	limit.rlim_cur = (rlim_t)free_fd + 3;
	ck_assert_int_eq(setrlimit(RLIMIT_NOFILE, &limit), 0);
	run("a", "sleep 0.1");
	run("b", "sleep 0.1");
	run("c", "sleep 0.1");
	WAIT_UNTIL(all_done());
	limit.rlim_cur = before;
	ck_assert_int_eq(setrlimit(RLIMIT_NOFILE, &limit), 0);
	ck_assert_uint_eq(log_count("hooks cannot be run now, and wait"), 1);
}
END_TEST

/* The double ends instead of making a process, and then once more when it has made one. */
START_TEST(run_once_though_the_spawner_ends)
{
	char name[16];

	file_make("ends");
	file_make("made");
	for (int i = 0; i < 3; i++) {
		snprintf(name, sizeof(name), "%d", i);
		run(name, "echo x >> out");
	}
	WAIT_UNTIL(all_done());
	ck_assert_uint_eq(output_lines(), 3);
	ck_assert_uint_ge(log_count("hooks cannot be run now, and wait"), 1);
	ck_assert_uint_eq(log_count("hook down failed"), 0);
}
END_TEST

START_TEST(nothing_begins_while_paused)
{
	hooks_pause(hooks, true);
	run("a", "echo a >> out");
	turns(0.2);
	ck_assert(hooks_quiet(hooks));
	ck_assert_uint_eq(hooks_waiting(hooks), 1);
	hooks_pause(hooks, false);
	WAIT_UNTIL(all_done());
	ck_assert_str_eq(output(), "a\n");
}
END_TEST

START_TEST(the_end_kills_what_runs)
{
	run("a", "echo $$ >> out; sleep 600");
	run("a", "echo a >> out");
	WAIT_UNTIL(output_lines() == 1);
	hooks_stop(hooks);
	ck_assert(all_done());
	run("a", "echo a >> out"); /* to no effect */
	turns(0.1);
	ck_assert(all_done());
	ck_assert_uint_eq(output_lines(), 1);
}
END_TEST

/* State. */

static const struct {
	const char *line;
	bool valid;
} states[] = {
	{"{\"name\":\"a\",\"key\":\"up\",\"command\":\"x\",\"state\":\"UP\",\"prefixes\":\"\",\"reason\":\"\","
	 "\"timeout_ns\":1,\"phase\":0}", true},
	{"{\"name\":\"a\",\"key\":\"up\",\"command\":\"x\",\"state\":\"UP\",\"prefixes\":\"\",\"reason\":\"\","
	 "\"timeout_ns\":1,\"phase\":3,\"pid\":2,\"fd\":1}", true},
	{"{\"name\":\"a\",\"key\":\"up\",\"command\":\"x\",\"state\":\"UP\",\"prefixes\":\"\",\"reason\":\"\","
	 "\"timeout_ns\":1,\"phase\":4}", false},
	{"{\"name\":\"a\",\"key\":\"up\",\"command\":\"x\",\"state\":\"UP\",\"prefixes\":\"\",\"reason\":\"\"}", false},
	{"{\"name\":\"a\",\"key\":\"up\",\"state\":\"UP\",\"prefixes\":\"\",\"reason\":\"\",\"timeout_ns\":1}", false},
	{"{\"name\":1,\"key\":\"up\",\"command\":\"x\",\"state\":\"UP\",\"prefixes\":\"\",\"reason\":\"\","
	 "\"timeout_ns\":1}", false},
	{"{}", false},
};

START_TEST(states_are_judged)
{
	char error[STATE_ERROR_SIZE] = "";
	json_t *map = json_loads(states[_i].line, 0, NULL);

	ck_assert_ptr_nonnull(map);
	ck_assert_int_eq(hook_state_valid(map, error), states[_i].valid);
	ck_assert_int_eq(error[0] == '\0', states[_i].valid);
	json_decref(map);
}
END_TEST

static bool
hook_read(void *context, const json_t *map, char error[static STATE_ERROR_SIZE])
{
	(void)context;
	return hooks_load(hooks, map, true, error);
}

static void
hooks_read(FILE *file)
{
	static const struct state_reader readers[] = {{"hook", hook_read}, {NULL, NULL}};
	char error[STATE_ERROR_SIZE] = "";

	ck_assert(state_write(file, "end", json_object()));
	ck_assert_int_eq(fflush(file), 0);
	ck_assert_msg(state_read(fileno(file), readers, NULL, error), "%s", error);
	fclose(file);
}

START_TEST(what_waits_is_handed_over_in_order)
{
	FILE *file = tmpfile();

	ck_assert_ptr_nonnull(file);
	hooks_pause(hooks, true);
	run("a", "echo 1 \"$PREFIXES\" \"$REASON\" >> out");
	run("b", "sleep 0.5; echo other >> out");
	run("a", "echo 2 >> out");
	ck_assert(hooks_save(hooks, file));
	hooks_stop(hooks);
	hooks_free(hooks);
	hooks = hooks_new(base, &identity, launcher);
	ck_assert_ptr_nonnull(hooks);
	hooks_read(file);
	ck_assert_uint_eq(hooks_waiting(hooks), 3);
	WAIT_UNTIL(all_done());
	ck_assert_str_eq(output(), "1 192.0.2.1/32 192.0.2.2/32 refused: port 80\n2\nother\n");
}
END_TEST

static bool
state_loads(pid_t pid, int fd, bool usable, char error[static STATE_ERROR_SIZE])
{
	char line[512];
	json_t *map;
	bool loaded;

	snprintf(line, sizeof(line), "{\"name\":\"a\",\"key\":\"up\",\"command\":\"echo no >> out\",\"state\":\"UP\","
	    "\"prefixes\":\"\",\"reason\":\"\",\"timeout_ns\":%lld,\"phase\":3,\"pid\":%d,\"fd\":%d,\"begun\":%lld,"
	    "\"deadline\":%lld}", TIMEOUT_NS, (int)pid, fd, (long long)monotime_now().ns,
	    (long long)monotime_add(monotime_now(), TIMEOUT_NS).ns);
	map = json_loads(line, 0, NULL);
	ck_assert_ptr_nonnull(map);
	loaded = hooks_load(hooks, map, usable, error);
	json_decref(map);
	return loaded;
}

/* Of one that runs: its process is none of ours, or there is no channel to it. */
START_TEST(what_cannot_be_taken_over_has_failed)
{
	char error[STATE_ERROR_SIZE] = "";

	ck_assert(state_loads(getppid(), _i == 0 ? STDERR_FILENO : 1000, true, error));
	ck_assert_uint_eq(log_count("warning a: hook up failed: its process could not be kept"), 1);
	run("a", "echo next >> out");
	WAIT_UNTIL(all_done());
	ck_assert_str_eq(output(), "next\n");
}
END_TEST

/* usable: it speaks this program's protocol; one that does not is ended. */
START_TEST(a_process_is_taken_over)
{
	bool usable = _i == 0;
	struct message_result result = {.code = RESULT_FAIL, .reason = REASON_EXIT, .text = "exit status 3"};
	char error[STATE_ERROR_SIZE] = "";
	int fds[2];
	pid_t pid;

	ck_assert_int_eq(socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, fds), 0);
	ck_assert_int_eq(message_identify(fds[0]), 0);
	if ((pid = fork()) == 0) {
		message_send(fds[1], MESSAGE_RESULT, &result, sizeof(result), -1);
		for (;;)
			pause();
	}
	close(fds[1]);
	ck_assert(state_loads(pid, fds[0], usable, error));
	ck_assert_uint_eq(hooks_active(hooks), usable ? 1 : 0);
	if (usable)
		ck_assert(!state_loads(pid, fds[0], usable, error)); /* two at once */
	run("a", "echo next >> out");
	WAIT_UNTIL(all_done());
	ck_assert_str_eq(output(), "next\n");
	ck_assert_uint_eq(log_count("warning a: hook up failed (exit): exit status 3"), usable ? 1 : 0);
	ck_assert_uint_eq(log_count("warning a: hook up failed: its process could not be kept"), usable ? 0 : 1);
}
END_TEST

int
main(int argc, char **argv)
{
	Suite *suite;
	TCase *runs, *liars_case, *shortages, *state;

	if (argc == 2 && strstr(argv[0], "/worker-shell") != NULL)
		return spawner_main(argv[0]);
	suite = suite_create("hook");
	runs = unit_case(suite, "runs");
	tcase_add_checked_fixture(runs, setup, teardown);
	tcase_add_test(runs, a_run_has_its_environment);
	tcase_add_test(runs, runs_of_a_name_keep_their_order);
	tcase_add_test(runs, one_that_hangs_holds_up_its_own_name_only);
	tcase_add_test(runs, so_many_at_once_and_the_rest_in_turn);
	tcase_add_test(runs, the_oldest_that_wait_are_dropped);
	tcase_add_test(runs, failures_are_told);
	tcase_add_test(runs, what_is_forgotten_does_not_begin);
	tcase_add_test(runs, prefixes_that_do_not_fit_are_cut_between_two);
	tcase_add_test(runs, nothing_begins_while_paused);
	tcase_add_test(runs, the_end_kills_what_runs);
	liars_case = unit_case(suite, "liars");
	tcase_add_checked_fixture(liars_case, setup, teardown);
	tcase_add_loop_test(liars_case, whatever_a_process_does_the_next_has_its_turn, 0, COUNT(liars));
	shortages = unit_case(suite, "shortages");
	tcase_add_checked_fixture(shortages, setup_without_program, teardown);
	tcase_add_test(shortages, run_when_the_program_works_again);
	tcase_add_test(runs, run_when_there_are_descriptors_again);
	tcase_add_test(runs, a_shortage_that_comes_and_goes_is_told_once);
	tcase_add_test(runs, run_once_though_the_spawner_ends);
	state = unit_case(suite, "state");
	tcase_add_loop_test(state, states_are_judged, 0, COUNT(states));
	tcase_add_test(runs, what_waits_is_handed_over_in_order);
	tcase_add_loop_test(runs, a_process_is_taken_over, 0, 2);
	tcase_add_loop_test(runs, what_cannot_be_taken_over_has_failed, 0, 2);
	return unit_run(suite);
}
