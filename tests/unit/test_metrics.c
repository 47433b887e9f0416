/*
 * Metrics in both formats, as they follow from what the supervisor says, and which of them a client gets.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "../../common/walltime.h"
#include "../../supervisor/web/metrics.h"
#include "../../supervisor/web/metrics_family.h"
#include "unit.h"

static struct model *model;

static const char *const lines[] = {
    "{\"type\":\"exacheck\",\"version\":\"1.2.3\",\"started\":\"2026-01-31T23:59:59.500Z\",\"upgrades\":1,\"upgrades_refused\":0,"
    "\"exabgp\":{\"dialect\":\"v4\",\"version\":\"4.2.21\",\"connected\":true,\"pending\":3,\"in_flight\":2,\"errors\":1,"
    "\"timeouts\":0,\"announces\":12,\"withdraws\":7},\"reloads\":{\"refused\":1,\"same\":0,\"done\":4},"
    "\"logging\":{\"lines\":70,\"lost\":3,\"failures\":1},\"notifications\":{\"targets\":[\"ops\"],\"notices\":9,\"lost\":2,"
    "\"delivered\":5,\"failed\":4,\"gave_up\":1,\"failures\":0}}",
    "{\"type\":\"order\",\"names\":[{\"name\":\"web\",\"group\":false},{\"name\":\"a\\\\b\",\"group\":false},"
    "{\"name\":\"silent\",\"group\":false},{\"name\":\"both\",\"group\":true}]}",
    "{\"type\":\"check\",\"name\":\"web\",\"method\":\"tcp\",\"verdict\":\"up\",\"state\":\"falling\",\"transitions\":5,"
    "\"since\":\"2026-02-01T00:00:00.250Z\",\"held_until\":\"2026-02-01T00:01:00.000Z\",\"guarded\":false,"
    "\"override\":{\"kind\":\"disable\",\"set\":\"2026-02-01T00:00:00.000Z\"},\"interval_s\":0.25,"
    "\"last\":{\"time\":\"2026-02-01T00:00:01.000Z\"},\"worker\":{\"restarts\":2,\"sandbox\":\"seccomp, \\\"x\\\"\\nlandlock\"},"
    "\"executions\":[{\"result\":\"pass\",\"reason\":\"ok\",\"count\":8},{\"result\":\"fail\",\"reason\":\"refused\",\"count\":2},"
    "{\"result\":\"error\",\"reason\":\"lease\",\"count\":4}],"
    "\"durations\":{\"bounds\":[0.0005,0.25,1.0],\"counts\":[1,8,9,14],\"sum_s\":9.125},"
    "\"routes\":[{\"prefix\":\"192.0.2.1/32\",\"path_id\":0,\"neighbor\":null,\"state\":\"announced\"},"
    "{\"prefix\":\"192.0.2.2/32\",\"path_id\":null,\"neighbor\":\"198.51.100.1\",\"state\":\"rejected\"}]}",
    "{\"type\":\"check\",\"name\":\"a\\\\b\",\"method\":\"dns\",\"verdict\":\"undecided\",\"state\":\"startup\",\"transitions\":0,"
    "\"since\":null,\"held_until\":null,\"guarded\":false,\"override\":null,\"interval_s\":5,\"last\":null,"
    "\"worker\":{\"restarts\":0,\"sandbox\":null},\"executions\":[],"
    "\"durations\":{\"bounds\":[0.0005,0.25,1.0],\"counts\":[0,0,0,0],\"sum_s\":0.0},\"routes\":[]}",
    "{\"type\":\"group\",\"name\":\"both\",\"verdict\":\"down\",\"state\":\"down\",\"transitions\":1,"
    "\"since\":\"2026-02-01T00:00:00.250Z\",\"held_until\":null,\"guarded\":true,\"override\":null,\"threshold\":30,"
    "\"members\":[{\"name\":\"web\",\"verdict\":\"up\",\"weight\":20},{\"name\":\"a\\\\b\",\"verdict\":\"undecided\",\"weight\":70}],"
    "\"routes\":[{\"prefix\":\"2001:db8::/32\",\"path_id\":null,\"neighbor\":null,\"state\":\"withdrawn\"}]}",
};

static void
setup(void)
{
	model = model_new(monotime_now());
	ck_assert_ptr_nonnull(model);
}

static void
teardown(void)
{
	model_free(model);
}

static void
tell(void)
{
	for (size_t i = 0; i < COUNT(lines); i++)
		ck_assert_int_eq(model_take(model, lines[i], strlen(lines[i]), monotime_now()), MODEL_NEWS);
}

static char *
make(enum metrics_format format)
{
	size_t length;
	char *text = metrics_make(model, format, &length);

	ck_assert_ptr_nonnull(text);
	ck_assert_uint_eq(strlen(text), length);
	return text;
}

/* The lines of text that are of a family: its head, and its samples. */
static void
assert_family(const char *text, const char *family, const char *expected)
{
	char head[128], next[] = "# HELP ", *copy;
	const char *begin, *end;

	snprintf(head, sizeof(head), "# HELP %s ", family);
	begin = strstr(text, head);
	ck_assert_msg(begin != NULL, "no %s", family);
	begin = strchr(begin, '\n') + 1;
	end = strstr(begin, next);
	if (end == NULL)
		end = strstr(begin, "# EOF\n");
	copy = end != NULL ? strndup(begin, (size_t)(end - begin)) : strdup(begin);
	ck_assert_str_eq(copy, expected);
	free(copy);
}

