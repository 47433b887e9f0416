/*
 * Logs in an imported configuration. Touches memory only. Invariant: "logging" is there once something is logged, and
 * not before.
 */
#include "import_log.h"

#include <string.h>

json_t *
import_add_log(struct importing *importing, const char *method, const char *destination, const char *level)
{
	static const char *const events[] = {"announce", "withdraw", "error", "info", "debug"};
	json_t *document = import_document(importing), *logs = json_object_get(document, "logging"), *log, *list;

	if (logs == NULL)
		logs = import_add_list(importing, document, "logging");
	log = import_add_map(importing, logs, NULL);
	import_add_text(importing, log, "method", method);
	import_add_text(importing, log, "destination", destination);
	import_add_text(importing, log, "level", level);
	if (strcmp(level, "debug") != 0)
		return log;
	list = import_add_list(importing, log, "events");
	for (size_t i = 0; i < sizeof(events) / sizeof(events[0]); i++)
		import_add_text(importing, list, NULL, events[i]);
	return log;
}

json_t *
import_log_find(struct importing *importing, const char *destination)
{
	const char *path;
	json_t *log;
	size_t i;

	json_array_foreach(json_object_get(import_document(importing), "logging"), i, log)
		if ((path = json_string_value(json_object_get(log, "destination"))) != NULL &&
		    strcmp(path, destination) == 0)
			return log;
	return NULL;
}
