/*
 * A bundle in words: one event with all that there is to say of it, several as counts and lines. Pure but for the time
 * zone. Invariant: the counts are those of all events, whatever else there is no room for.
 */
#include "summary.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "words.h"

#define OUTCOME_SIZE 16 /* " (disabled)" */
#define NAMES_MAX ((size_t)16 * 1024) /* bytes of those that are only counted */
#define TITLE_NAMES_MAX 4 /* more are not told by name in a title */
#define TITLE_NAMES_ROOM 80 /* bytes of these */

/* Numbers of nouns and verbs. */
static const struct {
	const char *one, *many;
	bool noun; /* counted by event, it needs no check or group before it */
} phrases[NOTICE_KINDS] = {
	[NOTICE_DOWN] = {"went down", "went down", false},
	[NOTICE_UP] = {"came up", "came up", false},
	[NOTICE_DISABLED] = {"was disabled", "were disabled", false},
	[NOTICE_ROUTES] = {"had its routes changed", "had their routes changed", false},
	[NOTICE_ERROR] = {"error", "errors", true},
	[NOTICE_WARNING] = {"warning", "warnings", true},
	[NOTICE_INFO] = {"message", "messages", true},
};

static const char *
plural(uint64_t count)
{
	return count == 1 ? "" : "s";
}

/* "35 checks and 2 groups went down"; later ones, where there are only checks: "3 came up". */
static void
subjects_write(FILE *stream, const struct roster *roster, enum notice_kind kind, bool named)
{
	size_t checks = roster->kinds[false][kind], groups = roster->kinds[true][kind];

	if (checks > 0 && named)
		fprintf(stream, "%zu", checks);
	else if (checks > 0)
		fprintf(stream, "%zu check%s", checks, plural(checks));
	if (groups > 0)
		fprintf(stream, "%s%zu group%s", checks > 0 ? " and " : "", groups, plural(groups));
	fprintf(stream, " %s", checks + groups == 1 ? phrases[kind].one : phrases[kind].many);
}

static bool
roster_has_groups(const struct roster *roster)
{
	for (unsigned kind = 0; kind < NOTICE_KINDS; kind++)
		if (roster->kinds[true][kind] > 0)
			return true;
	return false;
}

/* "37 checks went down, 2 came up, 1 error" */
static void
counts_write(FILE *stream, const struct bundle *bundle)
{
	bool groups = roster_has_groups(&bundle->roster), named = false;
	const char *separator = "";

	for (unsigned kind = 0; kind < NOTICE_KINDS; kind++) {
		if (bundle->kinds[kind] == 0)
			continue;
		fputs(separator, stream);
		if (phrases[kind].noun) {
			fprintf(stream, "%llu %s", (unsigned long long)bundle->kinds[kind],
			    bundle->kinds[kind] == 1 ? phrases[kind].one : phrases[kind].many);
		} else {
			subjects_write(stream, &bundle->roster, (enum notice_kind)kind, named && !groups);
			named = true;
		}
		separator = ", ";
	}
}

/* " - web, dns": of few. */
static void
few_names_write(FILE *stream, const struct roster *roster)
{
	const struct roster_one *one;
	const char *separator = " - ";
	size_t room = TITLE_NAMES_ROOM;

	TAILQ_FOREACH(one, &roster->order, in_order) {
		size_t length = one->name != NULL ? strlen(one->name) : 0;

		if (roster->count > TITLE_NAMES_MAX || roster->strangers > 0 || length > room)
			return;
		room -= length;
	}
	TAILQ_FOREACH(one, &roster->order, in_order) {
		fprintf(stream, "%s%s", separator, one->name != NULL ? one->name : "exacheck");
		separator = ", ";
	}
}

static void
title_write(FILE *stream, const struct bundle *bundle)
{
	const struct roster_one *first = TAILQ_FIRST(&bundle->roster.order);

	if (bundle->all.events == 1) {
		words_title(stream, bundle->last);
		return;
	}
	fputs("ExaCheck Event - ", stream);
	if (bundle->all.events == 0) {
		fprintf(stream, "%llu event%s lost", (unsigned long long)bundle->lost, plural(bundle->lost));
	} else if (bundle->roster.count == 1 && bundle->roster.strangers == 0 && first->name != NULL) {
		fprintf(stream, "%llu events", (unsigned long long)bundle->all.events);
		if (bundle->last->to != NULL)
			fprintf(stream, ", now %s", bundle->last->to);
		fprintf(stream, " - %s", first->name);
	} else {
		counts_write(stream, bundle);
		few_names_write(stream, &bundle->roster);
	}
}

