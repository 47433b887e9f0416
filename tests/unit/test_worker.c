/*
 * Workers that cannot be started: a shortage passes, and then they are, without any other event. Workers that
 * say that they leave: replaced at once and without a failure, but not again and again. Workers that were disabled
 * a moment ago.
 */
#include <check.h>
#include <event2/event.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "../../common/clone_sibling.h"
#include "../../common/log.h"
#include "../../common/message.h"
#include "../../supervisor/launcher.h"
#include "../../supervisor/nodes.h"
#include "../../supervisor/worker.h"
#include "unit.h"

static const char text[] = "checks:\n"
			   "- {name: a, args: {method: tcp, host: 127.0.0.1, port: 1, timeout: 1}, prefixes: [192.0.2.1],\n"
			   "   interval: 3600, splay: false}\n"
			   "- {name: b, args: {method: tcp, host: 127.0.0.1, port: 1, timeout: 1}, prefixes: [192.0.2.2],\n"
			   "   interval: 0.2, rise: 1, splay: false}\n";

static const struct identity identity;
static struct event_base *base;
static struct config *config;
static struct ledger *ledger;
static struct launcher *launcher;
static struct workers *workers;
static struct check checked;
static char libexec[] = "/tmp/exacheck-test-XXXXXX";
static char program[64], mark[64];
static struct nodes nodes;
static unsigned lost, started, passed, failed; /* as logged and observed */

static void
count_log(enum log_level level, const char *subject, const char *line)
{
	(void)level;
	(void)subject;
	lost += strstr(line, "worker lost") != NULL;
	started += strstr(line, "worker started") != NULL;
}

static void
observe(void *context, const struct transition *transition)
{
	(void)context;
	if (transition->result != NULL && transition->result->code == RESULT_PASS)
		passed++;
	else
		failed++;
}

static void
hear(void *context, const struct node_change *change)
{
	(void)context;
	(void)change;
}

/* A spawner that ends at once: that it was started is all that is looked at. */
static void
program_write(void)
{
	FILE *file;

	ck_assert_ptr_nonnull(mkdtemp(libexec));
	snprintf(program, sizeof(program), "%s/worker-tcp", libexec);
	file = fopen(program, "w");
	ck_assert_ptr_nonnull(file);
	fputs("#!/bin/sh\nexit 0\n", file);
	ck_assert_int_eq(fclose(file), 0);
	ck_assert_int_eq(chmod(program, 0755), 0);
}

/* This program as the spawner: see spawner_main. */
static void
program_link(void)
{
	char self[4096];
	ssize_t length = readlink("/proc/self/exe", self, sizeof(self) - 1);

	ck_assert_int_gt(length, 0);
	self[length] = '\0';
	ck_assert_ptr_nonnull(mkdtemp(libexec));
	snprintf(program, sizeof(program), "%s/worker-tcp", libexec);
	ck_assert_int_eq(symlink(self, program), 0);
}

static void
workers_make(size_t index)
{
	struct diagnostics *diagnostics = diagnostics_new("test.yaml");

	log_set_sink(count_log);
	log_set_level(LOG_LEVEL_TRACE);
	ck_assert_ptr_nonnull(diagnostics);
	config = config_parse("test.yaml", text, strlen(text), diagnostics);
	ck_assert_ptr_nonnull(config);
	diagnostics_free(diagnostics);
	base = event_base_new();
	ledger = ledger_new();
	ck_assert(base != NULL && ledger != NULL);
	launcher = launcher_start(&(struct launcher_paths){.libexec = libexec});
	ck_assert(launcher != NULL && launcher_attach(launcher, base));
	workers = workers_new(base, &identity, launcher);
	ck_assert_ptr_nonnull(workers);
	nodes_init(&nodes, ledger, hear, NULL);
	check_init(&checked, &config->checks[index], 1, 0, &nodes, observe, NULL);
}

static void
setup(void)
{
	program_write();
	workers_make(0);
}

static void
setup_double(void)
{
	program_link();
	workers_make(1);
}

static void
teardown(void)
{
	workers_stop(workers);
	workers_free(workers);
	launcher_free(launcher);
	while (wait(NULL) > 0)
		;
	ledger_free(ledger);
	event_base_free(base);
	config_free(config);
	if (mark[0] != '\0')
		unlink(mark);
	unlink(program);
	rmdir(libexec);
}

