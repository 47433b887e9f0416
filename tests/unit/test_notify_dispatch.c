/*
 * Targets and couriers, with couriers that do as they are told: how many are on their way, that one that hangs delays
 * no other, what is said, and how it ends.
 */
#include <bsd/unistd.h>
#include <event2/event.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "../../supervisor/notify/courier.h"
#include "../../supervisor/notify/dispatch.h"
#include "../../supervisor/helpers/report.h"
#include "../../supervisor/notify/target.h"
#include "notices.h"
#include "unit.h"

/* The stand-in. A target's URL says what becomes of its letters. */
struct target {
	char url[32]; /* "ok", "later", "never", "hang" */
};

struct courier {
	struct event *timer;
	const struct target *target;
	courier_done *done;
	void *context;
};

static struct event_base *base;
static unsigned on_their_way, most, begun;
static json_int_t told; /* events of letters that were delivered */
static char words[8192]; /* that were said since they were looked at */

/* The other stand-in: the channel's descriptor is the test suite's own. */
static void say(const char *kind, const char *format, va_list) __attribute__((format(printf, 2, 0)));

static void
say(const char *kind, const char *format, va_list arguments)
{
	size_t length = strlen(words);

	length += (size_t)snprintf(words + length, sizeof(words) - length, "%s: ", kind);
	length += (size_t)vsnprintf(words + length, sizeof(words) - length, format, arguments);
	ck_assert_uint_lt(length, sizeof(words) - 1);
	strcpy(words + length, "\n");
}

#define SAYS(NAME, KIND) \
	void \
	NAME(const char *format, ...) \
	{ \
		va_list arguments; \
\
		va_start(arguments, format); \
		say(KIND, format, arguments); \
		va_end(arguments); \
	}

SAYS(report_problem, "problem")
SAYS(report_note, "note")

void
report_answer(const char *kind, const char *format, ...)
{
	va_list arguments;

	va_start(arguments, format);
	say(kind, format, arguments);
	va_end(arguments);
}

void
report_fatal(const char *format, ...)
{
	ck_abort_msg("the end: %s", format);
	abort();
}

static const char *
said(void)
{
	static char text[sizeof(words)];

	strcpy(text, words);
	words[0] = '\0';
	return text;
}

struct target *
target_new(const char *name, const char *url, char error[static TARGET_ERROR_SIZE])
{
	struct target *target;

	(void)name;
	if (strcmp(url, "bad") == 0) {
		snprintf(error, TARGET_ERROR_SIZE, "no certificates");
		return NULL;
	}
	target = calloc(1, sizeof(*target));
	ck_assert_ptr_nonnull(target);
	snprintf(target->url, sizeof(target->url), "%s", url);
	return target;
}

struct target *
target_new_sentry(const char *dsn, char error[static TARGET_ERROR_SIZE])
{
	return target_new("sentry", dsn, error);
}

void
target_free(struct target *target)
{
	free(target);
}

bool
target_needs_apprise(const struct target *target)
{
	return strcmp(target->url, "apprise") == 0;
}

void
courier_free(struct courier *courier)
{
	on_their_way--;
	event_free(courier->timer);
	free(courier);
}

static void
courier_ends(evutil_socket_t unused, short what, void *context)
{
	static const struct {
		const char *url;
		enum courier_end end;
	} ends[] = {{"ok", COURIER_DELIVERED}, {"later", COURIER_LATER}, {"never", COURIER_NEVER}, {"hang", COURIER_LATER},
	    {"apprise", COURIER_LATER}};
	struct courier *courier = context, gone = *courier;

	(void)unused;
	(void)what;
	courier_free(courier);
	for (size_t i = 0; i < COUNT(ends); i++)
		if (strcmp(gone.target->url, ends[i].url) == 0)
			gone.done(gone.context, ends[i].end, ends[i].url);
}

struct courier *
courier_send(struct event_base *loop, const struct target *target, const struct letter *letter, int64_t timeout_ns,
    courier_done *done, void *context)
{
	struct courier *courier = calloc(1, sizeof(*courier));
	bool hangs = strcmp(target->url, "hang") == 0 || strcmp(target->url, "apprise") == 0;
	struct timeval delay = monotime_timeval(hangs ? timeout_ns : NS_PER_MILLISECOND);

	ck_assert(courier != NULL && letter->title != NULL);
	*courier = (struct courier){evtimer_new(loop, courier_ends, courier), target, done, context};
	ck_assert(courier->timer != NULL && event_add(courier->timer, &delay) == 0);
	begun++;
	if (++on_their_way > most)
		most = on_their_way;
	if (strcmp(target->url, "ok") == 0)
		told += json_integer_value(json_object_get(letter->summary, "events"));
	return courier;
}

const char *
courier_refusal(int error, char text[static COURIER_REFUSAL_SIZE])
{
	(void)error;
	return text;
}