static void
period_write(FILE *stream, const struct tally *tally)
{
	char from[WORDS_DATE_SIZE], to[WORDS_DATE_SIZE];

	if (strcmp(words_date(tally->from_us, from), words_date(tally->to_us, to)) == 0)
		fprintf(stream, " at %s", from);
	else
		fprintf(stream, " between %s and %s", from, to);
}

/* What is missing comes first. */
static void
losses_write(FILE *stream, const struct bundle *bundle, const struct tally *loss)
{
	if (loss->events > 0)
		fprintf(stream, "%llu event%s could not be delivered", (unsigned long long)loss->events,
		    plural(loss->events));
	if (loss->events > 0 && loss->from_us > 0)
		period_write(stream, loss);
	if (loss->events > 0)
		fputs(".\n", stream);
	if (bundle->lost > 0)
		fprintf(stream, "%llu event%s of all notifications %s lost before %s reached exacheck-notify.\n",
		    (unsigned long long)bundle->lost, plural(bundle->lost), bundle->lost == 1 ? "was" : "were",
		    bundle->lost == 1 ? "it" : "they");
	if (loss->events > 0 || bundle->lost > 0)
		putc('\n', stream);
}

/* What one of whom not all is listed came to: " (down)"; "": that is no state. */
static const char *
outcome_text(const struct roster_one *one, char text[static OUTCOME_SIZE])
{
	text[0] = '\0';
	if (one->last == NOTICE_DOWN || one->last == NOTICE_UP || one->last == NOTICE_DISABLED)
		snprintf(text, OUTCOME_SIZE, " (%s)", words_kind_name(one->last));
	return text;
}

/* Those of whom not all is listed, as far as there is room. */
static void
names_write(FILE *stream, const struct bundle *bundle)
{
	const char *separator = ": ";
	const struct roster_one *one;
	size_t room = NAMES_MAX, left = 0;
	char outcome[OUTCOME_SIZE];

	fprintf(stream, "and %llu more", (unsigned long long)(bundle->all.events - bundle->listed_count));
	TAILQ_FOREACH(one, &bundle->roster.order, in_order) {
		const char *name = one->name != NULL ? one->name : "exacheck";

		if (one->unlisted == 0)
			continue;
		outcome_text(one, outcome);
		if (strlen(name) + strlen(outcome) + 2 > room) {
			left++;
			continue;
		}
		room -= strlen(name) + strlen(outcome) + 2;
		fprintf(stream, "%s%s%s", separator, name, outcome);
		separator = ", ";
	}
	if (left > 0)
		fprintf(stream, " and %zu others", left);
	putc('\n', stream);
}

static void
events_write(FILE *stream, const struct bundle *bundle)
{
	const char *separator = ":";

	counts_write(stream, bundle);
	fprintf(stream, ".\n%llu events", (unsigned long long)bundle->all.events);
	period_write(stream, &bundle->all);
	for (unsigned kind = 0; kind < NOTICE_KINDS; kind++) {
		if (bundle->kinds[kind] == 0)
			continue;
		fprintf(stream, "%s %llu %s", separator, (unsigned long long)bundle->kinds[kind],
		    words_kind_name((enum notice_kind)kind));
		separator = ",";
	}
	fputs(".\n\n", stream);
	for (size_t i = 0; i < bundle->listed_count; i++)
		words_line(stream, bundle->listed[i]);
	if (bundle->all.events > bundle->listed_count)
		names_write(stream, bundle);
	putc('\n', stream);
}

static void
sender_write(FILE *stream, const struct sender *sender)
{
	words_row(stream, "Host:", "%s", sender->host);
	words_row(stream, "exacheck:", "%s", sender->version);
}

/* Appends all or returns false. */
static bool
list_fill(json_t *list, const struct bundle *bundle)
{
	for (size_t i = 0; i < bundle->listed_count; i++)
		if (json_array_append_new(list, words_data(bundle->listed[i])) == -1)
			return false;
	return true;
}

