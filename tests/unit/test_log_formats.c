/*
 * What the lines of loggers look like, byte for byte: text, JSON, ExaCheck's pairs, a formatter, and syslog in both
 * formats.
 */
#include <check.h>
#include <jansson.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "../../supervisor/log/format_syslog.h"
#include "unit.h"

#define NOON_US INT64_C(1769900399123456) /* 2026-01-31T22:59:59.123456Z: in Berlin an hour later */

/* Names of what is written. */
enum record { CHECK, ITSELF, AWKWARD, EARLY, RECORDS };

static const struct log_fields records[RECORDS] = {
	[CHECK] = {.at_us = NOON_US, .level = "success", .event = "withdraw", .subsystem = "healthcheck", .check = "web",
	    .from = "up", .to = "down", .text = "3 of 4", .file = "supervisor/transition.c", .function = "transition_log",
	    .line = 12, .pid = 4711},
	[ITSELF] = {.at_us = NOON_US, .level = "error", .event = "error", .subsystem = "master", .text = "no memory",
	    .file = "supervisor/main.c", .function = "main", .line = 1, .pid = 1},
	[AWKWARD] = {.at_us = NOON_US, .level = "warning", .event = "info", .subsystem = "worker",
	    .check = "a \"b\" [c] \\d", .text = "gr\xc3\xbc\xc3\x9f [x] \"y\" \\z \xf0\x9f\x98\x80", .file = "a.c",
	    .function = "f", .line = 4294967295, .pid = 2147483647},
	[EARLY] = {.at_us = 0, .level = "trace", .event = "datadump", .subsystem = "utility", .text = "", .file = "a.c",
	    .function = "f", .line = 0, .pid = 2},
};

/* The members are not const: the literals are only read. */
static char exacheck[] = "exacheck", own[] = "{level.name:.1} {message}", rfc5424[] = "rfc5424", rfc3164[] = "rfc3164",
	file[] = "file", syslog_[] = "syslog";

