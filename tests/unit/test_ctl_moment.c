/*
 * Dates and periods of exacheck-ctl.
 */
#include <stdlib.h>
#include <time.h>

#include "../../supervisor/ctl/moment.h"
#include "unit.h"

static const struct {
	const char *text;
	double seconds; /* 0: it is no period */
} periods[] = {
    {"90", 90}, {"90s", 90}, {"30m", 1800}, {"2h", 7200}, {"1d", 86400}, {"1h30m", 5400}, {"1d2h3m4s", 93784},
    {"10m0s", 600}, {"3650d", 3650.0 * 86400},
    {"", 0}, {"0", 0}, {"0m", 0}, {"h", 0}, {"1x", 0}, {"-5", 0}, {"1.5h", 0}, {"30m1h", 0}, {"1h1h", 0}, {"1h30", 0},
    {" 5", 0}, {"5 ", 0}, {"5m ", 0}, {"4000d", 0}, {"99999999999999999999", 0}, {"999999999999d", 0}, {"inf", 0}, {"0x10", 0},
};

START_TEST(periods_are_read)
{
	double seconds = 0;
	bool read = period_parse(periods[_i].text, &seconds);

	ck_assert_msg(read == (periods[_i].seconds > 0), "%s", periods[_i].text);
	if (read)
		ck_assert_double_eq_tol(seconds, periods[_i].seconds, 1e-9);
}
END_TEST

static const struct {
	int64_t ms;
	const char *text;
} written[] = {
    {-5, "0s"}, {0, "0s"}, {1, "1ms"}, {999, "999ms"}, {1000, "1s"}, {59999, "59s"}, {60000, "1m00s"}, {192000, "3m12s"},
    {3599999, "59m59s"}, {3600000, "1h00m"}, {86399999, "23h59m"}, {86400000, "1d00h"}, {400LL * 86400000, "400d00h"},
};

START_TEST(periods_are_written)
{
	char text[MOMENT_SIZE];

	ck_assert_str_eq(period_format(written[_i].ms, text), written[_i].text);
}
END_TEST

static const struct {
	double ms;
	const char *text;
} elapsed[] = {
    {0, "0.00ms"}, {0.42, "0.42ms"}, {9.99, "9.99ms"}, {9.996, "10.0ms"}, {12.34, "12.3ms"}, {350, "350ms"}, {999, "999ms"},
    {999.9, "1.00s"}, {1234, "1.23s"}, {12345, "12.3s"}, {123456, "123s"},
};

START_TEST(durations_have_three_figures)
{
	char text[MOMENT_SIZE];

	ck_assert_str_eq(elapsed_format(elapsed[_i].ms, text), elapsed[_i].text);
}
END_TEST

#define NOON INT64_C(1789732800000) /* 2026-09-18 12:00 UTC */

static const struct {
	const char *text, *shown; /* at NOON */
} dates[] = {
    {"2026-09-18T11:59:59.123Z", "11:59:59"}, {"2026-09-18T11:59:59Z", "11:59:59"}, {"2026-09-17T12:00:00.000Z", "Sep 17 12:00"},
    {"2025-09-18T12:00:00.000Z", "2025-09-18 12:00"}, {"1969-12-31T23:59:59.000Z", "1969-12-31 23:59"},
    {NULL, "-"}, {"", "-"}, {"2026-09-18", "-"}, {"2026-09-18T11:59:59.123", "-"}, {"2026-09-18T11:59:59.123+02:00", "-"},
    {"yesterday", "-"},
};

START_TEST(dates_are_local)
{
	char text[MOMENT_SIZE];

	ck_assert_str_eq(moment_format(moment_parse(dates[_i].text), NOON, text), dates[_i].shown);
}
END_TEST

START_TEST(dates_are_exact)
{
	char text[MOMENT_SIZE];

	ck_assert_int_eq(moment_parse("2026-09-18T12:00:00.000Z"), NOON);
	ck_assert_int_eq(moment_parse("2026-09-18T12:00:00.007Z"), NOON + 7);
	ck_assert_str_eq(moment_format_whole(NOON + 7, text), "2026-09-18 12:00:00.007");
	ck_assert_str_eq(moment_format_whole(MOMENT_NONE, text), "-");
}
END_TEST

int
main(void)
{
	Suite *suite = suite_create("dates and periods of exacheck-ctl");
	TCase *tcase = unit_case(suite, "moment");

	setenv("TZ", "UTC", 1);
	tzset();
	tcase_add_loop_test(tcase, periods_are_read, 0, COUNT(periods));
	tcase_add_loop_test(tcase, periods_are_written, 0, COUNT(written));
	tcase_add_loop_test(tcase, durations_have_three_figures, 0, COUNT(elapsed));
	tcase_add_loop_test(tcase, dates_are_local, 0, COUNT(dates));
	tcase_add_test(tcase, dates_are_exact);
	return unit_run(suite);
}
