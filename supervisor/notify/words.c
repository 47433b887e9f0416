/*
 * One event in words. Pure but for the time zone. Invariant: what an event has is told, in a place of its own; what it
 * lacks leaves no gap.
 */
#include "words.h"

#include <stdarg.h>
#include <string.h>
#include <time.h>

#include "../../common/monotime.h"
#include "../../common/walltime.h"

#define LABEL_WIDTH 11
#define US_PER_S 1000000

enum letter_kind
words_kind(const struct notice *notice)
{
	static const enum letter_kind kinds[LOG_LEVELS] = {
		[LOG_LEVEL_ERROR] = LETTER_FAILURE,
		[LOG_LEVEL_WARNING] = LETTER_WARNING,
		[LOG_LEVEL_SUCCESS] = LETTER_SUCCESS,
	};

	return kinds[notice->level];
}

const char *
words_kind_name(enum notice_kind kind)
{
	static const char *const names[NOTICE_KINDS] = {
		[NOTICE_DOWN] = "down",
		[NOTICE_UP] = "up",
		[NOTICE_DISABLED] = "disabled",
		[NOTICE_ROUTES] = "routes",
		[NOTICE_ERROR] = "error",
		[NOTICE_WARNING] = "warning",
		[NOTICE_INFO] = "info",
	};

	return names[kind];
}

const char *
words_date(int64_t us, char text[static WORDS_DATE_SIZE])
{
	time_t seconds = us / US_PER_S;
	struct tm tm;

	if (localtime_r(&seconds, &tm) == NULL || strftime(text, WORDS_DATE_SIZE, "%Y-%m-%d %H:%M:%S %z", &tm) == 0)
		snprintf(text, WORDS_DATE_SIZE, "%lld s after 1970", (long long)seconds);
	return text;
}

const char *
words_span(int64_t us, char text[static WORDS_SPAN_SIZE])
{
	static const struct {
		const char *name, *part;
		int64_t s, part_s;
	} units[] = {{"d", "h", 86400, 3600}, {"h", "min", 3600, 60}, {"min", "s", 60, 1}};
	int64_t s = us / US_PER_S;

	for (size_t i = 0; i < sizeof(units) / sizeof(units[0]); i++)
		if (s >= units[i].s) {
			snprintf(text, WORDS_SPAN_SIZE, "%lld %s %lld %s", (long long)(s / units[i].s), units[i].name,
			    (long long)(s % units[i].s / units[i].part_s), units[i].part);
			return text;
		}
	snprintf(text, WORDS_SPAN_SIZE, "%.*f s", s < 10, (double)us / US_PER_S);
	return text;
}

void
words_row(FILE *stream, const char *label, const char *format, ...)
{
	va_list arguments;

	fprintf(stream, "%-*s", LABEL_WIDTH, label);
	va_start(arguments, format);
	vfprintf(stream, format, arguments);
	va_end(arguments);
	putc('\n', stream);
}

static const char *
announcement_name(const struct notice *notice)
{
	if (notice->attributes != NULL)
		return "Route Metric Degraded";
	return notice->restored ? "Route Metric Restored" : "Route Announcement";
}

void
words_title(FILE *stream, const struct notice *notice)
{
	static const char *const effects[NOTICE_EFFECTS] = {
		[NOTICE_WITHDREW] = "Route Withdrawal",
		[NOTICE_DRAINING] = "Route Drain",
		[NOTICE_GUARDED] = "Route Kept by Guard",
	};
	static const char *const kinds[NOTICE_KINDS] = {
		[NOTICE_DOWN] = "Service Down",
		[NOTICE_UP] = "Service Up",
		[NOTICE_DISABLED] = "Service Disabled",
		[NOTICE_ROUTES] = "Routes",
		[NOTICE_ERROR] = "Error",
		[NOTICE_WARNING] = "Warning",
		[NOTICE_INFO] = "Information",
	};
	const char *name = effects[notice->effect];

	if (notice->effect == NOTICE_ANNOUNCED)
		name = announcement_name(notice);
	else if (name == NULL)
		name = kinds[notice_kind(notice)];
	fprintf(stream, "ExaCheck Event - %s%s%s", name, notice->check != NULL ? " - " : "",
	    notice->check != NULL ? notice->check : "");
}

/* "; its routes are withdrawn" */
static void
effect_write(FILE *stream, const struct notice *notice)
{
	static const char *const effects[NOTICE_EFFECTS] = {
		[NOTICE_NOTHING] = "",
		[NOTICE_ANNOUNCED] = "; its routes are announced",
		[NOTICE_WITHDREW] = "; its routes are withdrawn",
		[NOTICE_DRAINING] = "; its routes are announced with the attributes of drain, and then withdrawn",
		[NOTICE_GUARDED] = "; its routes would be withdrawn, but the guard keeps them announced",
	};

	if (notice->effect == NOTICE_ANNOUNCED && notice->attributes != NULL)
		fprintf(stream, "; its routes are announced with the attributes of %s", notice->attributes);
	else if (notice->effect == NOTICE_ANNOUNCED && notice->restored)
		fputs("; its routes are announced with their own attributes again", stream);
	else
		fputs(effects[notice->effect], stream);
}

