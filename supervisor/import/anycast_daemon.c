/*
 * The section [daemon] of anycast-healthchecker (0.9). Touches memory only. Invariant: each of its keys is kept, or a
 * note says what becomes of it; those about BIRD and about the process itself have one for all of them.
 */
#include "anycast_daemon.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "import_log.h"
#include "ini_get.h"

#define MEBIBYTE (1024 * 1024)
#define LOG_SIZE "104857600" /* defaults of anycast-healthchecker */
#define LOG_BACKUPS "8"
#define LOG_SIZE_MIN 1000 /* of ours */
#define LOG_COUNT_MAX 10000
#define TEXTFILE "exacheck.prom"

/* NULL: kept, or of no account any more. */
static const struct {
	const char *key, *note;
} keys[] = {
	{"pidfile", NULL},
	{"ipv4", NULL},
	{"ipv6", NULL},
	{"bird_conf", NULL},
	{"bird6_conf", NULL},
	{"bird_variable", NULL},
	{"bird6_variable", NULL},
	{"bird_reconfigure_cmd", NULL},
	{"bird6_reconfigure_cmd", NULL},
	{"bird_keep_changes", NULL},
	{"bird6_keep_changes", NULL},
	{"bird_changes_counter", NULL},
	{"bird6_changes_counter", NULL},
	{"dummy_ip_prefix", NULL},
	{"dummy_ip6_prefix", NULL},
	{"purge_ip_prefixes", NULL},
	{"loglevel", NULL},
	{"log_file", NULL},
	{"log_maxbytes", NULL},
	{"log_backups", NULL},
	{"log_server", NULL},
	{"log_server_port", NULL},
	{"json_log_file", NULL},
	{"json_log_server", NULL},
	{"json_stdout", NULL},
	{"prometheus_exporter", NULL},
	{"prometheus_collector_textfile_dir", NULL},
	{"prometheus_exporter_interval", NULL},
	{"splay_startup", "the first executions of all checks are spread over their interval, see splay"},
	{"stdout_file", "nothing goes to standard output but what is for ExaBGP: log_file is a log"},
	{"stderr_file", "errors go where the log goes, and to standard error, which ExaBGP or systemd keeps"},
	{"stderr_log_server", "errors go where the log goes, and to standard error, which ExaBGP or systemd keeps"},
};

#define KEYS (sizeof(keys) / sizeof(keys[0]))

/* Its place; KEYS: it is none of them. */
static size_t
key_find(const struct ini_key *key)
{
	size_t i = 0;

	while (i < KEYS && strcmp(keys[i].key, key->name) != 0)
		i++;
	return i;
}

bool
anycast_daemon_has(const struct ini_key *key)
{
	return key_find(key) < KEYS;
}

static void
keys_note(const struct ini *ini, const struct ini_section *section)
{
	const struct ini_key *key;

	STAILQ_FOREACH(key, &section->keys, entry) {
		size_t i = key_find(key);

		if (i == KEYS && !ini_is_defaults(ini, section))
			import_note(ini->importing, IMPORT_DIFFERS, ini_place(key),
			    "%.100s is no key that anycast-healthchecker has in [daemon]: ignored", key->name);
		else if (i < KEYS && keys[i].note != NULL)
			import_note(ini->importing, IMPORT_DIFFERS, ini_place(key), "%s: %s", key->name, keys[i].note);
	}
}

/* Python's name of a level, in ours. NULL: noted. */
static const char *
level_get(const struct ini *ini, const struct ini_section *section)
{
	static const char *const levels[][2] = {{"debug", "debug"}, {"notset", "debug"}, {"info", "info"},
	    {"warning", "warning"}, {"warn", "warning"}, {"error", "error"}, {"critical", "error"}, {"fatal", "error"}};
	char *text = ini_get(ini, section, "loglevel", "debug");
	const char *level = NULL;

	if (text == NULL)
		return NULL;
	for (size_t i = 0; i < sizeof(levels) / sizeof(levels[0]); i++)
		if (strcasecmp(levels[i][0], text) == 0)
			level = levels[i][1];
	if (level == NULL)
		import_note(ini->importing, IMPORT_WRONG, ini_where(ini, section, "loglevel"),
		    "loglevel must be debug, info, warning, error or critical, got \"%.100s\"", text);
	free(text);
	return level;
}

