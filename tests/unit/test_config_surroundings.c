/*
 * What a configuration needs of the machine that it is loaded on: programs, directories, who may read its file. The C
 * library's access(2) is replaced for the directories of programs, and for that of exacheck's own.
 */
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "../../supervisor/log/compression.h"
#include "configs.h"
#include "unit.h"

#define URL "json://127.0.0.1:8080/hook"

static const char *present; /* programs as "/usr/bin/xz /bin/tar" */
static const char *absent; /* a program of exacheck, NULL: all are there */
static char directory[64];

int access(const char *path, int mode);

int
access(const char *path, int mode)
{
	char word[100];

	if (strncmp(path, EXACHECK_LIBEXECDIR "/", sizeof(EXACHECK_LIBEXECDIR)) == 0)
		return absent != NULL && strcmp(strrchr(path, '/') + 1, absent) == 0 ? -1 : 0;
	if (strncmp(path, "/usr/", 5) != 0 && strncmp(path, "/bin/", 5) != 0)
		return (int)syscall(SYS_faccessat, -100, path, mode);
	snprintf(word, sizeof(word), " %s ", path);
	return strstr(present, word) != NULL ? 0 : -1;
}

static void
directory_make(void)
{
	snprintf(directory, sizeof(directory), "/tmp/exacheck-unit-XXXXXX");
	ck_assert_ptr_nonnull(mkdtemp(directory));
	present = " ";
	absent = NULL;
}

static void
directory_remove(void)
{
	static const char *const names[] = {"c.yaml", "file", "closed", "there"};
	char path[100];

	for (size_t i = 0; i < COUNT(names); i++) {
		snprintf(path, sizeof(path), "%s/%s", directory, names[i]);
		remove(path);
	}
	ck_assert_int_eq(rmdir(directory), 0);
}

/* The findings with DIR for the directory. */
static char *
findings_shorten(char *findings)
{
	char *text = NULL, *from = findings, *at;
	size_t length;
	FILE *file = open_memstream(&text, &length);

	ck_assert_ptr_nonnull(file);
	for (; (at = strstr(from, directory)) != NULL; from = at + strlen(directory))
		fprintf(file, "%.*sDIR", (int)(at - from), from);
	fputs(from, file);
	ck_assert_int_eq(fclose(file), 0);
	free(findings);
	return text;
}

/* Load a file of this text and mode; DIR in it is the directory. Returns what was found, without the file's name. */
static char *
load(const char *text, mode_t mode, bool directories)
{
	char path[100], *findings;
	struct diagnostics *diagnostics;
	const char *at;
	struct config *config;
	FILE *file;

	snprintf(path, sizeof(path), "%s/c.yaml", directory);
	ck_assert_ptr_nonnull(file = fopen(path, "w"));
	for (; (at = strstr(text, "DIR")) != NULL; text = at + 3)
		fprintf(file, "%.*s%s", (int)(at - text), text, directory);
	fputs(text, file);
	fclose(file);
	ck_assert_int_eq(chmod(path, mode), 0);
	diagnostics = diagnostics_new("c.yaml");
	config = config_load(path, diagnostics, directories);
	ck_assert_int_eq(config == NULL, diagnostics_count(diagnostics, SEVERITY_ERROR) > 0);
	config_free(config);
	findings = findings_text(diagnostics);
	diagnostics_free(diagnostics);
	return findings_shorten(findings);
}

struct finding {
	const char *present, *text, *expected;
};

#define LOG(TEXT) "logging:\n- {method: file, destination: DIR/file, " TEXT "}\n" WEB
#define NEEDS(TOOL, PACKAGE) \
	"c.yaml:2:83: logging[1].compression_format: needs the program " TOOL ", which is not there: install the " \
	"package " PACKAGE ", or say gz, or compress: false\n"

