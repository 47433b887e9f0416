/*
 * Words of helpers, as the supervisor gets them.
 */
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "../../common/message.h"
#include "../../supervisor/helpers/report.h"
#include "unit.h"

/* Have the words said in a process that has the channel where it is; returns how many lines there are, in text. */
static size_t
lines_read(void (*speak)(void), char *text, size_t size)
{
	size_t length = 0, lines = 0;
	int ends[2], status;
	ssize_t more;
	pid_t pid;

	ck_assert_int_eq(socketpair(AF_UNIX, SOCK_STREAM, 0, ends), 0);
	if ((pid = fork()) == 0) {
		if (dup2(ends[1], CHANNEL_FD) == CHANNEL_FD)
			speak();
		closefrom(CHANNEL_FD); /* valgrind counts what is open at an end */
		_exit(0);
	}
	close(ends[1]);
	while ((more = read(ends[0], text + length, size - 1 - length)) > 0)
		length += (size_t)more;
	close(ends[0]);
	ck_assert_int_eq(waitpid(pid, &status, 0), pid);
	ck_assert_int_eq(status, 0);
	text[length] = '\0';
	for (const char *c = text; *c != '\0'; c++)
		lines += *c == '\n';
	return lines;
}

static void
words_say(void)
{
	char longest[4 * REPORT_SIZE];

	memset(longest, 'x', sizeof(longest));
	longest[sizeof(longest) - 1] = '\0';
	report_ready("as %s", "told");
	report_problem("a\nb \xc3\xa9");
	report_note("%s", longest);
	report_answer("test", "1 0 ok");
}

static void
too_many_say(void)
{
	for (int i = 0; i < 100; i++)
		report_problem("number %d", i);
}

START_TEST(test_words)
{
	char text[8192];

	ck_assert_uint_eq(lines_read(words_say, text, sizeof(text)), 4);
	ck_assert_ptr_eq(strstr(text, "ready: as told\nproblem: a?b ??\nnote: xxx"), text);
	ck_assert_ptr_nonnull(strstr(text, "x\ntest: 1 0 ok\n"));
}
END_TEST

/* Too many: that some are left out is said, once. */
START_TEST(test_too_many)
{
	char text[8192];
	size_t lines = lines_read(too_many_say, text, sizeof(text));

	ck_assert_uint_ge(lines, 5);
	ck_assert_uint_lt(lines, 20);
	ck_assert_ptr_nonnull(strstr(text, "problem: number 0\n"));
	ck_assert_ptr_null(strstr(text, "problem: number 99\n"));
	ck_assert_ptr_nonnull(strstr(text, "note: there is more to say than this log is to hold: some of it is left out\n"));
}
END_TEST

int
main(void)
{
	Suite *suite = suite_create("report");
	TCase *tcase = unit_case(suite, "words");

	tcase_add_test(tcase, test_words);
	tcase_add_test(tcase, test_too_many);
	return unit_run(suite);
}
