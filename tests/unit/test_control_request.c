/*
 * What requests of control clients may be, and what is said of those that may not.
 */
#include <check.h>
#include <string.h>

#include "../../common/log.h"
#include "../../common/monotime.h"
#include "../../supervisor/control_request.h"
#include "unit.h"

static struct control_request request;
static char problem[CONTROL_PROBLEM_SIZE];

static enum control_parse
parse(const char *line)
{
	problem[0] = '\0';
	return control_request_parse(&request, line, strlen(line), problem);
}

static void
teardown(void)
{
	control_request_clear(&request);
}

START_TEST(everything_there_is)
{
	ck_assert_int_eq(parse("{\"protocol\":1,\"command\":\"x\",\"names\":[\"a*\",\"b\"],\"detail\":\"full\",\"since\":7,"
	    "\"follow\":true,\"for_s\":1.5,\"reason\":\"caf\xc3\xa9\",\"dry_run\":false,\"level\":\"trace\"}\n"), PARSE_OK);
	ck_assert_str_eq(request.command, "x");
	ck_assert_uint_eq(json_array_size(request.names), 2);
	ck_assert(request.full && request.follow && !request.dry_run);
	ck_assert_uint_eq(request.since, 7);
	ck_assert_int_eq(request.for_ns, 3 * NS_PER_SECOND / 2);
	ck_assert_str_eq(request.reason, "caf\xc3\xa9");
	ck_assert_int_eq(request.level, LOG_LEVEL_TRACE);
	ck_assert(control_request_permit(&request, ~0u, problem));
	ck_assert(!control_request_permit(&request, ~(unsigned)FIELD_FOR, problem));
	ck_assert_str_eq(problem, "\"for_s\" has no meaning for x");
}
END_TEST

START_TEST(nothing_but_a_command)
{
	ck_assert_int_eq(parse("{\"command\":\"x\",\"protocol\":1}"), PARSE_OK);
	ck_assert(request.names == NULL && request.reason == NULL && request.level == -1 && request.for_ns == 0);
	ck_assert(control_request_permit(&request, 0, problem));
}
END_TEST

static const struct {
	const char *fields;
	const char *problem;
} refused[] = {
	{"\"names\":\"a\"", "\"names\" must be a list of at most 4096 texts of 1 to 255 bytes"},
	{"\"names\":[\"\"]", "\"names\" must be"},
	{"\"names\":[\"a\",null]", "\"names\" must be"},
	{"\"detail\":\"more\"", "\"detail\" must be \"brief\" or \"full\""},
	{"\"detail\":1", "\"detail\" must be"},
	{"\"since\":1.5", "\"since\" must be"},
	{"\"since\":-1", "\"since\" must be"},
	{"\"follow\":1", "\"follow\" must be true or false"},
	{"\"for_s\":0", "\"for_s\" must be a number of seconds above 0"},
	{"\"for_s\":-1", "\"for_s\" must be"},
	{"\"for_s\":1e300", "\"for_s\" must be"},
	{"\"for_s\":\"1\"", "\"for_s\" must be"},
	{"\"reason\":\"a\\nb\"", "\"reason\" must be a text of one line"},
	{"\"reason\":\"\"", "\"reason\" must be"},
	{"\"reason\":null", "\"reason\" must be"},
	{"\"dry_run\":\"yes\"", "\"dry_run\" must be"},
	{"\"level\":\"loud\"", "\"level\" must be one of error"},
	{"\"level\":0", "\"level\" must be"},
	{"\"dryrun\":true", "unknown field \"dryrun\""},
};

START_TEST(fields_out_of_range)
{
	char line[256];

	snprintf(line, sizeof(line), "{\"protocol\":1,\"command\":\"x\",%s}", refused[_i].fields);
	ck_assert_int_eq(parse(line), PARSE_BAD);
	ck_assert_msg(strncmp(problem, refused[_i].problem, strlen(refused[_i].problem)) == 0, "%s", problem);
}
END_TEST

static const char *const bad[] = {"", " ", "x", "1", "\"x\"", "[]", "{}", "{\"protocol\":1}",
	"{\"protocol\":\"1\",\"command\":\"x\"}",
	"{\"protocol\":1.0,\"command\":\"x\"}", "{\"protocol\":1,\"command\":[]}", "{\"protocol\":1,\"command\":\"x\"} 1",
	"{\"protocol\":1,\"command\":\"x\",\"command\":\"x\"}", "{\"protocol\":1,\"command\":\"\\u0000\"}",
	"{\"protocol\":1,\"command\":\"\xff\"}", "{\"protocol\":1,\"command\":\"x\"",
	"{\"protocol\":99999999999999999999,\"command\":\"x\"}"};

START_TEST(no_requests)
{
	ck_assert_int_eq(parse(bad[_i]), PARSE_BAD);
	ck_assert(problem[0] != '\0');
}
END_TEST

START_TEST(another_protocol)
{
	ck_assert_int_eq(parse("{\"protocol\":2,\"whatever\":[]}"), PARSE_PROTOCOL);
	ck_assert_str_eq(problem, "protocol 2 is asked for, but this exacheck speaks protocol 1");
	control_request_clear(&request);
	ck_assert_int_eq(parse("{\"protocol\":-1}"), PARSE_PROTOCOL);
}
END_TEST

int
main(void)
{
	Suite *suite = suite_create("control_request");
	TCase *tcase = unit_case(suite, "requests");

	tcase_add_checked_fixture(tcase, NULL, teardown);
	tcase_add_test(tcase, everything_there_is);
	tcase_add_test(tcase, nothing_but_a_command);
	tcase_add_loop_test(tcase, fields_out_of_range, 0, COUNT(refused));
	tcase_add_loop_test(tcase, no_requests, 0, COUNT(bad));
	tcase_add_test(tcase, another_protocol);
	return unit_run(suite);
}
