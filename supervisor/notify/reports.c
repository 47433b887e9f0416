/*
 * Errors of exacheck itself by what they are. Touches memory and the kernel's random numbers. Invariant: each one that
 * was sampled is told by itself, counted with others like it, or counted as one for which there was no room.
 */
#include "reports.h"

#include <bsd/sys/queue.h>
#include <bsd/stdlib.h>
#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "words.h"

#define FAULTS_MAX 64 /* that are told apart */
#define REST_NS (60 * NS_PER_SECOND)
#define ID_SIZE 33 /* 32 digits */

/* One that happens again and again. */
struct fault {
	char *key;	       /* subsystem and text, without the numbers */
	struct notice *notice; /* held: the first one that was not reported; NULL: all were */
	struct tally tally;    /* of those */
	monotime_t due;	       /* not to be reported before */
	TAILQ_ENTRY(fault) others;
};

double
reports_dice(void)
{
	return (double)arc4random() / ((double)UINT32_MAX + 1);
}

struct reports {
	double sample_rate;
	reports_chance *chance;
	const struct sender *sender;
	TAILQ_HEAD(, fault) faults; /* the one that was reported last is the last one */
	size_t count;
	uint64_t lost; /* without room here, or on the way to here */
};

void *
reports_new(double sample_rate, reports_chance *chance, const struct sender *sender)
{
	struct reports *reports = calloc(1, sizeof(*reports));

	if (reports == NULL)
		return NULL;
	reports->sample_rate = sample_rate;
	reports->chance = chance;
	reports->sender = sender;
	TAILQ_INIT(&reports->faults);
	return reports;
}

static void
fault_drop(struct reports *reports, struct fault *fault)
{
	TAILQ_REMOVE(&reports->faults, fault, others);
	reports->count--;
	notice_release(fault->notice);
	free(fault->key);
	free(fault);
}

static void
reports_free(void *content)
{
	struct reports *reports = content;

	while (!TAILQ_EMPTY(&reports->faults))
		fault_drop(reports, TAILQ_FIRST(&reports->faults));
	free(reports);
}

/* Malloc'd; NULL: out of memory. */
static char *
key_make(const struct notice *notice)
{
	const char *from, *subsystem = notice->subsystem != NULL ? notice->subsystem : "";
	size_t size = strlen(subsystem) + 2 + strlen(notice->text) + 1;
	char *key = malloc(size), *to;

	if (key == NULL)
		return NULL;
	to = key + snprintf(key, size, "%s: ", subsystem);
	for (from = notice->text; *from != '\0'; from++) {
		bool digit = isdigit((unsigned char)*from) != 0;

		if (!digit)
			*to++ = *from;
		else if (!isdigit((unsigned char)from[1]))
			*to++ = '#';
	}
	*to = '\0';
	return key;
}

/* Room for one more: of those that have nothing to report the oldest one is forgotten, once its time is over. */
static bool
room_make(struct reports *reports, monotime_t now)
{
	struct fault *fault;

	if (reports->count < FAULTS_MAX)
		return true;
	TAILQ_FOREACH(fault, &reports->faults, others)
		if (fault->notice == NULL && !monotime_before(now, fault->due)) {
			fault_drop(reports, fault);
			return true;
		}
	return false;
}

/* The one of this key, which is its own from now on; NULL: no room. */
static struct fault *
fault_find(struct reports *reports, char *key, monotime_t now)
{
	struct fault *fault;

	TAILQ_FOREACH(fault, &reports->faults, others)
		if (strcmp(fault->key, key) == 0) {
			free(key);
			return fault;
		}
	if (!room_make(reports, now) || (fault = calloc(1, sizeof(*fault))) == NULL) {
		free(key);
		return NULL;
	}
	fault->key = key;
	fault->due = now;
	TAILQ_INSERT_TAIL(&reports->faults, fault, others);
	reports->count++;
	return fault;
}

static void
reports_take(void *content, struct notice *notice, monotime_t now)
{
	struct reports *reports = content;
	struct fault *fault;
	char *key;

	if (notice->fault == LOG_FAULT_NONE && (notice->check != NULL || notice->level != LOG_LEVEL_ERROR))
		return;
	if (reports->chance() >= reports->sample_rate)
		return;
	if ((key = key_make(notice)) == NULL || (fault = fault_find(reports, key, now)) == NULL) {
		reports->lost++;
		return;
	}
	if (fault->notice == NULL)
		fault->notice = notice_hold(notice);
	tally_count(&fault->tally, notice->at_us);
}

static void
reports_lost(void *content, uint64_t count, monotime_t now)
{
	struct reports *reports = content;

	(void)now;
	reports->lost += count; /* most were no errors: it is told with the next one that is */
}

static struct fault *
fault_next(const struct reports *reports)
{
	struct fault *fault, *first = NULL;

	TAILQ_FOREACH(fault, &reports->faults, others)
		if (fault->notice != NULL && (first == NULL || monotime_before(fault->due, first->due)))
			first = fault;
	return first;
}

static monotime_t
reports_due(const void *content)
{
	const struct fault *fault = fault_next(content);

	return fault != NULL ? fault->due : MONOTIME_NEVER;
}

