/*
 * From queues to couriers. Touches processes, by couriers, and the title of this one. Invariant: a queue has at most
 * one letter on its way, there are never more couriers than places for them, and whatever is due begins once there is a
 * place.
 */
#include "dispatch.h"

#include <bsd/unistd.h>
#include <errno.h>
#include <event2/event.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "../../common/walltime.h"
#include "../helpers/report.h"
#include "../helpers/timer.h"
#include "courier.h"
#include "queue.h"
#include "reports.h"
#include "target.h"
#include "tests.h"

#define LABEL_SIZE 64
#define LABEL_NAME_MAX 40
#define SENTRY_TIMEOUT_NS (30 * NS_PER_SECOND)
#define SENTRY_RETRY_NS (3600 * NS_PER_SECOND)
/* Words: fewer than report.h lets through, so that none is lost there. */
#define WORDS_BURST 6
#define WORDS_REFILL_NS (20 * NS_PER_SECOND)
#define LEFT_WORDS_MAX 4
#define FIGURES_NS (5 * NS_PER_SECOND)

/* A target. */
struct place {
	struct dispatch *dispatch;
	struct target *target; /* NULL: it cannot be used, and why is in error */
	char error[TARGET_ERROR_SIZE];
	char label[LABEL_SIZE]; /* "notification ops" */
	struct queue *queue;
	struct courier *courier; /* NULL: nothing is on its way */
	int64_t timeout_ns;
};

/* Couriers at a time, and those to targets that did not work, which do not take all places. */
static const struct {
	unsigned all, troubled;
} places_max[2] = {
	[false] = {32, 24},
	[true] = {8, 6}, /* that execute a program in Python, of 50 MB */
};

struct dispatch {
	struct event_base *base;
	const struct orders *orders;
	struct event *timer;
	struct tests *tests;
	struct {
		unsigned all, troubled;
	} couriers[2]; /* as in places_max */
	monotime_t words_quiet; /* when all that was said is forgotten */
	struct queue_figures figures; /* that were said */
	monotime_t figures_next;      /* not before */
	bool ending, listens;
	monotime_t heard, end; /* while ending: until when somebody listens, and when it is over */
	uint64_t unsaid;       /* events that were left */
	size_t count;
	struct place places[];
};

static void dispatch_turn(evutil_socket_t, short, void *);

static bool
place_open(struct place *place, const struct orders_target *target, const struct sender *sender)
{
	const struct queue_options options = {place->label, target->rate, target->retry_ns};

	snprintf(place->label, sizeof(place->label), "notification %.*s", LABEL_NAME_MAX, target->name);
	place->timeout_ns = target->timeout_ns;
	place->target = target_new(target->name, target->url, place->error);
	place->queue = queue_new(&options, &digest_content, digest_new(&target->rules, sender));
	return place->queue != NULL;
}

static bool
sentry_open(struct place *place, const struct orders *orders)
{
	const struct queue_options options = {place->label, 0, SENTRY_RETRY_NS};

	snprintf(place->label, sizeof(place->label), "sentry");
	place->timeout_ns = SENTRY_TIMEOUT_NS;
	place->target = target_new_sentry(orders->dsn, place->error);
	place->queue = queue_new(&options, &reports_content,
	    reports_new(orders->sample_rate, reports_dice, &orders->sender));
	return place->queue != NULL;
}

static bool
places_open(struct dispatch *dispatch)
{
	const struct orders *orders = dispatch->orders;

	for (size_t i = 0; i < dispatch->count; i++) {
		struct place *place = &dispatch->places[i];

		place->dispatch = dispatch;
		if (i < orders->target_count ? !place_open(place, &orders->targets[i], &orders->sender) :
		    !sentry_open(place, orders))
			return false;
		if (place->target == NULL)
			report_problem("%s: %s", place->label, place->error);
	}
	return true;
}

