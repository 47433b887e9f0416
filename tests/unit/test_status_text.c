/*
 * What status files say and how they are called; and files that take the place of others.
 */
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "../../supervisor/web/replace_file.h"
#include "../../supervisor/web/status_text.h"
#include "unit.h"

/* 2026-07-01 12:00:00 UTC */
#define NOON_MS INT64_C(1782907200000)

static void
assert_text(const char *map, enum status_end end, const char *expected)
{
	json_t *json = json_loads(map, 0, NULL);
	char *text;

	ck_assert_ptr_nonnull(json);
	text = status_text(json, end, NOON_MS);
	ck_assert_str_eq(text, expected);
	free(text);
	json_decref(json);
}

static void
assert_state(const char *fields, const char *expected)
{
	char map[512], text[512];

	snprintf(map, sizeof(map), "{%s, \"since\": null, \"nexthop\": \"self\", \"prefixes\": []}", fields);
	snprintf(text, sizeof(text), "Service State: %s\nLast State Change: 2026-07-01 14:00:00\nNexthop: self\nManaged IP's: \n",
	    expected);
	assert_text(map, STATUS_RUNS, text);
}

static void
setup(void)
{
	setenv("TZ", "CEST-2", 1);
	tzset();
}

START_TEST(four_lines)
{
	static const char map[] = "{\"verdict\": \"up\", \"state\": \"up\", \"since\": \"2026-07-01T11:59:58.900Z\","
	    "\"nexthop\": \"192.0.2.254\", \"prefixes\": [\"192.0.2.1/32\", \"192.0.2.2/32\"]}";

	assert_text(map, STATUS_RUNS, "Service State: UP\nLast State Change: 2026-07-01 13:59:58\n"
	    "Nexthop: 192.0.2.254\nManaged IP's: 192.0.2.1/32 192.0.2.2/32 \n");
	assert_text(map, STATUS_TERMINATED, "Service State: TERMINATED\nLast State Change: 2026-07-01 14:00:00\n"
	    "Nexthop: 192.0.2.254\nManaged IP's: 192.0.2.1/32 192.0.2.2/32 \n");
}
END_TEST

START_TEST(states)
{
	assert_state("\"verdict\": \"undecided\", \"state\": \"startup\"", "INIT");
	/* on the way to the first verdict it is not yet anything */
	assert_state("\"verdict\": \"undecided\", \"state\": \"rising\", \"count\": 1, \"rise\": 3", "INIT");
	assert_state("\"verdict\": \"up\", \"state\": \"up\"", "UP");
	assert_state("\"verdict\": \"up\", \"state\": \"falling\", \"count\": 1, \"fall\": 3, \"rise\": 2", "UP | FALLING 1/3");
	assert_state("\"verdict\": \"down\", \"state\": \"down\"", "DOWN");
	assert_state("\"verdict\": \"down\", \"state\": \"rising\", \"count\": 4, \"fall\": 3, \"rise\": 10", "DOWN | RISING 4/10");
	/* held: what the routes follow */
	assert_state("\"verdict\": \"up\", \"state\": \"down\"", "UP");
	assert_state("\"verdict\": \"disabled\", \"state\": \"disabled\"", "DISABLED");
	/* a group */
	assert_state("\"verdict\": \"down\", \"state\": \"down\", \"threshold\": 2", "DOWN");
	assert_state("\"verdict\": null", "INIT");
}
END_TEST

START_TEST(names)
{
	static const struct {
		const char *node, *file;
	} cases[] = {
		{"web", "web"},
		{"web v4: main, [2]", "web v4: main, [2]"},
		{"a.b", "a.b"},
		{".", "%2E"},
		{"..", "%2E."},
		{".hidden", "%2Ehidden"},
		{"../../etc/passwd", "%2E.%2F..%2Fetc%2Fpasswd"},
		{"100%", "100%25"},
		{"%2Ehidden", "%252Ehidden"},
		{"a~b", "a%7Eb"},
		{"tab\there", "tab%09here"},
		{"\xc3\xbc", "\xc3\xbc"},
	};
	char text[STATUS_NAME_MAX + 1];

	for (size_t i = 0; i < COUNT(cases); i++)
		ck_assert_str_eq(status_name(cases[i].node, text), cases[i].file);
}
END_TEST

/* The longest fits, beyond it is told apart by all of it. */
START_TEST(long_names)
{
	char node[STATUS_NAME_MAX + 2], one[STATUS_NAME_MAX + 1], other[STATUS_NAME_MAX + 1];

	memset(node, 'x', STATUS_NAME_MAX);
	node[STATUS_NAME_MAX] = '\0';
	ck_assert_str_eq(status_name(node, one), node);
	strcat(node, "a");
	ck_assert_uint_eq(strlen(status_name(node, one)), STATUS_NAME_MAX);
	ck_assert_ptr_nonnull(strchr(one, '~'));
	node[STATUS_NAME_MAX] = 'b';
	ck_assert_uint_eq(strlen(status_name(node, other)), STATUS_NAME_MAX);
	ck_assert_str_ne(one, other);
	memset(node, '/', 200);
	node[200] = '\0';
	ck_assert_uint_eq(strlen(status_name(node, one)), STATUS_NAME_MAX);
	ck_assert_ptr_null(strchr(one, '/'));
}
END_TEST