static uint64_t
reports_waiting(const void *content)
{
	const struct reports *reports = content;
	const struct fault *fault;
	uint64_t waiting = 0;

	TAILQ_FOREACH(fault, &reports->faults, others)
		waiting += fault->tally.events;
	return waiting;
}

static void
id_make(char text[static ID_SIZE])
{
	unsigned char bytes[(ID_SIZE - 1) / 2];

	arc4random_buf(bytes, sizeof(bytes));
	for (size_t i = 0; i < sizeof(bytes); i++)
		snprintf(text + 2 * i, 3, "%02x", bytes[i]);
}

static const char *
level_name(const struct notice *notice)
{
	static const char *const names[LOG_LEVELS] = {
		[LOG_LEVEL_ERROR] = "error",
		[LOG_LEVEL_WARNING] = "warning",
		[LOG_LEVEL_INFO] = "info",
		[LOG_LEVEL_SUCCESS] = "info",
		[LOG_LEVEL_DEBUG] = "debug",
		[LOG_LEVEL_TRACE] = "debug",
	};

	return notice->fatal ? "fatal" : names[notice->level];
}

/* Tags are texts; what there is none of is left out. */
static json_t *
tags_data(const struct notice *notice)
{
	return json_pack("{s:s* s:s* s:s* s:s}", "check", notice->check, "subsystem", notice->subsystem,
	    "fault", log_fault_name(notice->fault), "event", log_event_name(notice->event));
}

/* Where in the program, as the one frame of a stack. */
static json_t *
exception_data(const struct notice *notice)
{
	const char *type = log_fault_name(notice->fault);

	if (notice->file == NULL)
		return json_null();
	return json_pack("{s:[{s:s s:s s:{s:[{s:s s:s* s:I}]}}]}", "values", "type", type != NULL ? type : "error",
	    "value", notice->text, "stacktrace", "frames", "filename", notice->file, "function", notice->function,
	    "lineno", (json_int_t)notice->line);
}

static json_t *
extra_data(const struct reports *reports, const struct fault *fault, const struct tally *given_up)
{
	return json_pack("{s:I s:o s:I s:I}", "count", (json_int_t)fault->tally.events,
	    "until", words_json_date(fault->tally.to_us), "lost", (json_int_t)reports->lost,
	    "undelivered", (json_int_t)given_up->events);
}

/* An event as Sentry has them: its own documentation of event payloads. */
static json_t *
report_data(const struct reports *reports, const struct fault *fault, const struct tally *given_up)
{
	const struct notice *notice = fault->notice;
	char id[ID_SIZE], logger[64], release[64];

	id_make(id);
	snprintf(logger, sizeof(logger), "exacheck.%s", notice->subsystem != NULL ? notice->subsystem : "master");
	snprintf(release, sizeof(release), "exacheck@%s", reports->sender->version);
	return json_pack("{s:s s:o s:s s:s s:s s:s s:s s:{s:s} s:[s] s:o s:o s:o}", "event_id", id,
	    "timestamp", words_json_date(notice->at_us), "platform", "native", "level", level_name(notice),
	    "logger", logger, "release", release, "server_name", reports->sender->host,
	    "message", "formatted", notice->text, "fingerprint", fault->key, "tags", tags_data(notice),
	    "exception", exception_data(notice), "extra", extra_data(reports, fault, given_up));
}

static struct letter *
report_letter(const struct reports *reports, const struct fault *fault, const struct tally *given_up)
{
	struct letter *letter = calloc(1, sizeof(*letter));

	if (letter == NULL)
		return NULL;
	letter->kind = words_kind(fault->notice);
	letter->title = strdup(fault->notice->text);
	letter->body = strdup(fault->notice->text);
	letter->data = report_data(reports, fault, given_up);
	if (letter->title != NULL && letter->body != NULL && letter->data != NULL)
		return letter;
	letter_free(letter);
	return NULL;
}

static struct letter *
reports_letter(void *content, const struct tally *given_up, struct tally *part, monotime_t now)
{
	struct reports *reports = content;
	struct fault *fault = fault_next(reports);
	struct letter *letter;

	if (fault == NULL || (letter = report_letter(reports, fault, given_up)) == NULL)
		return NULL;
	*part = fault->tally;
	notice_release(fault->notice);
	fault->notice = NULL;
	fault->tally = (struct tally){0};
	fault->due = monotime_add(now, REST_NS);
	TAILQ_REMOVE(&reports->faults, fault, others);
	TAILQ_INSERT_TAIL(&reports->faults, fault, others);
	reports->lost = 0;
	return letter;
}

struct letter *
reports_test(int64_t at_us, const struct sender *sender)
{
	const struct reports reports = {.sender = sender};
	const struct tally none = {0};
	struct notice *notice = notice_own(LOG_LEVEL_INFO, LOG_FAULT_NONE, at_us,
	    "This is a test of sentry, asked for by notify-test. Nothing has happened.");
	struct fault fault = {.notice = notice, .tally = {1, at_us, at_us}};
	struct letter *letter = NULL;

	if (notice != NULL && (fault.key = key_make(notice)) != NULL)
		letter = report_letter(&reports, &fault, &none);
	free(fault.key);
	notice_release(notice);
	return letter;
}

const struct queue_content reports_content = {
	.take = reports_take,
	.lost = reports_lost,
	.due = reports_due,
	.waiting = reports_waiting,
	.letter = reports_letter,
	.free = reports_free,
};
