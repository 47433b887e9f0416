/*
 * The file method on a directory of its own: every combination of what is asked for and what is there.
 */
#include <check.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/time.h>

#include "../../workers/file.c" /* its worker_method: one to a program */
#include "unit.h"

static char directory[] = "/tmp/exacheck-file-XXXXXX";
static struct file_args args;
static struct result result;

static char *
path_of(const char *name)
{
	char *path;

	ck_assert_int_ne(asprintf(&path, "%s/%s", directory, name), -1);
	return path;
}

static void
setup(void)
{
	ck_assert_ptr_nonnull(mkdtemp(directory));
	options_set_defaults(method_file.options, &args);
}

static void
teardown(void)
{
	char *command;

	ck_assert_int_ne(asprintf(&command, "rm -rf %s", directory), -1);
	ck_assert_int_eq(system(command), 0);
	free(command);
	options_free(method_file.options, &args);
	pattern_free(pattern);
	free(parent);
	pattern = NULL;
	parent = NULL;
}

static void
write_file(const char *name, const char *content, size_t length)
{
	char *path = path_of(name);
	FILE *file = fopen(path, "w");

	ck_assert_ptr_nonnull(file);
	ck_assert_uint_eq(fwrite(content, 1, length, file), length);
	ck_assert_int_eq(fclose(file), 0);
	free(path);
}

static void
verdict(const char *name, enum result_code code, enum reason reason)
{
	char error[OPTION_ERROR_SIZE];

	args.path = path_of(name);
	ck_assert_msg(file_prepare(&args, "check", error), "%s", error);
	file_execute(&args, monotime_add(monotime_now(), NS_PER_SECOND), &result);
	ck_assert_msg(result.code == code && result.reason == reason, "%s: %s %s: %s", name, result_code_name(result.code),
	    reason_name(result.reason), result.text);
}

START_TEST(present)
{
	write_file("f", "x", 1);
	verdict("f", RESULT_PASS, REASON_OK);
}
END_TEST

START_TEST(present_and_should_not)
{
	write_file("f", "x", 1);
	args.exists = false;
	verdict("f", RESULT_FAIL, REASON_PRESENT);
}
END_TEST

START_TEST(missing)
{
	verdict("f", RESULT_FAIL, REASON_MISSING);
}
END_TEST

START_TEST(missing_as_it_should)
{
	args.exists = false;
	verdict("f", RESULT_PASS, REASON_OK);
}
END_TEST

/* Without its directory a file is missing, but its absence proves nothing. */
START_TEST(directory_missing)
{
	args.exists = _i == 0;
	verdict("no/f", _i == 0 ? RESULT_FAIL : RESULT_ERROR, REASON_MISSING);
}
END_TEST

START_TEST(dangling_link_is_missing)
{
	char *path = path_of("link");

	ck_assert_int_eq(symlink("nowhere", path), 0);
	free(path);
	verdict("link", RESULT_FAIL, REASON_MISSING);
}
END_TEST

START_TEST(directory_unreadable)
{
	char *path = path_of("closed");

	ck_assert_int_eq(mkdir(path, 0), 0);
	free(path);
	args.exists = _i == 0;
	if (geteuid() == 0)
		ck_assert_int_eq(seteuid(65534), 0);
	ck_assert_int_eq(geteuid() == 0, 0);
	verdict("closed/f", RESULT_ERROR, REASON_PERMISSION);
	ck_assert_int_eq(seteuid(getuid()), 0);
}
END_TEST

START_TEST(age)
{
	char *path = path_of("f");
	struct timeval times[2];

	write_file("f", "x", 1);
	gettimeofday(&times[0], NULL);
	times[0].tv_sec -= 3600;
	times[1] = times[0];
	ck_assert_int_eq(utimes(path, times), 0);
	free(path);
	args.max_age_ns = (_i == 0 ? 3000 : 4000) * NS_PER_SECOND;
	verdict("f", _i == 0 ? RESULT_FAIL : RESULT_PASS, _i == 0 ? REASON_AGE : REASON_OK);
}
END_TEST

/* The pattern's last byte is the last that is looked at, or the first that is not. */
START_TEST(content_is_bounded)
{
	static char content[CONTENT_MAX + 1];

	memset(content, 'a', sizeof(content));
	memcpy(content + CONTENT_MAX - 6 + _i, "needle", 6);
	write_file("f", content, sizeof(content));
	args.contains = strdup("needle");
	verdict("f", _i == 0 ? RESULT_PASS : RESULT_FAIL, _i == 0 ? REASON_OK : REASON_PATTERN);
}
END_TEST

/* Opening a FIFO without a writer would block. */
START_TEST(fifo_does_not_block)
{
	char *path = path_of("fifo");

	ck_assert_int_eq(mkfifo(path, 0600), 0);
	free(path);
	args.contains = strdup("x");
	verdict("fifo", RESULT_FAIL, REASON_PATTERN);
}
END_TEST

int
main(void)
{
	Suite *suite = suite_create("file worker");
	TCase *tests = unit_case(suite, "file");

	tcase_add_checked_fixture(tests, setup, teardown);
	tcase_add_test(tests, present);
	tcase_add_test(tests, present_and_should_not);
	tcase_add_test(tests, missing);
	tcase_add_test(tests, missing_as_it_should);
	tcase_add_loop_test(tests, directory_missing, 0, 2);
	tcase_add_test(tests, dangling_link_is_missing);
	tcase_add_loop_test(tests, directory_unreadable, 0, 2);
	tcase_add_loop_test(tests, age, 0, 2);
	tcase_add_loop_test(tests, content_is_bounded, 0, 2);
	tcase_add_test(tests, fifo_does_not_block);
	return unit_run(suite);
}
