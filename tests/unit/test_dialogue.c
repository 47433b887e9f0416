/*
 * What is said on a connection: texts that go in parts, answers that come in parts, too long, never, or with an end.
 */
#include <check.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "../../common/option.h"
#include "../../workers/dialogue.h"
#include "unit.h"

#define NAME "192.0.2.1 port 25"

static int other; /* the service's end */
static struct stream stream;
static struct dialogue dialogue;
static struct result result;
static struct pattern *pattern;

static void
begin(const char *text, const char *expect)
{
	char error[OPTION_ERROR_SIZE];
	int fds[2];

	ck_assert_int_eq(socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0, fds), 0);
	other = fds[1];
	result = (struct result){.code = RESULT_CODES};
	stream = (struct stream){.fd = fds[0], .name = NAME, .result = &result};
	pattern = expect == NULL ? NULL : pattern_compile(expect, error);
	dialogue_begin(&dialogue, text, pattern);
}

static void
finish(void)
{
	dialogue_free(&dialogue);
	pattern_free(pattern);
	close(stream.fd);
	if (other != -1)
		close(other);
}

static short
step(void)
{
	return dialogue_step(&dialogue, &stream_plain, &stream);
}

/* Again until the pattern has been tried on all that came. */
static short
settle(void)
{
	short events;

	while ((events = step()) != 0 && dialogue.next_try.ns != MONOTIME_NEVER.ns)
		usleep(100);
	return events;
}

static void
say(const char *text, size_t length)
{
	ck_assert_int_eq(write(other, text, length), length);
}

static void
go(void)
{
	close(other);
	other = -1;
}

static void
expect_result(enum result_code code, enum reason reason, const char *text)
{
	ck_assert_int_eq(result.code, code);
	ck_assert_str_eq(reason_name(result.reason), reason_name(reason));
	ck_assert_str_eq(result.text, text);
}

START_TEST(only_sent)
{
	char heard[16];

	begin("PING\r\n", NULL);
	ck_assert_int_eq(step(), 0);
	expect_result(RESULT_PASS, REASON_OK, "sent 6 bytes to " NAME);
	ck_assert_int_eq(read(other, heard, sizeof(heard)), 6);
	ck_assert_int_eq(memcmp(heard, "PING\r\n", 6), 0);
	finish();
}
END_TEST

/* More than the sockets take: all of it arrives, in order, and what comes meanwhile is kept. */
START_TEST(sent_in_parts)
{
	static char text[1024 * 1024], heard[sizeof(text)];
	size_t length = 0;
	ssize_t got;

	for (size_t i = 0; i < sizeof(text) - 1; i++)
		text[i] = (char)('a' + i % 23);
	begin(text, "ready.*done");
	say("ready ", 6);
	ck_assert_int_eq(step(), POLLIN | POLLOUT);
	while (length < sizeof(text) - 1) {
		if ((got = read(other, heard + length, sizeof(heard) - length)) > 0)
			length += (size_t)got;
		ck_assert_int_ne(step(), 0);
	}
	ck_assert_int_eq(memcmp(text, heard, length), 0);
	ck_assert_int_eq(settle(), POLLIN);
	say("done", 4);
	ck_assert_int_eq(settle(), 0);
	expect_result(RESULT_PASS, REASON_OK, "answer from " NAME " matches");
	finish();
}
END_TEST

START_TEST(never_taken)
{
	static char text[1024 * 1024];

	memset(text, 'x', sizeof(text) - 1);
	begin(text, NULL);
	ck_assert_int_eq(step(), POLLOUT);
	dialogue_expire(&dialogue, &stream, 0.5);
	ck_assert_int_eq(result.code, RESULT_FAIL);
	ck_assert_int_eq(result.reason, REASON_TIMEOUT);
	ck_assert_ptr_nonnull(strstr(result.text, " of 1048575 bytes taken within 0.5 s"));
	finish();
}
END_TEST

/* A peer that is gone, or that has only stopped to talk. */
START_TEST(sent_to_one_who_left)
{
	begin("QUIT\r\n", "bye");
	go();
	ck_assert_int_eq(step(), 0);
	ck_assert_str_eq(reason_name(result.reason), "reset");
	finish();

	begin("QUIT\r\n", "bye");
	say("bye", 3);
	ck_assert_int_eq(shutdown(other, SHUT_WR), 0);
	ck_assert_int_eq(step(), 0);
	ck_assert_int_eq(result.code, RESULT_PASS);
	finish();
}
END_TEST

/* The last words of one who leaves without having listened count all the same. */
START_TEST(reset_behind_the_answer)
{
	begin("QUIT\r\n", "bye");
	ck_assert_int_eq(step(), POLLIN);
	say("bye", 3);
	go();
	ck_assert_int_eq(step(), 0);
	expect_result(RESULT_PASS, REASON_OK, "answer from " NAME " matches");
	finish();

	begin("QUIT\r\n", "bye");
	ck_assert_int_eq(step(), POLLIN);
	say("no", 2);
	go();
	ck_assert_int_eq(step(), 0);
	expect_result(RESULT_FAIL, REASON_RESET, "read from " NAME ": Connection reset by peer");
	finish();
}
END_TEST

START_TEST(byte_by_byte)
{
	static const char banner[] = "220 mx.example.net ESMTP\r\n";

	begin(NULL, "^220 .*\\r\\n");
	for (size_t i = 0; i < sizeof(banner) - 1; i++) {
		ck_assert_int_eq(settle(), POLLIN);
		say(banner + i, 1);
	}
	ck_assert_int_eq(settle(), 0);
	expect_result(RESULT_PASS, REASON_OK, "answer from " NAME " matches");
	finish();
}
END_TEST

