/*
 * Notifications and sentry in the configuration: what is accepted and what becomes of it, every finding with its place,
 * printing and reading back; and that no finding quotes a secret.
 */
#include <math.h>
#include <string.h>

#include "config_memory.h"
#include "configs.h"
#include "unit.h"

#define URL "json://127.0.0.1:8080/hook"
#define TELL(TEXT) "notifications:\n- " TEXT "\n" WEB
#define SENTRY(TEXT) "sentry: " TEXT "\n" WEB

START_TEST(defaults)
{
	struct config *config = parse_clean(TELL("{name: ops, url: '" URL "'}"));
	const struct notification_options *ops = &config->notifications[0];

	ck_assert_uint_eq(config->notification_count, 1);
	ck_assert_str_eq(ops->name, "ops");
	ck_assert_ptr_null(ops->description);
	ck_assert_str_eq(ops->url, URL);
	ck_assert_uint_eq(ops->checks.count, 0);
	ck_assert_uint_eq(ops->events.count, 4);
	ck_assert(!ops->general_events);
	ck_assert_int_eq(ops->group_ns, 2000000000);
	ck_assert_int_eq(ops->rate, 20);
	ck_assert_int_eq(ops->timeout_ns, 30000000000);
	ck_assert_int_eq(ops->retry_ns, 3600000000000);
	ck_assert_ptr_null(config->sentry.dsn);
	ck_assert(!config->sentry.enabled);
	config_free(config);
}
END_TEST

START_TEST(sentry_defaults)
{
	struct config *config = parse_clean(SENTRY("{dsn: 'https://key@sentry.example.net/42'}"));

	ck_assert_str_eq(config->sentry.dsn, "https://key@sentry.example.net/42");
	ck_assert(config->sentry.enabled);
	ck_assert(fabs(config->sentry.sample_rate - 1) < 1e-9);
	ck_assert(config->sentry.include_local_variables);
	config_free(config);
}
END_TEST

/* As files of ExaCheck have it. */
static const char everything[] =
    "notifications:\n"
    "  - name: \"Network team\"\n"
    "    description: Microsoft Teams\n"
    "    url: \"msteams://example/T1K2n3/A-B-C/9876\"\n"
    "    events: [ANNOUNCE, withdraw, error]\n"
    "    checks: [web, all]\n"
    "  - name: slack\n"
    "    url: slack://TokenA/TokenB/TokenC/#anycast\n"
    "    events: error\n"
    "    general_events: true\n"
    "    group: 0\n"
    "    rate: 600\n"
    "    timeout: 2.5\n"
    "    retry: 0\n"
    "  - {name: mail, url: 'mailtos://user:pa%40ss@example.net?smtp=mail.example.net&to=noc@example.org', checks: []}\n"
    "logging:\n"
    "- {method: syslog, checks: [all, web]}\n"
    "- {method: file, formatter: '{time} {message}', events: [datadump, info], structured: true}\n"
    "sentry:\n"
    "  dsn: \"https://public:secret@o1.ingest.sentry.io/4507\"\n"
    "  enabled: no\n"
    "  sample_rate: 0.25\n"
    "groups:\n"
    "- {name: all, members: [web], prefixes: 192.0.2.2}\n"
    WEB;

static void
check_everything(const struct config *config)
{
	const struct notification_options *list = config->notifications;

	ck_assert_uint_eq(config->notification_count, 3);
	ck_assert_str_eq(list[0].name, "Network team");
	ck_assert_str_eq(list[0].description, "Microsoft Teams");
	ck_assert_uint_eq(list[0].events.count, 3);
	ck_assert_str_eq(list[0].events.items[0], "announce");
	ck_assert_uint_eq(list[0].checks.count, 2);
	ck_assert_str_eq(list[0].checks.items[1], "all");
	ck_assert_str_eq(list[1].url, "slack://TokenA/TokenB/TokenC/#anycast");
	ck_assert_uint_eq(list[1].events.count, 1);
	ck_assert(list[1].general_events);
	ck_assert_int_eq(list[1].group_ns, 0);
	ck_assert_int_eq(list[1].rate, 600);
	ck_assert_int_eq(list[1].timeout_ns, 2500000000);
	ck_assert_int_eq(list[1].retry_ns, 0);
	ck_assert_str_eq(list[2].url, "mailtos://user:pa%40ss@example.net?smtp=mail.example.net&to=noc@example.org");
	ck_assert_uint_eq(list[2].checks.count, 0);
	ck_assert_str_eq(config->sentry.dsn, "https://public:secret@o1.ingest.sentry.io/4507");
	ck_assert(!config->sentry.enabled);
	ck_assert(fabs(config->sentry.sample_rate - 0.25) < 1e-9);
}

