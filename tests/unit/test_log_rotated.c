/*
 * Rotated files: their names and order, which of them stay, and that compressing loses nothing, wherever it ends.
 */
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "../../supervisor/log/compression.h"
#include "../../supervisor/log/rotated.h"
#include "../../supervisor/log/ustar.h"
#include "unit.h"

#define AT INT64_C(1767225599123456) /* 2025-12-31 23:59:59.123456 UTC */
#define FIRST "2025-12-31_23-59-59_123456"
#define SECOND "2025-12-31_23-59-59_123457"

static char place[64], path[128];
static struct rotation rotation;

static void
setup(void)
{
	setenv("TZ", "UTC", 1);
	tzset();
	snprintf(place, sizeof(place), "/tmp/exacheck-test-XXXXXX");
	ck_assert_ptr_nonnull(mkdtemp(place));
	snprintf(path, sizeof(path), "%s/x.log", place);
	rotation_init(&rotation, path, place);
}

static void
teardown(void)
{
	char command[128];

	snprintf(command, sizeof(command), "rm -rf %s", place);
	ck_assert_int_eq(system(command), 0);
}

static const char *
in_place(const char *name)
{
	static char text[256];

	snprintf(text, sizeof(text), "%s/%s", place, name);
	return text;
}

static void
put(const char *name, const char *text)
{
	FILE *file = fopen(in_place(name), "w");

	ck_assert(file != NULL && fputs(text, file) != EOF && fclose(file) == 0);
}

static bool
there(const char *name)
{
	return access(in_place(name), F_OK) == 0;
}

static const struct {
	const char *path, *stem, *extension;
} stems[] = {
	{"/d/exacheck.log", "exacheck", ".log"}, {"/d/exacheck", "exacheck", ""}, {"/d/a.b.c", "a.b", ".c"},
	{"/d/.log", ".log", ""}, {"/d/..log", "..log", ""}, {"/d/.a.log", ".a", ".log"}, {"/d/a.", "a", "."},
};

static void
stem_and_extension_one(size_t i)
{
	struct rotation made;

	rotation_init(&made, stems[i].path, "/d");
	ck_assert_int_eq(made.stem_length, (int)strlen(stems[i].stem));
	ck_assert_int_eq(strncmp(made.stem, stems[i].stem, strlen(stems[i].stem)), 0);
	ck_assert_str_eq(made.extension, stems[i].extension);
}

START_TEST(stem_and_extension)
{
	for (size_t i = 0; i < COUNT(stems); i++)
		stem_and_extension_one(i);
}
END_TEST

static const struct {
	const char *name;
	bool known;
	enum rotated_state state;
} names[] = {
	{"x." FIRST ".log", true, ROTATED_PLAIN}, {"x." FIRST ".log.gz", true, ROTATED_COMPRESSED},
	{"x." FIRST ".log.tar.xz", true, ROTATED_COMPRESSED}, {"x." FIRST ".log.zip", true, ROTATED_COMPRESSED},
	{"x." FIRST ".log.gz.tmp", true, ROTATED_LEFT}, {"x." FIRST ".log.tmp", false, 0},
	{"x." FIRST ".log.gz.bak", false, 0}, {"x." FIRST ".log.rar", false, 0}, {"x.log", false, 0},
	{"x.log.1", false, 0}, {"x.2026.log", false, 0}, {"x.", false, 0},
	{"y." FIRST ".log", false, 0}, {"xx." FIRST ".log", false, 0}, {"x-" FIRST ".log", false, 0}, {"x." FIRST, false, 0},
	{"x." FIRST ".2.log", false, 0}, {"x.2025-12-31_23-59-59_12345a.log", false, 0}, {"", false, 0}, {".", false, 0},
};

static void
names_that_are_known_one(size_t i)
{
	char moment[ROTATED_MOMENT_SIZE];
	enum rotated_state state;

	ck_assert_msg(rotation_knows(&rotation, names[i].name, moment, &state) == names[i].known, "%s", names[i].name);
	if (!names[i].known)
		return;
	ck_assert_int_eq(state, names[i].state);
	ck_assert_str_eq(moment, FIRST);
}