static bool
more_fill(json_t *list, const struct roster *roster)
{
	const struct roster_one *one;
	size_t room = NAMES_MAX;

	TAILQ_FOREACH(one, &roster->order, in_order) {
		if (one->unlisted == 0 || one->name == NULL || strlen(one->name) > room)
			continue;
		room -= strlen(one->name);
		if (json_array_append_new(list, json_string(one->name)) == -1)
			return false;
	}
	return true;
}

static json_t *
loss_data(const struct tally *loss)
{
	if (loss->events == 0)
		return json_null();
	return json_pack("{s:I s:o s:o}", "events", (json_int_t)loss->events, "from", words_json_date(loss->from_us),
	    "to", words_json_date(loss->to_us));
}

static json_t *
summary_data(const struct bundle *bundle, const struct tally *loss)
{
	json_t *more = json_array(), *map;

	map = json_pack("{s:I s:I s:I s:O? s:o}", "events", (json_int_t)bundle->all.events,
	    "listed", (json_int_t)bundle->listed_count, "lost", (json_int_t)bundle->lost, "more", more,
	    "undelivered", loss_data(loss));
	for (unsigned kind = 0; map != NULL && kind < NOTICE_KINDS; kind++)
		if (json_object_set_new(map, words_kind_name((enum notice_kind)kind),
		    json_integer((json_int_t)bundle->kinds[kind])) == -1) {
			json_decref(map);
			map = NULL;
		}
	if (map != NULL && (more == NULL || !more_fill(more, &bundle->roster))) {
		json_decref(map);
		map = NULL;
	}
	json_decref(more);
	return map;
}

/* What a letter is about. */
struct occasion {
	const struct bundle *bundle;
	const struct tally *loss;
	const struct sender *sender;
	const char *target; /* of a test, as the time is */
	int64_t at_us;
};

static void
bundle_title(FILE *stream, const struct occasion *occasion)
{
	title_write(stream, occasion->bundle);
}

static void
bundle_body(FILE *stream, const struct occasion *occasion)
{
	losses_write(stream, occasion->bundle, occasion->loss);
	if (occasion->bundle->all.events == 1)
		words_story(stream, occasion->bundle->last);
	else if (occasion->bundle->all.events > 1)
		events_write(stream, occasion->bundle);
	sender_write(stream, occasion->sender);
}

static void
test_title(FILE *stream, const struct occasion *occasion)
{
	(void)occasion;
	fputs("ExaCheck Event - Test", stream);
}

static void
test_body(FILE *stream, const struct occasion *occasion)
{
	char date[WORDS_DATE_SIZE];

	fprintf(stream, "This is a test of the notification %s, asked for by notify-test. Nothing has happened.\n\n",
	    occasion->target);
	words_row(stream, "Time:", "%s", words_date(occasion->at_us, date));
	sender_write(stream, occasion->sender);
}

typedef void text_write(FILE *, const struct occasion *);

/* Malloc'd; NULL: out of memory. */
static char *
text_make(text_write *write, const struct occasion *occasion)
{
	char *text = NULL;
	size_t size;
	FILE *stream = open_memstream(&text, &size);
	bool failed;

	if (stream == NULL)
		return NULL;
	write(stream, occasion);
	failed = ferror(stream) != 0;
	if (fclose(stream) == 0 && !failed && text != NULL)
		return text;
	free(text);
	return NULL;
}

static struct letter *
letter_make(text_write *title, text_write *body, const struct occasion *occasion)
{
	struct letter *letter = calloc(1, sizeof(*letter));

	if (letter == NULL)
		return NULL;
	letter->kind = occasion->bundle->gravest;
	letter->title = text_make(title, occasion);
	letter->body = text_make(body, occasion);
	letter->data = json_array();
	letter->summary = summary_data(occasion->bundle, occasion->loss);
	if (letter->title != NULL && letter->body != NULL && letter->data != NULL && letter->summary != NULL &&
	    list_fill(letter->data, occasion->bundle))
		return letter;
	letter_free(letter);
	return NULL;
}

struct letter *
summary_letter(const struct bundle *bundle, const struct tally *loss, const struct sender *sender)
{
	const struct occasion occasion = {.bundle = bundle, .loss = loss, .sender = sender};

	return letter_make(bundle_title, bundle_body, &occasion);
}

struct letter *
summary_test(const char *target, int64_t at_us, const struct sender *sender)
{
	const struct bundle nothing = {0};
	const struct tally none = {0};
	const struct occasion occasion = {&nothing, &none, sender, target, at_us};

	return letter_make(test_title, test_body, &occasion);
}
