/*
 * Watching a file where the kernel does not tell of changes, and ways to a file that lead far. What it does of changes
 * that the kernel tells is tested from outside.
 */
#include <event2/event.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include "../../supervisor/loop.h"
#include "../../supervisor/watch.h"
#include "../../supervisor/watch_path.h"
#include "unit.h"

#define PATH_SIZE 128

static struct event_base *base;
static char directory[32], path[PATH_SIZE];
static unsigned changes;

static void
changed(void *context)
{
	ck_assert_ptr_eq(context, &changes);
	changes++;
}

static const char *
in(const char *name)
{
	static char texts[4][PATH_SIZE];
	static unsigned next;
	char *text = texts[next++ % 4];

	snprintf(text, PATH_SIZE, "%s/%s", directory, name);
	return text;
}

static void
put(const char *file_path, const char *text)
{
	FILE *file = fopen(file_path, "w");

	ck_assert_ptr_nonnull(file);
	fputs(text, file);
	ck_assert_int_eq(fclose(file), 0);
}

static void
setup(void)
{
	strcpy(directory, "/tmp/exacheck-test-XXXXXX");
	ck_assert_ptr_nonnull(mkdtemp(directory));
	snprintf(path, sizeof(path), "%s/file", directory);
	put(path, "1");
	ck_assert_ptr_nonnull(base = loop_new());
	changes = 0;
}

static void
teardown(void)
{
	char command[64];

	event_base_free(base);
	snprintf(command, sizeof(command), "rm -rf %s", directory);
	ck_assert_int_eq(system(command), 0);
}

/* Let the loop run until so many changes were told, or time is up. */
static void
run(unsigned until, int64_t milliseconds)
{
	const struct timeval step = {0, 10000};
	monotime_t end = monotime_add(monotime_now(), milliseconds * NS_PER_MILLISECOND);

	while (changes < until && monotime_before(monotime_now(), end)) {
		ck_assert_int_eq(event_base_loopexit(base, &step), 0);
		ck_assert_int_ne(event_base_dispatch(base), -1);
	}
}

static void
descriptors_limit(rlim_t count)
{
	struct rlimit limit;

	ck_assert_int_eq(getrlimit(RLIMIT_NOFILE, &limit), 0);
	limit.rlim_cur = count < limit.rlim_max ? count : limit.rlim_max;
	ck_assert_int_eq(setrlimit(RLIMIT_NOFILE, &limit), 0);
}

START_TEST(looked_at_when_it_cannot_be_watched)
{
	struct watch *watch = watch_new(base, path, changed, &changes);
	int free_fd = dup(STDERR_FILENO);

	ck_assert_ptr_nonnull(watch);
	close(free_fd);
	descriptors_limit((rlim_t)free_fd); /* none for inotify */
	watch_set(watch, true, 200 * NS_PER_MILLISECOND);
	run(1, 5000); /* the first look */
	ck_assert_uint_eq(changes, 1);
	descriptors_limit(1024);
	put(in("new"), "22");
	descriptors_limit((rlim_t)free_fd);
	ck_assert_int_eq(rename(in("new"), path), 0);
	run(2, 5000);
	ck_assert_uint_eq(changes, 2);
	run(3, 700);
	ck_assert_uint_eq(changes, 2);
	descriptors_limit(1024); /* from the next look on it is watched again */
	run(3, 700);
	watch_set(watch, true, 3600 * NS_PER_SECOND);
	put(path, "333");
	run(3, 5000);
	ck_assert_uint_eq(changes, 3);
	watch_free(watch);
}
END_TEST

START_TEST(switched_off_it_tells_nothing)
{
	struct watch *watch = watch_new(base, path, changed, &changes);
	int before = unit_descriptors();

	ck_assert_ptr_nonnull(watch);
	watch_set(watch, true, NS_PER_SECOND);
	ck_assert_int_gt(unit_descriptors(), before);
	watch_set(watch, false, NS_PER_SECOND);
	ck_assert_int_eq(unit_descriptors(), before);
	put(path, "22");
	run(1, 500);
	ck_assert_uint_eq(changes, 0);
	watch_free(watch);
}
END_TEST

/* What news an action leads to, after the path was followed. */
static unsigned
news_of(struct watch_path *watch, void (*act)(void))
{
	ck_assert(watch_path_follow(watch));
	(void)watch_path_news(watch);
	act();
	return watch_path_news(watch);
}

static void
act_swap(void)
{
	ck_assert_int_eq(symlink("b", in("tmp")), 0);
	ck_assert_int_eq(rename(in("tmp"), in("middle")), 0);
}

static void
act_move_directory(void)
{
	ck_assert_int_eq(rename(in("a"), in("c")), 0);
}

static void
act_beside(void)
{
	put(in("a/other"), "x");
	put(in("other"), "x");
}

static void
act_write(void)
{
	put(in("a/file"), "x");
}

START_TEST(every_link_of_the_way_is_watched)
{
	struct watch_path *watch;

	ck_assert_int_eq(mkdir(in("a"), 0755), 0);
	ck_assert_int_eq(mkdir(in("b"), 0755), 0);
	put(in("a/file"), "1");
	put(in("b/file"), "2");
	ck_assert_int_eq(symlink("a", in("middle")), 0);
	ck_assert_int_eq(symlink("../middle/./file", in("b/first")), 0);
	ck_assert_int_eq(symlink(in("b/first"), in("start")), 0);
	ck_assert_ptr_nonnull(watch = watch_path_new(in("start")));
	ck_assert_uint_eq(news_of(watch, act_beside), WATCH_NOTHING);
	ck_assert_uint_eq(news_of(watch, act_write) & WATCH_WRITTEN, WATCH_WRITTEN);
	ck_assert_uint_eq(news_of(watch, act_move_directory), WATCH_MOVED);
	ck_assert_uint_eq(news_of(watch, act_swap), WATCH_MOVED); /* while it leads nowhere */
	watch_path_free(watch);
}
END_TEST

START_TEST(ways_without_an_end)
{
	struct watch_path *watch;

	ck_assert_int_eq(symlink("loop", in("loop")), 0);
	ck_assert_ptr_nonnull(watch = watch_path_new(in("loop")));
	ck_assert(!watch_path_follow(watch));
	watch_path_free(watch);
	ck_assert_ptr_nonnull(watch = watch_path_new(in("nothing/at/all")));
	ck_assert(watch_path_follow(watch));
	ck_assert_int_eq(mkdir(in("nothing"), 0755), 0);
	ck_assert_uint_eq(watch_path_news(watch), WATCH_MOVED);
	watch_path_free(watch);
}
END_TEST

int
main(void)
{
	Suite *suite = suite_create("watch");
	TCase *tcase = unit_case(suite, "watch");

	unit_log_silence();
	tcase_add_checked_fixture(tcase, setup, teardown);
	tcase_add_test(tcase, looked_at_when_it_cannot_be_watched);
	tcase_add_test(tcase, switched_off_it_tells_nothing);
	tcase_add_test(tcase, every_link_of_the_way_is_watched);
	tcase_add_test(tcase, ways_without_an_end);
	return unit_run(suite);
}
