/*
 * The life of a helper that is told events, with a stand-in for its program: what it is told, by whom each line is
 * heard when one takes the place of another.
 */
#include <check.h>
#include <event2/buffer.h>
#include <event2/event.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "../../supervisor/helper.h"
#include "../../supervisor/helper_queue.h"
#include "../../supervisor/launcher.h"
#include "../../supervisor/loop.h"
#include "unit.h"

#define MS NS_PER_MILLISECOND
#define WAIT_NS (20 * NS_PER_SECOND)
#define BYE "{\"type\":\"bye\"}\n"
#define LEAVE "{\"type\":\"leave\"}\n"

/* Writes down what it is told; some lines are orders to it. */
static const char program[] =
    "#!/bin/sh\n"
    "while read -r line; do\n"
    "	printf '%s\\n' \"$line\" >>${0%/*}/told\n"
    "	case $line in\n"
    "	crash) exit 1;;\n"
    "	say*) printf '%s\\n' \"${line#say }\" >&3;;\n"
    "	wait) while [ ! -e ${0%/*}/go ]; do sleep 0.02; done;;\n"
    "	*'\"bye\"'*|*'\"leave\"'*) printf 'note: the end\\n' >&3; exit;;\n"
    "	esac\n"
    "done <&3\n"
    "echo end >>${0%/*}/told\n";

static char place[64], logged[16384], heard[256];
static const char *wanted; /* the setup; NULL: there is nothing to do */
static struct event_base *base;
static struct launcher *launcher;
static struct helper *helper;
static struct helper_queue *queue;
static struct identity identity;

static bool
have_setup(void *context, char **line)
{
	(void)context;
	*line = wanted != NULL ? strdup(wanted) : NULL;
	return wanted == NULL || *line != NULL;
}

static monotime_t
tell(void *context, struct evbuffer *out, monotime_t now)
{
	(void)context;
	return helper_queue_tell(queue, out, now);
}

static void
gone(void *context, size_t unsent)
{
	(void)context;
	helper_queue_gone(queue, unsent);
}

static bool
hear(void *context, const char *word)
{
	(void)context;
	strcat(heard, word);
	return strncmp(word, "word", 4) == 0;
}

static const struct helper_kind kind = {.name = "exacheck-log", .program = LAUNCHER_LOG, .events = true,
    .setup = have_setup, .tell = tell, .gone = gone, .hear = hear};

static void
keep_log(enum log_level level, const char *subject, const char *text)
{
	(void)subject;
	if (level <= LOG_LEVEL_SUCCESS && strlen(logged) + strlen(text) + 2 < sizeof(logged))
		strcat(strcat(logged, text), "\n");
}

static void
setup(void)
{
	char path[128];
	FILE *file;

	log_set_sink(keep_log);
	signal(SIGPIPE, SIG_IGN);
	strcpy(place, "/tmp/exacheck-test-XXXXXX");
	ck_assert_ptr_nonnull(mkdtemp(place));
	snprintf(path, sizeof(path), "%s/exacheck-log", place);
	ck_assert_ptr_nonnull(file = fopen(path, "w"));
	ck_assert_int_ge(fputs(program, file), 0);
	ck_assert_int_eq(fclose(file), 0);
	ck_assert_int_eq(chmod(path, 0755), 0);
	base = loop_new();
	launcher = launcher_start(&(struct launcher_paths){.libexec = place});
	ck_assert(base != NULL && launcher != NULL && launcher_attach(launcher, base));
	queue = helper_queue_new(HELPER_QUEUE_BYTES);
	helper = helper_new(base, &kind, &identity, launcher, NULL);
	ck_assert(queue != NULL && helper != NULL);
	wanted = "setup\n";
}

static void
teardown(void)
{
	char command[128];

	helper_free(helper);
	helper_queue_free(queue);
	launcher_free(launcher);
	event_base_free(base);
	snprintf(command, sizeof(command), "rm -rf %s", place);
	ck_assert_int_eq(system(command), 0);
}

static void
add(const char *text)
{
	char *line = malloc(strlen(text) + 2);

	ck_assert_ptr_nonnull(line);
	strcat(strcpy(line, text), "\n");
	helper_queue_add(queue, line);
	helper_wake(helper);
}

static void
turn(void)
{
	const struct timeval step = {0, 5000};
	int status;
	pid_t pid;

	ck_assert_int_eq(event_base_loopexit(base, &step), 0);
	ck_assert_int_ne(event_base_dispatch(base), -1);
	/* one that is none of these could not be executed */
	while ((pid = waitpid(-1, &status, WNOHANG)) > 0)
		(void)(helper_reaped(helper, pid, status) || launcher_reaped(launcher, pid, status));
}

static const char *
told(void)
{
	static char text[65536];
	char path[128];
	size_t length;
	FILE *file;

	snprintf(path, sizeof(path), "%s/told", place);
	if ((file = fopen(path, "r")) == NULL)
		return "";
	length = fread(text, 1, sizeof(text) - 1, file);
	fclose(file);
	text[length] = '\0';
	return text;
}