START_TEST(print_reads_back)
{
	char *findings, *text, *second;
	struct config *config = parse(everything, &findings), *again;

	ck_assert_msg(config != NULL, "%s", findings);
	check_everything(config);
	text = config_text(config);
	again = parse_clean(text);
	check_everything(again);
	ck_assert(notifications_equal(config, again) && loggers_equal(config, again));
	ck_assert(options_equal(sentry_table, &config->sentry, &again->sentry));
	second = config_text(again);
	ck_assert_str_eq(text, second);
	free(text);
	free(second);
	free(findings);
	config_free(config);
	config_free(again);
}
END_TEST

/* Each change of the file makes the notifications others. */
START_TEST(differ)
{
	static const char *const others[] = {WEB, TELL("{name: op, url: '" URL "'}"), TELL("{name: ops, url: '" URL "/'}"),
		TELL("{name: ops, url: '" URL "', checks: web}"), TELL("{name: ops, url: '" URL "', events: info}"),
		TELL("{name: ops, url: '" URL "', general_events: yes}"), TELL("{name: ops, url: '" URL "', group: 1}")};
	struct config *config = parse_clean(TELL("{name: ops, url: '" URL "'}")), *other = parse_clean(others[_i]);

	ck_assert(!notifications_equal(config, other));
	ck_assert(!notifications_equal(other, config));
	ck_assert(notifications_equal(other, other));
	config_free(config);
	config_free(other);
}
END_TEST

struct finding {
	const char *text, *expected; /* how it begins */
};

static const struct finding errors[] = {
    {"notifications: 5\n" WEB, "c.yaml:1:16: notifications: must be a list, got a value\n"},
    {TELL("ops"), "c.yaml:2:3: notifications[1]: must be a map, got a value\n"},
    {TELL("{}"), "c.yaml:2:3: notifications[1].name: is required\nc.yaml:2:3: notifications[1].url: is required\n"},
    {TELL("{name: ops, url: ~}"), "c.yaml:2:20: notifications[1] (ops).url: is required and has no value\n"},
    {TELL("{name: ops, url: [a]}"), "c.yaml:2:20: notifications[1] (ops).url: must be a value, got a list\n"},
    {TELL("{name: ops, url: ''}"), "c.yaml:2:20: notifications[1] (ops).url: must not be empty\n"},
    {TELL("{name: ops, url: jsons}"), "c.yaml:2:20: notifications[1] (ops).url: must be a URL such as jsons://"},
    {TELL("{name: \"o'ps\", url: '" URL "'}"), "c.yaml:2:10: notifications[1] (o'ps).name: must not contain quotes"},
    {TELL("{name: ops, url: '" URL "', event: info}"),
	"c.yaml:2:50: notifications[1] (ops).event: unknown key; did you mean events?\n"},
    {TELL("{name: ops, url: '" URL "', events: [debug]}"), "c.yaml:2:59: notifications[1] (ops).events[1]: must be one "
	"of: announce, error, info, withdraw; got \"debug\"\n"},
    {TELL("{name: ops, url: '" URL "', events: []}"),
	"c.yaml:2:58: notifications[1] (ops).events: must not be empty: "},
    {TELL("{name: ops, url: '" URL "', group: 3601}"),
	"c.yaml:2:57: notifications[1] (ops).group: must be 0 to 3600 seconds, got 3601\n"},
    {TELL("{name: ops, url: '" URL "', rate: 0}"),
	"c.yaml:2:56: notifications[1] (ops).rate: must be 1 to 600 messages a minute, got 0\n"},
    {TELL("{name: ops, url: '" URL "', timeout: 0.5}"),
	"c.yaml:2:59: notifications[1] (ops).timeout: must be 1 to 300 seconds, got 0.5\n"},
    {TELL("{name: ops, url: '" URL "', retry: 1d}"),
	"c.yaml:2:57: notifications[1] (ops).retry: must be 0 to 86400 seconds, got \"1d\"\n"},
    {TELL("{name: ops, url: '" URL "'}\n- {name: ops, url: '" URL "'}"),
	"c.yaml:3:10: notifications[2] (ops).name: names are unique, and this one is that of notifications[1]\n"},
    {SENTRY("https://key@sentry.example.net/42"), "c.yaml:1:9: sentry: must be a map, got a value\n"},
    {SENTRY("{}"), "c.yaml:1:9: sentry.dsn: is required unless enabled is false\n"},
    {SENTRY("{enabled: yes, dsn: ''}"), "c.yaml:1:29: sentry.dsn: is required unless enabled is false\n"},
    {SENTRY("{enabled: yes, dsn: ~}"), "c.yaml:1:29: sentry.dsn: is required unless enabled is false\n"},
    {SENTRY("{dsn: 'https://sentry.example.net/42'}"), "c.yaml:1:15: sentry.dsn: must be "},
    {SENTRY("{dsn: sentry.example.net}"), "c.yaml:1:15: sentry.dsn: must be a DSN such as https://KEY@HOST/PROJECT\n"},
    {SENTRY("{dsn: 'https://key@sentry.example.net/42', sample_rate: 1.5}"),
	"c.yaml:1:65: sentry.sample_rate: must be 0 to 1, got 1.5\n"},
};

