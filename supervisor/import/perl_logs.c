/*
 * The logs of the Perl exabgp-healthcheck: logfile for what is information or worse, logfile.error, and with debug
 * logfile.debug. Touches memory only. Invariant: a file has one entry, however many services write to it.
 */
#include "perl_logs.h"

#include <stdio.h>
#include <stdlib.h>

#include "import_log.h"
#include "ini_get.h"

#define FILE_SIZE "10MiB"
#define FILES 10

static void
log_add(struct importing *importing, const char *path, const char *suffix, const char *level, const char *check)
{
	char *destination;
	json_t *log;

	if (asprintf(&destination, "%s%s", path, suffix) == -1) {
		import_note(importing, IMPORT_WRONG, NULL, "out of memory");
		return;
	}
	if ((log = import_log_find(importing, destination)) == NULL) {
		log = import_add_log(importing, "file", destination, level);
		import_add_text(importing, log, "size", FILE_SIZE);
		import_add_integer(importing, log, "count", FILES);
		import_add_list(importing, log, "checks");
	}
	import_add_text(importing, json_object_get(log, "checks"), NULL, check);
	free(destination);
}

void
perl_logs_import(const struct ini *ini, const struct ini_section *section, const char *check)
{
	bool debug, output, flags = ini_get_flag(ini, section, "debug", NULL, &debug);
	char *path = ini_get_path(ini, section, "logfile", NULL);

	flags &= ini_get_flag(ini, section, "logcheck", NULL, &output);
	if (path != NULL && flags) {
		log_add(ini->importing, path, "", "info", check);
		log_add(ini->importing, path, ".error", "error", check);
		if (debug)
			log_add(ini->importing, path, ".debug", "debug", check);
		if (debug && output)
			import_note(ini->importing, IMPORT_DIFFERS, ini_where(ini, section, "logcheck"),
			    "[%.200s]: of what the command prints the first line is logged, when it"
			    " fails", section->name);
	}
	free(path);
}

void
perl_logs_end(struct importing *importing, size_t services)
{
	json_t *log;
	size_t i;

	json_array_foreach(json_object_get(import_document(importing), "logging"), i, log)
		if (json_array_size(json_object_get(log, "checks")) == services)
			json_object_del(log, "checks");
}
