/*
 * Options of ExaBGP's healthcheck that are about the program. Touches memory only. Invariant: what several processes want
 * differently is as the first has it, and the others have a note.
 */
#include "healthcheck_global.h"

#include <string.h>
#include <strings.h>

#include "../config.h"
#include "healthcheck_note.h"

static json_t *
map_of(struct importing *importing, json_t *map, const char *key)
{
	json_t *found = json_object_get(map, key);

	return found != NULL ? found : import_add_map(importing, map, key);
}

/* Set what the whole configuration has one of: another program's that is imported with it may want another. */
static void
global_add(struct importing *importing, const struct healthcheck_options *options, json_t *map, const char *key,
    const char *text, const char *option)
{
	const char *there = json_string_value(json_object_get(map, key));

	if (there == NULL)
		import_add_text(importing, map, key, text);
	else if (strcmp(there, text) != 0)
		healthcheck_note(importing, options, IMPORT_LOST, option,
		    "%s is left out: a configuration has one %s, and another process has it as %s", text, key, there);
}

static void
identity_add(struct importing *importing, const struct healthcheck_options *options)
{
	json_t *global;

	if (options->user == NULL && options->group == NULL && !options->no_ack)
		return;
	global = map_of(importing, import_document(importing), "exacheck");
	if (options->user != NULL)
		global_add(importing, options, global, "user", options->user, "user");
	if (options->group != NULL)
		global_add(importing, options, global, "group", options->group, "group");
	if (options->no_ack)
		global_add(importing, options, map_of(importing, global, "exabgp"), "ack", "off", "no-ack");
}

/* The facility in our words. NULL: there is none of this name, there neither. */
static const char *
facility_find(const char *given)
{
	static const char *const others[][2] = {{"security", "audit"}, {"console", "alert"}, {"solcron", "clock"}};
	const char *const *ours = option_find(logger_kinds[LOGGER_SYSLOG].table, "facility")->choices;

	for (size_t i = 0; i < sizeof(others) / sizeof(others[0]); i++) {
		if (strcasecmp(given, others[i][0]) == 0)
			return others[i][1];
		if (strcasecmp(given, others[i][1]) == 0)
			return NULL;
	}
	while (*ours != NULL && strcasecmp(given, *ours) != 0)
		ours++;
	return *ours;
}

static void
syslog_add(struct importing *importing, const struct healthcheck_options *options)
{
	const char *facility = facility_find(options->syslog_facility), *there;
	json_t *logging, *logger;

	if (options->no_syslog || options->debug)
		return;
	if (facility == NULL) {
		healthcheck_note(importing, options, IMPORT_WRONG, "syslog-facility",
		    "there is no facility %s: it is one such as daemon, user, local0", options->syslog_facility);
		return;
	}
	logging = json_object_get(import_document(importing), "logging");
	if (logging != NULL) {
		there = json_string_value(json_object_get(json_array_get(logging, 0), "facility"));
		if (there != NULL && strcmp(there, facility) != 0)
			healthcheck_note(importing, options, IMPORT_LOST, "syslog-facility",
			    "%s is left out: another process logs to %s, and so do all", facility, there);
		return;
	}
	logging = import_add_list(importing, import_document(importing), "logging");
	logger = import_add_map(importing, logging, NULL);
	import_add_text(importing, logger, "method", "syslog");
	import_add_text(importing, logger, "facility", facility);
}

void
healthcheck_global_add(struct importing *importing, const struct healthcheck_options *options)
{
	identity_add(importing, options);
	syslog_add(importing, options);
}