struct dispatch *
dispatch_new(struct event_base *base, const struct orders *orders)
{
	size_t count = orders->target_count + (orders->dsn != NULL);
	struct dispatch *dispatch = calloc(1, sizeof(*dispatch) + count * sizeof(dispatch->places[0]));

	if (dispatch == NULL)
		return NULL;
	dispatch->base = base;
	dispatch->orders = orders;
	dispatch->count = count;
	dispatch->listens = true;
	if ((dispatch->timer = evtimer_new(base, dispatch_turn, dispatch)) != NULL &&
	    (dispatch->tests = tests_new(base)) != NULL && places_open(dispatch))
		return dispatch;
	dispatch_free(dispatch);
	return NULL;
}

void
dispatch_free(struct dispatch *dispatch)
{
	if (dispatch == NULL)
		return;
	tests_free(dispatch->tests);
	for (size_t i = 0; i < dispatch->count; i++) {
		struct place *place = &dispatch->places[i];

		if (place->courier != NULL)
			courier_free(place->courier);
		queue_free(place->queue);
		if (place->target != NULL)
			target_free(place->target);
	}
	if (dispatch->timer != NULL)
		event_free(dispatch->timer);
	free(dispatch);
}

bool
dispatch_needs_apprise(const struct dispatch *dispatch)
{
	for (size_t i = 0; i < dispatch->count; i++)
		if (dispatch->places[i].target != NULL && target_needs_apprise(dispatch->places[i].target))
			return true;
	return false;
}

void
dispatch_notice(struct dispatch *dispatch, struct notice *notice)
{
	monotime_t now = monotime_now();

	for (size_t i = 0; i < dispatch->count; i++)
		queue_take(dispatch->places[i].queue, notice, now);
}

void
dispatch_lost(struct dispatch *dispatch, uint64_t count)
{
	monotime_t now = monotime_now();

	for (size_t i = 0; i < dispatch->count; i++)
		queue_lost(dispatch->places[i].queue, count, now);
}

static bool
place_is_sentry(const struct place *place)
{
	return place == &place->dispatch->places[place->dispatch->orders->target_count];
}

void
dispatch_test(struct dispatch *dispatch, int64_t id, const char *name)
{
	const struct orders *orders = dispatch->orders;
	int64_t at_us = walltime_now_us();

	for (size_t i = 0; i < dispatch->count; i++) {
		const struct place *place = &dispatch->places[i];
		bool sentry = place_is_sentry(place);
		const char *own = sentry ? "sentry" : orders->targets[i].name;
		struct letter *letter;

		if (name != NULL && strcmp(name, own) != 0)
			continue;
		letter = sentry ? reports_test(at_us, &orders->sender) : summary_test(own, at_us, &orders->sender);
		if (place->target == NULL || letter == NULL) {
			tests_answer(id, i, place->target == NULL ? place->error : "out of memory");
			letter_free(letter);
		} else {
			tests_add(dispatch->tests, id, i, place->target, letter, place->timeout_ns);
		}
	}
}

void
dispatch_pause(struct dispatch *dispatch)
{
	timer_arm(dispatch->timer, 0);
}

static bool
place_executes(const struct place *place)
{
	return place->target != NULL && target_needs_apprise(place->target);
}

/* A courier is no more: its place is free. */
static void
courier_left(struct place *place, bool troubled)
{
	bool executes = place_executes(place);

	place->courier = NULL;
	place->dispatch->couriers[executes].all--;
	place->dispatch->couriers[executes].troubled -= troubled;
}

static void
courier_ended(void *context, enum courier_end end, const char *text)
{
	struct place *place = context;

	courier_left(place, queue_troubled(place->queue));
	queue_ended(place->queue, end, text, monotime_now());
	dispatch_pause(place->dispatch);
}

