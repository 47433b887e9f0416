/*
 * Logs in files: every line is there once, whole, or counted, whatever becomes of the file.
 */
#include <errno.h>
#include <event2/event.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "../../supervisor/log/lines.h"
#include "../../supervisor/log/logfile.h"
#include "../../supervisor/log/offspring.h"
#include "../../supervisor/log/sink.h"
#include "unit.h"

static char place[64], path[128];
static struct event_base *base;

static void
setup(void)
{
	snprintf(place, sizeof(place), "/tmp/exacheck-test-XXXXXX");
	ck_assert_ptr_nonnull(mkdtemp(place));
	snprintf(path, sizeof(path), "%s/x.log", place);
	base = event_base_new();
	ck_assert(base != NULL && offspring_begin(base));
}

static void
teardown(void)
{
	char command[128];

	offspring_end();
	event_base_free(base);
	snprintf(command, sizeof(command), "rm -rf %s", place);
	ck_assert_int_eq(system(command), 0);
}

/* What is in a file; the caller's. */
static char *
content(const char *name)
{
	char *text = calloc(1, 1 << 20);
	FILE *file = fopen(name, "r");

	ck_assert(text != NULL && file != NULL);
	ck_assert_uint_lt(fread(text, 1, (1 << 20) - 1, file), (1 << 20) - 1);
	fclose(file);
	return text;
}

static void
holds(const char *name, const char *expected)
{
	char *text = content(name);

	ck_assert_str_eq(text, expected);
	free(text);
}

START_TEST(lines_in_order)
{
	struct lines lines = LINES_OF(10);

	ck_assert(lines_add(&lines, "ab") && lines_add(&lines, "c\nd") && !lines_add(&lines, "efg"));
	ck_assert(lines_add(&lines, "e"));
	ck_assert(lines_count(&lines) == 3 && lines_size(&lines) == 9 && lines_first(&lines) == 3);
	ck_assert(lines_fit(&lines, 2) == 0 && lines_fit(&lines, 6) == 3 && lines_fit(&lines, 7) == 7 &&
	    lines_fit(&lines, 100) == 9);
	lines_take(&lines, 5); /* the first, and half of the second */
	ck_assert(lines_count(&lines) == 2 && lines_first(&lines) == 2 && strncmp(lines_text(&lines), "d\ne\n", 4) == 0);
	ck_assert(lines_add(&lines, "fghij") && !lines_add(&lines, ""));
	lines_take(&lines, 2);
	ck_assert(lines_size(&lines) == 8 && strncmp(lines_text(&lines), "e\nfghij\n", 8) == 0);
	lines_take(&lines, 8);
	ck_assert(lines_count(&lines) == 0 && lines_size(&lines) == 0 && lines_fit(&lines, 10) == 0);
	lines_free(&lines);
}
END_TEST

START_TEST(many_lines)
{
	struct lines lines = LINES_OF(1 << 20);
	char text[32];
	int taken = 0;

	for (int i = 0; i < 10000; i++) {
		snprintf(text, sizeof(text), "%d", i);
		ck_assert(lines_add(&lines, text));
		if (i % 3 == 0)
			continue;
		ck_assert_int_eq(atoi(lines_text(&lines)), taken++);
		lines_take(&lines, lines_first(&lines));
	}
	for (; lines_count(&lines) > 0; taken++) {
		ck_assert_int_eq(atoi(lines_text(&lines)), taken);
		lines_take(&lines, lines_first(&lines));
	}
	ck_assert_int_eq(taken, 10000);
	lines_free(&lines);
}
END_TEST

/* One that is larger than what may be written: the first line goes, of the second nothing is left. */
START_TEST(no_half_line)
{
	struct rlimit before, limit = {.rlim_cur = 8};
	struct sink sink;

	signal(SIGXFSZ, SIG_IGN);
	ck_assert_int_eq(getrlimit(RLIMIT_FSIZE, &before), 0);
	limit.rlim_max = before.rlim_max;
	ck_assert(sink_init(&sink, path) && sink_open(&sink, 0640) && sink.owned);
	ck_assert_int_eq(setrlimit(RLIMIT_FSIZE, &limit), 0);
	ck_assert_uint_eq(sink_write(&sink, "first\nsecond\n", 13), 6);
	ck_assert_int_eq(setrlimit(RLIMIT_FSIZE, &before), 0);
	holds(path, "first\n");
	ck_assert_uint_eq(sink_write(&sink, "second\n", 7), 7);
	holds(path, "first\nsecond\n");
	sink_clear(&sink);
}
END_TEST

