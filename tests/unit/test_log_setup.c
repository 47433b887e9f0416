/*
 * What exacheck-log is told: its setup, which logger wants which record, and lines that are none.
 */
#include <string.h>

#include "../../supervisor/log/filter.h"
#include "../../supervisor/log/record.h"
#include "../../supervisor/log/setup.h"
#include "unit.h"

#define EVENTS "\"announce\",\"datadump\",\"debug\",\"error\",\"info\",\"withdraw\""
#define LOGGER(CHECKS, MORE) \
	"{\"method\":\"file\",\"level\":\"info\",\"formatter\":null,\"events\":[" EVENTS "]," \
	"\"subsystems\":[\"master\",\"healthcheck\"]," \
	"\"checks\":[" CHECKS "],\"structured\":false,\"destination\":\"/x.log\",\"size\":10,\"count\":5,\"compress\":true," \
	"\"compression_format\":\"gz\"" MORE "}"
#define SYSLOG \
	"{\"method\":\"syslog\",\"level\":\"trace\",\"formatter\":\"{message}\",\"events\":[],\"subsystems\":[],\"checks\":[]," \
	"\"structured\":true,\"destination\":\"::1\",\"port\":514,\"protocol\":\"tcp\",\"format\":\"rfc5424\",\"facility\":23}"
#define SETUP(LOGGERS) "{\"type\":\"setup\",\"pid\":4711,\"host\":\"node1\",\"loggers\":[" LOGGERS "]}"

static bool
read_setup(struct log_setup *setup, const char *text, char error[static SETUP_ERROR_SIZE])
{
	json_t *map = json_loads(text, 0, NULL);
	bool read;

	ck_assert_msg(map != NULL, "%s", text);
	read = log_setup_read(setup, map, error);
	json_decref(map);
	return read;
}

START_TEST(a_setup)
{
	char error[SETUP_ERROR_SIZE];
	struct log_setup setup;

	ck_assert(read_setup(&setup, SETUP(LOGGER("\"web\",\"MASTER\"", "") "," SYSLOG), error));
	ck_assert(setup.count == 2 && setup.pid == 4711);
	ck_assert_str_eq(setup.host, "node1");
	ck_assert_str_eq(setup.loggers[0].destination, "/x.log");
	ck_assert(setup.loggers[0].size == 10 && setup.loggers[0].count == 5 && setup.loggers[0].compress);
	ck_assert(setup.loggers[0].formatter == NULL && setup.loggers[0].level == LOG_LEVEL_INFO);
	ck_assert_str_eq(setup.loggers[0].checks.names[0], "MASTER"); /* sorted */
	ck_assert(setup.loggers[1].port == 514 && setup.loggers[1].facility == 23 && setup.loggers[1].structured);
	ck_assert_str_eq(setup.loggers[1].protocol, "tcp");
	ck_assert(setup.loggers[1].host == setup.host && setup.loggers[1].pid == 4711);
	log_setup_free(&setup);
}
END_TEST

static const struct {
	const char *text, *error;
} bad[] = {
	{"{}", "pid, host or loggers"},
	{"{\"pid\":1,\"host\":\"a\",\"loggers\":{}}", "pid, host or loggers"},
	{SETUP("3"), "method"},
	{SETUP("{\"method\":\"file\"}"), "level"},
	{SETUP("{\"method\":\"mail\",\"level\":\"info\",\"formatter\":null,\"events\":[],\"subsystems\":[],\"checks\":[],"
	    "\"structured\":false,\"destination\":\"\"}"), "unknown method or level"},
	{SETUP("{\"method\":\"syslog\",\"level\":\"loud\",\"formatter\":null,\"events\":[],\"subsystems\":[],\"checks\":[],"
	    "\"structured\":false,\"destination\":\"\"}"), "unknown method or level"},
	{SETUP("{\"method\":\"syslog\",\"level\":\"info\",\"formatter\":null,\"events\":[],\"subsystems\":[],\"checks\":[],"
	    "\"structured\":false,\"destination\":\"\",\"port\":65536}"), "port"},
	{SETUP(LOGGER("1", "")), "checks"},
	{SETUP(LOGGER("", ",\"size\":0")), "size"},
	{SETUP(LOGGER("", ",\"count\":-1")), "count"},
};

static void
no_setup_one(size_t i)
{
	char error[SETUP_ERROR_SIZE] = "";
	struct log_setup setup;

	ck_assert(!read_setup(&setup, bad[i].text, error));
	ck_assert_msg(strstr(error, bad[i].error) != NULL, "%s: %s", bad[i].text, error);
	ck_assert(setup.count == 0 && setup.host == NULL);
}

START_TEST(no_setup)
{
	for (size_t i = 0; i < COUNT(bad); i++)
		no_setup_one(i);
}
END_TEST

