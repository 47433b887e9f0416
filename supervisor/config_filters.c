/*
 * Names in the filters of loggers and notifications. Touches memory only. Invariant: a name that nothing has is a
 * warning, no error: whom to tell has no part in what is announced.
 */
#include <string.h>

#include "../common/option_error.h"
#include "config_internal.h"
#include "suggest.h"

#define MASTER "MASTER" /* exacheck itself, in the filters of loggers */

struct filtering {
	struct diagnostics *diagnostics;
	const struct config *config;
	const struct names *names;
	const struct node *list; /* of the document */
	const char *key;	 /* of the list */
	const char *master;	 /* what MASTER comes to, NULL: it is known */
};

static void
name_report(const struct filtering *filtering, const struct place *place, const struct node *node, const char *text)
{
	size_t findings = diagnostics_count(filtering->diagnostics, SEVERITY_WARNING);
	char quoted[OPTION_QUOTE_SIZE], meant[SUGGEST_TEXT_SIZE];
	const char *name;

	if (strcmp(text, MASTER) == 0) {
		place_report(filtering->diagnostics, SEVERITY_WARNING, place, node, "%s", filtering->master);
		return;
	}
	name = names_suggest(filtering->config, config_node_count(filtering->config), text, findings);
	place_report(filtering->diagnostics, SEVERITY_WARNING, place, node, "there is no check or group %s%s",
	    option_quote(text, quoted), suggest_format(name, meant));
}

/* The filter of one item of the list; name: the item's, or NULL. */
static void
filter_check(const struct filtering *filtering, size_t number, const char *name, const struct string_list *checks)
{
	const struct place list = {.key = filtering->key};
	const struct place item = {.parent = &list, .number = number + 1, .name = name};
	const struct place place = {.parent = &item, .key = "checks"};
	const struct node *node = node_for(filtering->list->items[number], "checks");

	for (size_t i = 0; i < checks->count; i++) {
		const char *text = checks->items[i];

		if ((filtering->master != NULL || strcmp(text, MASTER) != 0) && names_find(filtering->names, text) == SIZE_MAX)
			name_report(filtering, &place, node, text);
	}
}

bool
filters_check(struct diagnostics *diagnostics, const struct node *root, const struct config *config)
{
	struct names names;
	struct filtering filtering = {diagnostics, config, &names, node_get(root, "logging"), "logging", NULL};
	bool made = names_make(&names, config);

	for (size_t i = 0; made && i < config->logger_count; i++)
		filter_check(&filtering, i, NULL, &config->loggers[i].checks);
	filtering.list = node_get(root, "notifications");
	filtering.key = "notifications";
	filtering.master = "there is no check or group MASTER: for what exacheck itself has to tell say general_events: true";
	for (size_t i = 0; made && i < config->notification_count; i++)
		filter_check(&filtering, i, config->notifications[i].name, &config->notifications[i].checks);
	names_free(&names);
	return made;
}