static const struct golden {
	const char *families[METRICS_FORMATS], *heads[METRICS_FORMATS], *samples;
} goldens[] = {
	{{"exacheck_up", "exacheck_up"}, {"# TYPE exacheck_up gauge\n", "# TYPE exacheck_up gauge\n"}, "exacheck_up 1\n"},
	{{"exacheck_build_info", "exacheck_build"},
	    {"# TYPE exacheck_build_info gauge\n", "# TYPE exacheck_build info\n"},
	    "exacheck_build_info{version=\"1.2.3\"} 1\n"},
	{{"exacheck_exabgp_info", "exacheck_exabgp"},
	    {"# TYPE exacheck_exabgp_info gauge\n", "# TYPE exacheck_exabgp info\n"},
	    "exacheck_exabgp_info{dialect=\"v4\",version=\"4.2.21\"} 1\n"},
	{{"exacheck_start_time_seconds", "exacheck_start_time_seconds"},
	    {"# TYPE exacheck_start_time_seconds gauge\n",
	    "# TYPE exacheck_start_time_seconds gauge\n# UNIT exacheck_start_time_seconds seconds\n"},
	    "exacheck_start_time_seconds 1769903999.5\n"},
	{{"exacheck_config_reloads_total", "exacheck_config_reloads"},
	    {"# TYPE exacheck_config_reloads_total counter\n", "# TYPE exacheck_config_reloads counter\n"},
	    "exacheck_config_reloads_total{result=\"done\"} 4\nexacheck_config_reloads_total{result=\"same\"} 0\n"
	    "exacheck_config_reloads_total{result=\"refused\"} 1\n"},
	{{"exacheck_exabgp_commands_total", "exacheck_exabgp_commands"},
	    {"# TYPE exacheck_exabgp_commands_total counter\n", "# TYPE exacheck_exabgp_commands counter\n"},
	    "exacheck_exabgp_commands_total{verb=\"announce\"} 12\nexacheck_exabgp_commands_total{verb=\"withdraw\"} 7\n"},
	{{"exacheck_log_lost_total", "exacheck_log_lost"},
	    {"# TYPE exacheck_log_lost_total counter\n", "# TYPE exacheck_log_lost counter\n"}, "exacheck_log_lost_total 3\n"},
	{{"exacheck_notifications_total", "exacheck_notifications"},
	    {"# TYPE exacheck_notifications_total counter\n", "# TYPE exacheck_notifications counter\n"},
	    "exacheck_notifications_total{result=\"delivered\"} 5\nexacheck_notifications_total{result=\"failed\"} 4\n"
	    "exacheck_notifications_total{result=\"gave_up\"} 1\n"},
	{{"exacheck_helper_failures_total", "exacheck_helper_failures"},
	    {"# TYPE exacheck_helper_failures_total counter\n", "# TYPE exacheck_helper_failures counter\n"},
	    "exacheck_helper_failures_total{helper=\"exacheck-log\"} 1\nexacheck_helper_failures_total{helper=\"exacheck-notify\"} 0\n"},
	{{"exacheck_exabgp_pending", "exacheck_exabgp_pending"},
	    {"# TYPE exacheck_exabgp_pending gauge\n", "# TYPE exacheck_exabgp_pending gauge\n"},
	    "exacheck_exabgp_pending 3\n"},
	{{"exacheck_check_info", "exacheck_check"},
	    {"# TYPE exacheck_check_info gauge\n", "# TYPE exacheck_check info\n"},
	    "exacheck_check_info{check=\"web\",method=\"tcp\",sandbox=\"seccomp, \\\"x\\\"\\nlandlock\"} 1\n"
	    "exacheck_check_info{check=\"a\\\\b\",method=\"dns\"} 1\n"},
	{{"exacheck_check_up", "exacheck_check_up"},
	    {"# TYPE exacheck_check_up gauge\n", "# TYPE exacheck_check_up gauge\n"},
	    "exacheck_check_up{check=\"web\"} 1\nexacheck_check_up{check=\"a\\\\b\"} 0\n"},
	{{"exacheck_check_state", "exacheck_check_state"},
	    {"# TYPE exacheck_check_state gauge\n", "# TYPE exacheck_check_state gauge\n"},
	    "exacheck_check_state{check=\"web\",state=\"startup\"} 0\nexacheck_check_state{check=\"web\",state=\"rising\"} 0\n"
	    "exacheck_check_state{check=\"web\",state=\"up\"} 0\nexacheck_check_state{check=\"web\",state=\"falling\"} 1\n"
	    "exacheck_check_state{check=\"web\",state=\"down\"} 0\nexacheck_check_state{check=\"web\",state=\"disabled\"} 0\n"
	    "exacheck_check_state{check=\"a\\\\b\",state=\"startup\"} 1\nexacheck_check_state{check=\"a\\\\b\",state=\"rising\"} 0\n"
	    "exacheck_check_state{check=\"a\\\\b\",state=\"up\"} 0\nexacheck_check_state{check=\"a\\\\b\",state=\"falling\"} 0\n"
	    "exacheck_check_state{check=\"a\\\\b\",state=\"down\"} 0\nexacheck_check_state{check=\"a\\\\b\",state=\"disabled\"} 0\n"},
	{{"exacheck_check_executions_total", "exacheck_check_executions"},
	    {"# TYPE exacheck_check_executions_total counter\n", "# TYPE exacheck_check_executions counter\n"},
	    "exacheck_check_executions_total{check=\"web\",result=\"pass\",reason=\"ok\"} 8\n"
	    "exacheck_check_executions_total{check=\"web\",result=\"fail\",reason=\"refused\"} 2\n"
	    "exacheck_check_executions_total{check=\"web\",result=\"error\",reason=\"lease\"} 4\n"
	    "exacheck_check_executions_total{check=\"a\\\\b\",result=\"pass\",reason=\"ok\"} 0\n"},
	{{"exacheck_check_duration_seconds", "exacheck_check_duration_seconds"},
	    {"# TYPE exacheck_check_duration_seconds histogram\n",
	    "# TYPE exacheck_check_duration_seconds histogram\n# UNIT exacheck_check_duration_seconds seconds\n"},
	    "exacheck_check_duration_seconds_bucket{check=\"web\",le=\"0.0005\"} 1\n"
	    "exacheck_check_duration_seconds_bucket{check=\"web\",le=\"0.25\"} 8\n"
	    "exacheck_check_duration_seconds_bucket{check=\"web\",le=\"1.0\"} 9\n"
	    "exacheck_check_duration_seconds_bucket{check=\"web\",le=\"+Inf\"} 14\n"
	    "exacheck_check_duration_seconds_sum{check=\"web\"} 9.125\n"
	    "exacheck_check_duration_seconds_count{check=\"web\"} 14\n"},
	{{"exacheck_check_last_change_timestamp_seconds", "exacheck_check_last_change_timestamp_seconds"},
	    {"# TYPE exacheck_check_last_change_timestamp_seconds gauge\n",
	    "# TYPE exacheck_check_last_change_timestamp_seconds gauge\n# UNIT exacheck_check_last_change_timestamp_seconds seconds\n"},
	    "exacheck_check_last_change_timestamp_seconds{check=\"web\"} 1769904000.25\n"},
	{{"exacheck_check_held", "exacheck_check_held"},
	    {"# TYPE exacheck_check_held gauge\n", "# TYPE exacheck_check_held gauge\n"},
	    "exacheck_check_held{check=\"web\"} 1\nexacheck_check_held{check=\"a\\\\b\"} 0\n"},
	{{"exacheck_check_overridden", "exacheck_check_overridden"},
	    {"# TYPE exacheck_check_overridden gauge\n", "# TYPE exacheck_check_overridden gauge\n"},
	    "exacheck_check_overridden{check=\"web\"} 1\nexacheck_check_overridden{check=\"a\\\\b\"} 0\n"},
	{{"exacheck_lease_misses_total", "exacheck_lease_misses"},
	    {"# TYPE exacheck_lease_misses_total counter\n", "# TYPE exacheck_lease_misses counter\n"},
	    "exacheck_lease_misses_total{check=\"web\"} 4\nexacheck_lease_misses_total{check=\"a\\\\b\"} 0\n"},
	{{"exacheck_worker_restarts_total", "exacheck_worker_restarts"},
	    {"# TYPE exacheck_worker_restarts_total counter\n", "# TYPE exacheck_worker_restarts counter\n"},
	    "exacheck_worker_restarts_total{check=\"web\"} 2\nexacheck_worker_restarts_total{check=\"a\\\\b\"} 0\n"},
	{{"exacheck_group_state", "exacheck_group_state"},
	    {"# TYPE exacheck_group_state gauge\n", "# TYPE exacheck_group_state gauge\n"},
	    "exacheck_group_state{group=\"both\",state=\"undecided\"} 0\nexacheck_group_state{group=\"both\",state=\"up\"} 0\n"
	    "exacheck_group_state{group=\"both\",state=\"down\"} 1\nexacheck_group_state{group=\"both\",state=\"disabled\"} 0\n"},
	{{"exacheck_group_weight", "exacheck_group_weight"},
	    {"# TYPE exacheck_group_weight gauge\n", "# TYPE exacheck_group_weight gauge\n"},
	    "exacheck_group_weight{group=\"both\"} 20\n"},
	{{"exacheck_group_guarded", "exacheck_group_guarded"},
	    {"# TYPE exacheck_group_guarded gauge\n", "# TYPE exacheck_group_guarded gauge\n"},
	    "exacheck_group_guarded{group=\"both\"} 1\n"},
	{{"exacheck_group_override_timestamp_seconds", "exacheck_group_override_timestamp_seconds"},
	    {"# TYPE exacheck_group_override_timestamp_seconds gauge\n",
	    "# TYPE exacheck_group_override_timestamp_seconds gauge\n# UNIT exacheck_group_override_timestamp_seconds seconds\n"},
	    ""},
	{{"exacheck_route_announced", "exacheck_route_announced"},
	    {"# TYPE exacheck_route_announced gauge\n", "# TYPE exacheck_route_announced gauge\n"},
	    "exacheck_route_announced{check=\"web\",prefix=\"192.0.2.1/32\",path_id=\"0\"} 1\n"
	    "exacheck_route_announced{check=\"web\",prefix=\"192.0.2.2/32\",neighbor=\"198.51.100.1\"} 0\n"
	    "exacheck_route_announced{group=\"both\",prefix=\"2001:db8::/32\"} 0\n"},
	{{"exacheck_route_rejected", "exacheck_route_rejected"},
	    {"# TYPE exacheck_route_rejected gauge\n", "# TYPE exacheck_route_rejected gauge\n"},
	    "exacheck_route_rejected{check=\"web\",prefix=\"192.0.2.1/32\",path_id=\"0\"} 0\n"
	    "exacheck_route_rejected{check=\"web\",prefix=\"192.0.2.2/32\",neighbor=\"198.51.100.1\"} 1\n"
	    "exacheck_route_rejected{group=\"both\",prefix=\"2001:db8::/32\"} 0\n"},
};

