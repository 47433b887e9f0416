/*
 * Sizes of files, as text and in bytes. Pure.
 * Invariant: format(parse(text)) parses back to the same number.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "option_type.h"

/* Largest first; the first that divides a size is how it is written. */
static const struct unit {
	const char *name; /* in any case; but for those of 1024 without its B, too */
	int64_t bytes;
} units[] = {
	{"TiB", INT64_C(1) << 40},
	{"TB", INT64_C(1000000000000)},
	{"GiB", INT64_C(1) << 30},
	{"GB", INT64_C(1000000000)},
	{"MiB", INT64_C(1) << 20},
	{"MB", INT64_C(1000000)},
	{"KiB", INT64_C(1) << 10},
	{"KB", INT64_C(1000)},
};
#define UNITS (sizeof(units) / sizeof(units[0]))

/* What the unit stands for, 0: there is none of this name. */
static int64_t
unit_bytes(const char *name)
{
	if (*name == '\0' || strcasecmp(name, "b") == 0)
		return 1;
	for (size_t i = 0; i < UNITS; i++)
		if (strcasecmp(name, units[i].name) == 0 ||
		    (strlen(units[i].name) == 2 && name[1] == '\0' && strncasecmp(name, units[i].name, 1) == 0))
			return units[i].bytes;
	return 0;
}

static void
size_write(int64_t bytes, char *text, size_t room)
{
	struct unit one = {"", 1};

	for (size_t i = UNITS; i-- > 0;)
		if (bytes != 0 && bytes % units[i].bytes == 0)
			one = units[i];
	snprintf(text, room, "%lld%s", (long long)(bytes / one.bytes), one.name);
}

bool
size_parse(const struct option *option, const char *text, void *value, char error[static OPTION_ERROR_SIZE])
{
	const char *unit = text + strspn(text, "0123456789");
	char quoted[OPTION_QUOTE_SIZE], least[32];
	int64_t bytes = unit_bytes(unit + strspn(unit, " ")), size;
	long long number;

	errno = 0;
	number = strtoll(text, NULL, 10);
	if (unit == text || bytes == 0)
		return option_error(error, "must be a size such as 10MB or 64MiB (KB, MB, GB, TB, KiB, MiB, GiB, TiB), got %s",
		    option_quote(text, quoted));
	if (errno != 0 || __builtin_mul_overflow(number, bytes, &size))
		return option_error(error, "must fit into 64 bits, got %s", option_quote(text, quoted));
	if ((double)size < option->min) {
		size_write((int64_t)option->min, least, sizeof(least));
		return option_error(error, "must be at least %s, got %s", least, option_quote(text, quoted));
	}
	*(int64_t *)value = size;
	return true;
}

char *
size_format(const struct option *option, const void *value)
{
	char text[32];

	(void)option;
	size_write(*(const int64_t *)value, text, sizeof(text));
	return strdup(text);
}
