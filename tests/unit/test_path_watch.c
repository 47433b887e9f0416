/*
 * What of a file is told, and what of its neighbours is not.
 */
#include <check.h>
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "../../workers/path_watch.h"
#include "unit.h"

static char place[] = "/tmp/exacheck-path-XXXXXX";
static char directory[64], file[128], neighbour[128];
static struct path_watch watch = PATH_WATCH_NONE;

static void
setup(void)
{
	ck_assert_ptr_nonnull(mkdtemp(place));
	snprintf(directory, sizeof(directory), "%s/directory", place);
	snprintf(file, sizeof(file), "%s/file", directory);
	snprintf(neighbour, sizeof(neighbour), "%s/file2", directory);
	ck_assert_int_eq(mkdir(directory, 0755), 0);
}

static void
teardown(void)
{
	path_watch_end(&watch);
	unlink(file);
	unlink(neighbour);
	rmdir(directory);
	rmdir(place);
}

static void
make(const char *path)
{
	int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC, 0644);

	ck_assert_int_ne(fd, -1);
	ck_assert_int_eq(write(fd, "x", 1), 1);
	ck_assert_int_eq(close(fd), 0);
}

/* Whether something about the file was told. Reads all that is there. */
static bool
told(void)
{
	bool concerns = false;

	while (watch.fd != -1 && poll(&(struct pollfd){.fd = watch.fd, .events = POLLIN}, 1, 0) == 1)
		concerns |= path_watch_read(&watch);
	return concerns;
}

START_TEST(coming_and_going)
{
	path_watch_begin(&watch, file, false);
	ck_assert(!told());
	make(file);
	ck_assert(told());
	make(file); /* written, which was not asked for */
	ck_assert(!told());
	ck_assert_int_eq(rename(file, neighbour), 0);
	ck_assert(told());
	ck_assert_int_eq(rename(neighbour, file), 0);
	ck_assert(told());
	ck_assert_int_eq(unlink(file), 0);
	ck_assert(told());
}
END_TEST

START_TEST(neighbours)
{
	path_watch_begin(&watch, file, true);
	make(neighbour);
	ck_assert_int_eq(unlink(neighbour), 0);
	ck_assert(!told());
}
END_TEST

START_TEST(written)
{
	make(file);
	path_watch_begin(&watch, file, true);
	make(file);
	ck_assert(told());
}
END_TEST

/* Without its directory there is nothing to watch, until it is there again. */
START_TEST(the_directory_goes)
{
	char moved[128];

	snprintf(moved, sizeof(moved), "%s/moved", place);
	path_watch_begin(&watch, file, false);
	ck_assert_int_eq(_i == 0 ? rmdir(directory) : rename(directory, moved), 0);
	ck_assert(told());
	rmdir(moved);
	ck_assert_int_eq(watch.fd, -1);
	path_watch_begin(&watch, file, false);
	ck_assert_int_eq(watch.fd, -1);
	ck_assert_int_eq(mkdir(directory, 0755), 0);
	path_watch_begin(&watch, file, false);
	make(file);
	ck_assert(told());
}
END_TEST

/* A link to the directory leads to another one: that is watched from the next time on. */
START_TEST(the_directory_is_another)
{
	char other[128], link[128], path[160], there[160];

	snprintf(other, sizeof(other), "%s/other", place);
	snprintf(there, sizeof(there), "%s/file", other);
	snprintf(link, sizeof(link), "%s/link", place);
	snprintf(path, sizeof(path), "%s/file", link);
	ck_assert_int_eq(mkdir(other, 0755), 0);
	ck_assert_int_eq(symlink(directory, link), 0);
	path_watch_begin(&watch, path, false);
	ck_assert_int_eq(unlink(link), 0);
	path_watch_begin(&watch, path, false);
	make(file);
	ck_assert(told());
	ck_assert_int_eq(symlink(other, link), 0);
	path_watch_begin(&watch, path, false);
	make(path);
	ck_assert(told());
	ck_assert_int_eq(unlink(file), 0);
	ck_assert(!told());
	unlink(there);
	unlink(link);
	rmdir(other);
}
END_TEST

START_TEST(looking)
{
	bool exists = true;

	ck_assert(path_look(file, &exists));
	ck_assert(!exists);
	make(file);
	ck_assert(path_look(file, &exists));
	ck_assert(exists);
}
END_TEST

int
main(void)
{
	Suite *suite = suite_create("path watch");
	TCase *tcase = unit_case(suite, "path watch");

	tcase_add_checked_fixture(tcase, setup, teardown);
	tcase_add_test(tcase, coming_and_going);
	tcase_add_test(tcase, neighbours);
	tcase_add_test(tcase, written);
	tcase_add_loop_test(tcase, the_directory_goes, 0, 2);
	tcase_add_test(tcase, the_directory_is_another);
	tcase_add_test(tcase, looking);
	return unit_run(suite);
}