START_TEST(names_that_are_known)
{
	for (size_t i = 0; i < COUNT(names); i++)
		names_that_are_known_one(i);
}
END_TEST

/* Whatever the clock says, the next one comes after all that there are, and none is overwritten. */
START_TEST(one_after_the_other)
{
	put("x.log", "first");
	ck_assert(rotation_rename(&rotation, path, AT));
	ck_assert(there("x." FIRST ".log") && !there("x.log"));
	put("x.log", "second");
	ck_assert(rotation_rename(&rotation, path, AT - 3600 * INT64_C(1000000)));
	ck_assert(there("x." SECOND ".log"));
	ck_assert_int_eq(rename(in_place("x." SECOND ".log"), path), 0);
	put("x.2025-12-31_23-59-59_999999.log.gz", "another year");
	ck_assert(rotation_rename(&rotation, path, AT));
	ck_assert(there("x.2026-01-01_00-00-00_000000.log"));
	ck_assert(!rotation_rename(&rotation, path, AT)); /* there is no file */
}
END_TEST

START_TEST(oldest_go)
{
	char name[64];

	put("x.log", "");
	put("x.2020-01-01.log", "no name of ours");
	for (int i = 0; i < 6; i++) {
		snprintf(name, sizeof(name), "x.2025-01-0%d_00-00-00_000000.log%s", i + 1, i % 2 == 0 ? ".gz" : "");
		put(name, "");
	}
	put("x.2025-01-06_00-00-00_000000.log.gz.tmp", ""); /* of the newest, with which it counts once */
	ck_assert(rotation_retain(&rotation, 2));
	ck_assert(there("x.2025-01-06_00-00-00_000000.log") && there("x.2025-01-05_00-00-00_000000.log.gz"));
	ck_assert(!there("x.2025-01-04_00-00-00_000000.log") && !there("x.2025-01-01_00-00-00_000000.log.gz"));
	rotation_clean(&rotation);
	ck_assert(!there("x.2025-01-06_00-00-00_000000.log.gz.tmp") && there("x.2025-01-06_00-00-00_000000.log"));
	ck_assert(rotation_retain(&rotation, 0));
	ck_assert(!there("x.2025-01-06_00-00-00_000000.log") && there("x.log") && there("x.2020-01-01.log"));
}
END_TEST

#define LINES 5000
#define NAME "x." FIRST ".log"

/* Where everybody may put files, those of others are left alone. */
START_TEST(files_of_others)
{
	put("x." FIRST ".log", "");
	ck_assert_int_eq(symlink("x." FIRST ".log", in_place("x." SECOND ".log")), 0);
	if (geteuid() == 0) {
		ck_assert(chmod(place, 01777) == 0 && chown(in_place("x." FIRST ".log"), 65534, 65534) == 0);
		ck_assert(rotation_retain(&rotation, 0) && there("x." FIRST ".log"));
		ck_assert_int_eq(chmod(place, 0755), 0);
	}
	ck_assert(rotation_retain(&rotation, 0) && !there("x." FIRST ".log"));
	ck_assert_int_eq(unlink(in_place("x." SECOND ".log")), 0); /* no file of ours either */
}
END_TEST

/* What the file must be again, by the tool of everybody. */
static const struct {
	const char *format, *back;
} formats[] = {
	{"gz", "gzip -dc"}, {"bz2", "bzip2 -dc"}, {"xz", "xz -dc"}, {"lzma", "xz --format=lzma -dc"}, {"tar", "tar -xOf"},
	{"tar.gz", "tar -xzOf"}, {"tar.bz2", "tar -xjOf"}, {"tar.xz", "tar -xJOf"},
	{"zip", "/usr/bin/python3 -c 'import sys, zipfile; "
	    "z = zipfile.ZipFile(sys.argv[1]); sys.stdout.buffer.write(z.read(\"" NAME "\"))'"},
};