static struct orders orders;
static struct dispatch *dispatch;

/* Targets of these URLs, named after their numbers. */
static void
open_for(const char *const *urls, size_t count, double timeout_s)
{
	orders = (struct orders){.sender = {"node1", "0.1.0"}, .target_count = count, .pid = 7, .sample_rate = 1};
	orders.targets = calloc(count, sizeof(orders.targets[0]));
	ck_assert_ptr_nonnull(orders.targets);
	for (size_t i = 0; i < count; i++) {
		struct orders_target *target = &orders.targets[i];
		char name[24];

		snprintf(name, sizeof(name), "t%zu", i);
		*target = (struct orders_target){.name = strdup(name), .url = strdup(urls[i]), .rate = 60,
		    .timeout_ns = (int64_t)(timeout_s * NS_PER_SECOND), .retry_ns = 3600 * NS_PER_SECOND,
		    .rules = {.events = {[LOG_EVENT_WITHDRAW] = true}, .general = true}};
		ck_assert(target->name != NULL && target->url != NULL);
	}
	ck_assert_ptr_nonnull(dispatch = dispatch_new(base, &orders));
}

static void
give(unsigned count)
{
	for (unsigned i = 0; i < count; i++) {
		struct notice *notice = notice_change("web", "up", "down", i);

		dispatch_notice(dispatch, notice);
		notice_release(notice);
	}
	dispatch_pause(dispatch);
}

static void
stop(evutil_socket_t unused, short what, void *context)
{
	(void)unused;
	(void)what;
	(void)context;
	event_base_loopbreak(base);
}

/* Let it run for a while. */
static void
run(double seconds)
{
	struct timeval delay = monotime_timeval((int64_t)(seconds * NS_PER_SECOND));

	event_base_once(base, -1, EV_TIMEOUT, stop, NULL, &delay);
	event_base_dispatch(base);
}

/* Let it run until this has been said. */
static void
await_said(const char *text)
{
	for (int i = 0; i < 2000 && strstr(words, text) == NULL; i++)
		run(0.01);
	ck_assert_msg(strstr(words, text) != NULL, "'%s' is not in '%s'", text, words);
}

static void
setup(void)
{
	most = begun = 0;
	told = 0;
	words[0] = '\0';
	ck_assert_ptr_nonnull(base = event_base_new());
}

static void
teardown(void)
{
	dispatch_free(dispatch);
	ck_assert_uint_eq(on_their_way, 0);
	orders_free(&orders);
	event_base_free(base);
}

/* Many hang: the others get theirs, and what is delivered is all that there was. */
START_TEST(hanging_ones_delay_nobody)
{
	static const char *const urls[] = {"hang", "hang", "hang", "hang", "hang", "hang", "hang", "hang", "hang", "hang",
	    "hang", "hang", "ok", "ok", "ok", "ok", "ok", "ok"};

	open_for(urls, COUNT(urls), 60);
	give(1000);
	for (int i = 0; i < 100 && told < 6 * 1000; i++)
		run(0.1);
	ck_assert_int_eq(told, 6 * 1000);
	ck_assert_uint_eq(begun, COUNT(urls));
	ck_assert_uint_le(most, 32);
	dispatch_end(dispatch, NS_PER_SECOND / 10, NS_PER_SECOND / 10); /* figures wait for no more then */
	event_base_dispatch(base);
	ck_assert_ptr_nonnull(strstr(said(), "figures: 6 0 0\n"));
}
END_TEST

/* Of those that execute a program there are few at a time, which take nobody else's place. */
START_TEST(large_ones_are_few)
{
	static const char *const urls[] = {"apprise", "apprise", "apprise", "apprise", "apprise", "apprise", "apprise",
	    "apprise", "apprise", "apprise", "apprise", "ok"};

	open_for(urls, COUNT(urls), 60);
	give(10);
	for (int i = 0; i < 100 && told < 10; i++)
		run(0.1);
	ck_assert_int_eq(told, 10);
	ck_assert_uint_eq(on_their_way, 8);
}
END_TEST

START_TEST(one_at_a_time)
{
	static const char *const urls[] = {"hang"};

	open_for(urls, 1, 60);
	give(1);
	run(0.05);
	give(1);
	run(0.05);
	ck_assert_uint_eq(begun, 1);
	dispatch_lost(dispatch, 1);
	dispatch_pause(dispatch);
	run(0.05);
	ck_assert_uint_eq(on_their_way, 1);
}
END_TEST

START_TEST(what_is_said)
{
	static const char *const urls[] = {"never", "later", "bad"};

	open_for(urls, COUNT(urls), 60);
	ck_assert_str_eq(said(), "problem: notification t2: no certificates\n");
	give(3);
	await_said("problem: notification t0: gave up 3 events: never\n");
	await_said("problem: notification t1: not delivered, tried again for 1 h 0 min: later\n");
	await_said("problem: notification t2: gave up 3 events: no certificates\n");
}
END_TEST

