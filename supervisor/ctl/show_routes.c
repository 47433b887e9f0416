/*
 * `routes`: what is wanted of each route, what was said to ExaBGP, and what ExaBGP answered. Touches standard output.
 */
#include <stdio.h>
#include <stdlib.h>

#include "client.h"
#include "ctl.h"
#include "json_print.h"
#include "map.h"
#include "screen.h"
#include "table.h"

enum { PREFIX, PATH_ID, NEIGHBOR, STATE, DESIRED, SENT, ACKED, BY, OWNERS, ATTRIBUTES, ANSWER, COLUMNS };

static const struct column columns[COLUMNS] = {
    [PREFIX] = {"PREFIX", 15, 11, false},
    [PATH_ID] = {"PATH-ID", 7, 9, true},
    [NEIGHBOR] = {"NEIGHBOR", 12, 8, true},
    [STATE] = {"STATE", 9, 10, false},
    [DESIRED] = {"DESIRED", 9, 5, false},
    [SENT] = {"SENT", 9, 4, false},
    [ACKED] = {"ACKED", 9, 6, false},
    [BY] = {"BY", 8, 3, false},
    [OWNERS] = {"OWNERS", 12, 1, false},
    [ATTRIBUTES] = {"ATTRIBUTES", 12, 2, false},
    [ANSWER] = {"EXABGP'S ANSWER", 15, 7, true},
};

static enum colour
route_colour(const json_t *route)
{
	if (map_is(route, "state", "rejected"))
		return COLOUR_BAD;
	return map_is(route, "state", "announced") ? COLOUR_GOOD : COLOUR_NONE;
}

/* "web v4 announce, web v6 withdraw"; the caller's. */
static char *
owners_text(const json_t *route)
{
	json_t *owner;
	size_t i, size;
	char *text;
	FILE *stream = ctl_whole(open_memstream(&text, &size));

	json_array_foreach(map_list(route, "owners"), i, owner)
		fprintf(stream, "%s%s: %s", i > 0 ? ", " : "", map_word(owner, "name"), map_word(owner, "wish"));
	if (fclose(stream) != 0)
		ctl_no_memory();
	return text;
}

static bool
route_show(void *context, json_t *route)
{
	struct table *table = context;
	char *owners = owners_text(route);
	bool held = map_true(route, "held");

	table_row(table);
	table_set(table, PREFIX, COLOUR_NONE, "%s", map_word(route, "prefix"));
	if (json_is_integer(json_object_get(route, "path_id")))
		table_set(table, PATH_ID, COLOUR_NONE, "%lld", (long long)map_integer(route, "path_id"));
	table_set(table, NEIGHBOR, COLOUR_NONE, "%s", map_word(route, "neighbor"));
	table_set(table, STATE, route_colour(route), "%s", map_word(route, "state"));
	table_set(table, DESIRED, COLOUR_NONE, "%s", held ? "held" : map_word(route, "desired"));
	table_set(table, SENT, COLOUR_NONE, "%s", map_word(route, "sent"));
	table_set(table, ACKED, COLOUR_NONE, "%s", map_word(route, "acked"));
	table_set(table, BY, COLOUR_NONE, "%s", map_text(route, "by") != NULL ? map_text(route, "by") : "-");
	table_set(table, OWNERS, COLOUR_NONE, "%s", owners);
	table_set(table, ATTRIBUTES, COLOUR_NONE, "%s", map_word(route, "attributes"));
	table_set(table, ANSWER, COLOUR_BAD, "%s", map_word(route, "error"));
	free(owners);
	return true;
}

enum ctl_exit
command_routes(const struct ctl *ctl)
{
	json_t *request = request_new("routes", ctl->names, ctl->count);
	struct client *client;
	struct table *table;
	enum ctl_exit code;

	if (ctl->json)
		return json_answer_list(ctl, request, "route", "routes");
	client = client_new(ctl, CTL_PATIENCE_S);
	table = table_new(columns, COLUMNS);
	code = client_ask(client, request, route_show, table);
	if (code == CTL_DONE) {
		table_layout(table, screen_width());
		table_print(table, stdout, screen_has_colour());
	}
	table_free(table);
	client_free(client);
	return code;
}