static void
await_told(const char *expected)
{
	monotime_t deadline = monotime_add(monotime_now(), WAIT_NS);

	while (strcmp(told(), expected) != 0 && monotime_before(monotime_now(), deadline))
		turn();
	ck_assert_str_eq(told(), expected);
}

static void
await_length(size_t length)
{
	monotime_t deadline = monotime_add(monotime_now(), WAIT_NS);

	while (strlen(told()) != length && monotime_before(monotime_now(), deadline))
		turn();
	ck_assert_msg(strlen(told()) == length, "%s", told());
}

static void
await_logged(const char *words)
{
	monotime_t deadline = monotime_add(monotime_now(), WAIT_NS);

	while (strstr(logged, words) == NULL && monotime_before(monotime_now(), deadline))
		turn();
	ck_assert_msg(strstr(logged, words) != NULL, "%s", logged);
}

static void
await_none(void)
{
	monotime_t deadline = monotime_add(monotime_now(), WAIT_NS);

	while (helper_pid(helper) != 0 && monotime_before(monotime_now(), deadline))
		turn();
	ck_assert_int_eq(helper_pid(helper), 0);
}

/* The end that was asked for is there: also of one whose pid is not known yet. */
static void
await_end(void)
{
	monotime_t deadline = monotime_add(monotime_now(), WAIT_NS);

	while (helper_ends(helper) && monotime_before(monotime_now(), deadline))
		turn();
	ck_assert(!helper_ends(helper));
}

static void
permit(void)
{
	char path[128];

	snprintf(path, sizeof(path), "%s/go", place);
	ck_assert_int_eq(mkdir(path, 0700), 0);
}

START_TEST(told_in_order_from_before_it_runs)
{
	add("one");
	add("two");
	helper_configure(helper);
	await_told("setup\none\ntwo\n");
	add("three");
	await_told("setup\none\ntwo\nthree\n");
	ck_assert(helper_told(helper));
}
END_TEST

/* Nothing else happens meanwhile: the loop does not turn. */
START_TEST(what_presses_is_told_at_once)
{
	const struct timespec pause = monotime_timespec(5 * MS);
	monotime_t deadline;

	helper_press(helper); /* there is none */
	helper_configure(helper);
	helper_press(helper); /* it is only being started */
	await_told("setup\n");
	ck_assert(!helper_queue_urgent(queue));
	add("one");
	add("two");
	helper_press(helper);
	deadline = monotime_add(monotime_now(), WAIT_NS);
	while (strcmp(told(), "setup\none\ntwo\n") != 0 && monotime_before(monotime_now(), deadline))
		nanosleep(&pause, NULL);
	ck_assert_str_eq(told(), "setup\none\ntwo\n");
	add("three");
	await_told("setup\none\ntwo\nthree\n");
}
END_TEST

START_TEST(another_takes_the_place_of_one_that_crashes)
{
	helper_configure(helper);
	add("crash");
	await_logged("exacheck-log ended; another is started now; what was on its way to it may be lost\n");
	add("next");
	await_told("setup\ncrash\nsetup\nnext\n");
	ck_assert_uint_eq(helper_failures(helper), 1);
}
END_TEST

/* What is there before the change is told to the one, what comes after it to the other. */
START_TEST(another_setup)
{
	helper_configure(helper);
	add("one");
	await_told("setup\none\n");
	add("two");
	wanted = "other\n";
	helper_configure(helper);
	add("three");
	await_told("setup\none\ntwo\n" LEAVE "other\nthree\n");
	ck_assert_uint_eq(helper_failures(helper), 0);
	await_logged("exacheck-log: the end\n");
	wanted = NULL;
	helper_configure(helper);
	await_told("setup\none\ntwo\n" LEAVE "other\nthree\n" LEAVE);
	await_none();
	ck_assert(!helper_wanted(helper));
}
END_TEST

/* One that takes its time to finish is not waited for. */
START_TEST(one_that_goes_on_to_its_end)
{
	helper_configure(helper);
	add("wait");
	await_told("setup\nwait\n");
	add("two");
	wanted = "other\n";
	helper_configure(helper);
	add("three");
	await_told("setup\nwait\nother\nthree\n");
	permit();
	await_told("setup\nwait\nother\nthree\ntwo\n" LEAVE);
	ck_assert_uint_eq(helper_failures(helper), 0);
}
END_TEST

START_TEST(stop_comes_after_everything)
{
	helper_configure(helper);
	add("one");
	await_told("setup\none\n");
	add("two");
	helper_stop(helper);
	ck_assert(helper_ends(helper));
	add("late");
	await_told("setup\none\ntwo\n" BYE);
	await_logged("exacheck-log: the end\n");
	await_none();
	ck_assert(!helper_ends(helper) && helper_failures(helper) == 0);
}
END_TEST

