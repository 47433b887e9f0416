/*
 * Loggers in the configuration: what is accepted and what becomes of it, every finding with its place, printing and
 * reading back.
 */
#include <string.h>

#include "../../common/log.h"
#include "configs.h"
#include "unit.h"

#define LOG(TEXT) "logging:\n- " TEXT "\n" WEB
#define LOGS(ONE, TWO) "logging:\n- " ONE "\n- " TWO "\n" WEB

static void
expect_list(const struct string_list *list, const char *expected)
{
	char text[200] = "";

	for (size_t i = 0; i < list->count; i++) {
		strncat(text, i > 0 ? " " : "", sizeof(text) - strlen(text) - 1);
		strncat(text, list->items[i], sizeof(text) - strlen(text) - 1);
	}
	ck_assert_str_eq(text, expected);
}

START_TEST(defaults)
{
	struct config *config = parse_clean(LOGS("method: file", "method: syslog"));
	const struct logger_options *file = &config->loggers[0], *syslog = &config->loggers[1];

	ck_assert_uint_eq(config->logger_count, 2);
	for (size_t i = 0; i < 2; i++) {
		ck_assert_int_eq(config->loggers[i].level, LOG_LEVEL_INFO);
		ck_assert_ptr_null(config->loggers[i].formatter);
		expect_list(&config->loggers[i].events, "announce error info withdraw");
		expect_list(&config->loggers[i].subsystems,
		    "announcer configuration executor healthcheck logging notification utility worker master");
		ck_assert_uint_eq(config->loggers[i].checks.count, 0);
	}
	ck_assert_int_eq(file->method, LOGGER_FILE);
	ck_assert(!file->structured);
	ck_assert_str_eq(file->destination, "/tmp/exacheck.log");
	ck_assert_int_eq(file->size, 10000000);
	ck_assert_int_eq(file->count, 5);
	ck_assert(file->compress);
	ck_assert_int_eq(file->compression_format, COMPRESSION_GZ);
	ck_assert_int_eq(syslog->method, LOGGER_SYSLOG);
	ck_assert(syslog->structured);
	ck_assert_str_eq(syslog->destination, "/dev/log");
	ck_assert_int_eq(syslog->port, 514);
	ck_assert_int_eq(syslog->protocol, LOGGER_UDP);
	ck_assert_int_eq(syslog->format, LOGGER_RFC3164);
	ck_assert_int_eq(syslog->facility, 3);
	config_free(config);
}
END_TEST

START_TEST(nothing)
{
	static const char *const texts[] = {WEB, "logging:\n" WEB, "logging: []\n" WEB};
	struct config *config = parse_clean(texts[_i]);

	ck_assert_uint_eq(config->logger_count, 0);
	config_free(config);
}
END_TEST

/* As files of ExaCheck have it. */
static const char everything[] =
    "logging:\n"
    "  - method: file\n"
    "    level: TRACE\n"
    "    events: [Announce, withdraw, debug, datadump]\n"
    "    subsystems: healthcheck\n"
    "    checks: [web, MASTER]\n"
    "    structured: no\n"
    "    formatter: \"{time:YYYY-MM-DD HH:mm:ss} | {level: <8} | {extra[check_name]} | {message}\"\n"
    "    destination: /var/log/exabgp/exacheck.log\n"
    "    size: 5mb\n"
    "    count: \"7\"\n"
    "    compress: no\n"
    "    compression_format: TAR.XZ\n"
    "  - method: Syslog\n"
    "    level: success\n"
    "    formatter: \"exacheck: {message}\"\n"
    "    structured: false\n"
    "    destination: 2001:DB8::0:1\n"
    "    port: 6514\n"
    "    protocol: TCP\n"
    "    format: rfc3164\n"
    "    facility: Local7\n"
    "  - {method: syslog, destination: logs.example.net}\n"
    "  - {method: file, formatter: exacheck, structured: true, destination: /var/log/exacheck.json, size: 1KiB}\n"
    WEB;