#define PLACE "/tmp/exacheck-unit-XXXXXX"

static void
assert_content(int directory, const char *name, const char *expected)
{
	char content[64] = "";
	int fd = openat(directory, name, O_RDONLY | O_CLOEXEC);
	struct stat stat;

	ck_assert_int_ne(fd, -1);
	ck_assert_int_ge(read(fd, content, sizeof(content) - 1), 0);
	ck_assert_int_eq(fstat(fd, &stat), 0);
	close(fd);
	ck_assert_str_eq(content, expected);
	ck_assert_uint_eq(stat.st_mode & 07777, 0644);
}

START_TEST(replaced)
{
	int directory, other;
	char content[8] = "", place[] = PLACE;

	umask(022);
	ck_assert_ptr_nonnull(mkdtemp(place));
	directory = open(place, O_PATH | O_DIRECTORY | O_CLOEXEC);
	ck_assert_int_ne(directory, -1);
	ck_assert(replace_file(directory, "a b", "one", 3));
	assert_content(directory, "a b", "one");
	ck_assert(replace_file(directory, "a b", "", 0));
	assert_content(directory, "a b", "");
	/* what somebody put in the way is neither followed nor written to */
	other = openat(directory, "other", O_RDWR | O_CREAT | O_CLOEXEC, 0600);
	ck_assert_int_eq(write(other, "mine", 4), 4);
	ck_assert_int_eq(symlinkat("other", directory, ".a b.new"), 0);
	ck_assert(replace_file(directory, "a b", "two", 3));
	assert_content(directory, "a b", "two");
	ck_assert_int_eq(pread(other, content, sizeof(content) - 1, 0), 4);
	ck_assert_str_eq(content, "mine");
	close(other);
	ck_assert(overwrite_file(directory, "a b", "longer", 6));
	assert_content(directory, "a b", "longer");
	ck_assert(overwrite_file(directory, "a b", "short", 5));
	assert_content(directory, "a b", "short");
	ck_assert_int_eq(unlinkat(directory, "a b", 0), 0);
	/* neither a file that is not there nor what only looks like one */
	ck_assert(!overwrite_file(directory, "a b", "x", 1));
	ck_assert_int_eq(errno, ENOENT);
	ck_assert_int_eq(symlinkat("other", directory, "a b"), 0);
	ck_assert(!overwrite_file(directory, "a b", "x", 1));
	ck_assert_int_eq(unlinkat(directory, "a b", 0), 0);
	ck_assert_int_eq(mkfifoat(directory, "a b", 0600), 0);
	ck_assert(!overwrite_file(directory, "a b", "x", 1));
	ck_assert_int_eq(unlinkat(directory, "a b", 0), 0);
	ck_assert_int_eq(unlinkat(directory, "other", 0), 0);
	close(directory);
	ck_assert_int_eq(rmdir(place), 0); /* nothing else was left */
}
END_TEST

START_TEST(cannot_be_replaced)
{
	char name[NAME_MAX + 1], place[] = PLACE;
	int directory;

	ck_assert_ptr_nonnull(mkdtemp(place));
	directory = open(place, O_PATH | O_DIRECTORY | O_CLOEXEC);
	ck_assert_int_ne(directory, -1);
	ck_assert_int_eq(mkdirat(directory, "taken", 0700), 0);
	ck_assert(!replace_file(directory, "taken", "x", 1));
	ck_assert_int_eq(errno, EISDIR);
	memset(name, 'n', NAME_MAX);
	name[NAME_MAX] = '\0';
	ck_assert(!replace_file(directory, name, "x", 1));
	ck_assert_int_eq(errno, ENAMETOOLONG);
	ck_assert_int_eq(unlinkat(directory, "taken", AT_REMOVEDIR), 0);
	ck_assert_int_eq(rmdir(place), 0);
	ck_assert(!replace_file(directory, "gone", "x", 1));
	ck_assert_int_eq(errno, ENOENT);
	close(directory);
}
END_TEST

int
main(void)
{
	const TTest *const tests[] = {four_lines, states, names, long_names, replaced, cannot_be_replaced};
	Suite *suite = suite_create("status files");
	TCase *tcase = unit_case(suite, "status files");

	tcase_add_checked_fixture(tcase, setup, NULL);
	for (size_t i = 0; i < COUNT(tests); i++)
		tcase_add_test(tcase, tests[i]);
	return unit_run(suite);
}