static const struct {
	char *method, *format, *formatter;
	bool structured;
	enum record record;
	const char *line;
} lines[] = {
	{file, NULL, NULL, false, CHECK, "2026-01-31 23:59:59.123 | SUCCESS  | 4711 | web | supervisor/transition.c:12 | "
	    "transition_log | withdraw | healthcheck | 3 of 4"},
	{file, NULL, exacheck, false, ITSELF, "2026-01-31 23:59:59.123 | ERROR    | 1 | MASTER | supervisor/main.c:1 | main | "
	    "error | master | no memory"},
	{file, NULL, NULL, false, AWKWARD, "2026-01-31 23:59:59.123 | WARNING  | 2147483647 | a \"b\" [c] \\d | a.c:4294967295 | "
	    "f | info | worker | gr\xc3\xbc\xc3\x9f [x] \"y\" \\z \xf0\x9f\x98\x80"},
	{file, NULL, NULL, false, EARLY, "1970-01-01 01:00:00.000 | TRACE    | 2 | MASTER | a.c:0 | f | datadump | utility | "},
	{file, NULL, own, false, CHECK, "S 3 of 4"},

	{file, NULL, NULL, true, CHECK, "{\"time\":\"2026-01-31T22:59:59.123Z\",\"level\":\"success\",\"pid\":4711,"
	    "\"check\":\"web\",\"event\":\"withdraw\",\"subsystem\":\"healthcheck\",\"message\":\"3 of 4\",\"from\":\"up\","
	    "\"to\":\"down\",\"file\":\"supervisor/transition.c\",\"line\":12,\"function\":\"transition_log\"}"},
	{file, NULL, NULL, true, ITSELF, "{\"time\":\"2026-01-31T22:59:59.123Z\",\"level\":\"error\",\"pid\":1,"
	    "\"event\":\"error\",\"subsystem\":\"master\",\"message\":\"no memory\",\"file\":\"supervisor/main.c\",\"line\":1,"
	    "\"function\":\"main\"}"},
	{file, NULL, NULL, true, AWKWARD, "{\"time\":\"2026-01-31T22:59:59.123Z\",\"level\":\"warning\",\"pid\":2147483647,"
	    "\"check\":\"a \\\"b\\\" [c] \\\\d\",\"event\":\"info\",\"subsystem\":\"worker\",\"message\":\"gr\xc3\xbc\xc3\x9f [x] "
	    "\\\"y\\\" \\\\z \xf0\x9f\x98\x80\",\"file\":\"a.c\",\"line\":4294967295,\"function\":\"f\"}"},
	{file, NULL, own, true, ITSELF, "{\"time\":\"2026-01-31T22:59:59.123Z\",\"level\":\"error\",\"pid\":1,"
	    "\"event\":\"error\",\"subsystem\":\"master\",\"message\":\"E no memory\",\"file\":\"supervisor/main.c\",\"line\":1,"
	    "\"function\":\"main\"}"},

	{file, NULL, exacheck, true, CHECK, "\"date\"=\"2026-01-31\" \"time\"=\"23:59:59.123\" \"level\"=\"SUCCESS\" "
	    "\"pid\"=\"4711\" \"check_name\"=\"web\" \"file\"=\"supervisor/transition.c\" \"line\"=\"12\" "
	    "\"function\"=\"transition_log\" \"event\"=\"withdraw\" \"subsystem\"=\"healthcheck\" \"message\"=\"3 of 4\""},
	{file, NULL, exacheck, true, AWKWARD, "\"date\"=\"2026-01-31\" \"time\"=\"23:59:59.123\" \"level\"=\"WARNING\" "
	    "\"pid\"=\"2147483647\" \"check_name\"=\"a \\\"b\\\" [c] \\\\d\" \"file\"=\"a.c\" \"line\"=\"4294967295\" "
	    "\"function\"=\"f\" \"event\"=\"info\" \"subsystem\"=\"worker\" "
	    "\"message\"=\"gr\xc3\xbc\xc3\x9f [x] \\\"y\\\" \\\\z \xf0\x9f\x98\x80\""},

	{syslog_, rfc5424, NULL, false, CHECK, "<29>1 2026-01-31T22:59:59.123Z node1 exacheck 4711 withdraw - web: 3 of 4"},
	{syslog_, rfc5424, NULL, true, CHECK, "<29>1 2026-01-31T22:59:59.123Z node1 exacheck 4711 withdraw "
	    "[exacheck@32473 check=\"web\" event=\"withdraw\" subsystem=\"healthcheck\" from=\"up\" to=\"down\"] 3 of 4"},
	{syslog_, rfc5424, NULL, true, ITSELF, "<27>1 2026-01-31T22:59:59.123Z node1 exacheck 1 error "
	    "[exacheck@32473 event=\"error\" subsystem=\"master\"] no memory"},
	/* RFC 5424 section 6.3.3: the quote, the backslash and the closing bracket, and nothing else, is escaped */
	{syslog_, rfc5424, NULL, true, AWKWARD, "<28>1 2026-01-31T22:59:59.123Z node1 exacheck 2147483647 info "
	    "[exacheck@32473 check=\"a \\\"b\\\" [c\\] \\\\d\" event=\"info\" subsystem=\"worker\"] "
	    "\xef\xbb\xbfgr\xc3\xbc\xc3\x9f [x] \"y\" \\z \xf0\x9f\x98\x80"},
	{syslog_, rfc5424, NULL, false, EARLY, "<31>1 1970-01-01T00:00:00.000Z node1 exacheck 2 datadump - "},
	{syslog_, rfc5424, own, false, CHECK, "<29>1 2026-01-31T22:59:59.123Z node1 exacheck 4711 withdraw - S 3 of 4"},
	{syslog_, rfc5424, exacheck, true, EARLY, "<31>1 1970-01-01T00:00:00.000Z node1 exacheck 2 datadump "
	    "[exacheck@32473 event=\"datadump\" subsystem=\"utility\"] \"date\"=\"1970-01-01\" \"time\"=\"01:00:00.000\" "
	    "\"level\"=\"TRACE\" \"pid\"=\"2\" \"check_name\"=\"MASTER\" \"file\"=\"a.c\" \"line\"=\"0\" \"function\"=\"f\" "
	    "\"event\"=\"datadump\" \"subsystem\"=\"utility\" \"message\"=\"\""},

	{syslog_, rfc3164, NULL, false, CHECK, "<29>Jan 31 23:59:59 node1 exacheck[4711]: web: 3 of 4"},
	{syslog_, rfc3164, NULL, false, EARLY, "<31>Jan  1 01:00:00 node1 exacheck[2]: "},
	{syslog_, rfc3164, own, false, AWKWARD, "<28>Jan 31 23:59:59 node1 exacheck[2147483647]: W gr\xc3\xbc\xc3\x9f [x] \"y\" \\z "
	    "\xf0\x9f\x98\x80"},
	{syslog_, rfc3164, exacheck, false, ITSELF, "<27>Jan 31 23:59:59 node1 exacheck[1]: 2026-01-31 23:59:59.123 | ERROR    | "
	    "1 | MASTER | supervisor/main.c:1 | main | error | master | no memory"},
	{syslog_, rfc3164, NULL, true, ITSELF, "<27>Jan 31 23:59:59 node1 exacheck[1]: @cee:{\"time\":\"2026-01-31T22:59:59.123Z\","
	    "\"level\":\"error\",\"pid\":1,\"event\":\"error\",\"subsystem\":\"master\",\"message\":\"no memory\","
	    "\"file\":\"supervisor/main.c\",\"line\":1,\"function\":\"main\"}"},
};