static void
check_everything(const struct config *config)
{
	const struct logger_options *file = &config->loggers[0], *syslog = &config->loggers[1];

	ck_assert_uint_eq(config->logger_count, 4);
	ck_assert_int_eq(file->level, LOG_LEVEL_TRACE);
	expect_list(&file->events, "announce withdraw debug datadump");
	expect_list(&file->subsystems, "healthcheck");
	expect_list(&file->checks, "web MASTER");
	ck_assert_str_eq(file->formatter, "{time:YYYY-MM-DD HH:mm:ss} | {level: <8} | {extra[check_name]} | {message}");
	ck_assert_str_eq(file->destination, "/var/log/exabgp/exacheck.log");
	ck_assert_int_eq(file->size, 5000000);
	ck_assert_int_eq(file->count, 7);
	ck_assert(!file->compress);
	ck_assert_int_eq(file->compression_format, COMPRESSION_TAR_XZ);
	ck_assert_int_eq(syslog->level, LOG_LEVEL_SUCCESS);
	ck_assert(!syslog->structured);
	ck_assert_str_eq(syslog->destination, "2001:db8::1");
	ck_assert_int_eq(syslog->port, 6514);
	ck_assert_int_eq(syslog->protocol, LOGGER_TCP);
	ck_assert_int_eq(syslog->format, LOGGER_RFC3164);
	ck_assert_int_eq(syslog->facility, 23);
	ck_assert_int_eq(config->loggers[2].format, LOGGER_RFC5424);
	ck_assert_str_eq(config->loggers[3].formatter, "exacheck");
	ck_assert_int_eq(config->loggers[3].size, 1024);
}

START_TEST(print_reads_back)
{
	struct config *config = parse_clean(everything), *again;
	char *text = config_text(config), *second;

	check_everything(config);
	again = parse_clean(text);
	check_everything(again);
	ck_assert(loggers_equal(config, again));
	second = config_text(again);
	ck_assert_str_eq(text, second);
	free(text);
	free(second);
	config_free(config);
	config_free(again);
}
END_TEST

/* Each change of the file makes the loggers others. */
START_TEST(differ)
{
	static const char *const others[] = {WEB, LOG("method: syslog"), LOGS("method: file", "method: syslog"),
		LOG("{method: file, level: error}"), LOG("{method: file, events: error}"), LOG("{method: file, checks: web}"),
		LOG("{method: file, size: 11MB}"), LOG("{method: file, destination: /tmp/x}"),
		LOG("{method: file, formatter: exacheck}"), LOG("{method: file, compress: no}")};
	struct config *config = parse_clean(LOG("method: file")), *other = parse_clean(others[_i]);

	ck_assert(!loggers_equal(config, other));
	ck_assert(!loggers_equal(other, config));
	ck_assert(loggers_equal(other, other));
	config_free(config);
	config_free(other);
}
END_TEST

struct finding {
	const char *text, *expected; /* all of it */
};

#define EVENTS "announce, datadump, debug, error, info, withdraw"

