/*
 * The pipe to a helper: who reads, if slowly, is heard of; who does not, is not.
 */
#include <event2/buffer.h>
#include <event2/event.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "../../common/log.h"
#include "../../supervisor/helper.h"
#include "../../supervisor/helper_pipe.h"
#include "../../supervisor/loop.h"
#include "unit.h"

#define MUCH ((size_t)4 * 1024 * 1024) /* more than the socket holds */

static struct event_base *base;
static struct helper_pipe tube;
static int theirs;

static void
nothing(int fd, short what, void *context)
{
	(void)fd;
	(void)what;
	(void)context;
}

static void
setup(void)
{
	const struct helper_pipe_calls calls = {nothing, nothing, NULL};

	ck_assert_ptr_nonnull(base = loop_new());
	ck_assert(helper_pipe_init(&tube));
	ck_assert_int_ne(theirs = helper_pipe_open(&tube, base, &calls), -1);
}

static void
teardown(void)
{
	helper_pipe_clear(&tube);
	close(theirs);
	event_base_free(base);
}

static void
fill(void)
{
	char *bytes = calloc(1, MUCH);

	ck_assert_ptr_nonnull(bytes);
	ck_assert_int_eq(evbuffer_add(tube.out, bytes, MUCH), 0);
	free(bytes);
	ck_assert(!helper_pipe_flush(&tube) && !tube.deaf);
}

static void
time_passes(void)
{
	tube.taken = monotime_add(tube.taken, -HELPER_PIPE_STUCK_NS);
}

START_TEST(one_that_does_not_read)
{
	fill();
	ck_assert(helper_pipe_heard(&tube));
	time_passes();
	ck_assert(!helper_pipe_flush(&tube) && !helper_pipe_heard(&tube));
}
END_TEST

/* It never has read all of it. */
START_TEST(one_that_reads_slowly)
{
	char bytes[64 * 1024];

	fill();
	time_passes();
	for (int i = 0; i < 4; i++)
		ck_assert_int_gt(recv(theirs, bytes, sizeof(bytes), MSG_DONTWAIT), 0);
	ck_assert(!helper_pipe_heard(&tube));
	ck_assert(!helper_pipe_flush(&tube) && helper_pipe_heard(&tube));
	time_passes();
	ck_assert(!helper_pipe_flush(&tube) && !helper_pipe_heard(&tube));
}
END_TEST

/* What is written while there is room says nothing of reading. */
START_TEST(one_that_is_told_little)
{
	time_passes();
	ck_assert(evbuffer_add(tube.out, "x", 1) == 0 && helper_pipe_flush(&tube) && !helper_pipe_heard(&tube));
	ck_assert(recv(theirs, &(char){0}, 1, 0) == 1 && helper_pipe_heard(&tube));
}
END_TEST

static void
no_log(enum log_level level, const char *subject, const char *text)
{
	(void)level;
	(void)subject;
	(void)text;
}

static bool
have_no_memory(void *context, char **line)
{
	(void)context;
	(void)line;
	return false;
}

/* For whom there is no memory now, there may be something to do. */
START_TEST(wanted_until_it_is_known)
{
	static const struct helper_kind kind = {.name = "exacheck-notify", .events = true, .setup = have_no_memory};
	struct identity identity = {0};
	struct helper *helper = helper_new(base, &kind, &identity, NULL, NULL);

	ck_assert(helper != NULL && !helper_wanted(helper));
	log_set_sink(no_log);
	helper_configure(helper);
	ck_assert(helper_wanted(helper));
	helper_free(helper);
}
END_TEST

int
main(void)
{
	Suite *suite = suite_create("helper_pipe");
	TCase *tcase = unit_case(suite, "pipe");

	tcase_add_checked_fixture(tcase, setup, teardown);
	tcase_add_test(tcase, one_that_does_not_read);
	tcase_add_test(tcase, one_that_reads_slowly);
	tcase_add_test(tcase, one_that_is_told_little);
	tcase_add_test(tcase, wanted_until_it_is_known);
	return unit_run(suite);
}
