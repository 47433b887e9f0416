/*
 * The token bucket in virtual time, and the log lines of one that talks too much: all are written or counted.
 */
#include <stdio.h>
#include <string.h>

#include "../../supervisor/log_limit.h"
#include "../../supervisor/ratelimit.h"
#include "unit.h"

static unsigned written, notices;
static unsigned long told;

static void
count_sink(enum log_level level, const char *subject, const char *text)
{
	unsigned long count;

	(void)level;
	ck_assert_str_eq(subject, "web");
	if (sscanf(text, "%lu log line", &count) == 1) {
		notices++;
		told += count;
	} else {
		written++;
	}
}

static unsigned
take_all(struct ratelimit *limit, monotime_t now)
{
	unsigned count = 0;

	while (ratelimit_take(limit, now))
		ck_assert_uint_lt(count++, 1000);
	return count;
}

START_TEST(burst_then_rate)
{
	struct ratelimit limit;

	ratelimit_init(&limit, 20, 5);
	ck_assert_uint_eq(take_all(&limit, at(100)), 20);
	ck_assert_uint_eq(take_all(&limit, at(100.1)), 0);
	ck_assert_uint_eq(take_all(&limit, at(100.2)), 1);
	ck_assert_uint_eq(take_all(&limit, at(101.2)), 5);
	ck_assert_uint_eq(take_all(&limit, at(1e6)), 20);
}
END_TEST

/* Asked often, no fraction of a token is lost or won. */
START_TEST(fractions_are_kept)
{
	struct ratelimit limit;
	unsigned count = 0;

	ratelimit_init(&limit, 20, 5);
	take_all(&limit, at(0));
	for (int i = 1; i <= 10000; i++)
		count += ratelimit_take(&limit, at(i / 1000.0));
	ck_assert_uint_ge(count, 49);
	ck_assert_uint_le(count, 50);
}
END_TEST

START_TEST(rested_at_half)
{
	struct ratelimit limit;

	ratelimit_init(&limit, 20, 5);
	take_all(&limit, at(10));
	ck_assert(!ratelimit_rested(&limit, at(11.9)));
	ck_assert(ratelimit_rested(&limit, at(12.1)));
}
END_TEST

START_TEST(quiet_ones_are_written)
{
	struct log_limit limit;

	log_limit_init(&limit);
	for (int i = 0; i < 100; i++) {
		log_limit_line(&limit, LOG_LEVEL_WARNING, "web", "text", at(i));
		log_limit_tell(&limit, "web", at(i + 0.5));
	}
	ck_assert_uint_eq(written, 100);
	ck_assert_uint_eq(notices, 0);
}
END_TEST

/* A flood of 100 s, then silence: each line is written or told, and little is written. */
START_TEST(flood_is_counted)
{
	struct log_limit limit;

	log_limit_init(&limit);
	for (int i = 0; i < 100000; i++)
		log_limit_line(&limit, LOG_LEVEL_WARNING, "web", "text", at(1000 + i / 1000.0));
	ck_assert_uint_ge(written, 500);
	ck_assert_uint_le(written, 520);
	ck_assert_uint_eq(notices, 1); /* after a minute */
	log_limit_tell(&limit, "web", at(1100.1));
	ck_assert_uint_eq(notices, 1); /* not quiet yet */
	log_limit_tell(&limit, "web", at(1103));
	ck_assert_uint_eq(notices, 2);
	ck_assert_uint_eq(written + told, 100000);
	log_limit_tell(&limit, "web", at(2000));
	ck_assert_uint_eq(notices, 2);
}
END_TEST

START_TEST(unwanted_level_counts_for_nothing)
{
	struct log_limit limit;

	log_limit_init(&limit);
	for (int i = 0; i < 1000; i++)
		log_limit_line(&limit, LOG_LEVEL_TRACE, "web", "text", at(5));
	log_limit_tell(&limit, "web", at(500));
	ck_assert_uint_eq(written + notices, 0);
	log_limit_line(&limit, LOG_LEVEL_ERROR, "web", "text", at(5));
	ck_assert_uint_eq(written, 1);
}
END_TEST

static void
setup(void)
{
	log_set_sink(count_sink);
}

int
main(void)
{
	const TTest *const tests[] = {burst_then_rate, fractions_are_kept, rested_at_half, quiet_ones_are_written,
	    flood_is_counted, unwanted_level_counts_for_nothing};
	Suite *suite = suite_create("rate limits");
	TCase *tcase = unit_case(suite, "rate limits");

	tcase_add_checked_fixture(tcase, setup, NULL);
	for (size_t i = 0; i < COUNT(tests); i++)
		tcase_add_test(tcase, tests[i]);
	return unit_run(suite);
}