static void
headline_write(FILE *stream, const struct notice *notice)
{
	bool moved = notice->to != NULL && strcmp(notice->from, notice->to) != 0;

	if (notice->to == NULL || (!moved && notice->effect == NOTICE_NOTHING)) {
		fprintf(stream, "%s%s%s\n\n", notice->check != NULL ? notice->check : "",
		    notice->check != NULL ? ": " : "", notice->text);
		return;
	}
	fprintf(stream, "The %s %s is %s%s", notice->group ? "group" : "check",
	    notice->check != NULL ? notice->check : "", moved ? "" : "still ", notice->to);
	effect_write(stream, notice);
	fputs(".\n\n", stream);
}

static void
before_write(FILE *stream, const struct notice *notice)
{
	char date[WORDS_DATE_SIZE], span[WORDS_SPAN_SIZE];

	if (notice->from == NULL)
		return;
	if (notice->since_us == 0)
		words_row(stream, "Before:", "%s", notice->from);
	else if (notice->since_us > notice->at_us)
		words_row(stream, "Before:", "%s since %s", notice->from, words_date(notice->since_us, date));
	else
		words_row(stream, "Before:", "%s since %s, for %s", notice->from, words_date(notice->since_us, date),
		    words_span(notice->at_us - notice->since_us, span));
}

static void
routes_write(FILE *stream, const struct notice *notice)
{
	for (size_t i = 0; i < notice->prefixes_held; i++)
		words_row(stream, i == 0 ? "Prefixes:" : "", "%s", notice->prefixes[i]);
	if (notice->prefix_count > (int64_t)notice->prefixes_held)
		words_row(stream, "", "and %lld more",
		    (long long)notice->prefix_count - (long long)notice->prefixes_held);
	if (notice->prefix_count > 0 && notice->nexthop != NULL)
		words_row(stream, "Next hop:", "%s", notice->nexthop);
	if (notice->metric >= 0)
		words_row(stream, "Metric:", "%lld", (long long)notice->metric);
	if (notice->kept > 0)
		words_row(stream, "Kept:", "%lld of its routes stay%s announced: others want %s too",
		    (long long)notice->kept, notice->kept == 1 ? "s" : "", notice->kept == 1 ? "it" : "them");
}

void
words_story(FILE *stream, const struct notice *notice)
{
	char date[WORDS_DATE_SIZE];

	headline_write(stream, notice);
	if (notice->cause != NULL)
		words_row(stream, "Reason:", "%s", notice->cause);
	before_write(stream, notice);
	routes_write(stream, notice);
	if (notice->fault != LOG_FAULT_NONE)
		words_row(stream, "Fault:", "%s", log_fault_name(notice->fault));
	if (notice->from == NULL && notice->subsystem != NULL)
		words_row(stream, "Subsystem:", "%s", notice->subsystem);
	words_row(stream, "Time:", "%s", words_date(notice->at_us, date));
}

void
words_line(FILE *stream, const struct notice *notice)
{
	char date[WORDS_DATE_SIZE];

	fprintf(stream, "%s  %s: %s\n", words_date(notice->at_us, date),
	    notice->check != NULL ? notice->check : "exacheck", notice->text);
}

static json_t *
words_json_text(const char *text)
{
	return text != NULL ? json_string(text) : json_null();
}

json_t *
words_json_date(int64_t us)
{
	char date[WALLTIME_SIZE];

	return us != 0 ? json_string(walltime_format_ns(us * NS_PER_MICROSECOND, date)) : json_null();
}

static json_t *
prefixes_data(const struct notice *notice)
{
	json_t *list = json_array();

	for (size_t i = 0; i < notice->prefixes_held; i++)
		if (json_array_append_new(list, json_string(notice->prefixes[i])) == -1) {
			json_decref(list);
			return NULL;
		}
	return list;
}

json_t *
words_data(const struct notice *notice)
{
	/* a value that could not be made is NULL, which makes all of it fail */
	return json_pack("{s:o s:b s:s s:o s:s s:o s:o s:o s:o s:o s:o s:I s:o s:o s:I s:o s:s s:o s:o}",
	    "check", words_json_text(notice->check), "group", notice->group,
	    "event", log_event_name(notice->event), "kind", json_string(words_kind_name(notice_kind(notice))),
	    "level", log_level_name(notice->level), "at", words_json_date(notice->at_us),
	    "from", words_json_text(notice->from), "to", words_json_text(notice->to),
	    "effect", words_json_text(notice_effect_name(notice->effect)),
	    "attributes", words_json_text(notice->attributes),
	    "prefixes", prefixes_data(notice), "prefix_count", (json_int_t)notice->prefix_count,
	    "nexthop", words_json_text(notice->nexthop),
	    "metric", notice->metric >= 0 ? json_integer(notice->metric) : json_null(),
	    "kept", (json_int_t)notice->kept, "reason", words_json_text(notice->cause), "text", notice->text,
	    "since", words_json_date(notice->since_us), "fault", words_json_text(log_fault_name(notice->fault)));
}