START_TEST(every_error)
{
	char *findings;
	struct config *config = parse(errors[_i].text, &findings);
	const char *expected = errors[_i].expected;

	ck_assert_ptr_null(config);
	ck_assert_msg(strncmp(findings, expected, strlen(expected)) == 0, "expected %sgot %s", expected, findings);
	free(findings);
}
END_TEST

static const struct finding warnings[] = {
    {TELL("{name: ops, url: '" URL "', checks: [web, wbe]}"),
	"c.yaml:2:58: warning: notifications[1] (ops).checks: there is no check or group \"wbe\"; did you mean web?\n"},
    {TELL("{name: ops, url: '" URL "', checks: MASTER}"),
	"c.yaml:2:58: warning: notifications[1] (ops).checks: there is no check or group MASTER: for what exacheck itself has to tell say general_events: true\n"},
    {TELL("{name: ops, url: '" URL "', checks: [web, web]}"),
	"c.yaml:2:64: warning: notifications[1] (ops).checks[2]: web stands in the list twice\n"},
    {TELL("{name: ops, url: '" URL "', checks: [slack://A/B, slack://A/B]}"),
	"c.yaml:2:58: warning: notifications[1] (ops).checks: there is no check or group \"slack://\"...\n"
	"c.yaml:2:72: warning: notifications[1] (ops).checks[2]: slack:// stands in the list twice\n"},
    {SENTRY("{enabled: no}"), ""},
    {SENTRY("{enabled: no, dsn: ''}"), ""},
    {SENTRY("~"), ""},
    {SENTRY("{enabled: no, debug: true, attach_stacktrace: on, include_local_variables: off, "
	    "profiles_sample_rate: 0.5}"),
	"c.yaml:1:30: warning: sentry.debug: has no effect: exacheck-notify says what goes wrong in any case\n"
	"c.yaml:1:55: warning: sentry.attach_stacktrace: has no effect: an error names the line of the program that it comes "
	"from\n"
	"c.yaml:1:84: warning: sentry.include_local_variables: has no effect: no variables are ever sent\n"
	"c.yaml:1:111: warning: sentry.profiles_sample_rate: has no effect: there are no profiles\n"},
    {SENTRY("{enabled: no, debug: false, attach_stacktrace: off, include_local_variables: on, "
	    "profiles_sample_rate: 0}"), ""},
};

START_TEST(every_warning)
{
	assert_warned(warnings[_i].text, warnings[_i].expected);
}
END_TEST