START_TEST(tests_bypass)
{
	static const char *const urls[] = {"hang", "ok", "never", "bad"};

	open_for(urls, COUNT(urls), 0.2);
	give(1);
	run(0.01);
	dispatch_test(dispatch, 7, NULL);
	dispatch_test(dispatch, 9, "nobody");
	dispatch_test(dispatch, 8, "t1");
	await_said("test: 7 0 failed: hang\n");
	await_said("test: 7 1 ok\n");
	await_said("test: 7 2 failed: never\n");
	await_said("test: 7 3 failed: no certificates\n");
	await_said("test: 8 1 ok\n");
	ck_assert_ptr_null(strstr(words, "test: 9"));
}
END_TEST

START_TEST(tests_are_bounded)
{
	static const char *const urls[] = {"hang"};

	open_for(urls, 1, 60);
	for (int i = 0; i <= 2000; i++)
		dispatch_test(dispatch, i, NULL);
	ck_assert_str_eq(said(), "test: 2000 0 failed: too many other tests wait for their turn\n");
	ck_assert_uint_eq(begun, 8);
}
END_TEST

/* The loop is left at once when all is delivered, and when the time is over at the latest. */
START_TEST(the_end)
{
	static const char *const good[] = {"ok", "ok"}, *const bad[] = {"ok", "hang", "later"};
	monotime_t begin;
	const char *text;

	open_for(good, COUNT(good), 60);
	orders.targets[0].rules.group_ns = 600 * NS_PER_SECOND;
	give(5);
	dispatch_end(dispatch, 600 * NS_PER_SECOND, 600 * NS_PER_SECOND);
	event_base_dispatch(base);
	ck_assert_int_eq(told, 10);
	ck_assert_str_eq(said(), "figures: 2 0 0\n");
	dispatch_free(dispatch);
	orders_free(&orders);
	open_for(bad, COUNT(bad), 60);
	give(3);
	begin = monotime_now();
	dispatch_end(dispatch, NS_PER_SECOND / 2, NS_PER_SECOND / 2);
	event_base_dispatch(base);
	ck_assert(monotime_sub(monotime_now(), begin) >= 4 * NS_PER_SECOND / 10); /* by libevent's clock, which is a coarse one */
	text = said();
	ck_assert_ptr_nonnull(strstr(text, "problem: notification t1: 3 events not delivered before the end\n"));
	ck_assert_ptr_nonnull(strstr(text, "problem: notification t2: 3 events not delivered before the end\n"));
	ck_assert_ptr_null(strstr(text, "notification t0"));
	ck_assert_uint_eq(dispatch_unsaid(dispatch), 0);
}
END_TEST

/* What there were too many words for until then is said at the end. */
START_TEST(the_end_of_many)
{
	static const char *const urls[] = {"never", "never", "never", "never", "never", "never", "never", "never", "never",
	    "never"};

	open_for(urls, COUNT(urls), 60);
	give(2);
	for (int i = 0; i < 1000 && begun < COUNT(urls); i++)
		run(0.01);
	await_said("notification t5: gave up 2 events: never\n");
	dispatch_end(dispatch, NS_PER_SECOND / 2, NS_PER_SECOND / 2);
	event_base_dispatch(base);
	await_said("problem: notification t6: 2 events not delivered before the end\n");
	await_said("problem: notification t9: 2 events not delivered before the end\n");
	ck_assert_ptr_null(strstr(words, "notification t5: 2"));
}
END_TEST

/* Nobody listens at the end: what is left is said before, and whether something was left then too is known. */
START_TEST(the_end_unheard)
{
	static const char *const urls[] = {"ok", "hang"};

	open_for(urls, COUNT(urls), 60);
	give(3);
	dispatch_end(dispatch, NS_PER_SECOND / 4, NS_PER_SECOND / 2);
	event_base_dispatch(base);
	ck_assert_str_eq(said(), "figures: 1 0 0\n"
	    "problem: notification t1: 3 events not delivered yet: tried for half a minute more\n");
	ck_assert_uint_eq(dispatch_unsaid(dispatch), 3);
}
END_TEST

int
main(int argc, char **argv, char **envp)
{
	const TTest *const tests[] = {hanging_ones_delay_nobody, large_ones_are_few, one_at_a_time, what_is_said,
	    tests_bypass, tests_are_bounded, the_end, the_end_of_many, the_end_unheard};
	Suite *suite;
	TCase *tcase;

	setproctitle_init(argc, argv, envp);
	suite = suite_create("notifications to targets");
	tcase = unit_case(suite, "dispatch");

	tcase_add_checked_fixture(tcase, setup, teardown);
	for (size_t i = 0; i < COUNT(tests); i++)
		tcase_add_test(tcase, tests[i]);
	return unit_run(suite);
}