/* Let the loop run until a spawner was started, which ends at once, or time is up. */
static bool
child_started(double seconds)
{
	monotime_t end = monotime_add(monotime_now(), (int64_t)(seconds * NS_PER_SECOND));
	const struct timeval step = {0, 10000};
	siginfo_t info;

	do {
		ck_assert_int_eq(event_base_loopexit(base, &step), 0);
		ck_assert_int_ne(event_base_dispatch(base), -1);
		info.si_pid = 0;
		ck_assert_int_eq(waitid(P_ALL, 0, &info, WEXITED | WNOHANG | WNOWAIT), 0);
		if (info.si_pid != 0)
			return true;
	} while (monotime_before(monotime_now(), end));
	return false;
}

static void
descriptors_limit(rlim_t count)
{
	struct rlimit limit;

	ck_assert_int_eq(getrlimit(RLIMIT_NOFILE, &limit), 0);
	limit.rlim_cur = count < limit.rlim_max ? count : limit.rlim_max;
	ck_assert_int_eq(setrlimit(RLIMIT_NOFILE, &limit), 0);
}

START_TEST(started_after_a_shortage_of_descriptors)
{
	int free_fd = dup(STDERR_FILENO);

	close(free_fd);
	descriptors_limit((rlim_t)free_fd);
	ck_assert(workers_add(workers, &checked, monotime_add(monotime_now(), 3600 * NS_PER_SECOND)));
	ck_assert(!child_started(0.2));
	descriptors_limit(1024);
	ck_assert(child_started(10));
}
END_TEST

START_TEST(started_at_once)
{
	ck_assert(workers_add(workers, &checked, monotime_add(monotime_now(), 3600 * NS_PER_SECOND)));
	ck_assert(child_started(10));
}
END_TEST

/* What the double's worker does is told by files beside the program. */
#define REPORTS "reports"	/* it reports before it leaves */
#define RETURNS "returns"	/* it does not leave, but was disabled until its first grid point */

static void
double_mark(const char *name)
{
	snprintf(mark, sizeof(mark), "%s/%s", libexec, name);
	ck_assert_int_eq(close(open(mark, O_CREAT | O_WRONLY, 0644)), 0);
}

static void
loop_run(int64_t milliseconds)
{
	const struct timeval step = monotime_timeval(milliseconds * NS_PER_MILLISECOND);

	ck_assert_int_eq(event_base_loopexit(base, &step), 0);
	ck_assert_int_ne(event_base_dispatch(base), -1);
}

START_TEST(leaver_is_replaced_at_once)
{
	double_mark(REPORTS);
	ck_assert(workers_add(workers, &checked, monotime_add(monotime_now(), 100 * NS_PER_MILLISECOND)));
	for (int turn = 0; turn < 100 && passed < 5; turn++)
		loop_run(100);
	ck_assert_uint_ge(passed, 5);
	ck_assert_uint_eq(failed, 0);
	ck_assert_uint_eq(lost, 0);
	ck_assert_uint_ge(started, passed); /* another one for each */
	ck_assert_uint_le(started, passed + 2);
}
END_TEST

START_TEST(leaver_without_a_report_breaks_the_protocol)
{
	ck_assert(workers_add(workers, &checked, monotime_add(monotime_now(), 100 * NS_PER_MILLISECOND)));
	for (int turn = 0; turn < 100 && failed < 3; turn++)
		loop_run(100);
	ck_assert_uint_ge(failed, 3);
	ck_assert_uint_eq(passed, 0);
	ck_assert_uint_ge(lost, 1);
	ck_assert_uint_le(started, 6); /* at once, after 1, 2, 4 s … */
}
END_TEST

/* "disabled", told late, counts for the grid point at which the worker finds the file gone and executes after all. */
START_TEST(result_after_a_late_disabled_is_no_violation)
{
	double_mark(RETURNS);
	ck_assert(workers_add(workers, &checked, monotime_add(monotime_now(), 100 * NS_PER_MILLISECOND)));
	for (int turn = 0; turn < 100 && passed < 3; turn++)
		loop_run(100);
	ck_assert_uint_ge(passed, 3);
	ck_assert_uint_eq(lost, 0);
	ck_assert_uint_eq(started, 1);
}
END_TEST

/* Results wait while the interval becomes a long one: of the old grid, they are too early for the new one. */
START_TEST(results_of_another_grid_are_no_violation)
{
	struct check_config slower = config->checks[1];
	unsigned before;

	slower.options.interval_ns = slower.options.fast_interval_ns = 3600 * NS_PER_SECOND;
	double_mark(RETURNS);
	ck_assert(workers_add(workers, &checked, monotime_add(monotime_now(), 100 * NS_PER_MILLISECOND)));
	for (int turn = 0; turn < 100 && passed < 2; turn++)
		loop_run(20);
	before = passed;
	poll(NULL, 0, 700); /* in which it gives three or four */
	if (_i == 1) {
		workers_drain(workers);
		ck_assert_uint_ge(passed, before + 3);
	}
	checked.config = &slower;
	workers_change(workers, &checked, false);
	loop_run(100);
	ck_assert_uint_gt(passed, before);
	ck_assert_uint_eq(failed, 2); /* "disabled" and no longer */
	ck_assert_uint_eq(lost, 0);
	ck_assert_uint_eq(started, 1);
	checked.config = &config->checks[1];
}
END_TEST