START_TEST(families)
{
	char *texts[METRICS_FORMATS];

	tell();
	for (unsigned format = 0; format < METRICS_FORMATS; format++) {
		texts[format] = make(format);
		for (size_t i = 0; i < COUNT(goldens); i++) {
			char expected[2048];

			snprintf(expected, sizeof(expected), "%s%s", goldens[i].heads[format], goldens[i].samples);
			assert_family(texts[format], goldens[i].families[format], expected);
		}
	}
	ck_assert_ptr_null(strstr(texts[METRICS_PROMETHEUS], "# EOF"));
	ck_assert_str_eq(strrchr(texts[METRICS_OPENMETRICS], '#'), "# EOF\n");
	free(texts[METRICS_PROMETHEUS]);
	free(texts[METRICS_OPENMETRICS]);
}
END_TEST

/* Every family has its head once, whatever is known, and of nothing there is no sample; but exacheck_up is there. */
START_TEST(nothing_is_known)
{
	char *text = make(METRICS_PROMETHEUS), *position = text;
	size_t heads = 0;

	for (; (position = strstr(position, "# HELP exacheck_")) != NULL; position++)
		heads++;
	ck_assert_uint_eq(heads, metrics_families_count);
	assert_family(text, "exacheck_up", "# TYPE exacheck_up gauge\nexacheck_up 0\n");
	for (position = strtok(text, "\n"); position != NULL; position = strtok(NULL, "\n"))
		ck_assert_msg(*position == '#' || strcmp(position, "exacheck_up 0") == 0, "%s", position);
	free(text);
}
END_TEST

