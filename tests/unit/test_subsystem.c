/*
 * Which subsystem a line is of, by the names of the files that there are: none falls to "master" unnoticed.
 */
#include <check.h>
#include <dirent.h>
#include <stdio.h>
#include <string.h>

#include "../../supervisor/subsystem.h"
#include "unit.h"

/* Those of no subsystem of their own, and those that write no lines but from which others may come. */
static const char *const masters[] = {
	"capability", "chronicle", "command_line", "events", "file_replace", "handover", "healthcheck",
	"healthcheck_source", "helper", "helper_former", "helper_pipe", "helper_queue", "helper_talk",
	"helper_words", "identity", "inherited", "instance", "libexec", "main", "membership", "once", "pid_file",
	"preflight", "print", "program", "program_version", "pulse", "ratelimit", "runtime_path", "sandbox_table",
	"signals", "start", "state", "stop", "subsystem", "supervisor", "supervisor_act", "supervisor_hear",
	"upgrade", "watchdog"};

static const struct {
	const char *file, *subsystem;
} known[] = {
	{"exabgp_answer", "announcer"}, {"channel_fifo", "announcer"}, {"route_queue", "announcer"},
	{"config_check", "configuration"}, {"reload", "configuration"}, {"watch_path", "configuration"},
	{"tree_merge", "configuration"}, {"hook_run", "executor"}, {"hook", "executor"}, {"transition", "healthcheck"},
	{"node_state", "healthcheck"}, {"overrides", "healthcheck"}, {"guard", "healthcheck"}, {"checks", "healthcheck"},
	{"loggers", "logging"}, {"notifier", "notification"}, {"journal_record", "utility"}, {"node_journal", "utility"},
	{"service", "utility"}, {"control_act", "utility"}, {"worker_grid", "worker"}, {"spawner", "worker"},
	{"launcher", "worker"}, {"upgrade", "master"}, {"stop", "master"}, {"watchdog", "master"}};

static const char *
name_of(const char *directory, const char *file)
{
	char path[320];
	const struct log_source source = {path, 1, "function", NULL};

	snprintf(path, sizeof(path), "%s/%s.c", directory, file);
	return subsystem_name(&source);
}

static bool
is_master(const char *name)
{
	for (size_t i = 0; i < COUNT(masters); i++)
		if (strcmp(masters[i], name) == 0)
			return true;
	return false;
}

START_TEST(of_known_files)
{
	for (size_t i = 0; i < COUNT(known); i++) {
		ck_assert_str_eq(name_of("supervisor", known[i].file), known[i].subsystem);
		ck_assert_str_eq(name_of("/some/where/supervisor", known[i].file), known[i].subsystem);
	}
	ck_assert_str_eq(name_of("common", "log"), "logging");
	ck_assert_str_eq(name_of("supervisor", "unheard_of"), "master");
}
END_TEST

START_TEST(of_every_file)
{
	DIR *directory = opendir("supervisor");
	const struct dirent *entry;
	unsigned seen = 0;

	ck_assert_ptr_nonnull(directory); /* tests run where the sources are */
	while ((entry = readdir(directory)) != NULL) {
		size_t length = strlen(entry->d_name);
		char name[256];

		if (length < 3 || strcmp(entry->d_name + length - 2, ".c") != 0)
			continue;
		snprintf(name, sizeof(name), "%.*s", (int)length - 2, entry->d_name);
		seen++;
		ck_assert_msg((strcmp(name_of("supervisor", name), "master") == 0) == is_master(name), "%s: %s", name,
		    name_of("supervisor", name));
	}
	closedir(directory);
	ck_assert_uint_gt(seen, 100);
}
END_TEST

START_TEST(as_the_line_says)
{
	const struct log_source source = {"supervisor/helper.c", 1, "function", "notification"};

	ck_assert_str_eq(subsystem_name(&source), "notification");
}
END_TEST

int
main(void)
{
	Suite *suite = suite_create("subsystem");
	TCase *tcase = unit_case(suite, "subsystem");

	tcase_add_test(tcase, of_known_files);
	tcase_add_test(tcase, of_every_file);
	tcase_add_test(tcase, as_the_line_says);
	return unit_run(suite);
}
