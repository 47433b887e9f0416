/*
 * Options of ExaBGP's healthcheck as a source where memory is short: whichever allocation fails, the configuration is the
 * whole one, or there is none and a finding says so; and what it says of options.
 */
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "allocations_text.h"
#include "configs.h"
#include "../../supervisor/healthcheck_source.h"
#include "unit.h"

#define WORDS_MAX 32

static struct healthcheck_command command;
static struct config_source source;
static char line[1024], *words[WORDS_MAX];

/* Options, with blanks between. */
static void
options_are(const char *text)
{
	ck_assert_uint_lt(strlen(text), sizeof(line));
	strcpy(line, text);
	command = (struct healthcheck_command){.argv = words, .name = "healthcheck web"};
	for (char *word = strtok(line, " "); word != NULL; word = strtok(NULL, " "))
		words[command.argc++] = word;
	ck_assert(instance_name(&command.instance, "web", command.argc, words));
	source = (struct config_source){.name = command.name, .file = "/dev/null", .load = healthcheck_load,
	    .context = &command};
}

static void
findings_print(void *context, enum severity severity, const char *text)
{
	fprintf(context, "%s%s\n", severity == SEVERITY_ERROR ? "error: " : "", text);
}

/* The configuration of the options, with one allocation failing after so many, and what is said of it; malloc'd. */
static struct config *
loaded(const struct config *running, int after, bool *failed, char **findings)
{
	struct diagnostics *diagnostics = diagnostics_new(command.name);
	struct config *config;
	size_t length;
	FILE *file = __real_open_memstream(findings, &length);

	allocations = after;
	config = healthcheck_load(&source, running, diagnostics);
	*failed = after >= 0 && allocations < 0;
	allocations = -1;
	ck_assert_int_eq(config == NULL, diagnostics_count(diagnostics, SEVERITY_ERROR) > 0);
	diagnostics_each(diagnostics, findings_print, file);
	diagnostics_free(diagnostics);
	fclose(file);
	return config;
}

static void
check_memory(const struct config *running)
{
	char *findings, *expected = NULL, *text;
	bool failed = true;
	int refusals = 0;

	for (int after = -1; failed; after += after < 0 ? 1 : unit_stride(11)) { /* the first one is whole */
		struct config *config = loaded(running, after, &failed, &findings);

		failed |= after < 0;
		if (config == NULL) {
			ck_assert_msg(strstr(findings, "out of memory") != NULL, "after %d: %s", after, findings);
			refusals++;
		} else {
			text = config_text(config);
			if (expected == NULL)
				ck_assert_ptr_nonnull(expected = strdup(text));
			ck_assert_msg(strcmp(text, expected) == 0, "after %d another configuration", after); /* which is long */
			free(text);
		}
		free(findings);
		config_free(config);
	}
	ck_assert_int_gt(refusals, 50);
	free(expected);
}

START_TEST(without_memory)
{
	setenv("EXACHECK_TEST_VARIABLE", "no", 1);
	setenv("INHERITED", "yes: 'it' is", 1);
	options_are("--cmd true --ip 10.0.0.0/30 --ip 2001:db8::1 --deaggregate-networks --no-ip-setup --user nobody --path-id 7 "
	    "--up-metric 7 --disable /d --execute true --execute false --pid /p "
	    "--community 65000:1 --disabled-community no-export --as-path 65001");
	check_memory(NULL);
}
END_TEST

/* What lay on the loopback interface at the start. */
START_TEST(without_memory_at_a_reload)
{
	struct config *running;
	char *findings;
	bool failed;

	options_are("--ip 10.0.0.1 --ip 10.0.0.2 --no-ip-setup");
	running = loaded(NULL, -1, &failed, &findings);
	ck_assert_ptr_nonnull(running);
	free(findings);
	options_are("--cmd true --up-metric 7");
	check_memory(running);
	config_free(running);
}
END_TEST

/* Findings are about options, each of them once; of those that are kept here there are none. */
START_TEST(findings)
{
	static const struct {
		const char *options, *findings;
	} cases[] = {
		{"--ip 10.0.0.1 --user nobody --pid /p --debug --interval 0", ""},
		{"--ip 10.0.0.1 --user nobody --silent", ""},
		{"--ip 10.0.0.1 --user no-such", "error: healthcheck web: --user: no user no-such on this system\n"},
		{"--ip 10.0.0.1 --rise x",
		    "error: healthcheck web: --rise: must be a whole number, got \"x\"\n"},
		{"--ip 10.0.0.1 --user nobody --disabled-metric 1 --next-hop ::1",
		    "healthcheck web: warning: --next-hop: ::1 is no next hop for routes of IPv4, which have self instead\n"},
	};
	char *none[] = {NULL}, **before = environ; /* in which there may be what commands cannot have */
	char *found;
	bool failed;

	for (size_t i = 0; i < COUNT(cases); i++) {
		struct config *config;

		environ = none;
		options_are(cases[i].options);
		config = loaded(NULL, -1, &failed, &found);
		ck_assert_str_eq(found, cases[i].findings);
		free(found);
		config_free(config);
	}
	environ = before;
}
END_TEST

/* As there all is announced at every interval, but not without end, and not with --debounce. */
START_TEST(announced_again)
{
	static const struct {
		const char *options;
		double seconds;
	} cases[] = {
		{"--ip 10.0.0.1 --user nobody", 5},
		{"--ip 10.0.0.1 --user nobody --interval 0.2", 1},
		{"--ip 10.0.0.1 --user nobody --interval 2.5", 2.5},
		{"--ip 10.0.0.1 --user nobody --interval 3600", 300},
		{"--ip 10.0.0.1 --user nobody --debounce", 300},
		{"--ip 10.0.0.0/21 --ip 2001:db8::/120 --user nobody --no-ip-setup --deaggregate-networks", 23.04},
	};
	char *found;
	bool failed;

	for (size_t i = 0; i < COUNT(cases); i++) {
		struct config *config;

		options_are(cases[i].options);
		ck_assert_ptr_nonnull(config = loaded(NULL, -1, &failed, &found));
		ck_assert_msg(fabs((double)config->global.resync_ns / NS_PER_SECOND - cases[i].seconds) < 0.001, "%s: %f",
		    cases[i].options, (double)config->global.resync_ns / NS_PER_SECOND);
		free(found);
		config_free(config);
	}
}
END_TEST

int
main(void)
{
	const TTest *const tests[] = {without_memory, without_memory_at_a_reload, findings, announced_again};
	Suite *suite = suite_create("healthcheck's options");
	TCase *tcase = unit_case(suite, "healthcheck's options");

	for (size_t i = 0; i < COUNT(tests); i++)
		tcase_add_test(tcase, tests[i]);
	return unit_run(suite);
}