/* What is gone without a word, or with one, is not up; the rest is what was known last. */
START_TEST(gone)
{
	char *text;

	tell();
	model_gone(model);
	text = make(METRICS_PROMETHEUS);
	assert_family(text, "exacheck_up", "# TYPE exacheck_up gauge\nexacheck_up 0\n");
	assert_family(text, "exacheck_exabgp_pending", "# TYPE exacheck_exabgp_pending gauge\nexacheck_exabgp_pending 3\n");
	free(text);
}
END_TEST

/* Maps of another shape, as no supervisor sends them, have no samples, and hurt nobody. */
START_TEST(other_shapes)
{
	static const char *const others[] = {
	    "{\"type\":\"exacheck\",\"exabgp\":7,\"started\":\"today\",\"reloads\":[]}",
	    "{\"type\":\"order\",\"names\":[{\"name\":\"x\",\"group\":false},{\"name\":\"y\",\"group\":true}]}",
	    "{\"type\":\"check\",\"name\":\"x\",\"state\":5,\"executions\":[1],\"durations\":{\"counts\":7},\"routes\":[3]}",
	    "{\"type\":\"group\",\"name\":\"y\",\"override\":[],\"members\":[5],\"since\":{},\"routes\":\"r\"}",
	    "{\"type\":\"check\",\"name\":\"x\",\"state\":5,\"last\":[],\"worker\":\"w\",\"executions\":{},\"durations\":{\"counts\":[\"a\"]}}",
	};
	for (size_t i = 0; i < COUNT(others); i++) {
		char *text;

		ck_assert_int_ne(model_take(model, others[i], strlen(others[i]), monotime_now()), MODEL_BAD);
		text = make(METRICS_OPENMETRICS);
		assert_family(text, "exacheck_check_state", "# TYPE exacheck_check_state gauge\n");
		assert_family(text, "exacheck_check_duration_seconds",
		    "# TYPE exacheck_check_duration_seconds histogram\n# UNIT exacheck_check_duration_seconds seconds\n");
		ck_assert_ptr_null(strstr(text, "nan"));
		free(text);
	}
}
END_TEST