START_TEST(after_a_torn_line)
{
	FILE *file = fopen(path, "w");
	struct sink sink;

	ck_assert(file != NULL && fputs("whole\nha", file) != EOF && fclose(file) == 0);
	ck_assert(sink_init(&sink, path) && sink_open(&sink, 0640));
	ck_assert_uint_eq(sink_write(&sink, "next\n", 5), 5);
	holds(path, "whole\nha\nnext\n");
	sink_clear(&sink);
}
END_TEST

START_TEST(another_file_by_this_name)
{
	struct sink sink;
	char other[140];

	snprintf(other, sizeof(other), "%s/other", place);
	ck_assert(sink_init(&sink, path) && sink_open(&sink, 0640));
	ck_assert(!sink_moved(&sink) && !sink_unlinked(&sink));
	ck_assert_int_eq(rename(path, other), 0);
	ck_assert(sink_moved(&sink) && !sink_unlinked(&sink));
	ck_assert(sink_open(&sink, 0640) && !sink_moved(&sink) && sink.owned);
	ck_assert_int_eq(unlink(path), 0);
	ck_assert(sink_moved(&sink) && sink_unlinked(&sink));
	sink_clear(&sink);
}
END_TEST

START_TEST(by_way_of_a_link)
{
	char link[140], elsewhere[140];
	struct sink sink;

	snprintf(link, sizeof(link), "%s/link", place);
	snprintf(elsewhere, sizeof(elsewhere), "%s/elsewhere", place);
	ck_assert(close(creat(path, 0640)) == 0 && symlink("x.log", link) == 0);
	ck_assert(sink_init(&sink, link) && sink_open(&sink, 0640));
	ck_assert_str_eq(sink.path, path);
	ck_assert(!sink_redirected(&sink, link) && !sink_redirected(&sink, path));
	ck_assert(unlink(link) == 0 && close(creat(elsewhere, 0640)) == 0 && symlink("elsewhere", link) == 0);
	ck_assert(sink_redirected(&sink, link) && !sink_moved(&sink));
	/* one that has come in the place of the file is not followed */
	ck_assert(unlink(path) == 0 && symlink("elsewhere", path) == 0);
	ck_assert(!sink_open(&sink, 0640) && errno == ELOOP);
	sink_clear(&sink);
}
END_TEST

START_TEST(its_directory)
{
	char below[160], moved[160];
	struct sink sink;
	int fd;

	snprintf(below, sizeof(below), "%s/a/b/x.log", place);
	snprintf(moved, sizeof(moved), "%s/c", place);
	ck_assert(sink_init(&sink, below) && (fd = sink_directory(&sink, true)) != -1);
	close(fd);
	ck_assert(!sink_displaced(&sink) && sink_open(&sink, 0640));
	below[strlen(below) - 6] = '\0';
	ck_assert_int_eq(rename(below, moved), 0);
	ck_assert(sink_displaced(&sink) && sink_moved(&sink));
	sink_clear(&sink);
}
END_TEST

/* A log of its own from here on, whose lines tell what is lost by themselves. */

static struct logger_setup options;

static char *
loss(void *context, const char *text)
{
	(void)context;
	return strdup(text);
}

static struct logfile *
begun(int64_t size, int64_t count, const char *format)
{
	static char gz[16];
	struct needs needs = {0};
	struct logfile *log;

	options = (struct logger_setup){.destination = path, .size = size, .count = count, .compress = format != NULL,
	    .compression_format = gz};
	snprintf(gz, sizeof(gz), "%s", format != NULL ? format : "");
	log = logfile_open(&options, &needs, loss, NULL);
	ck_assert(log != NULL && logfile_begin(log, base));
	needs_clear(&needs);
	event_base_loop(base, EVLOOP_NONBLOCK);
	return log;
}

