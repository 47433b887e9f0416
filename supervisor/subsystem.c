/*
 * Files and their subsystems. Pure. Invariant: every source is of one.
 */
#include "subsystem.h"

#include <stddef.h>
#include <string.h>

#define ANNOUNCER "announcer"
#define CONFIGURATION "configuration"
#define EXECUTOR "executor"
#define HEALTHCHECK "healthcheck"
#define LOGGING "logging"
#define NOTIFICATION "notification"
#define UTILITY "utility"
#define WORKER "worker"
#define MASTER "master" /* what is of no other */

/* By the beginning of the file's name; of several the longest counts. */
static const struct {
	const char *prefix, *name;
} subsystems[] = {
	{"address", UTILITY},
	{"attributes", ANNOUNCER},
	{"channel", ANNOUNCER},
	{"exabgp", ANNOUNCER},
	{"peer", ANNOUNCER},
	{"route", ANNOUNCER},
	{"config", CONFIGURATION},
	{"confine", UTILITY},
	{"decode", CONFIGURATION},
	{"diagnostic", CONFIGURATION},
	{"diff", CONFIGURATION},
	{"place", CONFIGURATION},
	{"plan", CONFIGURATION},
	{"reload", CONFIGURATION},
	{"schema", CONFIGURATION},
	{"settings", CONFIGURATION},
	{"suggest", CONFIGURATION},
	{"tree", CONFIGURATION},
	{"watch", CONFIGURATION},
	{"watchdog", MASTER},
	{"hook", EXECUTOR},
	{"log_limit", EXECUTOR},
	{"check", HEALTHCHECK},
	{"fsm", HEALTHCHECK},
	{"group", HEALTHCHECK},
	{"guard", HEALTHCHECK},
	{"node", HEALTHCHECK},
	{"override", HEALTHCHECK},
	{"results", HEALTHCHECK},
	{"transition", HEALTHCHECK},
	{"loggers", LOGGING},
	{"journald", LOGGING},
	{"log.", LOGGING},
	{"notifier", NOTIFICATION},
	{"notify", NOTIFICATION},
	{"control", UTILITY},
	{"control_notify", NOTIFICATION},
	{"descriptor", UTILITY},
	{"feed", UTILITY},
	{"history", UTILITY},
	{"host_addresses", UTILITY},
	{"host_name", UTILITY},
	{"journal", UTILITY},
	{"kept_state", UTILITY},
	{"json", UTILITY},
	{"lock", UTILITY},
	{"loop", UTILITY},
	{"node_journal", UTILITY},
	{"overrides_file", UTILITY},
	{"service", UTILITY},
	{"view", UTILITY},
	{"child", WORKER},
	{"job", WORKER},
	{"launcher", WORKER},
	{"message", WORKER},
	{"sandbox_reports", WORKER},
	{"spawner", WORKER},
	{"worker", WORKER},
};

const char *
subsystem_name(const struct log_source *source)
{
	const char *slash, *file, *found = MASTER;
	size_t longest = 0;

	if (source->subsystem != NULL)
		return source->subsystem;
	slash = strrchr(source->file, '/');
	file = slash != NULL ? slash + 1 : source->file;
	for (size_t i = 0; i < sizeof(subsystems) / sizeof(subsystems[0]); i++) {
		size_t length = strlen(subsystems[i].prefix);

		if (length <= longest || strncmp(file, subsystems[i].prefix, length) != 0)
			continue;
		longest = length;
		found = subsystems[i].name;
	}
	return found;
}
