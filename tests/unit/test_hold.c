/*
 * Connections that are held: which, until when, and that none is left open.
 */
#include <check.h>
#include <fcntl.h>
#include <sys/socket.h>
#include <unistd.h>

#include "../../common/log.h"
#include "../../workers/hold.h"
#include "../../workers/lookout.h"
#include "unit.h"

#define NOISE (1024 * 1024)

static int other[LOOKOUT_MAX + 1]; /* the service's ends, of what was offered in this order */
static int ours[LOOKOUT_MAX + 1];
static size_t made;
static unsigned told;

static void
count_log(enum log_level level, const char *subject, const char *line)
{
	(void)level;
	(void)subject;
	(void)line;
	told++;
}

static void
setup(void)
{
	log_set_sink(count_log);
	made = 0;
}

static void
teardown(void)
{
	hold_release();
	hold_settle(false);
	for (size_t i = 0; i < made; i++)
		if (other[i] != -1)
			close(other[i]);
}

static void
offer(void)
{
	int fds[2];

	ck_assert_int_eq(socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0, fds), 0);
	ours[made] = fds[0];
	other[made++] = fds[1];
	hold_offer(fds[0]);
}

static void
end(size_t index)
{
	close(other[index]);
	other[index] = -1;
}

static bool
is_open(int fd)
{
	return fcntl(fd, F_GETFD) != -1;
}

/* As the worker's loop does it. Returns what hold_changed says, when one is ready. */
static bool
look(void)
{
	struct pollfd fds[LOOKOUT_MAX];
	size_t count = hold_descriptors(fds);

	return poll(fds, (nfds_t)count, 0) > 0 && hold_changed(fds, count);
}

static size_t
holding(void)
{
	struct pollfd fds[LOOKOUT_MAX];

	return hold_descriptors(fds);
}

START_TEST(the_new_one_takes_the_place)
{
	offer();
	hold_settle(true);
	offer();
	hold_settle(true);
	ck_assert_uint_eq(holding(), 1);
	ck_assert(!is_open(ours[0]) && is_open(ours[1]));
	end(0);
	ck_assert(!look());
}
END_TEST

/* Of an execution that did not pass nothing is held; what was held still tells. */
START_TEST(the_former_one_stays_after_a_failure)
{
	offer();
	hold_settle(true);
	offer();
	hold_settle(false);
	ck_assert_uint_eq(holding(), 1);
	ck_assert(is_open(ours[0]) && !is_open(ours[1]));
	end(0);
	ck_assert(look());
}
END_TEST

START_TEST(an_end_is_told_once)
{
	offer();
	offer();
	offer();
	hold_settle(true);
	end(1);
	ck_assert(look());
	ck_assert_uint_eq(holding(), 2);
	ck_assert(!is_open(ours[1]));
	ck_assert(!look());
	end(0);
	end(2);
	ck_assert(look());
	ck_assert_uint_eq(holding(), 0);
}
END_TEST

START_TEST(words_are_not_an_end)
{
	offer();
	hold_settle(true);
	ck_assert_int_eq(write(other[0], "220 ready\r\n", 11), 11);
	ck_assert(!look());
	ck_assert_uint_eq(holding(), 1);
	/* the last words, then the end */
	ck_assert_int_eq(write(other[0], "221 bye\r\n", 9), 9);
	end(0);
	ck_assert(!look());
	ck_assert(look());
}
END_TEST

START_TEST(too_many_words)
{
	static const char noise[4096];
	size_t sent = 0;

	offer();
	offer();
	hold_settle(true);
	while (sent < 2 * NOISE && holding() == 2) {
		ck_assert_int_eq(write(other[0], noise, sizeof(noise)), sizeof(noise));
		sent += sizeof(noise);
		ck_assert(!look());
	}
	ck_assert_uint_eq(sent, NOISE + sizeof(noise));
	ck_assert_uint_eq(holding(), 1);
	ck_assert_uint_eq(told, 1);
	end(1);
	ck_assert(look());
}
END_TEST

START_TEST(no_more_than_there_is_room_for)
{
	for (int i = 0; i < LOOKOUT_MAX + 1; i++)
		offer();
	hold_settle(true);
	ck_assert_uint_eq(holding(), LOOKOUT_MAX);
	ck_assert(!is_open(ours[LOOKOUT_MAX]));
}
END_TEST

START_TEST(released)
{
	offer();
	hold_settle(true);
	hold_release();
	ck_assert_uint_eq(holding(), 0);
	ck_assert(!is_open(ours[0]));
}
END_TEST

int
main(void)
{
	Suite *suite = suite_create("hold");
	TCase *tcase = unit_case(suite, "hold");

	tcase_add_checked_fixture(tcase, setup, teardown);
	tcase_add_test(tcase, the_new_one_takes_the_place);
	tcase_add_test(tcase, the_former_one_stays_after_a_failure);
	tcase_add_test(tcase, an_end_is_told_once);
	tcase_add_test(tcase, words_are_not_an_end);
	tcase_add_test(tcase, too_many_words);
	tcase_add_test(tcase, no_more_than_there_is_room_for);
	tcase_add_test(tcase, released);
	return unit_run(suite);
}
