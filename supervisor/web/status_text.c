/*
 * Status files' texts and names. Touches nothing. Invariant: a name is one component of a path, never hidden, and a
 * text is four lines.
 */
#include "status_text.h"

#include <inttypes.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "../../common/digest.h"
#include "../../common/walltime.h"
#include "field.h"

#define MS_PER_SECOND 1000
#define DATE_SIZE 32
#define STATE_SIZE 64
#define COUNT(ARRAY) (sizeof(ARRAY) / sizeof((ARRAY)[0]))

/* What the routes follow, with what the check is about to change to. */
static void
state_write(const json_t *map, char text[static STATE_SIZE])
{
	static const struct {
		const char *verdict, *text;
		const char *way, *word, *limit; /* on its way elsewhere */
	} states[] = {
		{"up", "UP", "falling", "FALLING", "fall"},
		{"down", "DOWN", "rising", "RISING", "rise"},
		{"disabled", "DISABLED", "", NULL, NULL},
	};

	strcpy(text, "INIT");
	for (size_t i = 0; i < COUNT(states); i++) {
		if (!field_is(map, "verdict", states[i].verdict))
			continue;
		strcpy(text, states[i].text);
		if (field_is(map, "state", states[i].way))
			snprintf(text, STATE_SIZE, "%s | %s %" JSON_INTEGER_FORMAT "/%" JSON_INTEGER_FORMAT, states[i].text,
			    states[i].word, json_integer_value(json_object_get(map, "count")),
			    json_integer_value(json_object_get(map, states[i].limit)));
	}
}

static void
date_write(int64_t ms, char text[static DATE_SIZE])
{
	time_t seconds = (time_t)(ms / MS_PER_SECOND);
	struct tm tm;

	if (localtime_r(&seconds, &tm) == NULL || strftime(text, DATE_SIZE, "%Y-%m-%d %H:%M:%S", &tm) == 0)
		strcpy(text, "unknown");
}

char *
status_text(const json_t *map, enum status_end end, int64_t default_ms)
{
	const json_t *prefixes = json_object_get(map, "prefixes"), *one;
	const char *since = field_text(map, "since");
	const char *nexthop = field_text(map, "nexthop");
	char state[STATE_SIZE] = "TERMINATED", date[DATE_SIZE], *text = NULL;
	size_t length, i;
	FILE *file = open_memstream(&text, &length);
	int64_t ms;
	bool whole;

	if (file == NULL)
		return NULL;
	if (end == STATUS_RUNS)
		state_write(map, state);
	date_write(end == STATUS_RUNS && since != NULL && walltime_parse(since, &ms) ? ms : default_ms, date);
	fprintf(file, "Service State: %s\nLast State Change: %s\nNexthop: %s\nManaged IP's: ", state, date,
	    nexthop != NULL ? nexthop : "");
	json_array_foreach(prefixes, i, one)
		fprintf(file, "%s ", json_string_value(one));
	fputc('\n', file);
	whole = !ferror(file);
	if (fclose(file) == 0 && whole)
		return text;
	free(text);
	return NULL;
}

const char *
status_name(const char *node, char text[static STATUS_NAME_MAX + 1])
{
	const size_t tail = sizeof("~0123456789abcdef") - 1;
	size_t length = 0;

	for (const char *byte = node; *byte != '\0'; byte++) {
		bool plain = (unsigned char)*byte >= ' ' && strchr("/%~\x7f", *byte) == NULL && (*byte != '.' || byte > node);

		if (length + (plain ? 1 : 3) > STATUS_NAME_MAX) {
			snprintf(text + STATUS_NAME_MAX - tail, tail + 1, "~%016" PRIx64,
			    digest_add(DIGEST_BEGIN, node, strlen(node)));
			return text;
		}
		length += (size_t)sprintf(text + length, plain ? "%c" : "%%%02X", (unsigned char)*byte);
	}
	text[length] = '\0';
	return text;
}
