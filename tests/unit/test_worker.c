/*
 * Workers that cannot be started: a shortage passes, and then they are, without any other event.
 */
#include <check.h>
#include <errno.h>
#include <event2/event.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "../../common/log.h"
#include "../../supervisor/worker.h"
#include "findings.h"

static const char text[] = "checks:\n"
			   "- {name: a, args: {method: tcp, host: 127.0.0.1, port: 1, timeout: 1}, prefixes: [192.0.2.1],\n"
			   "   interval: 3600, splay: false}\n";

static const struct identity identity;
static struct event_base *base;
static struct config *config;
static struct ledger *ledger;
static struct workers *workers;
static struct check checked;
static char libexec[] = "/tmp/exacheck-test-XXXXXX";
static char program[64];

static void
no_log(enum log_level level, const char *subject, const char *line)
{
	(void)level;
	(void)subject;
	(void)line;
}

static void
observe(void *context, const struct transition *transition)
{
	(void)context;
	(void)transition;
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

static void
setup(void)
{
	struct diagnostics *diagnostics = diagnostics_new("test.yaml");

	log_set_sink(no_log);
	program_write();
	ck_assert_ptr_nonnull(diagnostics);
	config = config_parse("test.yaml", text, strlen(text), diagnostics);
	ck_assert_ptr_nonnull(config);
	diagnostics_free(diagnostics);
	base = event_base_new();
	ledger = ledger_new();
	ck_assert(base != NULL && ledger != NULL);
	workers = workers_new(base, &identity, libexec);
	ck_assert_ptr_nonnull(workers);
	check_init(&checked, &config->checks[0], 0, ledger, observe, NULL);
}

static void
teardown(void)
{
	workers_stop(workers);
	while (wait(NULL) > 0)
		;
	workers_free(workers);
	ledger_free(ledger);
	event_base_free(base);
	config_free(config);
	unlink(program);
	rmdir(libexec);
}

/* Let the loop run until there is a child or time is up. */
static bool
child_started(double seconds)
{
	monotime_t end = monotime_add(monotime_now(), (int64_t)(seconds * NS_PER_SECOND));
	const struct timeval step = {0, 10000};
	siginfo_t info;

	do {
		ck_assert_int_eq(event_base_loopexit(base, &step), 0);
		ck_assert_int_ne(event_base_dispatch(base), -1);
		if (waitid(P_ALL, 0, &info, WEXITED | WNOHANG | WNOWAIT) == 0)
			return true;
		ck_assert_int_eq(errno, ECHILD);
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

int
main(void)
{
	Suite *suite = suite_create("worker");
	TCase *tcase = tcase_create("worker");

	tcase_set_timeout(tcase, 30);
	tcase_add_checked_fixture(tcase, setup, teardown);
	tcase_add_test(tcase, started_at_once);
	tcase_add_test(tcase, started_after_a_shortage_of_descriptors);
	suite_add_tcase(suite, tcase);
	return run_suite(suite);
}