/* Let the loop go on until the file at path holds the text, or nothing is there of this name. */
static void
until(bool (*reached)(const char *), const char *what)
{
	monotime_t deadline = monotime_add(monotime_now(), 20 * NS_PER_SECOND);

	while (!reached(what) && monotime_before(monotime_now(), deadline)) {
		event_base_loop(base, EVLOOP_NONBLOCK);
		usleep(5000);
	}
	ck_assert_msg(reached(what), "never: %s", what);
}

static bool
log_holds(const char *line)
{
	char *text = access(path, F_OK) == 0 ? content(path) : NULL;
	bool found = text != NULL && strstr(text, line) != NULL;

	free(text);
	return found;
}

/* Lines with this number of characters each, in all files together, oldest first: 0, 1, 2 ... */
static int
numbers_in_order(void)
{
	char command[256], line[64];
	int expected = 0;
	FILE *pipe;

	snprintf(command, sizeof(command), "cat $(ls %s/x.2*.log) %s", place, path);
	ck_assert_ptr_nonnull(pipe = popen(command, "r"));
	while (fgets(line, sizeof(line), pipe) != NULL)
		ck_assert_int_eq(atoi(line), expected++);
	ck_assert_int_eq(pclose(pipe), 0);
	return expected;
}

START_TEST(rotation_by_size)
{
	struct logfile *log = begun(100, 1000, NULL);
	char line[256];

	for (int i = 0; i < 200; i++) {
		snprintf(line, sizeof(line), "%09d", i);
		logfile_write(log, line);
		if (i % 7 == 0)
			logfile_flush(log);
	}
	logfile_flush(log);
	ck_assert_int_eq(numbers_in_order(), 200);
	snprintf(line, sizeof(line), "test $(ls %s/x.2*.log | wc -l) = 19", place); /* ten lines a file */
	ck_assert_int_eq(system(line), 0);
	memset(line, 'x', 200); /* larger than a file may be: alone */
	line[200] = '\0';
	logfile_write(log, line);
	logfile_write(log, "y");
	logfile_flush(log);
	holds(path, "y\n");
	ck_assert(logfile_finished(log));
	logfile_close(log);
}
END_TEST

static bool
compressed_only(const char *count)
{
	char command[256];

	snprintf(command, sizeof(command), "exec 2>/dev/null; cd %s; test $(ls x.2*.log.gz | wc -l) = %s && "
	    "! ls x.2*.log *.tmp >/dev/null", place, count);
	return system(command) == 0;
}

START_TEST(rotated_are_compressed)
{
	struct logfile *log;
	char command[256], line[32];

	/* what one that was killed left behind */
	snprintf(command, sizeof(command), "echo old >%s/x.2020-01-01_00-00-00_000000.log; cd %s;"
	    "echo half >x.2020-01-01_00-00-00_000000.log.gz.tmp", place, place);
	ck_assert_int_eq(system(command), 0);
	log = begun(20, 4, "gz");
	for (int i = 0; i < 9; i++) {
		snprintf(line, sizeof(line), "%09d", i);
		logfile_write(log, line);
	}
	logfile_flush(log);
	until(compressed_only, "4");
	snprintf(command, sizeof(command), "test $(zcat $(ls %s/x.2*.gz) | wc -l) = 8", place);
	ck_assert_int_eq(system(command), 0);
	holds(path, "000000008\n");
	logfile_close(log);
}
END_TEST

/* A second logger of the file shares it; another process waits, appends at last, and rotates when it is alone. */
START_TEST(the_lock)
{
	struct logfile *log, *same;
	struct needs needs = {0};
	int other = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0640);

	ck_assert(other != -1 && flock(other, LOCK_EX) == 0);
	log = begun(15, 10, NULL);
	same = logfile_open(&options, &needs, loss, NULL);
	ck_assert_ptr_eq(same, log);
	logfile_close(same);
	logfile_write(log, "kept");
	logfile_flush(log);
	holds(path, "");
	until(log_holds, "kept");
	logfile_write(log, "more than there is room for");
	logfile_flush(log);
	holds(path, "kept\nmore than there is room for\n");
	close(other);
	logfile_write(log, "alone");
	logfile_flush(log);
	holds(path, "alone\n");
	logfile_close(log);
}
END_TEST

