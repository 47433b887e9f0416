/*
 * Dates by tokens. Touches nothing but the time zone that is loaded (tzset(3)). Invariant: what is compiled can be
 * printed for any time.
 */
#include "log_time.h"

#include <inttypes.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "utf8.h"

#define US_PER_SECOND 1000000
#define HALF_DAY 12
#define ZONE_UTC "!UTC"
#define USUAL "%Y-%m-%dT%H:%M:%S.%f%z"

/* A point in time, taken apart. */
struct moment {
	int64_t at_us, seconds;
	unsigned us; /* beyond the seconds */
	struct tm tm;
	bool utc;
};

enum unit {
	YEAR,
	YEAR_OF_CENTURY,
	QUARTER,
	MONTH,
	DAY,
	DAY_OF_YEAR,
	DAY_OF_WEEK, /* Monday: 0 */
	DAY_OF_WEEK_ISO,
	DAY_OF_WEEK_SUNDAY,
	HOUR,
	HOUR_OF_HALF_DAY,
	MINUTE,
	SECOND,
	FRACTION, /* width digits of it */
	STAMP,
	STAMP_US,
	NUMBERS,
	MONTH_NAME = NUMBERS, /* width characters of it, 0: all */
	DAY_NAME,
	HALF_DAY_NAME,
	OFFSET,
	ZONE,
};

/* Longer ones before those that they begin with. */
static const struct token {
	const char *name;
	enum unit unit;
	int width; /* of a number: with zeroes before it; negative: with spaces */
} tokens[] = {
	{"YYYY", YEAR, 4}, {"YY", YEAR_OF_CENTURY, 2}, {"Q", QUARTER, 1},
	{"MMMM", MONTH_NAME, 0}, {"MMM", MONTH_NAME, 3}, {"MM", MONTH, 2}, {"M", MONTH, 1},
	{"DDDD", DAY_OF_YEAR, 3}, {"DDD", DAY_OF_YEAR, 1}, {"DD", DAY, 2}, {"D", DAY, 1},
	{"dddd", DAY_NAME, 0}, {"ddd", DAY_NAME, 3}, {"d", DAY_OF_WEEK, 1}, {"E", DAY_OF_WEEK_ISO, 1},
	{"HH", HOUR, 2}, {"H", HOUR, 1}, {"hh", HOUR_OF_HALF_DAY, 2}, {"h", HOUR_OF_HALF_DAY, 1},
	{"mm", MINUTE, 2}, {"m", MINUTE, 1}, {"ss", SECOND, 2}, {"s", SECOND, 1},
	{"SSSSSS", FRACTION, 6}, {"SSSSS", FRACTION, 5}, {"SSSS", FRACTION, 4}, {"SSS", FRACTION, 3},
	{"SS", FRACTION, 2}, {"S", FRACTION, 1},
	{"A", HALF_DAY_NAME, 0}, {"ZZ", OFFSET, 0}, {"Z", OFFSET, 1}, {"zz", ZONE, 0},
	{"X", STAMP, 1}, {"x", STAMP_US, 1},
	/* no tokens of loguru's: found by their directives only */
	{"%w", DAY_OF_WEEK_SUNDAY, 1}, {"%e", DAY, -2},
};
#define TOKENS (sizeof(tokens) / sizeof(tokens[0]))

/* Those of strftime(3), as Python has them. */
static const struct {
	char letter;
	const char *tokens;
} directives[] = {
	{'Y', "YYYY"}, {'y', "YY"}, {'m', "MM"}, {'B', "MMMM"}, {'b', "MMM"}, {'d', "DD"}, {'e', "%e"}, {'j', "DDDD"},
	{'A', "dddd"}, {'a', "ddd"}, {'u', "E"}, {'w', "%w"}, {'H', "HH"}, {'I', "hh"}, {'M', "mm"}, {'S', "ss"},
	{'f', "SSSSSS"}, {'p', "A"}, {'z', "ZZ"}, {'Z', "zz"}, {'s', "X"}, {'F', "YYYY-MM-DD"}, {'T', "HH:mm:ss"}, {'D', "MM/DD/YY"},
	{'R', "HH:mm"}, {'%', "%"},
};

