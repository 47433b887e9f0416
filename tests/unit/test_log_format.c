/*
 * Formats of log lines as loguru has them: fields, layouts, dates, markup, and what is refused. What loguru itself makes of the
 * same formats is in the tables.
 */
#include <check.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "../../common/log_format.h"
#include "unit.h"

#define NOON_US INT64_C(1769900399123456) /* 2026-01-31T22:59:59.123456Z, a Saturday */
#define SUMMER_US INT64_C(1783015205000007) /* 2026-07-02T18:00:05.000007Z, a Thursday */

static const struct log_fields usual = {
	.at_us = NOON_US,
	.level = "success",
	.event = "withdraw",
	.subsystem = "healthcheck",
	.check = "web",
	.from = "up",
	.to = "down",
	.text = "gr\xc3\xbc\xc3\x9f",
	.file = "supervisor/transition.c",
	.function = "transition_log",
	.line = 12,
	.pid = 4711,
};

static void
expect_line(const char *text, const struct log_fields *fields, const char *expected)
{
	char error[LOG_FORMAT_ERROR_SIZE] = "", *line;
	struct log_format *format = log_format_compile(text, error);

	ck_assert_msg(format != NULL, "%s: %s", text, error);
	line = log_format_line(format, fields);
	ck_assert_ptr_nonnull(line);
	ck_assert_msg(strcmp(line, expected) == 0, "%s: %s, not %s", text, line, expected);
	free(line);
	log_format_free(format);
}

static const struct {
	const char *format, *line;
} lines[] = {
	{"", ""},
	{"text", "text"},
	{"a{{b}}c", "a{b}c"},
	{"{{{message}}}", "{gr\xc3\xbc\xc3\x9f}"},
	{"{message}\n", "gr\xc3\xbc\xc3\x9f"},
	{"{level}|{level.name}|{level.no}|{level.icon}", "SUCCESS|SUCCESS|25|\xe2\x9c\x94\xef\xb8\x8f"},
	{"{process} {process.id} {process.name}", "4711 4711 exacheck"},
	{"{extra[check_name]} {extra[event]} {extra[subsystem]}", "web withdraw healthcheck"},
	{"{file} {file.name} {file.path}", "transition.c transition.c supervisor/transition.c"},
	{"{name} {module} {function} {line}", "supervisor.transition transition transition_log 12"},
	{"{message!s}{exception}.", "gr\xc3\xbc\xc3\x9f."},
	/* layouts */
	{"[{level: <8}] [{level:>8}] [{level:^8}] [{level:^10}]", "[SUCCESS ] [ SUCCESS] [SUCCESS ] [ SUCCESS  ]"},
	{"[{level:-<10}] [{level:.3}] [{level:>5.3}] [{level:3}]", "[SUCCESS---] [SUC] [  SUC] [SUCCESS]"},
	{"[{line:4}] [{line:<4}] [{line:04}] [{line:04d}] [{line:*=5}]", "[  12] [12  ] [0012] [0012] [***12]"},
	{"[{message:6}] [{message:>6}] [{message:.3}] [{message:s}]",
	    "[gr\xc3\xbc\xc3\x9f  ] [  gr\xc3\xbc\xc3\x9f] [gr\xc3\xbc] [gr\xc3\xbc\xc3\x9f]"},
	{"[{message:\xc3\xa9^8}]", "[\xc3\xa9\xc3\xa9gr\xc3\xbc\xc3\x9f\xc3\xa9\xc3\xa9]"},
	{"[{level:08}] [{level:<08}] [{level:<<9}]", "[SUCCESS0] [SUCCESS0] [SUCCESS<<]"},
	/* markup */
	{"<green>{level}</green> <b>x</b>", "SUCCESS x"},
	{"<level><bold>{message}</bold></level>", "gr\xc3\xbc\xc3\x9f"},
	{"<lvl>{level}</> <red><RED><i>a</></></>", "SUCCESS a"},
	{"<fg #ff0><bg 12,34,255><fg 7><LIGHT-BLUE><lr>a</lr></></></></>", "a"},
	{"\\<red> \\</red> \\<nothing>", "<red> </red> <nothing>"},
	{"a < b > c <- d", "a < b > c <- d"},
	{"\\ \\n \\{message}", "\\ \\n \\gr\xc3\xbc\xc3\x9f"},
};