/* It is free at once, also if a child that compresses is yet to end. */
START_TEST(the_lock_is_not_a_childs)
{
	struct sink sink, next;
	pid_t child;

	ck_assert(sink_init(&sink, path) && sink_open(&sink, 0640) && sink.owned);
	ck_assert_int_ne(child = fork(), -1);
	if (child == 0) {
		pause();
		_exit(0);
	}
	sink_clear(&sink);
	ck_assert(sink_init(&next, path) && sink_open(&next, 0640) && next.owned);
	sink_clear(&next);
	ck_assert(kill(child, SIGKILL) == 0 && waitpid(child, NULL, 0) == child);
}
END_TEST

/* No directory, and none can be made: what is too much to be kept is counted, at its place. */
START_TEST(what_cannot_be_written)
{
	char file[80], line[1001];
	struct logfile *log;

	snprintf(file, sizeof(file), "%s/d", place);
	ck_assert_int_eq(close(creat(file, 0600)), 0);
	snprintf(path, sizeof(path), "%s/d/x.log", place);
	log = begun(1 << 20, 10, NULL);
	memset(line, 'x', 1000);
	line[1000] = '\0';
	for (int i = 0; i < 400; i++) {
		logfile_write(log, line);
		logfile_flush(log);
	}
	ck_assert_int_eq(unlink(file), 0);
	until(log_holds, "lines were lost: Not a directory");
	logfile_write(log, "after");
	logfile_flush(log);
	snprintf(line, sizeof(line), "test $(wc -l <%s) = 263 && tail -n 2 %s | head -n 1 | grep -q '^139 lines'", path,
	    path);
	ck_assert_int_eq(system(line), 0);
	logfile_close(log);
}
END_TEST

START_TEST(moved_by_others)
{
	struct logfile *log = begun(1 << 20, 10, NULL);
	char other[140];

	snprintf(other, sizeof(other), "%s/other", place);
	logfile_write(log, "one");
	logfile_flush(log);
	ck_assert_int_eq(rename(path, other), 0);
	logfile_reopen(log);
	logfile_write(log, "two");
	logfile_flush(log);
	holds(other, "one\n");
	holds(path, "two\n");
	ck_assert_int_eq(unlink(path), 0);
	for (int i = 0; i < 2000 && access(path, F_OK) == -1; i++) { /* without a word it is seen within a second */
		usleep(10000);
		logfile_write(log, "three");
		logfile_flush(log);
	}
	ck_assert(log_holds("three"));
	logfile_close(log);
}
END_TEST

int
main(void)
{
	Suite *suite = suite_create("log_file");
	TCase *tcase = unit_case(suite, "file"), *native = unit_case(suite, "children");

	tcase_add_checked_fixture(tcase, setup, teardown);
	tcase_add_checked_fixture(native, setup, teardown);
	tcase_set_tags(native, UNIT_NATIVE); /* they have the loop's descriptors */
	tcase_add_test(tcase, lines_in_order);
	tcase_add_test(tcase, many_lines);
	tcase_add_test(tcase, no_half_line);
	tcase_add_test(tcase, after_a_torn_line);
	tcase_add_test(tcase, another_file_by_this_name);
	tcase_add_test(tcase, by_way_of_a_link);
	tcase_add_test(tcase, its_directory);
	tcase_add_test(tcase, rotation_by_size);
	tcase_add_test(native, rotated_are_compressed);
	tcase_add_test(tcase, the_lock);
	tcase_add_test(tcase, the_lock_is_not_a_childs);
	tcase_add_test(tcase, what_cannot_be_written);
	tcase_add_test(tcase, moved_by_others);
	return unit_run(suite);
}