/* The end takes as long as it takes, and whoever waits for it knows how long that may be. */
START_TEST(stop_takes_its_time)
{
	struct helper_kind states = kind;
	monotime_t until;

	states.events = _i == 0;
	helper_free(helper);
	ck_assert_ptr_nonnull(helper = helper_new(base, &states, &identity, launcher, NULL));
	helper_configure(helper);
	add("wait");
	await_told("setup\nwait\n");
	helper_stop(helper);
	until = monotime_add(monotime_now(), 1300 * MS);
	while (monotime_before(monotime_now(), until))
		turn();
	ck_assert(helper_ends(helper));
	permit();
	await_told("setup\nwait\n" BYE);
	await_none();
}
END_TEST

/* It is being started when the end comes. */
START_TEST(stop_while_it_is_started)
{
	helper_configure(helper);
	add("one");
	usleep(5000); /* the time of its start has come; one pass has it started */
	ck_assert_int_eq(event_base_loop(base, EVLOOP_ONCE | EVLOOP_NONBLOCK), 0); /* without ONCE it goes on while something comes */
	ck_assert_int_eq(helper_pid(helper), 0);
	helper_stop(helper);
	ck_assert(helper_ends(helper));
	await_told("setup\none\n" BYE);
	await_end();
}
END_TEST

/* There are only so many that finish side by side. */
START_TEST(too_many_that_go_on)
{
	char setups[8][24];

	for (int i = 0; i < 6; i++) {
		snprintf(setups[i], sizeof(setups[i]), "setup %d\n", i);
		wanted = setups[i];
		helper_configure(helper);
		add("wait");
		await_length((size_t)(i + 1) * strlen("setup 0\nwait\n"));
		if (i < 5)
			ck_assert_msg(strstr(logged, "does not end") == NULL, "%s", logged);
	}
	await_logged("does not end: it is killed\n");
	await_logged("exacheck-log ended; another is started");
	permit();
}
END_TEST

/* It has done its work, and is reaped, before anybody says that it was started. */
START_TEST(stop_before_it_is_known)
{
	int status;

	helper_configure(helper);
	add("one");
	usleep(5000);
	ck_assert_int_eq(event_base_loop(base, EVLOOP_ONCE | EVLOOP_NONBLOCK), 0); /* without ONCE it goes on while something comes */
	helper_stop(helper);
	ck_assert(waitpid(-1, &status, 0) > 0 && WIFEXITED(status)); /* the launcher lives */
	ck_assert_str_eq(told(), "setup\none\n" BYE);
	await_end();
	ck_assert_uint_eq(helper_failures(helper), 0);
	ck_assert_msg(strstr(logged, "may be lost") == NULL, "%s", logged);
}
END_TEST

/* Another program of exacheck is about to come; if it does not, there is another helper. */
START_TEST(leave)
{
	helper_configure(helper);
	add("one");
	await_told("setup\none\n");
	add("two");
	helper_leave(helper);
	add("three");
	/* the two are side by side */
	await_length(strlen("setup\none\ntwo\n" LEAVE "setup\nthree\n"));
	ck_assert(strstr(told(), "three\n") != NULL && strstr(told(), "two\n") != NULL);
	ck_assert(strstr(told(), "two\n") < strstr(told(), LEAVE));
	ck_assert_uint_eq(helper_failures(helper), 0);
}
END_TEST

START_TEST(words)
{
	helper_configure(helper);
	add("say problem: cannot");
	add("say word of its own");
	await_logged("exacheck-log: cannot\n");
	add("say ready: it is");
	await_logged("exacheck-log: ready: it is\n");
	ck_assert_str_eq(heard, "word of its own");
	add("say what");
	await_logged("says what it never should: it is killed\n");
	await_logged("exacheck-log ended; another is started");
	ck_assert_uint_eq(helper_failures(helper), 1);
}
END_TEST

START_TEST(program_that_is_not_there)
{
	char path[128];

	snprintf(path, sizeof(path), "%s/exacheck-log", place);
	ck_assert_int_eq(unlink(path), 0);
	helper_configure(helper);
	add("one");
	await_logged("cannot start exacheck-log: No such file or directory\n");
	ck_assert(!helper_told(helper) && !helper_queue_empty(queue));
}
END_TEST

int
main(void)
{
	Suite *suite = suite_create("helper");
	TCase *life = unit_case(suite, "life");

	tcase_set_tags(life, UNIT_NATIVE);
	tcase_add_checked_fixture(life, setup, teardown);
	tcase_add_test(life, told_in_order_from_before_it_runs);
	tcase_add_test(life, what_presses_is_told_at_once);
	tcase_add_test(life, another_takes_the_place_of_one_that_crashes);
	tcase_add_test(life, another_setup);
	tcase_add_test(life, one_that_goes_on_to_its_end);
	tcase_add_test(life, stop_comes_after_everything);
	tcase_add_loop_test(life, stop_takes_its_time, 0, 2);
	tcase_add_test(life, stop_while_it_is_started);
	tcase_add_test(life, stop_before_it_is_known);
	tcase_add_test(life, leave);
	tcase_add_test(life, too_many_that_go_on);
	tcase_add_test(life, words);
	tcase_add_test(life, program_that_is_not_there);
	return unit_run(suite);
}
