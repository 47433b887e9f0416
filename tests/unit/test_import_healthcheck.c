/*
 * The options of ExaBGP's healthcheck: words of a command line and lines of a file into values, with argparse's liberties,
 * and errors that say where.
 */
#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "../healthcheck/dump.h"
#include "notes.h"
#include "unit.h"

#define WORDS_MAX 16

struct reading {
	struct importing *importing;
	struct healthcheck_options options;
	bool valid;
	char *notes;
};

static void
reading_begin(struct reading *reading, const char *const *words)
{
	char *argv[WORDS_MAX] = {NULL};
	int argc = 0;

	for (; words[argc] != NULL; argc++)
		argv[argc] = strdup(words[argc]);
	reading->importing = importing_new();
	reading->valid = healthcheck_options_parse(reading->importing, argc, argv, &reading->options);
	reading->notes = notes_text(reading->importing);
	while (argc > 0)
		free(argv[--argc]);
}

static void
reading_end(struct reading *reading)
{
	if (reading->valid)
		healthcheck_options_free(&reading->options);
	free(reading->notes);
	importing_free(reading->importing);
}

static const struct {
	const char *words[WORDS_MAX], *given; /* JSON of what was given */
} valid[] = {
	{{NULL}, "{}"},
	{{"--interval", "7"}, "{\"interval\": 7.0}"},
	{{"--interval=.5"}, "{\"interval\": 0.5}"},
	{{"-i", "1e1"}, "{\"interval\": 10.0}"},
	{{"-i5"}, "{\"interval\": 5.0}"},
	{{"-i=5"}, "{\"interval\": 5.0}"},
	{{"--int", "5"}, "{\"interval\": 5.0}"},
	{{"--timeout", " 1_0 "}, "{\"timeout\": 10}"},
	{{"--fast=0"}, "{\"fast-interval\": 0.0}"},
	/* the last of a scalar counts, lists grow */
	{{"--rise", "1", "--rise", "2"}, "{\"rise\": 2}"},
	{{"--execute", "a b", "--execute=", "--execute", "c"}, "{\"execute\": [\"a b\", \"\", \"c\"]}"},
	{{"--cmd", "curl -sf x", "-ctrue"}, "{\"command\": \"true\"}"},
	{{"-c", "-x y"}, "{\"command\": \"-x y\"}"},
	{{"--cmd=-x"}, "{\"command\": \"-x\"}"},
	{{"--local-preference", "-1"}, "{\"local-preference\": -1}"},
	{{"--inc", "-5", "--start-ip", "-2"}, "{\"increase\": -5, \"start-ip\": -2}"},
	/* letters in one word, the last with a value */
	{{"-da"}, "{\"debug\": true, \"no-ack\": true}"},
	{{"-dai3"}, "{\"debug\": true, \"no-ack\": true, \"interval\": 3.0}"},
	{{"-dn", "x"}, "{\"debug\": true, \"name\": \"x\"}"},
	/* a letter and a letter, which a word of two letters is not unless it is there alone */
	{{"-sF"}, "{\"syslog-facility\": \"daemon\"}"},
	{{"-sF", "local1"}, "{\"syslog-facility\": \"local1\"}"},
	{{"-sF=local1"}, "{\"syslog-facility\": \"local1\"}"},
	{{"-sF", "-d"}, "{\"syslog-facility\": \"daemon\", \"debug\": true}"},
	{{"-s", "-sF"}, "{\"silent\": true, \"syslog-facility\": \"daemon\"}"},
	{{"--ip", "192.0.2.1", "--ip=2001:DB8::/32"}, "{\"ip\": [\"192.0.2.1/32\", \"2001:db8::/32\"]}"},
	{{"--ip", "192.0.2.0/255.255.255.0", "--ip", "10.0.0.0/0.255.255.255"},
	    "{\"ip\": [\"192.0.2.0/24\", \"10.0.0.0/8\"]}"},
	{{"--neighbor", "*", "--neighbor", "2001:DB8::1"}, "{\"neighbor\": [\"*\", \"2001:db8::1\"]}"},
	{{"--ip", "192.0.2.1", "--ip-ifname", "192.0.2.1%eth0.5"},
	    "{\"ip\": [\"192.0.2.1/32\"], \"ip-ifname\": [\"192.0.2.1/32%eth0.5\"]}"},
	/* shortened as it was before there were newer options; these too */
	{{"--deb", "--lab", "x"}, "{\"debug\": true, \"label\": \"x\"}"},
	{{"--debo", "--label-e"}, "{\"debounce\": true, \"label-exact-match\": true}"},
	{{"-h"}, "{\"help\": true}"},
};