static void
structured_import(const struct ini *ini, const struct ini_section *section, json_t *log, const char *key)
{
	bool flag;

	if (ini_get_flag(ini, section, key, "false", &flag))
		import_add_flag(ini->importing, log, "structured", flag);
}

static void
file_import(const struct ini *ini, const struct ini_section *section, const char *level)
{
	char *path = ini_get_path(ini, section, "log_file", NULL), size[24];
	int64_t bytes, backups;
	json_t *log;

	if (path == NULL)
		return;
	log = import_add_log(ini->importing, "file", path, level);
	structured_import(ini, section, log, "json_log_file");
	free(path);
	if (!ini_get_whole(ini, section, "log_maxbytes", LOG_SIZE, 0, INT64_MAX, &bytes) ||
	    !ini_get_whole(ini, section, "log_backups", LOG_BACKUPS, 0, LOG_COUNT_MAX, &backups))
		return;
	if (bytes < LOG_SIZE_MIN || backups == 0) {
		import_note(ini->importing, IMPORT_DIFFERS, ini_where(ini, section, "log_file"),
		    "log_file: a log is always renamed when it has reached its size, and one such file is kept at"
		    " least");
		bytes = bytes < LOG_SIZE_MIN ? strtoll(LOG_SIZE, NULL, 10) : bytes;
		backups = backups == 0 ? 1 : backups;
	}
	if (bytes % MEBIBYTE == 0)
		snprintf(size, sizeof(size), "%lldMiB", (long long)(bytes / MEBIBYTE));
	else
		snprintf(size, sizeof(size), "%lld", (long long)bytes);
	import_add_text(ini->importing, log, "size", size);
	import_add_integer(ini->importing, log, "count", backups);
}

static void
server_import(const struct ini *ini, const struct ini_section *section, const char *level)
{
	char *host = ini_get(ini, section, "log_server", NULL);
	int64_t port;
	json_t *log;

	if (host == NULL)
		return;
	log = import_add_log(ini->importing, "syslog", host, level);
	if (ini_get_whole(ini, section, "log_server_port", "514", 1, UINT16_MAX, &port))
		import_add_integer(ini->importing, log, "port", port);
	import_add_text(ini->importing, log, "format", "rfc3164");
	import_add_text(ini->importing, log, "facility", "user"); /* Python's default */
	structured_import(ini, section, log, "json_log_server");
	free(host);
}

static void
logs_import(const struct ini *ini, const struct ini_section *section)
{
	const char *level = level_get(ini, section);
	const struct ini_key *file = ini_key(ini, section, "log_file"), *server = ini_key(ini, section, "log_server");
	bool json;

	if (level == NULL)
		return;
	if (file != NULL)
		file_import(ini, section, level);
	if (server != NULL)
		server_import(ini, section, level);
	if (file == NULL && server == NULL && ini_get_flag(ini, section, "json_stdout", "false", &json) && json)
		import_note(ini->importing, IMPORT_DIFFERS, ini_where(ini, section, "json_stdout"),
		    "json_stdout: standard error is for people; a log with structured: true has JSON, see logging");
}

static void
metrics_import(const struct ini *ini, const struct ini_section *section)
{
	char *directory, *path;
	bool wanted;

	if (!ini_get_flag(ini, section, "prometheus_exporter", "false", &wanted) || !wanted)
		return;
	directory = ini_get_path(ini, section, "prometheus_collector_textfile_dir", "/var/cache/textfile_collector/");
	if (directory == NULL)
		return;
	if (asprintf(&path, "%s%s%s", directory, directory[strlen(directory) - 1] == '/' ? "" : "/", TEXTFILE) == -1) {
		import_note(ini->importing, IMPORT_WRONG, NULL, "out of memory");
	} else {
		import_add_text(ini->importing,
		    import_add_map(ini->importing, import_document(ini->importing), "metrics"), "textfile", path);
		import_note(ini->importing, IMPORT_DIFFERS, ini_where(ini, section, "prometheus_exporter"),
		    "the metrics are exacheck's, with other names, in %s every 15 seconds", path);
		free(path);
	}
	free(directory);
}

void
anycast_daemon_import(const struct ini *ini, const struct ini_section *section)
{
	const struct ini_section *defaults = ini_section(ini, ini->dialect->defaults);

	if (defaults != NULL)
		keys_note(ini, defaults);
	if (section != NULL)
		keys_note(ini, section);
	else if ((section = defaults) == NULL)
		return;
	logs_import(ini, section);
	metrics_import(ini, section);
}