static struct logger_setup
setup_of(char *method, char *format, char *formatter, bool structured)
{
	return (struct logger_setup){.method = method, .format = format, .formatter = formatter, .structured = structured,
	    .facility = 3, .host = "node1"};
}

/* The line, for free. */
static char *
made(const struct logger_setup *setup, const struct log_fields *fields, bool local)
{
	char error[LOG_FORMAT_ERROR_SIZE] = "", *line;
	struct format *format = format_new(setup, error);

	ck_assert_msg(format != NULL, "%s", error);
	line = setup->method == syslog_ ? format_syslog(format, setup, fields, local) : format_line(format, fields);
	format_free(format);
	ck_assert_ptr_nonnull(line);
	return line;
}

static void
berlin(void)
{
	ck_assert_int_eq(setenv("TZ", "CET-1CEST,M3.5.0,M10.5.0/3", 1), 0);
	tzset();
}

START_TEST(test_lines)
{
	const struct logger_setup setup = setup_of(lines[_i].method, lines[_i].format, lines[_i].formatter,
	    lines[_i].structured);
	char *line;

	berlin();
	line = made(&setup, &records[lines[_i].record], false);
	ck_assert_str_eq(line, lines[_i].line);
	free(line);
}
END_TEST

/* What reads JSON reads it back. */
START_TEST(test_json_reads_back)
{
	const struct logger_setup setup = setup_of(file, NULL, NULL, true);
	char *line = made(&setup, &records[AWKWARD], false);
	json_t *map = json_loads(line, JSON_REJECT_DUPLICATES, NULL);

	ck_assert_ptr_nonnull(map);
	ck_assert_str_eq(json_string_value(json_object_get(map, "message")), records[AWKWARD].text);
	ck_assert_str_eq(json_string_value(json_object_get(map, "check")), records[AWKWARD].check);
	json_decref(map);
	free(line);
}
END_TEST

/* On this machine's socket RFC 3164 names no host; RFC 5424 has a place for it in any case. */
START_TEST(test_local)
{
	struct logger_setup setup = setup_of(syslog_, rfc3164, NULL, false);
	char *line;

	berlin();
	line = made(&setup, &records[ITSELF], true);
	ck_assert_str_eq(line, "<27>Jan 31 23:59:59 exacheck[1]: no memory");
	free(line);
	setup.format = rfc5424;
	line = made(&setup, &records[ITSELF], true);
	ck_assert_str_eq(line, "<27>1 2026-01-31T22:59:59.123Z node1 exacheck 1 error - no memory");
	free(line);
}
END_TEST

