/*
 * Dates and periods. Touches the clock, and the time zone.
 */
#include "moment.h"

#include <ctype.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "../../common/walltime.h"

#define MS_PER_SECOND 1000
#define PERIOD_MAX_S (10.0 * 366 * 86400)

int64_t
moment_now(void)
{
	struct timespec now;

	clock_gettime(CLOCK_REALTIME, &now);
	return (int64_t)now.tv_sec * MS_PER_SECOND + now.tv_nsec / 1000000;
}

int64_t
moment_parse(const char *text)
{
	int64_t ms;

	return text != NULL && walltime_parse(text, &ms) ? ms : MOMENT_NONE;
}

const char *
moment_format(int64_t moment, int64_t now, char text[static MOMENT_SIZE])
{
	time_t then = (time_t)(moment / MS_PER_SECOND), present = (time_t)(now / MS_PER_SECOND);
	struct tm tm, tm_now;
	size_t length;

	if (moment == MOMENT_NONE || localtime_r(&then, &tm) == NULL || localtime_r(&present, &tm_now) == NULL)
		return strcpy(text, "-");
	if (tm.tm_year != tm_now.tm_year)
		length = strftime(text, MOMENT_SIZE, "%Y-%m-%d %H:%M", &tm);
	else if (tm.tm_yday != tm_now.tm_yday)
		length = strftime(text, MOMENT_SIZE, "%b %d %H:%M", &tm);
	else
		length = strftime(text, MOMENT_SIZE, "%H:%M:%S", &tm);
	return length > 0 ? text : strcpy(text, "-");
}

const char *
moment_format_whole(int64_t moment, char text[static MOMENT_SIZE])
{
	time_t then = (time_t)(moment / MS_PER_SECOND);
	struct tm tm;
	size_t length;

	if (moment == MOMENT_NONE || localtime_r(&then, &tm) == NULL)
		return strcpy(text, "-");
	length = strftime(text, MOMENT_SIZE, "%Y-%m-%d %H:%M:%S", &tm);
	snprintf(text + length, MOMENT_SIZE - length, ".%03u", (unsigned)(moment % MS_PER_SECOND) % MS_PER_SECOND);
	return text;
}

const char *
period_format(int64_t ms, char text[static MOMENT_SIZE])
{
	long long seconds = ms / MS_PER_SECOND;

	if (ms < MS_PER_SECOND)
		snprintf(text, MOMENT_SIZE, ms > 0 ? "%lldms" : "0s", (long long)ms);
	else if (seconds < 60)
		snprintf(text, MOMENT_SIZE, "%llds", seconds);
	else if (seconds < 3600)
		snprintf(text, MOMENT_SIZE, "%lldm%02llds", seconds / 60, seconds % 60);
	else if (seconds < 86400)
		snprintf(text, MOMENT_SIZE, "%lldh%02lldm", seconds / 3600, seconds / 60 % 60);
	else
		snprintf(text, MOMENT_SIZE, "%lldd%02lldh", seconds / 86400, seconds / 3600 % 24);
	return text;
}

/* Three figures. */
const char *
elapsed_format(double ms, char text[static MOMENT_SIZE])
{
	const char *unit = ms < 999.5 ? "ms" : "s";
	double value = ms < 999.5 ? ms : ms / MS_PER_SECOND;

	snprintf(text, MOMENT_SIZE, "%.*f%s", value < 9.995 ? 2 : value < 99.95 ? 1 : 0, value, unit);
	return text;
}

static double
unit_seconds(char unit)
{
	static const struct {
		char letter;
		double seconds;
	} units[] = {{'s', 1}, {'m', 60}, {'h', 3600}, {'d', 86400}};

	for (size_t i = 0; i < sizeof(units) / sizeof(units[0]); i++)
		if (units[i].letter == unit)
			return units[i].seconds;
	return 0;
}

bool
period_parse(const char *text, double *seconds)
{
	double sum = 0, unit, before = INFINITY;
	const char *first = text;
	char *rest;

	for (; *text != '\0'; text = rest + 1) {
		if (!isdigit((unsigned char)*text) || strspn(text, "0123456789") > 12)
			return false;
		unit = (double)strtoull(text, &rest, 10);
		if (*rest == '\0' && text == first) { /* a number alone: seconds */
			*seconds = unit;
			return unit > 0 && unit <= PERIOD_MAX_S;
		}
		if (unit_seconds(*rest) <= 0 || unit_seconds(*rest) >= before) /* from the greatest to the smallest */
			return false;
		before = unit_seconds(*rest);
		sum += unit * before;
	}
	*seconds = sum;
	return sum > 0 && sum <= PERIOD_MAX_S;
}
