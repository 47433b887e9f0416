/*
 * `status`: a table for people, or one object for programs. Touches standard output.
 */
#include <stdio.h>
#include <stdlib.h>

#include "client.h"
#include "ctl.h"
#include "json_print.h"
#include "map.h"
#include "nodes_table.h"
#include "screen.h"
#include "status.h"
#include "words.h"

/* What exacheck says of itself, with its checks and groups. */
static void
status_print_json(const struct status *status)
{
	json_t *whole = ctl_whole(json_copy(status->exacheck));

	if (json_object_set(whole, "checks", status->checks) != 0 || json_object_set(whole, "groups", status->groups) != 0)
		ctl_no_memory();
	json_print(whole);
	json_decref(whole);
}

/* "192.0.2.1/32 to 192.0.2.254 (path id 1)" */
static const char *
route_name(const json_t *route, char name[static WORDS_SIZE])
{
	const char *neighbor = map_text(route, "neighbor");
	char path[32] = "";

	if (json_is_integer(json_object_get(route, "path_id")))
		snprintf(path, sizeof(path), " (path id %lld)", (long long)map_integer(route, "path_id"));
	snprintf(name, WORDS_SIZE, "%s%s%s%s", map_word(route, "prefix"), neighbor != NULL ? " to " : "",
	    neighbor != NULL ? neighbor : "", path);
	return name;
}

/* What -v adds below a row. */
static void
notes_add(struct table *table, const json_t *node, const json_t *routes)
{
	const json_t *worker = map_map(node, "worker");
	char name[WORDS_SIZE];
	json_t *route, *owner;
	size_t i, j;

	if (map_text(node, "description") != NULL)
		table_note(table, "%s", map_text(node, "description"));
	if (worker != NULL)
		table_note(table, "%s worker: pid %lld, %lld restarts, sandbox: %s", map_word(node, "method"),
		    (long long)map_integer(worker, "pid"), (long long)map_integer(worker, "restarts"), map_word(worker, "sandbox"));
	if (map_map(node, "override") != NULL && map_text(map_map(node, "override"), "reason") != NULL)
		table_note(table, "reason: %s", map_text(map_map(node, "override"), "reason"));
	json_array_foreach(routes, i, route)
		json_array_foreach(map_list(route, "owners"), j, owner)
			if (map_is(owner, "name", map_word(node, "name")))
				table_note(table, "%s: %s", route_name(route, name),
				    map_text(route, "sent_attributes") != NULL ? map_text(route, "sent_attributes") :
				    map_word(route, "sent"));
}

struct filling {
	struct table *table;
	int64_t now;
	const json_t *routes; /* NULL: no notes */
};

static void
node_fill(void *context, json_t *node)
{
	struct filling *filling = context;

	nodes_table_add(filling->table, node, filling->now);
	if (filling->routes != NULL)
		notes_add(filling->table, node, filling->routes);
}

static bool
route_keep(void *context, json_t *line)
{
	if (json_array_append(context, line) != 0)
		ctl_no_memory();
	return true;
}

static void
status_print(const struct status *status, const json_t *routes)
{
	struct filling filling = {nodes_table_new(), status->now, routes};
	char *summary = status_summary(status);

	status_each(status, node_fill, &filling);
	table_layout(filling.table, screen_width());
	table_print(filling.table, stdout, screen_has_colour());
	screen_fold(summary, screen_width());
	printf("%s\n", summary);
	table_free(filling.table);
	free(summary);
}

enum ctl_exit
command_status(const struct ctl *ctl)
{
	struct client *client;
	struct status status;
	enum ctl_exit code = CTL_DONE;
	json_t *routes = NULL;

	if (ctl->watch)
		return command_watch(ctl);
	client = client_new(ctl, CTL_PATIENCE_S);
	if (!status_fetch(&status, client, ctl->names, ctl->count, ctl->verbose)) {
		code = client_complain(client);
		client_free(client);
		return code;
	}
	if (ctl->verbose && !ctl->json) {
		routes = ctl_whole(json_array());
		code = client_ask(client, request_new("routes", ctl->names, ctl->count), route_keep, routes);
	}
	if (code == CTL_DONE && ctl->json)
		status_print_json(&status);
	else if (code == CTL_DONE)
		status_print(&status, routes);
	json_decref(routes);
	status_free(&status);
	client_free(client);
	return code;
}

static void
name_print(void *context, json_t *node)
{
	(void)context;
	printf("%s\n", map_word(node, "name"));
}

/* For the completion of command lines: one a line, and not a word about what went wrong. */
static enum ctl_exit
lines_print(const struct ctl *ctl, void (*print)(const struct status *))
{
	struct client *client = client_new(ctl, 2);
	struct status status;
	const char *text;
	enum ctl_exit code = CTL_DONE;

	if (status_fetch(&status, client, NULL, 0, false)) {
		print(&status);
		status_free(&status);
	} else {
		code = client_error(client, &text);
	}
	client_free(client);
	return code;
}

static void
names_print(const struct status *status)
{
	status_each(status, name_print, NULL);
}

enum ctl_exit
command_names(const struct ctl *ctl)
{
	return lines_print(ctl, names_print);
}

static void
targets_print(const struct status *status)
{
	json_t *target;
	size_t i;

	json_array_foreach(map_list(map_map(status->exacheck, "notifications"), "targets"), i, target)
		if (json_is_string(target))
			printf("%s\n", json_string_value(target));
}

enum ctl_exit
command_targets(const struct ctl *ctl)
{
	return lines_print(ctl, targets_print);
}
