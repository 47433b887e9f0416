/*
 * Names and directories of healthchecks, and the file that says which process one is.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "../../supervisor/instance.h"
#include "../../supervisor/pid_file.h"
#include "unit.h"

static char option[] = "--cmd", up[] = "true", down[] = "false", both[] = "--cmdtrue";
static char *web[] = {option, up}, *other[] = {option, down}, *joined[] = {both};

START_TEST(names_are_directories)
{
	static const struct {
		const char *name, *directory;
	} cases[] = {
		{"web", "/run/exacheck/healthcheck-web"},
		{"web v4", "/run/exacheck/healthcheck-web%20v4"},
		{"../web", "/run/exacheck/healthcheck-..%2Fweb"},
		{"50%", "/run/exacheck/healthcheck-50%25"},
		{"caf\xc3\xa9\n", "/run/exacheck/healthcheck-caf%C3%A9%0A"},
	};
	struct instance instance;

	unsetenv("EXACHECK_RUNTIME");
	unsetenv("RUNTIME_DIRECTORY");
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		ck_assert(instance_name(&instance, cases[i].name, 2, web));
		ck_assert_str_eq(instance.name, cases[i].name);
		ck_assert_str_eq(instance.directory, cases[i].directory);
	}
}
END_TEST

/* A number of the options: the same each time, and another one of others, or of the same put together otherwise. */
START_TEST(options_are_a_name)
{
	struct instance instance, again;

	setenv("EXACHECK_RUNTIME", "/tmp/runtime", 1);
	ck_assert(instance_name(&instance, NULL, 2, web) && instance_name(&again, "", 2, web));
	ck_assert_str_eq(instance.name, again.name);
	ck_assert_uint_eq(strlen(instance.name), 16);
	ck_assert(strncmp(instance.directory, "/tmp/runtime/healthcheck-", 25) == 0);
	ck_assert_str_eq(instance.directory + 25, instance.name);
	ck_assert(instance_name(&again, NULL, 2, other) && strcmp(instance.name, again.name) != 0);
	ck_assert(instance_name(&again, NULL, 1, joined) && strcmp(instance.name, again.name) != 0);
}
END_TEST

/* A name that there is no room for is as good as none; a directory that is too long is none. */
START_TEST(long_names)
{
	char name[300], path[PATH_MAX + 1];
	struct instance instance;

	memset(name, 'x', sizeof(name) - 1);
	name[sizeof(name) - 1] = '\0';
	ck_assert(instance_name(&instance, name, 2, web));
	ck_assert_uint_eq(strlen(instance.name), 16);
	memset(path, 'x', sizeof(path) - 1);
	path[0] = '/';
	path[sizeof(path) - 1] = '\0';
	setenv("EXACHECK_RUNTIME", path, 1);
	ck_assert(!instance_name(&instance, "web", 2, web));
}
END_TEST

START_TEST(nobody_has_what_is_not_there)
{
	char directory[] = "/tmp/exacheck-unit-XXXXXX", path[64];
	struct instance instance;
	struct stat st;

	ck_assert_ptr_nonnull(mkdtemp(directory));
	snprintf(path, sizeof(path), "%s/runtime", directory);
	setenv("EXACHECK_RUNTIME", path, 1);
	ck_assert(instance_name(&instance, "web", 2, web));
	ck_assert_int_eq(instance_taken(&instance), 0);
	ck_assert(stat(path, &st) == 0 && S_ISDIR(st.st_mode) && (st.st_mode & 07777) == 0755);
	ck_assert(stat(instance.directory, &st) == -1);
	ck_assert(rmdir(path) == 0 && rmdir(directory) == 0);
}
END_TEST

static void
file_fill(const char *path, const char *text)
{
	FILE *file = fopen(path, "w");

	ck_assert(file != NULL && fputs(text, file) >= 0 && fclose(file) == 0);
}

START_TEST(pid_file)
{
	char directory[] = "/tmp/exacheck-unit-XXXXXX", path[64], link[64], text[32] = "", expected[32];
	FILE *file;

	ck_assert_ptr_nonnull(mkdtemp(directory));
	snprintf(path, sizeof(path), "%s/pid", directory);
	snprintf(link, sizeof(link), "%s/link", directory);
	snprintf(expected, sizeof(expected), "%d\n", (int)getpid());
	file_fill(path, "a text that is longer than a number is\n");
	ck_assert(pid_file_write(path));
	file = fopen(path, "r");
	ck_assert(fread(text, 1, sizeof(text) - 1, file) > 0 && fclose(file) == 0);
	ck_assert_str_eq(text, expected);
	/* no link is followed, and a pipe or a directory is none */
	ck_assert(symlink(path, link) == 0 && !pid_file_write(link) && !pid_file_write(directory));
	ck_assert(unlink(link) == 0 && mkfifo(link, 0600) == 0 && !pid_file_write(link));
	pid_file_remove(link);
	ck_assert(unlink(link) == 0);
	pid_file_remove(path);
	ck_assert(access(path, F_OK) == -1);
	/* another process's stays */
	file_fill(path, "1\n");
	pid_file_remove(path);
	ck_assert(unlink(path) == 0);
	pid_file_remove(path);
	ck_assert(rmdir(directory) == 0);
}
END_TEST

int
main(void)
{
	const TTest *const tests[] = {names_are_directories, options_are_a_name, long_names, nobody_has_what_is_not_there,
	    pid_file};
	Suite *suite = suite_create("instances");
	TCase *tcase = unit_case(suite, "instances");

	for (size_t i = 0; i < COUNT(tests); i++)
		tcase_add_test(tcase, tests[i]);
	return unit_run(suite);
}
