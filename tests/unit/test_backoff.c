/*
 * Restart delays: their sequence, and what starts it anew.
 */
#include <check.h>

#include "../../common/backoff.h"
#include "unit.h"

static const int64_t delays_s[] = {0, 1, 2, 4, 8, 16, 32, 60, 60, 60};

/* A life of so many seconds that begins at *now; *now becomes the begin of the next. Returns the delay. */
static int64_t
live(struct backoff *backoff, int64_t seconds, monotime_t *now)
{
	monotime_t end = monotime_add(*now, seconds * NS_PER_SECOND), retry;

	backoff_started(backoff, *now);
	retry = backoff_ended(backoff, end);
	*now = retry;
	return monotime_sub(retry, end);
}

START_TEST(doubles_up_to_a_minute)
{
	struct backoff backoff = {0};
	monotime_t now = at(1000);

	for (size_t i = 0; i < COUNT(delays_s); i++)
		ck_assert_int_eq(live(&backoff, 1, &now), delays_s[i] * NS_PER_SECOND);
}
END_TEST

START_TEST(no_overflow_after_many)
{
	struct backoff backoff = {0};
	monotime_t now = at(1000);

	for (int i = 0; i < 1000; i++)
		live(&backoff, 0, &now);
	ck_assert_int_eq(live(&backoff, 0, &now), 60 * NS_PER_SECOND);
}
END_TEST

START_TEST(forgets_after_a_healthy_life)
{
	struct backoff backoff = {0};
	monotime_t now = at(1000);

	for (int i = 0; i < 5; i++)
		live(&backoff, 1, &now);
	ck_assert_int_eq(live(&backoff, 59, &now), 16 * NS_PER_SECOND);
	for (size_t i = 0; i < COUNT(delays_s); i++)
		ck_assert_int_eq(live(&backoff, i == 0 ? 60 : 1, &now), delays_s[i] * NS_PER_SECOND);
}
END_TEST

/* Only a life earns an immediate restart: what cannot even be started is not tried without a pause. */
START_TEST(failed_starts_wait)
{
	struct backoff backoff = {0};
	monotime_t now = at(1000), retry;

	for (size_t i = 1; i < COUNT(delays_s); i++) {
		retry = backoff_ended(&backoff, now);
		ck_assert_int_eq(monotime_sub(retry, now), delays_s[i] * NS_PER_SECOND);
		now = retry;
	}
}
END_TEST

/* A long life counts once, not again for every failed start after it. */
START_TEST(failed_starts_after_a_healthy_life)
{
	struct backoff backoff = {0};
	monotime_t now = at(1000), retry;

	ck_assert_int_eq(live(&backoff, 3600, &now), 0);
	for (size_t i = 1; i < COUNT(delays_s); i++) {
		retry = backoff_ended(&backoff, now);
		ck_assert_int_eq(monotime_sub(retry, now), delays_s[i] * NS_PER_SECOND);
		now = retry;
	}
}
END_TEST

int
main(void)
{
	Suite *suite = suite_create("backoff");
	TCase *tcase = unit_case(suite, "backoff");

	tcase_add_test(tcase, doubles_up_to_a_minute);
	tcase_add_test(tcase, no_overflow_after_many);
	tcase_add_test(tcase, forgets_after_a_healthy_life);
	tcase_add_test(tcase, failed_starts_wait);
	tcase_add_test(tcase, failed_starts_after_a_healthy_life);
	return unit_run(suite);
}