static const struct finding programs[] = {
    {" ", LOG("compress: yes"), ""},
    {" ", LOG("compression_format: gz"), ""},
    {" ", LOG("compression_format: bz2, compress: no"), ""},
    {" ", LOG("compression_format: bz2"), NEEDS("bzip2", "bzip2")},
    {" /bin/bzip2 ", LOG("compression_format: bz2"), ""},
    {" /usr/local/bin/xz ", LOG("compression_format: xz"), NEEDS("xz", "xz-utils (Debian), xz (Fedora)")},
    {" /usr/bin/xz ", LOG("compression_format: xz"), ""},
    {" /usr/bin/xz ", LOG("compression_format: lzma"), ""},
    {" /usr/bin/bzip2 ", LOG("compression_format: tar.bz2"), ""},
    {" ", LOG("compression_format: zip"), NEEDS("zip", "zip")},
    {" ", "notifications: [{name: ops, url: slack://a/b/c}]\n" WEB,
	"c.yaml:1:34: notifications[1] (ops).url: needs the program apprise, which is not there: install the package apprise, "
	"or use json://, jsons://, mailto:// or mailtos://\n"},
    {" /usr/local/bin/apprise ", "notifications: [{name: ops, url: slack://a/b/c}]\n" WEB, ""},
    {" ", "notifications: [{name: ops, url: '" URL "'}]\n" WEB, ""},
};

START_TEST(program)
{
	char *findings;

	present = programs[_i].present;
	findings = load(programs[_i].text, 0600, true);
	ck_assert_str_eq(findings, programs[_i].expected);
	free(findings);
}
END_TEST

/* Each format needs here what exacheck-log looks for. */
START_TEST(compressor)
{
	const char *const *words = option_find(logger_kinds[LOGGER_FILE].table, "compression_format")->choices;
	const struct compression_format *format = compression_find(words[_i]);
	char text[200], expected[200], *findings;
	struct needs needs = {0};
	const char *tool;

	snprintf(text, sizeof(text), LOG("compression_format: %s"), words[_i]);
	findings = load(text, 0600, true);
	ck_assert_ptr_nonnull(format);
	if (compression_needs(format, &needs, &tool))
		ck_assert_str_eq(findings, "");
	else {
		snprintf(expected, sizeof(expected), ": needs the program %s, which is not there: ", tool);
		ck_assert_msg(strstr(findings, expected) != NULL, "%s", findings);
	}
	needs_clear(&needs);
	free(findings);
}
END_TEST

static const struct finding destinations[] = {
    {"", "logging: [{method: file, destination: DIR/file}]\n" WEB, ""},
    {"", "logging: [{method: file, destination: DIR/there}]\n" WEB,
	"c.yaml:1:39: logging[1].destination: is a directory: name a file\n"},
    {"", "logging: [{method: file, destination: DIR/none/file}]\n" WEB,
	"c.yaml:1:39: warning: logging[1].destination: directory DIR/none: No such file or directory: "
	"the log begins once it is there, or can be made\n"},
    {"", "logging: [{method: file, destination: DIR/c.yaml/file}]\n" WEB,
	"c.yaml:1:39: warning: logging[1].destination: directory DIR/c.yaml: Not a directory: "
	"the log begins once it is there, or can be made\n"},
    {"", "logging: [{method: syslog, destination: DIR/none}]\n" WEB, ""},
};

START_TEST(destination)
{
	char path[100], *findings;

	snprintf(path, sizeof(path), "%s/there", directory);
	ck_assert_int_eq(mkdir(path, 0700), 0);
	findings = load(destinations[_i].text, 0600, true);
	ck_assert_str_eq(findings, destinations[_i].expected);
	free(findings);
	findings = load(destinations[_i].text, 0600, false);
	ck_assert_str_eq(findings, "");
	free(findings);
}
END_TEST

static const struct {
	mode_t mode, directory;
	const char *text, *expected;
} readers[] = {
    {0600, 0755, "notifications: [{name: ops, url: '" URL "'}]\n" WEB, ""},
    {0640, 0755, "notifications: [{name: ops, url: '" URL "'}]\n" WEB, ""},
    {0644, 0750, "notifications: [{name: ops, url: '" URL "'}]\n" WEB, ""},
    {0644, 0711, "notifications: [{name: ops, url: '" URL "'}]\n" WEB,
	"c.yaml:1:34: warning: notifications[1] (ops).url: is a secret, and every user of this machine may read the file: "
	"chgrp it to a group of exacheck's user, then chmod o-r\n"},
    {0644, 0755, "sentry: {dsn: 'https://key@host/1'}\n" WEB,
	"c.yaml:1:15: warning: sentry.dsn: is a secret, and every user of this machine may read the file: "
	"chgrp it to a group of exacheck's user, then chmod o-r\n"},
    {0644, 0755, "sentry: {enabled: no}\nlogging: [{method: syslog}]\n" WEB, ""},
};