/* A byte as it is, or BEYOND_BYTES and the index of a token. */
#define BEYOND_BYTES 256
struct log_time {
	bool utc;
	size_t count;
	uint16_t items[];
};

static const struct token *
token_at(const char *text, size_t left)
{
	for (size_t i = 0; i < TOKENS; i++)
		if (strlen(tokens[i].name) <= left && memcmp(tokens[i].name, text, strlen(tokens[i].name)) == 0)
			return &tokens[i];
	return NULL;
}

/* A token in brackets is text. Returns how long it is, without them; 0: that is none. */
static size_t
escaped_at(const char *text, size_t left)
{
	const struct token *token;
	size_t length;

	if (left < 3 || text[0] != '[')
		return 0;
	token = token_at(text + 1, left - 1);
	length = token != NULL ? strlen(token->name) : 0;
	if (token == NULL && left > sizeof(ZONE_UTC) && memcmp(text + 1, ZONE_UTC, strlen(ZONE_UTC)) == 0)
		length = strlen(ZONE_UTC);
	return length > 0 && length + 1 < left && text[length + 1] == ']' ? length : 0;
}

static void
add_text(struct log_time *time, const char *text, size_t length)
{
	for (size_t i = 0; i < length; i++)
		time->items[time->count++] = (unsigned char)text[i];
}

static void
add_tokens(struct log_time *time, const char *text, size_t length)
{
	const struct token *token;
	size_t escaped;

	for (size_t at = 0; at < length;) {
		if ((token = token_at(text + at, length - at)) != NULL) {
			time->items[time->count++] = (uint16_t)(BEYOND_BYTES + (token - tokens));
			at += strlen(token->name);
		} else if ((escaped = escaped_at(text + at, length - at)) > 0) {
			add_text(time, text + at + 1, escaped);
			at += escaped + 2;
		} else {
			add_text(time, text + at++, 1);
		}
	}
}

static const char *
directive_find(char letter)
{
	for (size_t i = 0; i < sizeof(directives) / sizeof(directives[0]); i++)
		if (directives[i].letter == letter)
			return directives[i].tokens;
	return NULL;
}

static bool
add_directives(struct log_time *time, const char *text, size_t length, char error[static LOG_FORMAT_ERROR_SIZE])
{
	const char *found;

	for (size_t at = 0; at < length; at++) {
		if (text[at] != '%') {
			add_text(time, text + at, 1);
			continue;
		}
		if (++at == length || (found = directive_find(text[at])) == NULL) {
			snprintf(error, LOG_FORMAT_ERROR_SIZE, "{time}: cannot write %%%.*s: write the date with tokens, "
			    "such as YYYY-MM-DD HH:mm:ss.SSS, or with the directives %%Y %%m %%d %%H %%M %%S %%f %%z",
			    at < length, text + at);
			utf8_sanitise(error); /* of a longer character only the first byte is shown */
			return false;
		}
		add_tokens(time, found, strlen(found));
	}
	return true;
}

struct log_time *
log_time_compile(const char *spec, size_t length, char error[static LOG_FORMAT_ERROR_SIZE])
{
	const size_t suffix = strlen(ZONE_UTC), expansion = sizeof("YYYY-MM-DD");
	bool utc = length >= suffix && memcmp(spec + length - suffix, ZONE_UTC, suffix) == 0;
	struct log_time *time;

	if (utc)
		length -= suffix;
	if (length == 0) {
		spec = USUAL;
		length = strlen(spec);
	}
	if ((time = calloc(1, sizeof(*time) + length * expansion * sizeof(time->items[0]))) == NULL) {
		snprintf(error, LOG_FORMAT_ERROR_SIZE, "out of memory");
		return NULL;
	}
	time->utc = utc;
	if (memchr(spec, '%', length) == NULL)
		add_tokens(time, spec, length);
	else if (!add_directives(time, spec, length, error)) {
		log_time_free(time);
		return NULL;
	}
	return time;
}

void
log_time_free(struct log_time *time)
{
	free(time);
}