static void
courier_begin(struct place *place, monotime_t now)
{
	struct dispatch *dispatch = place->dispatch;
	bool troubled = queue_troubled(place->queue), executes = place_executes(place);
	const struct letter *letter = queue_begin(place->queue, now);
	int64_t timeout_ns = place->timeout_ns;

	if (letter == NULL)
		return;
	if (place->target == NULL) {
		queue_ended(place->queue, COURIER_NEVER, place->error, now);
		return;
	}
	if (dispatch->ending && timeout_ns > monotime_left(dispatch->end, now))
		timeout_ns = monotime_left(dispatch->end, now);
	place->courier = courier_send(dispatch->base, place->target, letter, timeout_ns, courier_ended, place);
	if (place->courier == NULL) {
		char text[COURIER_REFUSAL_SIZE];

		queue_ended(place->queue, COURIER_LATER, courier_refusal(errno, text), now);
		return;
	}
	dispatch->couriers[executes].all++;
	dispatch->couriers[executes].troubled += troubled;
}

/* Whether there is room for a courier to there. */
static bool
place_free(const struct place *place)
{
	const struct dispatch *dispatch = place->dispatch;
	bool executes = place_executes(place);

	return dispatch->couriers[executes].all < places_max[executes].all &&
	    (!queue_troubled(place->queue) || dispatch->couriers[executes].troubled < places_max[executes].troubled);
}

/* Whose letter is to begin now: the one that is due for the longest time. NULL: none, or there is no place. */
static struct place *
place_next(struct dispatch *dispatch, monotime_t now)
{
	struct place *next = NULL;
	monotime_t first = MONOTIME_NEVER;

	for (size_t i = 0; i < dispatch->count; i++) {
		struct place *place = &dispatch->places[i];
		monotime_t due = queue_due(place->queue);

		if (monotime_before(now, due) || !monotime_before(due, first))
			continue;
		if (!place_free(place))
			continue;
		first = due;
		next = place;
	}
	return next;
}

static monotime_t
word_permitted(const struct dispatch *dispatch)
{
	return monotime_add(dispatch->words_quiet, -(WORDS_BURST - 1) * WORDS_REFILL_NS);
}

static void
words_say(struct dispatch *dispatch, monotime_t now)
{
	char text[QUEUE_TEXT_SIZE];

	for (size_t i = 0; dispatch->listens && i < dispatch->count; i++) {
		enum queue_word word = QUEUE_QUIET;

		if (!monotime_before(now, word_permitted(dispatch)))
			word = queue_word(dispatch->places[i].queue, now, text);
		if (word == QUEUE_QUIET)
			continue;
		if (word == QUEUE_PROBLEM)
			report_problem("%s", text);
		else
			report_note("%s", text);
		if (monotime_before(dispatch->words_quiet, now))
			dispatch->words_quiet = now;
		dispatch->words_quiet = monotime_add(dispatch->words_quiet, WORDS_REFILL_NS);
	}
}

/* What came of letters so far. Returns when it is to be said, if it is not now; MONOTIME_NEVER: it has been. */
static monotime_t
figures_say(struct dispatch *dispatch, monotime_t now)
{
	struct queue_figures figures = {0};

	for (size_t i = 0; i < dispatch->count; i++)
		queue_figures(dispatch->places[i].queue, &figures);
	if (!dispatch->listens || (figures.delivered == dispatch->figures.delivered &&
	    figures.failed == dispatch->figures.failed && figures.given_up == dispatch->figures.given_up))
		return MONOTIME_NEVER;
	if (!dispatch->ending && monotime_before(now, dispatch->figures_next))
		return dispatch->figures_next;
	report_answer("figures", "%llu %llu %llu", (unsigned long long)figures.delivered,
	    (unsigned long long)figures.failed, (unsigned long long)figures.given_up);
	dispatch->figures = figures;
	dispatch->figures_next = monotime_add(now, FIGURES_NS);
	return MONOTIME_NEVER;
}

static uint64_t
waiting(const struct dispatch *dispatch)
{
	uint64_t count = 0;

	for (size_t i = 0; i < dispatch->count; i++)
		count += queue_waiting(dispatch->places[i].queue);
	return count;
}

