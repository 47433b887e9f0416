/*
 * When a worker executes off the grid, on a clock of its own: at once, after ever longer delays, and at once again.
 */
#include <check.h>

#include "../../workers/lookout.h"
#include "../../workers/method.h"
#include "unit.h"

static struct fake_args {
	struct common_args common;
	bool watch;
} args;
static bool changes;	/* what the descriptor has to say */
static unsigned armed, asked, released;

static void
fake_arm(const void *given)
{
	ck_assert_ptr_eq(given, &args);
	armed++;
}

static size_t
fake_descriptors(struct pollfd *fds)
{
	fds[0] = fds[1] = (struct pollfd){.fd = -1, .events = POLLIN};
	return 2;
}

static bool
fake_changed(const struct pollfd *fds, size_t count)
{
	ck_assert_uint_eq(count, 2);
	ck_assert_int_eq(fds[1].revents, POLLIN);
	asked++;
	return changes;
}

static void
fake_release(void)
{
	released++;
}

static bool
fake_watches(const void *given)
{
	return ((const struct fake_args *)given)->watch;
}

static const struct method_lookout fake_lookout = {fake_arm, fake_descriptors, fake_changed, fake_release};
static const struct check_method fake = {.name = "fake", .watches = fake_watches};
const struct worker_method worker_method = {.method = &fake, .lookout = &fake_lookout};

static void
begin(void)
{
	args.watch = changes = true;
	lookout_begin(&args, at(1000));
}

/* Poll, one of two descriptors being ready. */
static void
heed(monotime_t now)
{
	struct pollfd fds[LOOKOUT_MAX];
	size_t count = lookout_descriptors(fds);

	if (count > 0)
		fds[1].revents = POLLIN;
	lookout_heed(fds, count, now);
}

/* A change comes and is followed when it is due. Returns the delay. */
static int64_t
change(monotime_t *now)
{
	int64_t delay_ns;

	heed(*now);
	delay_ns = monotime_sub(lookout_due(), *now);
	*now = lookout_due();
	lookout_executed(*now);
	ck_assert_int_eq(lookout_due().ns, MONOTIME_NEVER.ns);
	return delay_ns;
}

static const int64_t delays_ms[] = {0, 1, 10, 100, 1000, 2000, 4000, 8000, 16000, 32000, 60000, 60000};

START_TEST(ever_later)
{
	monotime_t now = at(1000);

	for (size_t i = 0; i < COUNT(delays_ms); i++)
		ck_assert_int_eq(change(&now), delays_ms[i] * NS_PER_MILLISECOND);
}
END_TEST

START_TEST(at_once_after_a_quiet_minute)
{
	monotime_t now = at(1000);

	for (int round = 0; round < 3; round++) {
		for (size_t i = 0; i < 6; i++)
			ck_assert_int_eq(change(&now), delays_ms[i] * NS_PER_MILLISECOND);
		/* executions on the grid do not count as a change */
		for (int i = 0; i < 61; i++)
			lookout_executed(now = monotime_add(now, NS_PER_SECOND));
	}
}
END_TEST

/* What comes while an execution is due changes nothing about when, and an execution on the grid answers it. */
START_TEST(one_execution_answers_all)
{
	monotime_t now = at(1000), due;

	for (int i = 0; i < 4; i++)
		change(&now);
	heed(now);
	due = lookout_due();
	ck_assert(monotime_before(now, due));
	heed(monotime_add(now, NS_PER_SECOND));
	ck_assert_int_eq(lookout_due().ns, due.ns);
	lookout_executed(monotime_add(now, NS_PER_SECOND));
	ck_assert_int_eq(lookout_due().ns, MONOTIME_NEVER.ns);
}
END_TEST

START_TEST(what_is_no_change)
{
	struct pollfd fds[LOOKOUT_MAX];

	changes = false;
	heed(at(1001));
	ck_assert_uint_eq(asked, 1);
	ck_assert_int_eq(lookout_due().ns, MONOTIME_NEVER.ns);
	lookout_heed(fds, lookout_descriptors(fds), at(1001)); /* none ready */
	ck_assert_uint_eq(asked, 1);
}
END_TEST

START_TEST(armed_from_the_start_and_before_each_execution)
{
	ck_assert_uint_eq(armed, 1);
	lookout_arm();
	ck_assert_uint_eq(armed, 2);
}
END_TEST

START_TEST(rest_forgets)
{
	heed(at(1001));
	lookout_rest();
	ck_assert_uint_eq(released, 1);
	ck_assert_int_eq(lookout_due().ns, MONOTIME_NEVER.ns);
}
END_TEST

START_TEST(nothing_to_look_out_for)
{
	struct pollfd fds[LOOKOUT_MAX];

	armed = 0;
	args.watch = false;
	lookout_begin(&args, at(1000));
	lookout_arm();
	heed(at(1001));
	lookout_rest();
	ck_assert_uint_eq(lookout_descriptors(fds), 0);
	ck_assert_uint_eq(armed + asked + released, 0);
	ck_assert_int_eq(lookout_due().ns, MONOTIME_NEVER.ns);
}
END_TEST

int
main(void)
{
	Suite *suite = suite_create("lookout");
	TCase *tcase = unit_case(suite, "lookout");

	tcase_add_checked_fixture(tcase, begin, NULL);
	tcase_add_test(tcase, ever_later);
	tcase_add_test(tcase, at_once_after_a_quiet_minute);
	tcase_add_test(tcase, one_execution_answers_all);
	tcase_add_test(tcase, what_is_no_change);
	tcase_add_test(tcase, armed_from_the_start_and_before_each_execution);
	tcase_add_test(tcase, rest_forgets);
	tcase_add_test(tcase, nothing_to_look_out_for);
	return unit_run(suite);
}