static int64_t
number_of(const struct moment *moment, const struct token *token)
{
	const struct tm *tm = &moment->tm;
	int64_t fraction = moment->us;

	for (int digit = token->width; digit < 6; digit++)
		fraction /= 10;
	switch (token->unit) {
	case YEAR: return tm->tm_year + INT64_C(1900);
	case YEAR_OF_CENTURY: return (tm->tm_year % 100 + 100) % 100;
	case QUARTER: return tm->tm_mon / 3 + 1;
	case MONTH: return tm->tm_mon + 1;
	case DAY: return tm->tm_mday;
	case DAY_OF_YEAR: return tm->tm_yday + 1;
	case DAY_OF_WEEK: return (tm->tm_wday + 6) % 7;
	case DAY_OF_WEEK_ISO: return (tm->tm_wday + 6) % 7 + 1;
	case DAY_OF_WEEK_SUNDAY: return tm->tm_wday;
	case HOUR: return tm->tm_hour;
	case HOUR_OF_HALF_DAY: return (tm->tm_hour + HALF_DAY - 1) % HALF_DAY + 1;
	case MINUTE: return tm->tm_min;
	case SECOND: return tm->tm_sec;
	case FRACTION: return fraction;
	case STAMP: return moment->seconds;
	case STAMP_US: return moment->at_us;
	default: return 0;
	}
}

/* Of the zone, as +hh:mm (width 1) or +hhmm, with seconds where a zone has them. */
static void
offset_print(const struct moment *moment, int colons, FILE *stream)
{
	long offset = moment->tm.tm_gmtoff, size = labs(offset);
	const char *colon = colons > 0 ? ":" : "";

	fprintf(stream, "%c%02ld%s%02ld", offset < 0 ? '-' : '+', size / 3600, colon, size / 60 % 60);
	if (size % 60 != 0)
		fprintf(stream, "%s%02ld", colon, size % 60);
}

static void
token_print(const struct moment *moment, const struct token *token, FILE *stream)
{
	static const char *const months[] = {"January", "February", "March", "April", "May", "June", "July", "August",
		"September", "October", "November", "December"};
	static const char *const days[] = {"Sunday", "Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday"};
	const struct tm *tm = &moment->tm;
	int most = token->width > 0 ? token->width : -1;

	if (token->unit < NUMBERS && token->width < 0)
		fprintf(stream, "%*" PRId64, -token->width, number_of(moment, token));
	else if (token->unit < NUMBERS)
		fprintf(stream, "%0*" PRId64, token->width, number_of(moment, token));
	else if (token->unit == MONTH_NAME)
		fprintf(stream, "%.*s", most, months[tm->tm_mon]);
	else if (token->unit == DAY_NAME)
		fprintf(stream, "%.*s", most, days[tm->tm_wday]);
	else if (token->unit == HALF_DAY_NAME)
		fputs(tm->tm_hour < HALF_DAY ? "AM" : "PM", stream);
	else if (token->unit == OFFSET)
		offset_print(moment, token->width, stream);
	else
		fputs(moment->utc ? "UTC" : tm->tm_zone != NULL ? tm->tm_zone : "", stream);
}

static void
moment_take(struct moment *moment, int64_t at_us, bool utc)
{
	int64_t us = at_us % US_PER_SECOND;
	time_t seconds = at_us / US_PER_SECOND;

	if (us < 0) {
		us += US_PER_SECOND;
		seconds--;
	}
	*moment = (struct moment){.at_us = at_us, .seconds = seconds, .us = (unsigned)us, .utc = utc};
	/* every number of microseconds is a date: neither fails */
	if (utc)
		gmtime_r(&seconds, &moment->tm);
	else
		localtime_r(&seconds, &moment->tm);
}

void
log_time_print(const struct log_time *time, int64_t at_us, FILE *stream)
{
	struct moment moment;

	moment_take(&moment, at_us, time->utc);
	for (size_t i = 0; i < time->count; i++) {
		if (time->items[i] < BEYOND_BYTES)
			putc(time->items[i], stream);
		else
			token_print(&moment, &tokens[time->items[i] - BEYOND_BYTES], stream);
	}
}