/* Whatever is wrong with a URL or a DSN, or where it stands: nothing that may be secret is said. */
static const char *const secrets[] = {
	TELL("{name: ops, url: 'TOPSECRET'}"),
	TELL("{name: ops, url: ':TOPSECRET@host/'}"),
	TELL("{name: ops, url: '//TOPSECRET'}"),
	TELL("{name: ops, url: 'json:/TOPSECRET@host/'}"),
	TELL("{name: ops, url: 'jsons://user:TOPSECRET@'}"),
	TELL("{name: ops, url: 'jsons://user:TOPSECRET@host:99999/'}"),
	TELL("{name: ops, url: 'jsons://user:TOPSECRET%zz@host/'}"),
	TELL("{name: ops, url: 'jsons://user:TOPSECRET@ho st/'}"),
	TELL("{name: ops, url: 'jsons://user@host/?method=TOPSECRET'}"),
	TELL("{name: ops, url: 'jsons://user@host/?cto=TOPSECRET'}"),
	TELL("{name: ops, url: 'mailto://user:TOPSECRET@'}"),
	TELL("{name: ops, url: 'mailtos://user:TOPSECRET@example.net?mode=TOPSECRET'}"),
	TELL("{name: ops, url: 'mailtos://user:TOPSECRET@example.net?smtp=TOP SECRET'}"),
	TELL("{name: ops, url: 'mailtos://user:TOPSECRET@example.net?to=TOPSECRET@@'}"),
	TELL("{name: ops, url: ['slack://TOPSECRET']}"),
	TELL("{name: ops, url: {slack://TOPSECRET: x}}"),
	TELL("{name: ops, url: \"slack://TOPSECRET\\n\"}"),
	TELL("{name: ops, url: *slack://TOPSECRET}"),
	TELL("{name: ops, url: !slack://TOPSECRET x}"),
	TELL("{name: ops, url: slack://TOPSECRET, url: slack://TOPSECRET}"),
	TELL("{name: ops, slack://TOPSECRET: url}"),
	TELL("{name: ops, slack://TOPSECRET: 1, slack://TOPSECRET: 2}"),
	TELL("{name: slack://TOPSECRET}"),
	TELL("{name: ops, url: '" URL "', checks: slack://TOPSECRET, events: x}"),
	TELL("{name: ops, url: '" URL "', events: slack://TOPSECRET}"),
	TELL("{name: ops, url: '" URL "', general_events: slack://TOPSECRET}"),
	TELL("{name: ops, url: '" URL "', group: slack://TOPSECRET}"),
	TELL("{name: ops, url: '" URL "', rate: slack://TOPSECRET}"),
	TELL("slack://TOPSECRET"),
	TELL("[slack://TOPSECRET]"),
	"notifications: slack://TOPSECRET\n" WEB,
	"notifications: {slack://TOPSECRET: a}\n" WEB,
	"logging: [{method: slack://TOPSECRET}]\n" WEB,
	"logging: [{method: file, size: slack://TOPSECRET}]\n" WEB,
	"logging: [{method: file, level: slack://TOPSECRET}]\n" WEB,
	"logging: [{method: file, destination: slack://TOPSECRET}]\n" WEB,
	"logging: [{method: syslog, destination: slack://TOPSECRET}]\n" WEB,
	SENTRY("TOPSECRET"),
	SENTRY("{dsn: TOPSECRET}"),
	SENTRY("{dsn: 'https://TOPSECRET'}"),
	SENTRY("{dsn: 'https://TOPSECRET@host'}"),
	SENTRY("{dsn: 'https://TOPSECRET@host/x'}"),
	SENTRY("{dsn: 'https://TOPSECRET@host:x/1'}"),
	SENTRY("{dsn: 'ftp://TOPSECRET@host/1'}"),
	SENTRY("{dsn: ['https://TOPSECRET@host/1']}"),
	SENTRY("{dsn: 'https://TOPSECRET@host/1', dsn: 'https://TOPSECRET@host/1'}"),
	SENTRY("{https://TOPSECRET@host/1: dsn}"),
	SENTRY("{dsn: 'https://TOPSECRET@host/1', sample_rate: https://TOPSECRET@host/1}"),
	SENTRY("{dsn: 'https://TOPSECRET@host/1', enabled: https://TOPSECRET@host/1}"),
};

START_TEST(secret)
{
	char *findings;
	struct config *config = parse(secrets[_i], &findings);

	ck_assert_msg(config == NULL && *findings != '\0', "accepted: %s", secrets[_i]);
	ck_assert_msg(strstr(findings, "SECRET") == NULL, "%s", findings);
	free(findings);
}
END_TEST

/* With every byte changed: what is wrong then is told without the secrets. */
START_TEST(mutations)
{
	mutate(everything, sizeof(everything));
}
END_TEST

/* Whatever allocation fails. */
START_TEST(no_memory)
{
	config_without_memory(everything, sizeof(everything));
}
END_TEST

int
main(void)
{
	Suite *suite = suite_create("config_notify");
	TCase *tcase = unit_case(suite, "config_notify");

	tcase_add_test(tcase, defaults);
	tcase_add_test(tcase, sentry_defaults);
	tcase_add_test(tcase, print_reads_back);
	tcase_add_loop_test(tcase, differ, 0, 7);
	tcase_add_loop_test(tcase, every_error, 0, COUNT(errors));
	tcase_add_loop_test(tcase, every_warning, 0, COUNT(warnings));
	tcase_add_loop_test(tcase, secret, 0, COUNT(secrets));
	tcase_add_test(tcase, mutations);
	tcase_add_test(tcase, no_memory);
	return unit_run(suite);
}
