/*
 * JSON for programs. Touches standard output.
 */
#include "json_print.h"

#include <stdio.h>

#include "client.h"
#include "map.h"
#include "screen.h"

static void
value_print(const json_t *value, size_t flags)
{
	if (screen_is_terminal())
		flags |= JSON_ENSURE_ASCII;
	if (json_dumpf(value, stdout, flags) != 0 && !ferror(stdout))
		ctl_no_memory();
	putchar('\n');
}

void
json_print(const json_t *value)
{
	value_print(value, JSON_INDENT(2) | JSON_REAL_PRECISION(12));
}

void
json_print_line(const json_t *value)
{
	value_print(value, JSON_COMPACT | JSON_REAL_PRECISION(12));
}

struct gathering {
	const char *kind;
	json_t *list;
};

static bool
line_gather(void *context, json_t *line)
{
	struct gathering *gathering = context;

	if (!map_is(line, "type", gathering->kind))
		return true;
	json_object_del(line, "type");
	if (json_array_append(gathering->list, line) != 0)
		ctl_no_memory();
	return true;
}

enum ctl_exit
json_answer_list(const struct ctl *ctl, json_t *request, const char *kind, const char *key)
{
	struct client *client = client_new(ctl, CTL_PATIENCE_S);
	struct gathering gathering = {kind, ctl_whole(json_array())};
	enum ctl_exit code = client_ask(client, request, line_gather, &gathering);
	json_t *whole = ctl_whole(json_pack("{so}", key, gathering.list));

	if (code == CTL_DONE)
		json_print(whole);
	json_decref(whole);
	client_free(client);
	return code;
}
