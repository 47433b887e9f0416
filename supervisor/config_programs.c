/*
 * Whether the programs are installed that a configuration needs: those that link libcurl or ldns are in packages of
 * their own. Touches the meta-data of files, changes nothing. Invariant: a program that may not be there is named with
 * its package before anything depends on it.
 */
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "config_internal.h"
#include "libexec.h"

/* Of the other programs the package is exacheck, and they are there when it is. */
static const char *const packages[] = {"exacheck-worker-http", "exacheck-worker-dns", "exacheck-notify"};

#define PACKAGE_OF "exacheck-"
#define NOTIFY "exacheck-notify"

/* The package of a file, whose name, or the rest of it after exacheck-, is the file's. */
static const char *
package_find(const char *file)
{
	for (size_t i = 0; i < sizeof(packages) / sizeof(packages[0]); i++)
		if (strcmp(packages[i], file) == 0 || strcmp(packages[i] + strlen(PACKAGE_OF), file) == 0)
			return packages[i];
	return "exacheck";
}

/* Report that a file of the directory is not there. what: the program, for people. */
static void
program_look(struct diagnostics *diagnostics, const struct place *place, const struct node *node, const char *directory,
    const char *file, const char *what)
{
	char path[PATH_MAX];

	if (snprintf(path, sizeof(path), "%s/%s", directory, file) < (int)sizeof(path) && access(path, X_OK) == 0)
		return;
	place_report(diagnostics, SEVERITY_ERROR, place, node, "%s is not installed: install the package %s (%s)", what,
	    package_find(file), path);
}

static void
workers_look(struct diagnostics *diagnostics, const struct node *list, const struct config *config, const char *directory)
{
	const struct place place = {.key = "checks"};
	char file[64], what[80];

	for (size_t i = 0; i < config->count; i++) {
		const struct check_config *check = &config->checks[i];
		const struct place item = {.parent = &place, .number = i + 1, .name = check->node.name};
		const struct place args = {.parent = &item, .key = "args"}, method = {.parent = &args, .key = "method"};

		snprintf(file, sizeof(file), LIBEXEC_WORKER "%s", method_program(check->method));
		snprintf(what, sizeof(what), "the worker of method %s", check->method->name);
		program_look(diagnostics, &method, node_for(node_get(list->items[i], "args"), "method"), directory, file, what);
	}
}

void
programs_check(struct diagnostics *diagnostics, const struct node *root, const struct config *config)
{
	const struct place notifications = {.key = "notifications"}, sentry = {.key = "sentry"};
	const char *what = "the program that sends notifications";
	char path[PATH_MAX];
	const char *directory = libexec_find(path);

	workers_look(diagnostics, node_get(root, "checks"), config, directory);
	if (config->notification_count > 0)
		program_look(diagnostics, &notifications, node_get(root, "notifications"), directory, NOTIFY, what);
	else if (config->sentry.dsn != NULL)
		program_look(diagnostics, &sentry, node_get(root, "sentry"), directory, NOTIFY, what);
}