static const struct {
	const char *words[WORDS_MAX], *error;
} wrong[] = {
	{{"--interval"}, "--interval: needs a value"},
	{{"--interval", "x"}, "--interval: must be a number, got \"x\""},
	{{"-i", "-1"}, "--interval: must be 0 to 31536000, got -1"},
	{{"-i", "nan"}, "--interval: must be 0 to 31536000"},
	{{"-i", "0x5"}, "--interval: must be a number"},
	{{"--timeout", "5.5"}, "--timeout: must be a whole number, got 5.5"},
	{{"--timeout", "99999999999999999999"}, "--timeout: must be 0 to 86400"},
	{{"--up-metric", "4294967296"}, "--up-metric: must be 0 to 4294967295"},
	{{"--ip", "192.0.2.1/24"}, "--ip: has host bits set in \"192.0.2.1/24\": the network is 192.0.2.0/24"},
	{{"--ip", "192.0.2.0/255.0.255.0"}, "--ip: must be an address or a network"},
	{{"--next-hop", "self"}, "--next-hop: must be an address, got \"self\""},
	{{"--next-hop", "fe80::1%lo"}, "--next-hop: must be an address"},
	{{"--ip-ifname", "192.0.2.1"}, "--ip-ifname: must be an address or a network, % and the name of an interface"},
	{{"--ip-ifname", "192.0.2.1%0123456789abcdef"}, "--ip-ifname: must be"},
	{{"--intervall", "5"}, "\"--intervall\" is no option of ExaBGP's healthcheck; did you mean --interval?"},
	{{"--co", "x"}, "--co may be one of --config, --command, --community"},
	{{"--cmd", "-x"}, "--command: needs a value; one that begins with - is joined to it"},
	{{"-z"}, "\"-z\" is no option"},
	{{"foo"}, "\"foo\" belongs to no option"},
	{{"-d", "foo"}, "\"foo\" belongs to no option"},
	{{"--", "--debug"}, "\"--debug\" belongs to no option"},
	{{"--debug=1"}, "--debug: takes no value, got 1"},
	{{"--debug="}, "--debug: takes no value, got \"\""},
	{{"-dx"}, "--debug: takes no value, got \"x\""},
	{{"-s", "--no-syslog"}, "--no-syslog: does not go together with --silent"},
	{{"-sF", "user", "-s"}, "--silent: does not go together with --syslog-facility"},
	{{"--config", "/nonexistent/file"}, "/nonexistent/file: No such file or directory"},
	{{"--config", "/dev/zero"}, "/dev/zero: is larger than 1 MiB"},
	{{"-i", "x", "-t", "y"}, "--timeout: must be a whole number"},
};

START_TEST(valid_test)
{
	struct reading reading;
	json_t *expected = json_loads(valid[_i].given, 0, NULL), *got;
	char *text;

	reading_begin(&reading, valid[_i].words);
	ck_assert_msg(reading.valid, "%d: %s", _i, reading.notes);
	ck_assert_ptr_nonnull(expected);
	got = options_dump(&reading.options, true);
	text = json_dumps(got, 0);
	ck_assert_msg(json_equal(got, expected), "%d: %s", _i, text);
	ck_assert_str_eq(reading.notes, "");
	free(text);
	json_decref(got);
	json_decref(expected);
	reading_end(&reading);
}
END_TEST

START_TEST(wrong_test)
{
	struct reading reading;

	reading_begin(&reading, wrong[_i].words);
	ck_assert_msg(!reading.valid, "%d", _i);
	ck_assert_msg(strstr(reading.notes, wrong[_i].error) != NULL, "%d: %s", _i, reading.notes);
	reading_end(&reading);
}
END_TEST

START_TEST(defaults)
{
	static const char *const none[] = {NULL};
	struct reading reading;

	reading_begin(&reading, none);
	ck_assert(reading.options.interval_s == 5 && reading.options.fast_interval_s == 1);
	ck_assert_int_eq(reading.options.timeout_s, 5);
	ck_assert_int_eq(reading.options.rise, 3);
	ck_assert_int_eq(reading.options.fall, 3);
	ck_assert_int_eq(reading.options.up_metric, 100);
	ck_assert_int_eq(reading.options.down_metric, 1000);
	ck_assert_int_eq(reading.options.disabled_metric, 500);
	ck_assert_int_eq(reading.options.increase, 1);
	ck_assert_int_eq(reading.options.local_preference, -1);
	ck_assert_str_eq(reading.options.syslog_facility, "daemon");
	ck_assert_ptr_null(healthcheck_option_place(&reading.options, "interval"));
	reading_end(&reading);
}
END_TEST

/* Write a file, read it with further words. */
static void
file_read(struct reading *reading, const char *text, char path[static 32], const char *const *more)
{
	const char *words[WORDS_MAX] = {"-F", path};
	FILE *file;
	int fd;

	strcpy(path, "/tmp/healthcheckXXXXXX");
	ck_assert_int_ne(fd = mkstemp(path), -1);
	ck_assert_ptr_nonnull(file = fdopen(fd, "w"));
	fputs(text, file);
	fclose(file);
	for (size_t i = 0; more[i] != NULL; i++)
		words[i + 2] = more[i];
	reading_begin(reading, words);
	unlink(path);
}

