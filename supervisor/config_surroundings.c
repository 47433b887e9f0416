/*
 * What the configuration needs of the machine that it is loaded on, and what it lays open there. Touches the
 * meta-data of files, changes nothing. Invariant: only what can never work is an error; what may be there later is a
 * warning.
 */
#include <bsd/string.h>
#include <errno.h>
#include <libgen.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "../common/message.h"
#include "../common/notify_url.h"
#include "../common/tool.h"
#include "config_internal.h"

#define XZ_PACKAGE "xz-utils (Debian), xz (Fedora)"

/* An item of a list of the document. */
struct look {
	struct diagnostics *diagnostics;
	const struct place *place;
	const struct node *map;
};

/* The program that compresses, by format, and its package; exacheck-log does the others, and archives, itself. */
static const struct {
	const char *name, *package;
} compressors[] = {
	[COMPRESSION_BZ2] = {"bzip2", "bzip2"},
	[COMPRESSION_XZ] = {"xz", XZ_PACKAGE},
	[COMPRESSION_LZMA] = {"xz", XZ_PACKAGE},
	[COMPRESSION_TAR_BZ2] = {"bzip2", "bzip2"},
	[COMPRESSION_TAR_XZ] = {"xz", XZ_PACKAGE},
	[COMPRESSION_ZIP] = {"zip", "zip"},
};
#define COMPRESSORS ((int)(sizeof(compressors) / sizeof(compressors[0])))

static void
compressor_look(const struct look *look, const struct logger_options *logger)
{
	const struct place place = {.parent = look->place, .key = "compression_format"};
	int format = logger->compression_format;
	char path[TOOL_PATH_SIZE];
	const char *name = format < COMPRESSORS ? compressors[format].name : NULL;

	if (name != NULL && !tool_find(tool_directories_system, name, path))
		place_report(look->diagnostics, SEVERITY_ERROR, &place, node_for(look->map, "compression_format"),
		    "needs the program %s, which is not there: install the package %s, or say gz, or compress: false", name,
		    compressors[format].package);
}

/* False with errno. */
static bool
is_directory(const char *path)
{
	struct stat st;

	if (stat(path, &st) == -1)
		return false;
	errno = ENOTDIR;
	return S_ISDIR(st.st_mode);
}

/* The file may be made anew at any time: it is the directory that counts. */
static void
destination_look(const struct look *look, const char *path)
{
	const struct place place = {.parent = look->place, .key = "destination"};
	const struct node *node = node_for(look->map, "destination");
	char copy[MESSAGE_PATH_SIZE];
	const char *directory;

	strlcpy(copy, path, sizeof(copy));
	directory = dirname(copy);
	if (is_directory(path))
		place_report(look->diagnostics, SEVERITY_ERROR, &place, node, "is a directory: name a file");
	else if (!is_directory(directory))
		place_report(look->diagnostics, SEVERITY_WARNING, &place, node,
		    "directory %.200s: %s: the log begins once it is there, or can be made", directory, strerror(errno));
	else if (access(directory, W_OK | X_OK) == -1)
		place_report(look->diagnostics, SEVERITY_WARNING, &place, node,
		    "cannot be made or rotated by this user: directory %.200s: %s", directory, strerror(errno));
	else if (access(path, W_OK) == -1 && errno != ENOENT)
		place_report(look->diagnostics, SEVERITY_WARNING, &place, node, "cannot be written by this user: %s",
		    strerror(errno));
}

static void
loggers_look(struct diagnostics *diagnostics, const struct node *list, const struct config *config, bool directories)
{
	const struct place place = {.key = "logging"};

	for (size_t i = 0; i < config->logger_count; i++) {
		const struct logger_options *logger = &config->loggers[i];
		const struct place item = {.parent = &place, .number = i + 1};
		const struct look look = {diagnostics, &item, list->items[i]};

		if (logger->method != LOGGER_FILE)
			continue;
		if (logger->compress)
			compressor_look(&look, logger);
		if (directories)
			destination_look(&look, logger->destination);
	}
}

static void
apprise_look(struct diagnostics *diagnostics, const struct node *list, const struct config *config)
{
	const struct place place = {.key = "notifications"};
	char error[NOTIFY_URL_ERROR_SIZE], path[TOOL_PATH_SIZE];
	enum notify_url_kind kind;

	for (size_t i = 0; i < config->notification_count; i++) {
		const struct notification_options *notification = &config->notifications[i];
		const struct place item = {.parent = &place, .number = i + 1, .name = notification->name};
		const struct place url = {.parent = &item, .key = "url"};

		if (notify_url_check(notification->url, &kind, error) && kind == NOTIFY_URL_APPRISE &&
		    !tool_find(tool_directories_local, "apprise", path))
			place_report(diagnostics, SEVERITY_ERROR, &url, node_for(list->items[i], "url"),
			    "needs the program apprise, which is not there: install the package apprise, or use json://, "
			    "jsons://, mailto:// or mailtos://");
	}
}

/* Whether the file, and every directory on the way to it, is open to all users. */
static bool
everybody_reads(const char *file)
{
	char path[PATH_MAX];
	struct stat st;

	if (realpath(file, path) == NULL || stat(path, &st) == -1 || !S_ISREG(st.st_mode) || (st.st_mode & S_IROTH) == 0)
		return false;
	for (char *slash; (slash = strrchr(path, '/')) != NULL && slash != path;) {
		*slash = '\0';
		if (stat(path, &st) == -1 || (st.st_mode & S_IXOTH) == 0)
			return false;
	}
	return true;
}

/* The first of the secrets, as the configuration's file may be read by everybody. */
static void
secrets_look(struct diagnostics *diagnostics, const struct node *root, const struct config *config)
{
	const struct place notifications = {.key = "notifications"}, sentry = {.key = "sentry"};
	const struct place item = {.parent = &notifications, .number = 1,
	    .name = config->notification_count > 0 ? config->notifications[0].name : NULL};
	const struct place url = {.parent = &item, .key = "url"}, dsn = {.parent = &sentry, .key = "dsn"};
	const bool first = config->notification_count > 0;
	const struct node *node = first ? node_for(node_get(root, "notifications")->items[0], "url")
					: node_for(node_get(root, "sentry"), "dsn");

	if (everybody_reads(config->path))
		place_report(diagnostics, SEVERITY_WARNING, first ? &url : &dsn, node,
		    "is a secret, and every user of this machine may read the file: chgrp it to a group of exacheck's "
		    "user, then chmod o-r");
}

void
surroundings_check(struct diagnostics *diagnostics, const struct node *root, const struct config *config,
    bool directories)
{
	programs_check(diagnostics, root, config);
	loggers_look(diagnostics, node_get(root, "logging"), config, directories);
	apprise_look(diagnostics, node_get(root, "notifications"), config);
	if (config->notification_count > 0 || config->sentry.dsn != NULL)
		secrets_look(diagnostics, root, config);
}