static void
sleep_until(int64_t when_ns)
{
	while (monotime_before(monotime_now(), (monotime_t){when_ns}))
		poll(NULL, 0, 1);
}

/* The double's worker: disabled at first, and then a result at every grid point, the first one as well. */
static _Noreturn void
returner_main(const struct message_job *job)
{
	struct message_disabled disabled = {.disabled = 1};
	struct message_result result = {0};

	sleep_until(job->first_ns);
	message_send(CHANNEL_FD, MESSAGE_DISABLED, &disabled, sizeof(disabled), -1);
	disabled.disabled = 0;
	message_send(CHANNEL_FD, MESSAGE_DISABLED, &disabled, sizeof(disabled), -1);
	for (int64_t next_ns = job->first_ns;; next_ns += job->interval_ns) {
		sleep_until(next_ns);
		message_send(CHANNEL_FD, MESSAGE_RESULT, &result, sizeof(result), -1);
	}
}

/* The double's worker: a result at the first grid point, if at all, and then it leaves but lives on. */
static _Noreturn void
leaver_main(const struct message_job *job)
{
	struct message_result result = {0};
	struct message_leaving leaving = {0};

	sleep_until(job->first_ns);
	if (access(REPORTS, F_OK) == 0)
		message_send(CHANNEL_FD, MESSAGE_RESULT, &result, sizeof(result), -1);
	message_send(CHANNEL_FD, MESSAGE_LEAVING, &leaving, sizeof(leaving), -1);
	for (;;)
		pause();
}

static _Noreturn void
double_main(void)
{
	struct message_started hello = {0};
	struct message_job *job = message_receive_job(CHANNEL_FD);

	if (job == NULL || message_send(CHANNEL_FD, MESSAGE_STARTED, &hello, sizeof(hello), -1) == -1)
		_exit(1);
	if (access(RETURNS, F_OK) == 0)
		returner_main(job);
	leaver_main(job);
}

/* As worker-tcp: hands out the double's workers. */
static int
spawner_main(const char *path)
{
	struct message_ready ready = {.protocol = MESSAGE_PROTOCOL};
	struct pollfd pfd = {.fd = CHANNEL_FD, .events = POLLIN};
	union message message;
	char *directory = strdup(path);
	int fd;

	if (directory == NULL || strrchr(directory, '/') == NULL)
		return 1;
	*strrchr(directory, '/') = '\0';
	if (chdir(directory) == -1)
		return 1;
	free(directory);
	message_send(CHANNEL_FD, MESSAGE_READY, &ready, sizeof(ready), -1);
	while (poll(&pfd, 1, -1) == 1 && message_receive(CHANNEL_FD, &message, 1u << MESSAGE_SPAWN, &fd) == MESSAGE_OK) {
		struct message_spawned spawned = {.id = message.spawn.id};

		spawned.pid = clone_sibling();
		if (spawned.pid == 0) {
			dup2(fd, CHANNEL_FD);
			double_main();
		}
		close(fd);
		message_send(CHANNEL_FD, MESSAGE_SPAWNED, &spawned, sizeof(spawned), -1);
	}
	return 0;
}

int
main(int argc, char **argv)
{
	Suite *suite;
	TCase *tcase, *leaving;

	if (argc == 2 && strstr(argv[0], "/worker-tcp") != NULL)
		return spawner_main(argv[0]);
	suite = suite_create("worker");
	tcase = unit_case(suite, "worker");
	leaving = unit_case(suite, "leaving");
	tcase_add_checked_fixture(tcase, setup, teardown);
	tcase_add_test(tcase, started_at_once);
	tcase_add_test(tcase, started_after_a_shortage_of_descriptors);
	tcase_add_checked_fixture(leaving, setup_double, teardown);
	tcase_add_test(leaving, leaver_is_replaced_at_once);
	tcase_add_test(leaving, leaver_without_a_report_breaks_the_protocol);
	tcase_add_test(leaving, result_after_a_late_disabled_is_no_violation);
	tcase_add_loop_test(leaving, results_of_another_grid_are_no_violation, 0, 2);
	return unit_run(suite);
}
