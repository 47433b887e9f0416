/*
 * `history` and `events`: what has happened, and what happens. Touches standard output.
 */
#include <stdio.h>

#include "client.h"
#include "colour.h"
#include "ctl.h"
#include "json_print.h"
#include "map.h"
#include "moment.h"
#include "screen.h"

static void
coloured_print(enum colour colour, const char *text)
{
	if (screen_has_colour())
		printf("%s%s%s", colour_begin(colour), text, colour_end(colour));
	else
		fputs(text, stdout);
}

/* The changes of one node. */
static bool
history_show(void *context, json_t *line)
{
	bool *several = context;
	char when[MOMENT_SIZE];
	json_t *change;
	size_t i;

	if (!map_is(line, "type", "history"))
		return true;
	printf("%s%s\n", *several ? "\n" : "", map_word(line, "name"));
	*several = true;
	if (json_array_size(map_list(line, "changes")) == 0)
		printf("  nothing has happened yet\n");
	json_array_foreach(map_list(line, "changes"), i, change) {
		printf("  %s  ", moment_format_whole(map_moment(change, "time"), when));
		coloured_print(colour_of_state(map_word(change, "state")), map_word(change, "state"));
		printf("%*s  %s\n", 10 - (int)screen_columns(map_word(change, "state")), "", map_word(change, "text"));
	}
	return true;
}

enum ctl_exit
command_history(const struct ctl *ctl)
{
	json_t *request = request_new("history", ctl->names, ctl->count);
	struct client *client;
	bool several = false;
	enum ctl_exit code;

	if (ctl->json)
		return json_answer_list(ctl, request, "history", "history");
	client = client_new(ctl, CTL_PATIENCE_S);
	code = client_ask(client, request, history_show, &several);
	client_free(client);
	return code;
}

static enum colour
event_colour(const json_t *line)
{
	if (map_text(line, "after") != NULL)
		return colour_of_state(map_word(line, "after"));
	if (map_is(line, "level", "error"))
		return COLOUR_BAD;
	return map_is(line, "level", "warning") ? COLOUR_CHANGING : COLOUR_NONE;
}

static void
event_print(const json_t *line)
{
	char when[MOMENT_SIZE];

	if (map_is(line, "type", "lost")) {
		printf("... %lld events are lost: there were more than could be kept\n", (long long)map_integer(line, "count"));
	} else if (map_is(line, "type", "event")) {
		printf("%lld  %s  ", (long long)map_integer(line, "number"), moment_format_whole(map_moment(line, "time"), when));
		coloured_print(event_colour(line), map_word(line, "level"));
		printf("  %s%s%s\n", map_word(line, "name"), map_text(line, "name") != NULL ? ": " : "", map_word(line, "text"));
	}
}

static bool
event_show(void *context, json_t *line)
{
	const struct ctl *ctl = context;

	if (ctl->json)
		json_print_line(line);
	else
		event_print(line);
	return fflush(stdout) == 0 && !ferror(stdout);
}

enum ctl_exit
command_events(const struct ctl *ctl)
{
	/* who follows waits for what may never happen */
	struct client *client = client_new(ctl, ctl->follow ? 0 : CTL_PATIENCE_S);
	json_t *request = request_new("events", NULL, 0);
	struct ctl copy = *ctl;
	enum ctl_exit code;

	if (json_object_set_new(request, "since", json_integer(ctl->since)) != 0 ||
	    json_object_set_new(request, "follow", json_boolean(ctl->follow)) != 0)
		ctl_no_memory();
	code = client_ask(client, request, event_show, &copy);
	client_free(client);
	return code;
}
