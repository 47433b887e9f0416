/*
 * The way to a log: over links that are to be trusted, over no others.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "../../supervisor/log/path.h"
#include "../../supervisor/log/sink.h"
#include "unit.h"

static char place[64], path[128];

static void
setup(void)
{
	snprintf(place, sizeof(place), "/tmp/exacheck-test-XXXXXX");
	ck_assert_ptr_nonnull(mkdtemp(place));
	snprintf(path, sizeof(path), "%s/x.log", place);
}

static void
teardown(void)
{
	char command[128];

	snprintf(command, sizeof(command), "rm -rf %s", place);
	ck_assert_int_eq(system(command), 0);
}

static void
resolves(const char *name, const char *expected)
{
	char from[128], to[128], *found;

	snprintf(from, sizeof(from), "%s/%s", place, name);
	snprintf(to, sizeof(to), "%s/%s", place, expected);
	ck_assert_ptr_nonnull(found = path_resolve(from));
	ck_assert_str_eq(found, to);
	free(found);
}

/* Links are followed to what may be yet to be made; not in a circle, and not those that somebody else has put there. */
START_TEST(paths_over_links)
{
	char *relative;

	ck_assert_int_eq(chdir(place), 0);
	ck_assert(mkdir("a", 0755) == 0 && mkdir("b", 0755) == 0 && symlink("../b", "a/way") == 0);
	ck_assert(symlink("./way/../a//way/new.log", "a/x.log") == 0 && symlink("round", "a/round") == 0);
	resolves("a/x.log", "b/new.log");
	resolves("a/way/y.log", "b/y.log");
	resolves("./a/.././z//y.log", "z/y.log");
	resolves("a/round", "a/round");
	ck_assert_ptr_nonnull(relative = path_resolve("a/way/../q"));
	ck_assert_str_eq(relative + strlen(relative) - 2, "/q");
	free(relative);
	ck_assert_ptr_nonnull(relative = path_resolve("/../."));
	ck_assert_str_eq(relative, "/");
	free(relative);
	if (geteuid() == 0) {
		ck_assert(lchown("a/x.log", 12345, 12345) == 0 && lchown("a/way", 12345, 12345) == 0);
		resolves("a/x.log", "a/x.log");
		resolves("a/way/y.log", "a/way/y.log");
	}
	ck_assert_int_eq(chdir("/"), 0);
}
END_TEST

/* A link that comes later leads nowhere, whoever put it there: what it names is not written to, and nothing made there. */
START_TEST(no_way_over_a_link)
{
	char victim[128], behind[128];
	struct sink sink;

	snprintf(victim, sizeof(victim), "%s/victim", place);
	snprintf(behind, sizeof(behind), "%s/x.log/new/y.log", place);
	ck_assert_int_eq(mkdir(victim, 0755), 0);
	ck_assert(sink_init(&sink, path) && sink_open(&sink, 0640));
	ck_assert(unlink(path) == 0 && symlink(victim, path) == 0);
	ck_assert(sink_moved(&sink) && !sink_open(&sink, 0640) && errno == ELOOP);
	sink_clear(&sink);
	path_make(behind);
	ck_assert_int_eq(path_open(behind, O_RDWR | O_CREAT, 0640), -1);
	ck_assert_int_eq(rmdir(victim), 0); /* empty */
}
END_TEST

int
main(void)
{
	Suite *suite = suite_create("log_path");
	TCase *tcase = unit_case(suite, "path");

	tcase_add_checked_fixture(tcase, setup, teardown);
	tcase_add_test(tcase, paths_over_links);
	tcase_add_test(tcase, no_way_over_a_link);
	return unit_run(suite);
}