static const struct {
	const char *level, *event, *subsystem, *check;
	bool all, some; /* whether the logger without and the one with a list of checks wants it */
} records[] = {
	{"error", "withdraw", "healthcheck", "web", true, true},
	{"info", "announce", "healthcheck", "web", true, true},
	{"info", "announce", "healthcheck", "dns", true, false},
	{"info", "info", "master", NULL, true, true},
	{"success", "info", "master", NULL, true, true}, /* graver than info, as ExaCheck has it */
	{"debug", "info", "master", NULL, false, false},
	{"info", "info", "announcer", NULL, false, false},
	{"info", "other", "master", NULL, false, false},
	{"loud", "info", "master", NULL, false, false},
};

static void
filters_one(size_t i)
{
	const struct log_fields fields = {.level = records[i].level, .event = records[i].event,
	    .subsystem = records[i].subsystem, .check = records[i].check};
	char error[SETUP_ERROR_SIZE];
	struct log_setup setup;

	ck_assert(read_setup(&setup, SETUP(LOGGER("", "") "," LOGGER("\"web\",\"MASTER\"", "") "," SYSLOG), error));
	ck_assert_msg(filter_wants(&setup.loggers[0], &fields) == records[i].all, "%zu", i);
	ck_assert_msg(filter_wants(&setup.loggers[1], &fields) == records[i].some, "%zu", i);
	ck_assert(!filter_wants(&setup.loggers[2], &fields)); /* no event, no subsystem */
	log_setup_free(&setup);
}

START_TEST(filters)
{
	for (size_t i = 0; i < COUNT(records); i++)
		filters_one(i);
}
END_TEST

START_TEST(a_record)
{
	static const char line[] = "{\"type\":\"record\",\"at\":1700000000123456,\"level\":\"error\",\"event\":\"withdraw\","
	    "\"subsystem\":\"healthcheck\",\"check\":\"web\",\"from\":\"up\",\"to\":\"down\",\"text\":\"one\\ntwo \\u00e9\","
	    "\"file\":\"a.c\",\"line\":12,\"function\":\"f\"}";
	struct record record;

	record_read(&record, line, sizeof(line) - 1, 7);
	ck_assert_int_eq(record.type, RECORD_LINE);
	ck_assert(record.fields.at_us == INT64_C(1700000000123456) && record.fields.line == 12 && record.fields.pid == 7);
	ck_assert_str_eq(record.fields.text, "one?two é");
	ck_assert_str_eq(record.fields.to, "down");
	record_clear(&record);
}
END_TEST

#define RECORD(AT, LEVEL, CHECK) \
	"{\"type\":\"record\",\"at\":" AT ",\"level\":" LEVEL ",\"event\":\"info\",\"subsystem\":\"master\",\"check\":" CHECK \
	",\"text\":\"x\"}"

static const struct {
	const char *line;
	enum record_type type;
} lines[] = {
	{"", RECORD_BAD}, {"[]", RECORD_BAD}, {"{\"type\":3}", RECORD_BAD}, {"{\"type\":\"setup\"}", RECORD_BAD},
	{"{\"type\":\"lost\"}", RECORD_BAD}, {"{\"type\":\"lost\",\"count\":-1}", RECORD_BAD},
	{"{\"type\":\"lost\",\"count\":3}", RECORD_LOST}, {"{\"type\":\"reopen\"}", RECORD_REOPEN},
	{"{\"type\":\"bye\"}", RECORD_BYE}, {"{\"type\":\"leave\"}", RECORD_LEAVE},
	{RECORD("1", "\"info\"", "null"), RECORD_LINE}, {RECORD("-1", "\"info\"", "null"), RECORD_BAD},
	{RECORD("9223372036854775807", "\"info\"", "null"), RECORD_BAD}, {RECORD("1", "null", "null"), RECORD_BAD},
	{RECORD("1", "\"info\"", "5"), RECORD_BAD}, {RECORD("1", "\"in\\u0000fo\"", "null"), RECORD_BAD},
};

static void
kinds_of_lines_one(size_t i)
{
	struct record record;

	record_read(&record, lines[i].line, strlen(lines[i].line), 1);
	ck_assert_msg(record.type == lines[i].type, "%s: %d", lines[i].line, record.type);
	ck_assert(record.type != RECORD_LOST || record.count == 3);
	record_clear(&record);
}

START_TEST(kinds_of_lines)
{
	for (size_t i = 0; i < COUNT(lines); i++)
		kinds_of_lines_one(i);
}
END_TEST

START_TEST(what_is_lost)
{
	char text[RECORD_LOST_SIZE];

	ck_assert_str_eq(record_lost_text(text, 1, "x"), "1 line was lost: x");
	ck_assert_str_eq(record_lost_text(text, 12, "no"), "12 lines were lost: no");
}
END_TEST

int
main(void)
{
	Suite *suite = suite_create("log_setup");
	TCase *tcase = unit_case(suite, "setup");

	tcase_add_test(tcase, a_setup);
	tcase_add_test(tcase, no_setup);
	tcase_add_test(tcase, filters);
	tcase_add_test(tcase, a_record);
	tcase_add_test(tcase, kinds_of_lines);
	tcase_add_test(tcase, what_is_lost);
	return unit_run(suite);
}