/* A family's help and name are constants; both formats want of them what is checked here. */
START_TEST(names)
{
	for (size_t i = 0; i < metrics_families_count; i++) {
		const struct metrics_name *name = &metrics_families[i].name;
		size_t length = strlen(name->name);

		ck_assert_msg(strncmp(name->name, "exacheck_", 9) == 0, "%s", name->name);
		ck_assert_msg(strspn(name->name, "abcdefghijklmnopqrstuvwxyz_") == length, "%s", name->name);
		ck_assert_msg(strpbrk(name->help, "\\\"\n") == NULL, "%s", name->name);
		ck_assert_msg(name->help[strlen(name->help) - 1] == '.', "%s", name->name);
		if (name->unit != NULL)
			ck_assert_str_eq(name->name + length - strlen(name->unit), name->unit);
		for (size_t other = 0; other < i; other++)
			ck_assert_str_ne(name->name, metrics_families[other].name.name);
	}
}
END_TEST

START_TEST(numbers)
{
	static const struct {
		double value;
		const char *number, *bound;
	} cases[] = {{0, "0", "0.0"}, {5, "5", "5.0"}, {-3, "-3", "-3.0"}, {0.0005, "0.0005", "0.0005"},
	    {1769904000.25, "1769904000.25", "1769904000.25"}, {4294967295.0 * 4096, "17592186040320", "17592186040320.0"},
	    {1e18, "1e+18", "1e+18"}};
	char text[METRICS_NUMBER_SIZE];

	for (size_t i = 0; i < COUNT(cases); i++) {
		ck_assert_str_eq(metrics_text_number(cases[i].value, text), cases[i].number);
		ck_assert_str_eq(metrics_text_bound(cases[i].value, text), cases[i].bound);
	}
}
END_TEST

