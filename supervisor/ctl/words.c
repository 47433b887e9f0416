/*
 * Words of cells. Pure.
 */
#include "words.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "ctl.h"
#include "map.h"
#include "moment.h"

/* Append to text, cut to size. */
__attribute__((format(printf, 2, 3))) static void
words_add(char text[static WORDS_SIZE], const char *format, ...)
{
	size_t length = strlen(text);
	va_list arguments;

	va_start(arguments, format);
	vsnprintf(text + length, WORDS_SIZE - length, format, arguments);
	va_end(arguments);
}

const char *
words_override(const json_t *override, int64_t now, char text[static WORDS_SIZE])
{
	int64_t until = map_moment(override, "until");
	char when[MOMENT_SIZE];

	snprintf(text, WORDS_SIZE, "by %s", map_text(override, "by") != NULL ? map_text(override, "by") : "an operator");
	if (until != MOMENT_NONE)
		words_add(text, " until %s", moment_format(until, now, when));
	return text;
}

const char *
words_members(const json_t *node)
{
	json_t *member;
	size_t i;

	json_array_foreach(map_list(node, "members"), i, member)
		if (map_integer(member, "weight") != 1)
			return "its members' weight";
	return "its members";
}

/* The weight of the members that are up, and what is enough. */
static void
members_add(const json_t *node, char text[static WORDS_SIZE])
{
	json_t *members = map_list(node, "members"), *member;
	int64_t up = 0;
	size_t i;

	if (json_array_size(members) == 0)
		return;
	json_array_foreach(members, i, member)
		up += map_is(member, "verdict", "up") ? map_integer(member, "weight") : 0;
	words_add(text, " (has %lld, needs %lld)", (long long)up, (long long)map_integer(node, "threshold"));
}

const char *
words_state(const json_t *node, int64_t now, char text[static WORDS_SIZE])
{
	json_t *override = map_map(node, "override");
	int64_t held = map_moment(node, "held_until"), drains = map_moment(node, "drains_until");
	char more[WORDS_SIZE], when[MOMENT_SIZE];

	snprintf(text, WORDS_SIZE, "%s", map_word(node, "progress"));
	if (override != NULL)
		words_add(text, map_is(node, "state", "disabled") ? " %s" : ", disabled %s", words_override(override, now, more));
	else
		members_add(node, text);
	if (drains != MOMENT_NONE)
		words_add(text, ", drains until %s", moment_format(drains, now, when));
	if (map_true(node, "guarded"))
		words_add(text, ", guarded");
	if (held != MOMENT_NONE)
		words_add(text, ", held as %s until %s", map_word(node, "verdict"), moment_format(held, now, when));
	return text;
}

enum colour
words_colour(const json_t *node)
{
	if (map_true(node, "guarded") || map_text(node, "held_until") != NULL || map_text(node, "drains_until") != NULL)
		return COLOUR_CHANGING;
	return colour_of_state(map_word(node, "state"));
}

const char *
words_since(const json_t *node, int64_t now, char text[static WORDS_SIZE])
{
	int64_t since = map_moment(node, "since");

	return since == MOMENT_NONE ? strcpy(text, "-") : period_format(now - since, text);
}

const char *
words_result(const json_t *result, char text[static WORDS_SIZE])
{
	snprintf(text, WORDS_SIZE, "%s", map_word(result, "result"));
	if (!map_is(result, "reason", "ok"))
		words_add(text, " %s", map_word(result, "reason"));
	return text;
}

const char *
words_last(const json_t *node, char text[static WORDS_SIZE])
{
	json_t *last = map_map(node, "last");
	char elapsed[MOMENT_SIZE];

	if (last == NULL)
		return strcpy(text, map_text(node, "method") != NULL ? "-" : "");
	words_result(last, text);
	words_add(text, " %s", elapsed_format(map_number(last, "duration_ms"), elapsed));
	return text;
}

const char *
words_next(const json_t *node, int64_t now, char text[static WORDS_SIZE])
{
	int64_t next = map_moment(map_map(node, "worker"), "next");
	char period[MOMENT_SIZE];

	if (next == MOMENT_NONE)
		return strcpy(text, map_text(node, "method") != NULL ? "-" : "");
	if (next <= now)
		return strcpy(text, "now");
	snprintf(text, WORDS_SIZE, "in %s", period_format((next - now + 999) / 1000 * 1000, period)); /* whole seconds */
	return text;
}

char *
words_prefixes(const json_t *node)
{
	const json_t *prefixes = map_list(node, "prefixes");
	json_t *prefix;
	size_t i, size;
	char *text;
	FILE *stream = ctl_whole(open_memstream(&text, &size));

	json_array_foreach(prefixes, i, prefix)
		fprintf(stream, "%s%s", i > 0 ? " " : "", json_is_string(prefix) ? json_string_value(prefix) : "?");
	if (fclose(stream) != 0)
		ctl_no_memory();
	return text;
}

/* Append, after a comma unless it is the first. */
#define words_go_on(text, ...) (words_add(text, "%s", *(text) != '\0' ? ", " : ""), words_add(text, __VA_ARGS__))

const char *
words_announced(const json_t *node, char text[static WORDS_SIZE])
{
	json_t *routes = map_list(node, "routes"), *route;
	size_t count = json_array_size(routes), announced = 0, rejected = 0, i;
	const char *other = NULL;

	json_array_foreach(routes, i, route) {
		announced += map_is(route, "state", "announced");
		rejected += map_is(route, "state", "rejected");
		if (map_is(route, "state", "announced") && map_text(route, "by") != NULL &&
		    !map_is(route, "by", map_word(node, "name")))
			other = map_text(route, "by");
	}
	if (count == 0)
		return strcpy(text, "-");
	strcpy(text, rejected > 0 ? "rejected" : ""); /* first: what is cut is the end */
	if (announced > 0 && announced < count)
		words_go_on(text, "%zu of %zu", announced, count);
	if (other != NULL)
		words_go_on(text, "by %s", other);
	else if (announced > 0 && (map_is(node, "wish", "down") || map_is(node, "wish", "disabled") ||
	    map_is(node, "wish", "drain")))
		words_go_on(text, "as %s", map_word(node, "wish"));
	if (*text == '\0')
		strcpy(text, announced > 0 ? "yes" : "no");
	return text;
}