START_TEST(reader)
{
	char *findings;

	ck_assert_int_eq(chmod(directory, readers[_i].directory), 0);
	findings = load(readers[_i].text, readers[_i].mode, true);
	ck_assert_str_eq(findings, readers[_i].expected);
	free(findings);
}
END_TEST

#define NOT_INSTALLED(WHAT, PACKAGE, FILE) \
	WHAT " is not installed: install the package " PACKAGE " (" EXACHECK_LIBEXECDIR "/" FILE ")\n"
#define HTTP "checks: [{name: web, args: {method: http, url: 'http://127.0.0.1/'}, prefixes: 192.0.2.1/32}]\n"
#define DNS "checks: [{name: ns, args: {host: 127.0.0.1, query: example.org, method: dns}, prefixes: 192.0.2.1/32}]\n"

static const struct {
	const char *absent, *text, *expected;
} programs_own[] = {
    {"worker-http", WEB, ""},
    {"worker-http", HTTP, "c.yaml:1:37: checks[1] (web).args.method: "
	NOT_INSTALLED("the worker of method http", "exacheck-worker-http", "worker-http")},
    {"worker-dns", DNS, "c.yaml:1:73: checks[1] (ns).args.method: "
	NOT_INSTALLED("the worker of method dns", "exacheck-worker-dns", "worker-dns")},
    {"worker-tcp", "checks: [{name: web, args: {method: tcp, host: 127.0.0.1, port: 80}, prefixes: 192.0.2.1/32}]\n",
	"c.yaml:1:37: checks[1] (web).args.method: " NOT_INSTALLED("the worker of method tcp", "exacheck", "worker-tcp")},
    {"worker-tls", "checks: [{name: web, args: {method: tcp, host: 127.0.0.1, port: 80, tls: on}, prefixes: 192.0.2.1/32}]\n",
	"c.yaml:1:37: checks[1] (web).args.method: " NOT_INSTALLED("the worker of method tcp", "exacheck", "worker-tls")},
    {"exacheck-notify", WEB, ""},
    {"exacheck-notify", "notifications: [{name: ops, url: '" URL "'}]\n" WEB,
	"c.yaml:1:16: notifications: "
	NOT_INSTALLED("the program that sends notifications", "exacheck-notify", "exacheck-notify")},
    {"exacheck-notify", "sentry: {dsn: 'https://key@host/1'}\n" WEB,
	"c.yaml:1:9: sentry: " NOT_INSTALLED("the program that sends notifications", "exacheck-notify", "exacheck-notify")},
};

/* At a reload, too. */
START_TEST(program_own)
{
	for (int directories = 0; directories < 2; directories++) {
		char *findings;

		absent = programs_own[_i].absent;
		findings = load(programs_own[_i].text, 0600, directories);
		ck_assert_str_eq(findings, programs_own[_i].expected);
		free(findings);
	}
}
END_TEST

int
main(void)
{
	Suite *suite = suite_create("config_surroundings");
	TCase *tcase = unit_case(suite, "config_surroundings");

	tcase_add_checked_fixture(tcase, directory_make, directory_remove);
	tcase_add_loop_test(tcase, program, 0, COUNT(programs));
	tcase_add_loop_test(tcase, program_own, 0, COUNT(programs_own));
	tcase_add_loop_test(tcase, compressor, 0, COMPRESSION_ZIP + 1);
	tcase_add_loop_test(tcase, destination, 0, COUNT(destinations));
	tcase_add_loop_test(tcase, reader, 0, COUNT(readers));
	return unit_run(suite);
}
