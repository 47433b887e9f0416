/*
 * Notifications and sentry: their decoding and what their tables cannot say. Touches memory only. Invariant: no finding
 * quotes a URL or a DSN, or a part of one: they are secrets.
 */
#include <stdlib.h>
#include <string.h>

#include "../common/notify_url.h"
#include "config_internal.h"
#include "decode.h"

static void
name_compare(struct diagnostics *diagnostics, const struct place *item, const struct node *map,
    const struct config *config, size_t number)
{
	const struct place place = {.parent = item, .key = "name"};
	const char *name = config->notifications[number].name;

	for (size_t i = 0; i < number; i++)
		if (config->notifications[i].name != NULL && strcmp(config->notifications[i].name, name) == 0) {
			place_report(diagnostics, SEVERITY_ERROR, &place, node_for(map, "name"),
			    "names are unique, and this one is that of notifications[%zu]", i + 1);
			return;
		}
}

static void
url_check(struct diagnostics *diagnostics, const struct place *item, const struct node *map, const char *url)
{
	const struct place place = {.parent = item, .key = "url"};
	char error[NOTIFY_URL_ERROR_SIZE];
	enum notify_url_kind kind;

	if (!notify_url_check(url, &kind, error))
		place_report(diagnostics, SEVERITY_ERROR, &place, node_for(map, "url"), "%s", error);
}

static void
notification_decode(struct diagnostics *diagnostics, const struct place *place, const struct node *map,
    const struct config *config, size_t number)
{
	struct notification_options *notification = &config->notifications[number];
	size_t errors = diagnostics_count(diagnostics, SEVERITY_ERROR);

	if (!options_set_defaults(notification_table, notification)) {
		place_report(diagnostics, SEVERITY_ERROR, place, map, "out of memory");
		return;
	}
	if (!decode_expect(diagnostics, place, map, NODE_MAPPING))
		return;
	decode_options(diagnostics, place, map, notification_table, NULL, notification);
	if (diagnostics_count(diagnostics, SEVERITY_ERROR) > errors)
		return;
	name_compare(diagnostics, place, map, config, number);
	url_check(diagnostics, place, map, notification->url);
	list_words_check(diagnostics, place, map, "events", &notification->events);
	list_unique(diagnostics, place, map, "checks", &notification->checks);
}

bool
notifications_decode(struct diagnostics *diagnostics, const struct node *root, struct config *config)
{
	const struct place place = {.key = "notifications"};
	const struct node *list;

	if (!list_find(diagnostics, root, "notifications", NOTIFICATIONS_MAX, &list) || list == NULL)
		return true;
	if ((config->notifications = calloc(list->count + 1, sizeof(*config->notifications))) == NULL)
		return false;
	for (size_t i = 0; i < list->count; i++) {
		const struct node *name = node_get(list->items[i], "name");
		struct place item = {.parent = &place, .number = i + 1, .name = name != NULL ? name->text : NULL};

		config->notification_count++;
		notification_decode(diagnostics, &item, list->items[i], config, i);
	}
	return true;
}

void
notifications_free(struct config *config)
{
	for (size_t i = 0; i < config->notification_count; i++)
		options_free(notification_table, &config->notifications[i]);
	free(config->notifications);
}

bool
notifications_equal(const struct config *a, const struct config *b)
{
	if (a->notification_count != b->notification_count)
		return false;
	for (size_t i = 0; i < a->notification_count; i++)
		if (!options_equal(notification_table, &a->notifications[i], &b->notifications[i]))
			return false;
	return true;
}

/* Keys that ExaCheck has and that have nothing to do here; the value that asks for nothing. */
static const struct {
	const char *key, *quiet, *why;
} idle[] = {
	{"profiles_sample_rate", "0", "there are no profiles"},
	{"attach_stacktrace", "false", "an error names the line of the program that it comes from"},
	{"include_local_variables", "true", "no variables are ever sent"},
	{"debug", "false", "exacheck-notify says what goes wrong in any case"},
};

static bool
idle_asked(const struct sentry_options *sentry, const char *key, const char *quiet)
{
	const struct option *option = option_find(sentry_table, key);
	char *text = option_format_scalar(option, option_at_const(option, sentry));
	bool asked = text != NULL && strcmp(text, quiet) != 0;

	free(text);
	return asked;
}

void
sentry_check(struct diagnostics *diagnostics, const struct node *root, struct sentry_options *sentry)
{
	const struct place place = {.key = "sentry"}, dsn = {.parent = &place, .key = "dsn"};
	const struct node *map = node_get(root, "sentry");
	char error[NOTIFY_URL_ERROR_SIZE];

	if (map == NULL || map->type != NODE_MAPPING) {
		sentry->enabled = false;
		return;
	}
	if (sentry->dsn != NULL && *sentry->dsn == '\0') { /* as templates that have none leave it */
		free(sentry->dsn);
		sentry->dsn = NULL;
	}
	if (sentry->enabled && sentry->dsn == NULL)
		place_report(diagnostics, SEVERITY_ERROR, &dsn, node_for(map, "dsn"), "is required unless enabled is false");
	if (sentry->dsn != NULL && !notify_dsn_check(sentry->dsn, error))
		place_report(diagnostics, SEVERITY_ERROR, &dsn, node_for(map, "dsn"), "%s", error);
	for (size_t i = 0; i < sizeof(idle) / sizeof(idle[0]); i++)
		if (idle_asked(sentry, idle[i].key, idle[i].quiet))
			place_report(diagnostics, SEVERITY_WARNING, &(struct place){.parent = &place, .key = idle[i].key},
			    node_for(map, idle[i].key), "has no effect: %s", idle[i].why);
}
