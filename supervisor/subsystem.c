/*
 * Subsystems by the names of files. Pure. Invariant: every line is of one, that of what no row has being exacheck as a
 * whole.
 */
#include "subsystem.h"

#include <string.h>

/* The first row counts whose beginning the name of the file has. */
static const struct {
	const char *begin, *subsystem;
} rows[] = {
	{"exabgp", "announcer"},
	{"channel", "announcer"},
	{"route", "announcer"},
	{"config", "configuration"},
	{"tree", "configuration"},
	{"reload", "configuration"},
	{"watch_path", "configuration"},
	{"watchdog", "master"},
	{"watch", "configuration"},
	{"settings", "configuration"},
	{"decode", "configuration"},
	{"plan", "configuration"},
	{"diff", "configuration"},
	{"log_limit", "executor"},
	{"hook", "executor"},
	{"job", "executor"},
	{"transition", "healthcheck"},
	{"node_journal", "utility"},
	{"node", "healthcheck"},
	{"check", "healthcheck"},
	{"guard", "healthcheck"},
	{"group", "healthcheck"},
	{"override", "healthcheck"},
	{"loggers", "logging"},
	{"notifier", "notification"},
	{"control_notify", "notification"},
	{"worker", "worker"},
	{"spawner", "worker"},
	{"launcher", "worker"},
	{"child", "worker"},
	{"sandbox", "worker"},
	{"journal", "utility"},
	{"kept_state", "utility"},
	{"lock", "utility"},
	{"service", "utility"},
	{"descriptor", "utility"},
	{"loop", "utility"},
};

const char *
subsystem_name(const struct log_source *source)
{
	const char *slash = strrchr(source->file, '/'), *name = slash != NULL ? slash + 1 : source->file;

	if (source->subsystem != NULL)
		return source->subsystem;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		if (strncmp(name, rows[i].begin, strlen(rows[i].begin)) == 0)
			return rows[i].subsystem;
	return "master";
}