static const struct finding errors[] = {
    {"logging: 5\n" WEB, "c.yaml:1:10: logging: must be a list, got a value\n"},
    {"logging: {method: file}\n" WEB, "c.yaml:1:10: logging: must be a list, got a map\n"},
    {LOG("file"), "c.yaml:2:3: logging[1]: must be a map, got a value\n"},
    {LOG("{level: info}"), "c.yaml:2:3: logging[1].method: is required\n"},
    {LOG("{method: ~}"), "c.yaml:2:12: logging[1].method: is required and has no value\n"},
    {LOG("{method: stderr}"), "c.yaml:2:12: logging[1].method: must be one of: file, syslog; got \"stderr\"\n"},
    {LOG("{method: sylog, prot: 1}"),
	"c.yaml:2:12: logging[1].method: must be one of: file, syslog; got \"sylog\"; did you mean syslog?\n"},
    {LOG("{method: file, port: 514}"), "c.yaml:2:18: logging[1].port: unknown key\n"},
    {LOG("{method: syslog, siz: 10MB}"), "c.yaml:2:20: logging[1].siz: unknown key\n"},
    {LOG("{method: file, level: critical}"), "c.yaml:2:25: logging[1].level: must be one of: error, warning, info, "
	"success, debug, trace; got \"critical\"\n"},
    {LOG("{method: file, level: dbug}"), "c.yaml:2:25: logging[1].level: must be one of: error, warning, info, "
	"success, debug, trace; got \"dbug\"; did you mean debug?\n"},
    {LOG("{method: file, events: [info, anounce]}"), "c.yaml:2:33: logging[1].events[2]: must be one of: " EVENTS
	"; got \"anounce\"; did you mean announce?\n"},
    {LOG("{method: file, events: []}"),
	"c.yaml:2:26: logging[1].events: must not be empty: nothing would be let through; leave it out for the usual ones\n"},
    {LOG("{method: file, subsystems: network}"), "c.yaml:2:30: logging[1].subsystems: must be one of: announcer, "
	"configuration, executor, healthcheck, logging, notification, utility, worker, master; got \"network\"\n"},
    {LOG("{method: file, destination: log/exacheck.log}"), "c.yaml:2:31: logging[1].destination: must be an absolute "
	"path (beginning with /), got \"log/exacheck.log\"\n"},
    {LOG("{method: file, size: 10XB}"), "c.yaml:2:24: logging[1].size: must be a size such as 10MB or 64MiB "
	"(KB, MB, GB, TB, KiB, MiB, GiB, TiB), got \"10XB\"\n"},
    {LOG("{method: file, size: 999}"), "c.yaml:2:24: logging[1].size: must be at least 1KB, got 999\n"},
    {LOG("{method: file, count: 0}"), "c.yaml:2:25: logging[1].count: must be 1 to 10000, got 0\n"},
    {LOG("{method: file, compression_format: gzip}"), "c.yaml:2:38: logging[1].compression_format: must be one of: gz, "
	"bz2, xz, lzma, tar, tar.gz, tar.bz2, tar.xz, zip; got \"gzip\"; did you mean zip?\n"},
    {LOG("{method: file, formatter: '{mesage}'}"), "c.yaml:2:29: logging[1].formatter: "},
    {LOG("{method: file, formatter: ''}"), "c.yaml:2:29: logging[1].formatter: must not be empty\n"},
    {LOG("{method: syslog, destination: 'a b'}"), "c.yaml:2:33: logging[1].destination: must be "},
    {LOG("{method: syslog, port: 0, protocol: tls}"), "c.yaml:2:26: logging[1].port: must be 1 to 65535, got 0\n"
	"c.yaml:2:39: logging[1].protocol: must be one of: udp, tcp; got \"tls\"\n"},
    {LOG("{method: syslog, format: rfc5242}"), "c.yaml:2:28: logging[1].format: must be one of: rfc5424, rfc3164; got "
	"\"rfc5242\"; did you mean rfc5424?\n"},
    {LOG("{method: syslog, facility: local8}"), "c.yaml:2:30: logging[1].facility: must be one of: kern, user, mail, daemon, "
	"auth, syslog, lpr, news, uucp, cron, authpriv, ftp, ntp, audit, alert, clock, local0, local1, local2, local3, local4, "
	"local5, local6, local7; got \"local8\"; did you mean local0?\n"},
    {LOG("{method: syslog, destination: logs.example.net:514}"), "c.yaml:2:33: logging[1].destination: must be an address or "
	"a host name, without a port, got \"logs.example.net:514\"\n"},
    {LOGS("{method: file, size: 1MB}", "{method: file, compress: no}"),
	"c.yaml:3:3: logging[2].size: must be that of logging[1], which writes the same file\n"
	"c.yaml:3:28: logging[2].compress: must be that of logging[1], which writes the same file\n"},
};

START_TEST(every_error)
{
	const struct finding *error = &errors[_i];
	char *findings;
	struct config *config = parse(error->text, &findings);
	bool whole = error->expected[strlen(error->expected) - 1] == '\n';

	ck_assert_ptr_null(config);
	ck_assert_msg(whole ? strcmp(findings, error->expected) == 0
			    : strncmp(findings, error->expected, strlen(error->expected)) == 0, "expected %sgot %s",
	    error->expected, findings);
	free(findings);
}
END_TEST

static const struct finding warnings[] = {
    {LOG("{method: syslog, port: 515}"),
	"c.yaml:2:26: warning: logging[1].port: has no effect: destination is a socket of this machine\n"},
    {LOG("{method: syslog, destination: /run/log, port: 514, protocol: tcp}"),
	"c.yaml:2:64: warning: logging[1].protocol: has no effect: destination is a socket of this machine\n"},
    {LOG("{method: file, structured: on, events: [error, datadump]}"),
	"c.yaml:2:42: warning: logging[1].events: datadump is left out: it is for files that are not structured\n"},
    {LOG("{method: syslog, structured: off, events: [datadump, error]}"),
	"c.yaml:2:45: warning: logging[1].events: datadump is left out: it is for files that are not structured\n"},
    {LOG("{method: file, events: [datadump, error, Error], level: trace}"),
	"c.yaml:2:44: warning: logging[1].events[3]: error stands in the list twice\n"},
    {LOG("{method: file, events: [debug, error]}"), "c.yaml:2:26: warning: logging[1].events: debug has no effect: its lines "
	"are of level debug, which level does not let through\n"},
    {LOG("{method: file, events: [debug, datadump], level: debug}"), "c.yaml:2:26: warning: logging[1].events: datadump has no "
	"effect: its lines are of level trace, which level does not let through\n"},
    {LOG("{method: file, checks: [web, MASTER]}"), ""},
    {LOG("{method: file, checks: [web, weh]}"),
	"c.yaml:2:26: warning: logging[1].checks: there is no check or group \"weh\"; did you mean web?\n"},
    {LOG("{method: file, checks: master}"),
	"c.yaml:2:26: warning: logging[1].checks: there is no check or group \"master\"\n"},
    {LOG("{method: file, checks: slack://T1/B2/C3}"),
	"c.yaml:2:26: warning: logging[1].checks: there is no check or group \"slack://\"...\n"},
    {LOG("{method: file, checks: all}") "groups: [{name: all, members: web, prefixes: 192.0.2.2}]\n", ""},
    {LOGS("method: file", "{method: file, level: error}"), ""},
    {LOGS("{method: file, size: 1MB}", "{method: file, size: 1000kb, destination: /tmp/exacheck.log}"), ""},
    {LOGS("{method: file, size: 1MB}", "{method: file, destination: /tmp/other.log}"), ""},
};