START_TEST(test_lines)
{
	expect_line(lines[_i].format, &usual, lines[_i].line);
}
END_TEST

static const struct {
	const char *format, *winter, *summer; /* in Berlin */
} times[] = {
	{"{time}", "2026-01-31T23:59:59.123456+0100", "2026-07-02T20:00:05.000007+0200"},
	{"{time:!UTC}", "2026-01-31T22:59:59.123456+0000", "2026-07-02T18:00:05.000007+0000"},
	{"{time:YYYY-MM-DD HH:mm:ss.SSS}", "2026-01-31 23:59:59.123", "2026-07-02 20:00:05.000"},
	{"{time:YYYY-MM-DDTHH:mm:ss.SSSSSSZ!UTC}", "2026-01-31T22:59:59.123456+00:00", "2026-07-02T18:00:05.000007+00:00"},
	{"{time:YY Q MMMM MMM MM M}", "26 1 January Jan 01 1", "26 3 July Jul 07 7"},
	{"{time:DDDD DDD DD D dddd ddd d E}", "031 31 31 31 Saturday Sat 5 6", "183 183 02 2 Thursday Thu 3 4"},
	{"{time:HH H hh h A mm m ss s}", "23 23 11 11 PM 59 59 59 59", "20 20 08 8 PM 00 0 05 5"},
	{"{time:S SS SSS SSSS SSSSS SSSSSS}", "1 12 123 1234 12345 123456", "0 00 000 0000 00000 000007"},
	{"{time:SSSSSSS}", "1234561", "0000070"},
	{"{time:Z ZZ zz z X x}", "+01:00 +0100 CET z 1769900399 1769900399123456",
	    "+02:00 +0200 CEST z 1783015205 1783015205000007"},
	{"{time:Z zz!UTC}", "+00:00 UTC", "+00:00 UTC"},
	{"{time:[HH] [HHH] [at] [!UTC] W}", "HH [2323] [at] !UTC W", "HH [2020] [at] !UTC W"},
	{"{time:[HH}", "[23", "[20"},
	{"{time:%Y-%m-%d %H:%M:%S,%f %a %A %b %B %j %y %p %I %z %Z %%}",
	    "2026-01-31 23:59:59,123456 Sat Saturday Jan January 031 26 PM 11 +0100 CET %",
	    "2026-07-02 20:00:05,000007 Thu Thursday Jul July 183 26 PM 08 +0200 CEST %"},
	{"{time:%F %T HH %u %w %s}", "2026-01-31 23:59:59 HH 6 6 1769900399", "2026-07-02 20:00:05 HH 4 4 1783015205"},
	{"{time:%b %e}", "Jan 31", "Jul  2"},
};

START_TEST(test_times)
{
	struct log_fields fields = usual;

	ck_assert_int_eq(setenv("TZ", "CET-1CEST,M3.5.0,M10.5.0/3", 1), 0);
	tzset();
	expect_line(times[_i].format, &fields, times[_i].winter);
	fields.at_us = SUMMER_US;
	expect_line(times[_i].format, &fields, times[_i].summer);
}
END_TEST

START_TEST(test_time_beyond)
{
	struct log_fields fields = usual;

	fields.at_us = -1;
	expect_line("{time:YYYY-MM-DD HH:mm:ss.SSSSSS X x!UTC}", &fields, "1969-12-31 23:59:59.999999 -1 -1");
	fields.at_us = 0;
	ck_assert_int_eq(setenv("TZ", "XXX4:30:15", 1), 0);
	tzset();
	expect_line("{time:YYYY HH:mm:ss Z ZZ zz}", &fields, "1969 19:29:45 -04:30:15 -043015 XXX");
	fields.at_us = INT64_MAX;
	expect_line("{time:YYYY!UTC}", &fields, "294247");
	fields.at_us = INT64_MIN;
	expect_line("{time:YYYY YY!UTC}", &fields, "-290308 92");
}
END_TEST

START_TEST(test_exacheck_itself)
{
	struct log_fields fields = usual;

	fields.check = NULL;
	expect_line("{extra[check_name]: >8}", &fields, "  MASTER");
}
END_TEST