START_TEST(negotiation)
{
	static const struct {
		const char *accept;
		enum metrics_format format;
	} cases[] = {
		{NULL, METRICS_PROMETHEUS},
		{"", METRICS_PROMETHEUS},
		{"*/*", METRICS_PROMETHEUS},
		{"text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8", METRICS_PROMETHEUS},
		{"application/openmetrics-text", METRICS_OPENMETRICS},
		{"Application/OpenMetrics-Text; Version=1.0.0; charset=utf-8", METRICS_OPENMETRICS},
		{"application/openmetrics-text;version=\"1.0.0\"", METRICS_OPENMETRICS},
		{"application/openmetrics-text;version=0.0.1", METRICS_PROMETHEUS},
		{"application/openmetrics-text;version=2.0.0,text/plain;q=0.1", METRICS_PROMETHEUS},
		{"application/openmetrics-text;version=1.0.0;q=0", METRICS_PROMETHEUS},
		{"application/openmetrics-text;q=0.5,text/plain;q=0.6", METRICS_PROMETHEUS},
		{"text/plain;q=0.5, application/openmetrics-text;version=1.0.0;q=0.5", METRICS_OPENMETRICS},
		/* Prometheus 2 and 3 */
		{"application/openmetrics-text;version=1.0.0,application/openmetrics-text;version=0.0.1;q=0.75,"
		 "text/plain;version=0.0.4;q=0.5,*/*;q=0.1", METRICS_OPENMETRICS},
		{"application/openmetrics-text;version=1.0.0;escaping=allow-utf-8;q=0.6,"
		 "application/openmetrics-text;version=0.0.1;q=0.5,text/plain;version=1.0.0;escaping=allow-utf-8;q=0.4,"
		 "text/plain;version=0.0.4;q=0.3,*/*;q=0.2", METRICS_OPENMETRICS},
		{",;=,q=1,application/openmetrics-textual,/;q", METRICS_PROMETHEUS},
	};

	for (size_t i = 0; i < COUNT(cases); i++)
		ck_assert_msg(metrics_negotiate(cases[i].accept) == cases[i].format, "%s", cases[i].accept);
	ck_assert_ptr_nonnull(strstr(metrics_content_type(METRICS_PROMETHEUS), "version=0.0.4"));
	ck_assert_ptr_nonnull(strstr(metrics_content_type(METRICS_OPENMETRICS), "version=1.0.0"));
}
END_TEST

START_TEST(dates)
{
	static const struct {
		const char *text;
		int64_t ms;
	} good[] = {{"1970-01-01T00:00:00.000Z", 0}, {"2026-01-31T23:59:59.500Z", 1769903999500},
	    {"2024-02-29T12:00:00.001Z", 1709208000001}, {"2024-02-29T12:00:00Z", 1709208000000}};
	static const char *const bad[] = {"", "now", "2026-01-31", "2026-01-31T23:59:59", "2026-01-31T23:59:59.5Z",
	    "2026-13-01T00:00:00.000Z", "2026-01-31T23:59:59.500Zx", "2026-01-31T23:59:59.500+01:00"};
	char text[WALLTIME_SIZE];
	int64_t ms;

	for (size_t i = 0; i < COUNT(good); i++) {
		ck_assert(walltime_parse(good[i].text, &ms));
		ck_assert_int_eq(ms, good[i].ms);
	}
	for (size_t i = 0; i < COUNT(bad); i++)
		ck_assert_msg(!walltime_parse(bad[i], &ms), "%s", bad[i]);
	ck_assert(walltime_parse(walltime_format(monotime_now(), text), &ms));
}
END_TEST

int
main(void)
{
	const TTest *const tests[] = {families, nothing_is_known, gone, other_shapes, names, numbers, negotiation, dates};
	Suite *suite = suite_create("metrics");
	TCase *tcase = unit_case(suite, "metrics");

	tcase_add_checked_fixture(tcase, setup, teardown);
	for (size_t i = 0; i < COUNT(tests); i++)
		tcase_add_test(tcase, tests[i]);
	return unit_run(suite);
}
