/*
 * `why --json`. Touches standard output.
 */
#include <stdlib.h>

#include "client.h"
#include "json_print.h"
#include "map.h"
#include "status.h"
#include "why.h"

/* What is asked for: routes, and names in the order of being found, each once. */
struct gathering {
	json_t *routes, *names; /* a list; a map name -> true */
	bool owners;		/* of the routes are asked for, too */
};

static bool
route_gather(void *context, json_t *line)
{
	struct gathering *gathering = context;
	json_t *owner;
	size_t i;

	json_object_del(line, "type");
	if (json_array_append(gathering->routes, line) != 0)
		ctl_no_memory();
	json_array_foreach(map_list(line, "owners"), i, owner)
		if (gathering->owners && json_object_set_new(gathering->names, map_word(owner, "name"), json_true()) != 0)
			ctl_no_memory();
	return true;
}

/* The status of those that were named, or found. */
static bool
status_gather(struct status *status, struct client *client, const struct ctl *ctl, const json_t *found)
{
	char **names = ctl_whole(calloc(ctl->count + json_object_size(found), sizeof(*names)));
	size_t count = 0, words = 0;
	const char *name;
	json_t *value;
	bool fetched;

	json_object_foreach((json_t *)(uintptr_t)found, name, value)
		names[count++] = why_literal(name);
	for (size_t i = 0; i < ctl->count; i++)
		if (!why_is_prefix(ctl->names[i]))
			names[count + words++] = ctl->names[i];
	fetched = status_fetch(status, client, names, count + words, true);
	while (count > 0)
		free(names[--count]);
	free(names);
	return fetched;
}

enum ctl_exit
why_json(const struct ctl *ctl)
{
	struct gathering gathering = {ctl_whole(json_array()), ctl_whole(json_object()), false};
	struct client *client = client_new(ctl, CTL_PATIENCE_S);
	enum ctl_exit code = CTL_DONE;
	struct status status;
	json_t *whole;

	for (size_t i = 0; code == CTL_DONE && i < ctl->count; i++) {
		gathering.owners = why_is_prefix(ctl->names[i]);
		code = client_ask(client, request_new("routes", ctl->names + i, 1), route_gather, &gathering);
	}
	if (code == CTL_DONE && status_gather(&status, client, ctl, gathering.names)) {
		whole = ctl_whole(json_pack("{sOsOsO}", "checks", status.checks, "groups", status.groups, "routes", gathering.routes));
		json_print(whole);
		json_decref(whole);
		status_free(&status);
	} else if (code == CTL_DONE) {
		code = client_complain(client);
	}
	client_free(client);
	json_decref(gathering.routes);
	json_decref(gathering.names);
	return code;
}
