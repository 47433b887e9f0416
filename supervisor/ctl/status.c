/*
 * The status of exacheck. Touches the connection. Invariant: it is whole, or there is none.
 */
#include "status.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "map.h"
#include "moment.h"

#define FETCH_TRIES 5 /* while configurations change under it */

/* Put a line where it belongs. */
static void
status_take(struct status *status, json_t *line)
{
	json_t *list = NULL;
	bool exacheck = map_is(line, "type", "exacheck");

	if (map_is(line, "type", "check"))
		list = status->checks;
	else if (map_is(line, "type", "group"))
		list = status->groups;
	json_object_del(line, "type");
	if (exacheck) {
		json_decref(status->exacheck);
		status->exacheck = json_incref(line);
	} else if (list != NULL && json_array_append(list, line) != 0) {
		ctl_no_memory();
	}
	json_decref(line);
}

void
status_free(struct status *status)
{
	json_decref(status->exacheck);
	json_decref(status->checks);
	json_decref(status->groups);
}

/* Once. */
static enum client_line
fetch_try(struct status *status, struct client *client, json_t *request)
{
	enum client_line kind;
	json_t *line;

	*status = (struct status){.exacheck = ctl_whole(json_object()), .checks = ctl_whole(json_array()),
		.groups = ctl_whole(json_array())};
	if (!client_request(client, request))
		return CLIENT_ERROR;
	while ((kind = client_next(client, &line)) == CLIENT_LINE)
		status_take(status, line);
	status->now = map_moment(status->exacheck, "time");
	if (status->now == MOMENT_NONE)
		status->now = moment_now();
	return kind;
}

bool
status_fetch(struct status *status, struct client *client, char *const *names, size_t count, bool full)
{
	for (int i = 0; i < FETCH_TRIES; i++) {
		json_t *request = request_new("status", names, count);

		if (json_object_set_new(request, "detail", json_string(full ? "full" : "brief")) != 0)
			ctl_no_memory();
		if (fetch_try(status, client, request) == CLIENT_END)
			return true;
		status_free(status);
		if (!client_changed(client))
			break;
	}
	return false;
}

void
status_each(const struct status *status, status_visit *visit, void *context)
{
	json_t *node;
	size_t i;

	json_array_foreach(status->checks, i, node)
		visit(context, node);
	json_array_foreach(status->groups, i, node)
		visit(context, node);
}

/* Nodes of a list in this state. */
static size_t
list_count(json_t *list, const char *state)
{
	size_t count = 0, i;
	json_t *node;

	json_array_foreach(list, i, node)
		count += map_is(node, "state", state);
	return count;
}

/* "12 checks: 10 up, 2 down"; nothing of an empty list. */
static void
list_summarise(FILE *stream, json_t *list, const char *noun)
{
	static const char *const states[] = {"up", "rising", "startup", "undecided", "falling", "down", "disabled"};
	const char *separator = ": ";
	size_t count;

	fprintf(stream, "%zu %s%s", json_array_size(list), noun, json_array_size(list) == 1 ? "" : "s");
	for (size_t i = 0; i < sizeof(states) / sizeof(states[0]); i++) {
		count = list_count(list, states[i]);
		if (count == 0)
			continue;
		fprintf(stream, "%s%zu %s", separator, count, states[i]);
		separator = ", ";
	}
	fputs("; ", stream);
}

static void
exabgp_summarise(FILE *stream, const json_t *exabgp)
{
	long long errors = (long long)map_integer(exabgp, "errors");

	fprintf(stream, "ExaBGP %s%s%s, %lld pending", map_word(exabgp, "version"),
	    *map_word(exabgp, "version") != '\0' ? " " : "",
	    map_true(exabgp, "connected") ? "connected" : "not connected", (long long)map_integer(exabgp, "pending"));
	if (errors > 0)
		fprintf(stream, ", %lld error%s", errors, errors == 1 ? "" : "s");
}

/* What exacheck-address could not put on interfaces yet. */
static void
addresses_summarise(FILE *stream, const json_t *addresses)
{
	long long wanted = (long long)map_integer(addresses, "wanted"), there = (long long)map_integer(addresses, "there");

	if (there < wanted)
		fprintf(stream, "%lld of %lld addresses missing; ", wanted - there, wanted);
}

char *
status_summary(const struct status *status)
{
	static const char *const warnings[] = {"held", "guarded"};
	const json_t *exacheck = status->exacheck;
	long long count = (long long)map_integer(exacheck, "announced");
	size_t size;
	char *text;
	FILE *stream = ctl_whole(open_memstream(&text, &size));

	list_summarise(stream, status->checks, "check");
	if (json_array_size(status->groups) > 0)
		list_summarise(stream, status->groups, "group");
	for (size_t i = 0; i < sizeof(warnings) / sizeof(warnings[0]); i++)
		if (map_integer(exacheck, warnings[i]) > 0)
			fprintf(stream, "%lld %s; ", (long long)map_integer(exacheck, warnings[i]), warnings[i]);
	fprintf(stream, "%lld route%s announced; ", count, count == 1 ? "" : "s");
	addresses_summarise(stream, map_map(exacheck, "addresses"));
	exabgp_summarise(stream, map_map(exacheck, "exabgp"));
	if (fclose(stream) != 0)
		ctl_no_memory();
	return text;
}