/* When the next thing is to be done that nobody calls for. */
static monotime_t
turn_next(const struct dispatch *dispatch, monotime_t now)
{
	monotime_t next = !dispatch->ending ? MONOTIME_NEVER : dispatch->listens ? dispatch->heard : dispatch->end;
	monotime_t permitted = word_permitted(dispatch);

	for (size_t i = 0; i < dispatch->count; i++) {
		monotime_t due = queue_due(dispatch->places[i].queue), word = queue_word_due(dispatch->places[i].queue);

		if (monotime_before(now, due)) /* what is due already waits for a courier's place */
			next = monotime_min(next, due);
		if (dispatch->listens)
			next = monotime_min(next, monotime_before(word, permitted) ? permitted : word);
	}
	return next;
}

/*
 * What is not delivered, and was not said to be given up: of each target or, of many, of all but the first ones
 * together. No limit of words keeps these few back.
 */
static void
rest_say(const struct dispatch *dispatch, bool over)
{
	const char *when = over ? "before the end" : "yet: tried for half a minute more";
	unsigned long long more = 0;
	unsigned said = 0;

	for (size_t i = 0; i < dispatch->count; i++) {
		const struct place *place = &dispatch->places[i];
		unsigned long long count = queue_waiting(place->queue) + queue_unsaid(place->queue);

		if (count == 0)
			continue;
		if (said++ < LEFT_WORDS_MAX)
			report_answer("problem", "%s: %llu event%s not delivered %s", place->label, count,
			    count == 1 ? "" : "s", when);
		else
			more += count;
	}
	if (more > 0)
		report_answer("problem", "%llu events of %u more notifications not delivered %s", more,
		    said - LEFT_WORDS_MAX, when);
}

static bool
is_over(const struct dispatch *dispatch, monotime_t now)
{
	if (!monotime_before(now, dispatch->end))
		return true;
	if (dispatch->couriers[false].all + dispatch->couriers[true].all > 0 || tests_running(dispatch->tests))
		return false;
	for (size_t i = 0; i < dispatch->count; i++)
		if (monotime_before(queue_due(dispatch->places[i].queue), dispatch->end))
			return false;
	return true;
}

/* Whether the end is there. What is left is said while somebody listens. */
static bool
end_turn(struct dispatch *dispatch, monotime_t now)
{
	bool over = is_over(dispatch, now);

	if (dispatch->listens && (over || !monotime_before(now, dispatch->heard)))
		rest_say(dispatch, over);
	else if (over)
		dispatch->unsaid = waiting(dispatch);
	dispatch->listens &= monotime_before(now, dispatch->heard);
	return over;
}

uint64_t
dispatch_unsaid(const struct dispatch *dispatch)
{
	return dispatch->unsaid;
}

static void
dispatch_turn(evutil_socket_t unused, short what, void *context)
{
	struct dispatch *dispatch = context;
	monotime_t now = monotime_now(), next, figures;
	struct place *place;

	(void)unused;
	(void)what;
	while ((place = place_next(dispatch, now)) != NULL)
		courier_begin(place, now);
	words_say(dispatch, now);
	figures = figures_say(dispatch, now);
	setproctitle("-exacheck-notify: %zu target%s, %llu waiting", dispatch->count, dispatch->count == 1 ? "" : "s",
	    (unsigned long long)waiting(dispatch));
	if (dispatch->ending && end_turn(dispatch, now)) {
		event_base_loopbreak(dispatch->base);
		return;
	}
	next = monotime_min(turn_next(dispatch, now), figures);
	if (monotime_before(next, MONOTIME_NEVER))
		timer_arm(dispatch->timer, monotime_left(next, now));
}

void
dispatch_end(struct dispatch *dispatch, int64_t heard_ns, int64_t limit_ns)
{
	monotime_t now = monotime_now();

	dispatch->ending = true;
	dispatch->listens = heard_ns > 0;
	dispatch->heard = monotime_add(now, heard_ns);
	dispatch->end = monotime_add(now, limit_ns);
	for (size_t i = 0; i < dispatch->count; i++)
		queue_hurry(dispatch->places[i].queue, now);
	dispatch_pause(dispatch);
}