static void
content_put(void)
{
	FILE *file = fopen(in_place(NAME), "w");

	ck_assert_ptr_nonnull(file);
	for (int i = 0; i < LINES; i++)
		fprintf(file, "line %d\n", i);
	ck_assert_int_eq(fclose(file), 0);
	ck_assert_int_eq(chmod(in_place(NAME), 0604), 0);
}

START_TEST(there_and_back)
{
	const struct compression_format *format = compression_find(formats[_i].format);
	char command[512], name[128], line[64], expected[64];
	struct stat status;
	FILE *pipe;

	ck_assert_ptr_nonnull(format);
	content_put();
	put(NAME ".gz.tmp", "left by another");
	ck_assert_int_eq(compression_run(format, in_place(NAME)), 0);
	snprintf(name, sizeof(name), NAME ".%s", formats[_i].format);
	ck_assert(there(name) && !there(NAME));
	ck_assert(stat(in_place(name), &status) == 0 && (status.st_mode & 0777) == 0604);
	snprintf(command, sizeof(command), "%s %s", formats[_i].back, in_place(name));
	ck_assert_ptr_nonnull(pipe = popen(command, "r"));
	for (int i = 0; i < LINES; i++) {
		snprintf(expected, sizeof(expected), "line %d\n", i);
		ck_assert(fgets(line, sizeof(line), pipe) != NULL && strcmp(line, expected) == 0);
	}
	ck_assert(fgets(line, sizeof(line), pipe) == NULL && pclose(pipe) == 0);
}
END_TEST

/* In a child that may not write more than so many bytes: as on a full disk. */
START_TEST(no_room)
{
	const struct rlimit limit = {20, 20};
	struct stat status;
	int ended;
	pid_t pid;

	content_put();
	ck_assert_int_eq(stat(in_place(NAME), &status), 0);
	if ((pid = fork()) == 0) {
		signal(SIGXFSZ, SIG_IGN);
		setrlimit(RLIMIT_FSIZE, &limit);
		_exit(compression_run(compression_find(formats[_i].format), in_place(NAME)));
	}
	ck_assert(pid > 0 && waitpid(pid, &ended, 0) == pid);
	ck_assert(compression_problem(ended) != NULL);
	ck_assert(stat(in_place(NAME), &status) == 0 && status.st_size > LINES);
	ck_assert_int_eq(compression_run(compression_find("gz"), in_place("x.not-there")), ENOENT);
	snprintf(path, sizeof(path), NAME ".%s.tmp", formats[_i].format);
	ck_assert(!there(path));
}
END_TEST

START_TEST(header_of_an_archive)
{
	const struct stat large = {.st_size = USTAR_SIZE_MAX + 1}, small = {.st_size = 1};
	char header[USTAR_BLOCK], name[USTAR_NAME_MAX + 2] = "";

	memset(name, 'n', USTAR_NAME_MAX);
	ck_assert(ustar_header(header, name, &small) && !ustar_header(header, name, &large));
	name[USTAR_NAME_MAX] = 'n';
	ck_assert(!ustar_header(header, name, &small));
	ck_assert(ustar_padding(0) == 1024 && ustar_padding(1) == 511 + 1024 && ustar_padding(512) == 1024);
}
END_TEST

int
main(void)
{
	Suite *suite = suite_create("log_rotated");
	TCase *tcase = unit_case(suite, "rotated"), *native = unit_case(suite, "limits");

	tcase_add_checked_fixture(tcase, setup, teardown);
	tcase_add_checked_fixture(native, setup, teardown);
	tcase_set_tags(native, UNIT_NATIVE); /* of the size of files, valgrind's own among them */
	tcase_add_test(tcase, stem_and_extension);
	tcase_add_test(tcase, names_that_are_known);
	tcase_add_test(tcase, one_after_the_other);
	tcase_add_test(tcase, oldest_go);
	tcase_add_test(tcase, files_of_others);
	tcase_add_loop_test(tcase, there_and_back, 0, COUNT(formats));
	tcase_add_loop_test(native, no_room, 0, COUNT(formats));
	tcase_add_test(tcase, header_of_an_archive);
	return unit_run(suite);
}