START_TEST(every_warning)
{
	assert_warned(warnings[_i].text, warnings[_i].expected);
}
END_TEST

/* What is left out is gone; a list is never empty. */
START_TEST(datadump)
{
	static const struct {
		const char *text, *events;
	} cases[] = {
	    {LOG("{method: file, structured: on, events: [error, datadump, info]}"), "error info"},
	    {LOG("{method: file, structured: on, events: datadump}"), "datadump"},
	    {LOG("{method: file, structured: off, events: [datadump]}"), "datadump"},
	};
	char *findings;
	struct config *config = parse(cases[_i].text, &findings);

	ck_assert_msg(config != NULL, "%s", findings);
	expect_list(&config->loggers[0].events, cases[_i].events);
	config_free(config);
	free(findings);
}
END_TEST

START_TEST(too_many)
{
	char *text = NULL, *findings;
	size_t length;
	FILE *file = open_memstream(&text, &length);

	fputs("logging:\n", file);
	for (int i = 0; i <= LOGGERS_MAX; i++)
		fputs("- {method: file}\n", file);
	fputs(WEB, file);
	fclose(file);
	ck_assert_ptr_null(parse(text, &findings));
	ck_assert_str_eq(findings, "c.yaml:2:1: logging: must have at most 100 items, got 101\n");
	free(findings);
	free(text);
}
END_TEST

/* The words of the configuration are those of the log. */
START_TEST(words)
{
	const struct option *table = logger_kinds[LOGGER_FILE].table;
	const char *const *levels = option_find(table, "level")->choices;
	const char *const *events = option_find(table, "events")->choices;
	size_t count = 0;

	for (enum log_level level = 0; level < LOG_LEVELS; level++)
		ck_assert_str_eq(levels[level], log_level_name(level));
	ck_assert_ptr_null(levels[LOG_LEVELS]);
	for (enum log_event event = LOG_EVENT_USUAL + 1; event < LOG_EVENTS; event++)
		ck_assert_str_eq(events[count++], log_event_name(event));
	ck_assert_ptr_null(events[count]);
}
END_TEST

/* Each level has all that is graver: error, warning, success, info, debug, trace. */
START_TEST(levels)
{
	static const enum log_level order[LOG_LEVELS] = {LOG_LEVEL_ERROR, LOG_LEVEL_WARNING, LOG_LEVEL_SUCCESS,
		LOG_LEVEL_INFO, LOG_LEVEL_DEBUG, LOG_LEVEL_TRACE};

	for (size_t least = 0; least < LOG_LEVELS; least++)
		for (size_t level = 0; level < LOG_LEVELS; level++)
			ck_assert_int_eq(log_level_admits(order[least], order[level]), level <= least);
}
END_TEST

START_TEST(mutations)
{
	mutate(everything, sizeof(everything));
}
END_TEST

int
main(void)
{
	Suite *suite = suite_create("config_logging");
	TCase *tcase = unit_case(suite, "config_logging");

	tcase_add_test(tcase, defaults);
	tcase_add_loop_test(tcase, nothing, 0, 3);
	tcase_add_test(tcase, print_reads_back);
	tcase_add_loop_test(tcase, differ, 0, 10);
	tcase_add_loop_test(tcase, every_error, 0, COUNT(errors));
	tcase_add_loop_test(tcase, every_warning, 0, COUNT(warnings));
	tcase_add_loop_test(tcase, datadump, 0, 3);
	tcase_add_test(tcase, too_many);
	tcase_add_test(tcase, words);
	tcase_add_test(tcase, levels);
	tcase_add_test(tcase, mutations);
	return unit_run(suite);
}