START_TEST(file_valid)
{
	static const char *const more[] = {"--interval", "9", "--ip", "192.0.2.2", NULL};
	char path[32], place[64];
	struct reading reading;

	file_read(&reading, "# of one service\n\n debug \r\nname = dns = 1\n\tip=192.0.2.1\ninterval = 3\nfast-i = 2\n"
	    "command = dig @127.0.0.1 # not a comment\ndisable =\nlocal-preference = -1", path, more);
	ck_assert_msg(reading.valid, "%s", reading.notes);
	ck_assert(reading.options.debug);
	ck_assert_str_eq(reading.options.name, "dns = 1");
	ck_assert_str_eq(reading.options.command, "dig @127.0.0.1 # not a comment");
	ck_assert_str_eq(reading.options.disable, "");
	ck_assert(reading.options.interval_s == 9 && reading.options.fast_interval_s == 2);
	ck_assert_uint_eq(reading.options.ips.count, 2);
	ck_assert_str_eq(reading.options.ips.items[0], "192.0.2.1/32");
	ck_assert_str_eq(reading.options.ips.items[1], "192.0.2.2/32");
	ck_assert_str_eq(healthcheck_option_place(&reading.options, "interval"), "--interval");
	snprintf(place, sizeof(place), "%s:7: fast-interval", path);
	ck_assert_str_eq(healthcheck_option_place(&reading.options, "fast-interval"), place);
	reading_end(&reading);
}
END_TEST

static const struct {
	const char *text, *error; /* after the path */
} wrong_files[] = {
	{"\nnmae = x\n", ":2: \"nmae\" is no option of ExaBGP's healthcheck; did you mean name?"},
	{"interval = x", ":1: interval: must be a number"},
	{"debug\ninterval\nname = x\n", ":2: interval: needs a value"},
	{"debug = true\n", ":1: debug: takes no value, got \"true\""},
	{"name\n", ":1: name: needs a value"},
	{"--name = x\n", ":1: \"--name\" is no option"},
	{"i = 5\n", ":1: --i may be one of"},
	{"name x\n", ":1: \"name x\" is no option"},
	{"silent\nno-syslog\n", ":2: no-syslog: does not go together with --silent"},
	{"label = -x\n", ":1: label: needs a value"},
	{"config = /nonexistent\nname\n", ":1: config: in a file names no further one"},
};

START_TEST(file_wrong)
{
	static const char *const none[] = {NULL};
	char path[32], error[256];
	struct reading reading;

	file_read(&reading, wrong_files[_i].text, path, none);
	ck_assert_msg(!reading.valid, "%d", _i);
	snprintf(error, sizeof(error), "%s%s", path, wrong_files[_i].error);
	ck_assert_msg(strstr(reading.notes, error) != NULL, "%d: %s", _i, reading.notes);
	reading_end(&reading);
}
END_TEST

/* What is wrong on the command line is said before any file is read, and once. */
START_TEST(file_after)
{
	static const char *const more[] = {"--interval", "x", NULL};
	char path[32];
	struct reading reading;

	file_read(&reading, "nmae = x\n", path, more);
	ck_assert(!reading.valid);
	ck_assert_str_eq(reading.notes, "exacheck: error: --interval: must be a number, got \"x\"\n");
	reading_end(&reading);
}
END_TEST

START_TEST(help)
{
	char *text = NULL;
	size_t size;
	FILE *file = open_memstream(&text, &size);

	healthcheck_options_print(file);
	fclose(file);
	for (size_t i = 0; healthcheck_option_table[i].names[0] != NULL; i++) {
		char name[64];

		snprintf(name, sizeof(name), "--%s", healthcheck_option_table[i].names[0]);
		ck_assert_msg(strstr(text, name) != NULL, "%s", name);
		ck_assert_ptr_nonnull(healthcheck_option_table[i].help);
		ck_assert_int_eq(healthcheck_option_table[i].fate == HEALTHCHECK_KEPT, healthcheck_option_table[i].note == NULL);
		ck_assert_int_eq(healthcheck_option_table[i].kind == HEALTHCHECK_FLAG, healthcheck_option_table[i].value == NULL);
	}
	free(text);
}
END_TEST

int
main(void)
{
	Suite *suite = suite_create("import_healthcheck");
	TCase *tcase = unit_case(suite, "options");

	tcase_add_loop_test(tcase, valid_test, 0, COUNT(valid));
	tcase_add_loop_test(tcase, wrong_test, 0, COUNT(wrong));
	tcase_add_test(tcase, defaults);
	tcase_add_test(tcase, file_valid);
	tcase_add_loop_test(tcase, file_wrong, 0, COUNT(wrong_files));
	tcase_add_test(tcase, file_after);
	tcase_add_test(tcase, help);
	return unit_run(suite);
}