START_TEST(test_levels)
{
	static const struct {
		const char *level, *begin;
	} levels[] = {{"error", "<131>1 "}, {"warning", "<132>1 "}, {"success", "<133>1 "}, {"info", "<134>1 "},
		{"debug", "<135>1 "}, {"trace", "<135>1 "}, {"what", "<135>1 "}};
	struct logger_setup setup = setup_of(syslog_, rfc5424, NULL, false);

	setup.facility = 16; /* local0 */
	for (size_t i = 0; i < COUNT(levels); i++) {
		struct log_fields fields = records[ITSELF];
		char *line;

		fields.level = levels[i].level;
		line = made(&setup, &fields, false);
		ck_assert_msg(strncmp(line, levels[i].begin, strlen(levels[i].begin)) == 0, "%s: %s", levels[i].level, line);
		free(line);
	}
}
END_TEST

START_TEST(test_host)
{
	static const struct {
		const char *host, *shown;
	} hosts[] = {{NULL, " - "}, {"", " - "}, {"node 1\n\xc3\xa9", " node-1--- "}, {"node1.example.net", " node1.example.net "}};
	struct logger_setup setup = setup_of(syslog_, rfc5424, NULL, false);
	char name[600], *line;

	for (size_t i = 0; i < COUNT(hosts); i++) {
		setup.host = hosts[i].host;
		line = made(&setup, &records[ITSELF], false);
		ck_assert_msg(strstr(line, hosts[i].shown) != NULL, "%s", line);
		free(line);
	}
	memset(name, 'x', sizeof(name) - 1);
	name[sizeof(name) - 1] = '\0';
	setup.host = name;
	line = made(&setup, &records[ITSELF], false);
	ck_assert_uint_eq(strspn(strchr(line, 'x'), "x"), 255);
	free(line);
}
END_TEST

/* No format cuts a line, and a control character that comes nevertheless ends no message. */
START_TEST(test_long_and_broken)
{
	const struct logger_setup setups[] = {setup_of(file, NULL, NULL, false), setup_of(file, NULL, NULL, true),
		setup_of(file, NULL, exacheck, true), setup_of(syslog_, rfc5424, NULL, true),
		setup_of(syslog_, rfc3164, NULL, true)};
	struct log_fields fields = records[CHECK];
	char text[1025], *line;

	memset(text, 'y', sizeof(text) - 1);
	text[sizeof(text) - 1] = '\0';
	for (size_t i = 0; i < COUNT(setups); i++) {
		fields.text = text;
		line = made(&setups[i], &fields, false);
		ck_assert_ptr_nonnull(strstr(line, text));
		free(line);
	}
	fields.text = "a\nb\x7f\xc3";
	line = made(&setups[3], &fields, false);
	ck_assert_ptr_nonnull(strstr(line, "] \xef\xbb\xbf" "a?b??"));
	free(line);
}
END_TEST

START_TEST(test_refused)
{
	char error[LOG_FORMAT_ERROR_SIZE], bad[] = "{elapsed}";
	const struct logger_setup setup = setup_of(file, NULL, bad, false);

	ck_assert_ptr_null(format_new(&setup, error));
	ck_assert_ptr_nonnull(strstr(error, "{elapsed}: no such field"));
}
END_TEST

int
main(void)
{
	Suite *suite = suite_create("log_formats");
	TCase *tcase = unit_case(suite, "log_formats");

	tcase_add_loop_test(tcase, test_lines, 0, COUNT(lines));
	tcase_add_test(tcase, test_json_reads_back);
	tcase_add_test(tcase, test_local);
	tcase_add_test(tcase, test_levels);
	tcase_add_test(tcase, test_host);
	tcase_add_test(tcase, test_long_and_broken);
	tcase_add_test(tcase, test_refused);
	return unit_run(suite);
}