static const struct {
	const char *format, *error;
} refusals[] = {
	{"{elapsed}", "{elapsed}: no such field: time, level[.name|.no|.icon], process[.id|.name], message, extra[check_name|event|"
	    "subsystem], file[.name|.path], line, function, name, module"},
	{"{thread.name: <8}", "{thread.name}: no such field: "},
	{"{extra}", "{extra}: no such field: "},
	{"{}", "{}: no such field: "},
	{"{message!r}", "{message!r}: there are no conversions but !s"},
	{"{message:4x}", "{message}: after the colon of a text follow [[fill]align][width][.precision]; align: < > ^"},
	{"{message:=9}", "{message}: after the colon of a text follow"},
	{"{line:.3}", "{line}: after the colon of a number follow"},
	{"{message:.}", "{message}: after the dot follows how many characters are shown"},
	{"{message:1025}", "{message}: too wide: at most 1024 characters"},
	{"{message:99999999999999999999}", "{message}: too wide"},
	{"{message", "a { without }: write it twice where it is text"},
	{"a}b", "a single }: write it twice where it is text"},
	{"{level:{line}}", "a { within a field: fields hold no others"},
	{"{time:%Q}", "{time}: cannot write %Q: write the date with tokens, such as YYYY-MM-DD HH:mm:ss.SSS"},
	{"{time:%\xc3\xa9}", "{time}: cannot write %?: "},
	{"{time:%}", "{time}: cannot write %: "},
	{"<gren>{message}</gren>", "\"gren\": is no colour and no style (where it is text, put a backslash before the <)"},
	{"<Red>a</Red>", "\"Red\": is no colour"},
	{"<fg 256>a</>", "\"fg 256\": is no colour"},
	{"<fg #12>a</>", "\"fg #12\": is no colour"},
	{"<red>{message}", "\"red\": this tag is not closed"},
	{"{message}</red>", "\"/red\": closes a tag that is not the last one opened"},
	{"<red><b>a</red></b>", "\"/red\": closes a tag that is not the last one opened"},
	{"a\nb", "there is a line break or a control character in it: a log line is one line"},
	{"a\x1b[31mb", "there is a line break or a control character in it: a log line is one line"},
};

START_TEST(test_refusals)
{
	char error[LOG_FORMAT_ERROR_SIZE] = "";

	ck_assert_ptr_null(log_format_compile(refusals[_i].format, error));
	ck_assert_msg(strncmp(error, refusals[_i].error, strlen(refusals[_i].error)) == 0, "%s: %s", refusals[_i].format, error);
}
END_TEST

/* A name that is cut does not end within a character, and the list of all names is there in whole. */
START_TEST(test_long_name)
{
	char error[LOG_FORMAT_ERROR_SIZE];

	ck_assert_ptr_null(log_format_compile("{abcdefghijklmnopqrs\xc3\xa9 and so on}", error));
	ck_assert_ptr_nonnull(strstr(error, "{abcdefghijklmnopqrs?}: no such field"));
	ck_assert_str_eq(error + strlen(error) - strlen("module"), "module");
}
END_TEST

START_TEST(test_deep_markup)
{
	char format[512] = "", error[LOG_FORMAT_ERROR_SIZE];

	for (int i = 0; i < 100; i++)
		strcat(format, "<b>");
	ck_assert_ptr_null(log_format_compile(format, error));
	ck_assert_str_eq(error, "\"b\": too many tags are open");
}
END_TEST

START_TEST(test_long_line)
{
	char text[4096], expected[2 * sizeof(text)];
	struct log_fields fields = usual;

	memset(text, 'x', sizeof(text) - 1);
	text[sizeof(text) - 1] = '\0';
	fields.text = text;
	strcpy(expected, text);
	strcat(expected, text);
	expect_line("{message}{message}", &fields, expected);
}
END_TEST

int
main(void)
{
	Suite *suite = suite_create("log_format");
	TCase *tcase = unit_case(suite, "log_format");

	tcase_add_loop_test(tcase, test_lines, 0, COUNT(lines));
	tcase_add_loop_test(tcase, test_times, 0, COUNT(times));
	tcase_add_test(tcase, test_time_beyond);
	tcase_add_test(tcase, test_exacheck_itself);
	tcase_add_loop_test(tcase, test_refusals, 0, COUNT(refusals));
	tcase_add_test(tcase, test_long_name);
	tcase_add_test(tcase, test_deep_markup);
	tcase_add_test(tcase, test_long_line);
	return unit_run(suite);
}