/* Whatever the pattern is: nothing heard is nothing that matches. */
START_TEST(silence_matches_nothing)
{
	begin(NULL, "");
	ck_assert_int_eq(settle(), POLLIN);
	dialogue_expire(&dialogue, &stream, 2);
	expect_result(RESULT_FAIL, REASON_TIMEOUT, "read from " NAME ": no answer within 2 s");
	finish();

	begin(NULL, "");
	go();
	ck_assert_int_eq(step(), 0);
	expect_result(RESULT_FAIL, REASON_CLOSED, "connection closed by " NAME " without an answer");
	finish();
}
END_TEST

static const struct {
	const char *answer;
	size_t length;
	const char *quoted;
} mismatches[] = {
	{"554 no\r\n", 8, "8 bytes, its end: \"554 no\\r\\n\""},
	{"a\0b\x7f\xff\t\"\\", 8, "8 bytes, its end: \"a\\x00b\\x7f\\xff\\t\\\"\\\\\""},
	{"123456789012345678901234567890123456789012345678", 48,
	    "48 bytes, its end: \"123456789012345678901234567890123456789012345678\""},
	{"1234567890123456789012345678901234567890123456\r\n9", 49,
	    "49 bytes, its end: \"1234567890123456789012345678901234567890123456\\r...\""},
};

START_TEST(mismatch)
{
	char text[RESULT_TEXT_SIZE];

	begin(NULL, "never");
	say(mismatches[_i].answer, mismatches[_i].length);
	go();
	ck_assert_int_eq(step(), 0);
	snprintf(text, sizeof(text), "answer from " NAME " does not match in %s", mismatches[_i].quoted);
	expect_result(RESULT_FAIL, REASON_PATTERN, text);
	finish();
}
END_TEST

START_TEST(mismatch_in_time)
{
	begin(NULL, "never");
	say("later", 5);
	ck_assert_int_eq(settle(), POLLIN);
	dialogue_expire(&dialogue, &stream, 1.5);
	expect_result(RESULT_FAIL, REASON_PATTERN,
	    "answer from " NAME " does not match in 5 bytes within 1.5 s: \"later\"");
	finish();
}
END_TEST

/* NULs are bytes like others, for the pattern too. */
START_TEST(zeroes)
{
	begin(NULL, "a\\x00b$");
	say("\0\0a\0b", 5);
	ck_assert_int_eq(settle(), 0);
	ck_assert_int_eq(result.code, RESULT_PASS);
	finish();
}
END_TEST

/* What lies beyond the limit is not looked at, and the last byte within it is. */
START_TEST(too_much)
{
	static char noise[DIALOGUE_HEARD_MAX];

	for (int found = 0; found < 2; found++) {
		memset(noise, 'z', sizeof(noise));
		noise[sizeof(noise) - 1] = found ? '!' : 'z';
		begin(NULL, "!");
		for (size_t i = 0; i < sizeof(noise); i += 4096) {
			ck_assert_int_eq(settle(), POLLIN);
			say(noise + i, 4096);
			if (i + 4096 == sizeof(noise))
				say("!!!", 3);
		}
		ck_assert_int_eq(settle(), 0);
		if (found)
			expect_result(RESULT_PASS, REASON_OK, "answer from " NAME " matches");
		else
			expect_result(RESULT_FAIL, REASON_PATTERN, "answer from " NAME " does not match in 65536 bytes "
			    "(the rest is not looked at): \"zzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzz...\"");
		finish();
	}
}
END_TEST

START_TEST(costly_pattern)
{
	static char answer[6000];

	memset(answer, 'a', sizeof(answer));
	answer[sizeof(answer) - 1] = '!';
	begin(NULL, "(a+)+$");
	say(answer, sizeof(answer));
	ck_assert_int_eq(settle(), 0);
	expect_result(RESULT_ERROR, REASON_PATTERN_LIMIT, "pattern takes too long on the answer from " NAME);
	finish();
}
END_TEST

/* After a try that took long, bytes that drip in do not cause one each. */
START_TEST(drips_are_rationed)
{
	begin(NULL, "x$");
	say("a", 1);
	ck_assert_int_eq(settle(), POLLIN);
	dialogue.rested = monotime_add(monotime_now(), 3600 * NS_PER_SECOND);
	say("b", 1);
	ck_assert_int_eq(step(), POLLIN);
	ck_assert_uint_eq(dialogue.tried, 1);
	ck_assert_int_eq(dialogue.next_try.ns, dialogue.rested.ns);
	/* the time is up, or there will be no more: then it is tried */
	say("x", 1);
	go();
	ck_assert_int_eq(step(), 0);
	ck_assert_int_eq(result.code, RESULT_PASS);
	finish();
}
END_TEST

int
main(void)
{
	Suite *suite = suite_create("dialogue");
	TCase *tcase = unit_case(suite, "dialogue");

	tcase_add_test(tcase, only_sent);
	tcase_add_test(tcase, sent_in_parts);
	tcase_add_test(tcase, never_taken);
	tcase_add_test(tcase, sent_to_one_who_left);
	tcase_add_test(tcase, reset_behind_the_answer);
	tcase_add_test(tcase, byte_by_byte);
	tcase_add_test(tcase, silence_matches_nothing);
	tcase_add_loop_test(tcase, mismatch, 0, (int)COUNT(mismatches));
	tcase_add_test(tcase, mismatch_in_time);
	tcase_add_test(tcase, zeroes);
	tcase_add_test(tcase, too_much);
	tcase_add_test(tcase, costly_pattern);
	tcase_add_test(tcase, drips_are_rationed);
	return unit_run(suite);
}
