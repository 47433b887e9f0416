/*
 * Landlock: which files a worker may still read, which TCP ports it may connect to; nobody else may be sent a signal.
 * Invariant: nothing may be written, made, removed or executed. What rights were bound to is remembered, because a file
 * that is replaced takes them with it.
 */
#include <bsd/string.h>
#include <errno.h>
#include <fcntl.h>
#include <libgen.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "../common/landlock.h"
#include "sandbox_mechanism.h"

#define RULES_MAX 24
#define READING (LANDLOCK_FS_READ_FILE | LANDLOCK_FS_READ_DIR)
#define SCOPED (LANDLOCK_SCOPED_ABSTRACT_UNIX | LANDLOCK_SCOPED_SIGNAL)

/* What a rule is bound to; device and inode 0: there was nothing. */
static struct rule {
	const char *path;
	bool holder; /* the directory that holds what path leads to, not path itself */
	dev_t device;
	ino_t inode;
} rules[RULES_MAX];
static size_t rule_count;

/* The directory of what path leads to, or of path where that leads nowhere. */
static const char *
holder_of(const char *path, char text[static PATH_MAX])
{
	if (realpath(path, text) == NULL)
		strlcpy(text, path, PATH_MAX);
	return dirname(text);
}

/* What the rule's path is now. */
static void
rule_look(const struct rule *rule, struct stat *status)
{
	char text[PATH_MAX];

	if (stat(rule->holder ? holder_of(rule->path, text) : rule->path, status) == -1)
		status->st_dev = 0, status->st_ino = 0;
}

/* Returns false with errno. */
static bool
rule_add(const struct landlock_ruleset *ruleset, const char *path, bool holder)
{
	struct rule *rule = &rules[rule_count];
	char text[PATH_MAX];
	struct stat status;
	int fd = open(holder ? holder_of(path, text) : path, O_PATH | O_CLOEXEC);
	bool added = true;

	if (rule_count == RULES_MAX) {
		errno = E2BIG;
		added = false;
	} else {
		*rule = (struct rule){.path = path, .holder = holder};
		rule_count++;
		if (fd != -1 && (added = fstat(fd, &status) == 0 && landlock_allow_file(ruleset, fd, READING))) {
			rule->device = status.st_dev;
			rule->inode = status.st_ino;
		}
	}
	if (fd != -1)
		close(fd);
	return added;
}

static bool
files_allow(const struct landlock_ruleset *ruleset, const struct sandbox_profile *profile)
{
	bool allowed = true;

	if ((profile->needs & NEED_READ) != 0 && profile->path != NULL)
		allowed = rule_add(ruleset, profile->path, true);
	if ((profile->needs & NEED_RESOLVER) != 0)
		for (const char *const *path = sandbox_resolver_paths; *path != NULL && allowed; path++)
			allowed = rule_add(ruleset, *path, false);
	return allowed;
}

static bool
ports_allow(const struct landlock_ruleset *ruleset, const struct sandbox_profile *profile)
{
	bool allowed = !profile->bind || landlock_allow_port(ruleset, 0, LANDLOCK_NET_BIND_TCP);

	for (unsigned i = 0; i < profile->port_count && allowed; i++)
		allowed = landlock_allow_port(ruleset, profile->ports[i], LANDLOCK_NET_CONNECT_TCP);
	return allowed;
}

/* After a call failed. */
static enum mechanism_end
landlock_failed(struct landlock_ruleset *ruleset, char text[static MECHANISM_TEXT_SIZE])
{
	landlock_abandon(ruleset);
	if (ruleset->abi == 0) {
		snprintf(text, MECHANISM_TEXT_SIZE, "not in this kernel");
		return MECHANISM_LACKING;
	}
	snprintf(text, MECHANISM_TEXT_SIZE, "%s", strerror(errno));
	return MECHANISM_FAILED;
}

/* "ABI 7", and what that is too old for. */
static void
landlock_describe(const struct landlock_ruleset *ruleset, char text[static MECHANISM_TEXT_SIZE])
{
	snprintf(text, MECHANISM_TEXT_SIZE, "ABI %d%s%s", ruleset->abi, ruleset->abi < 4 ? ", no ports" : "",
	    ruleset->scoped == 0 ? ", no signals" : "");
}

enum mechanism_end
landlock_profile_enter(const struct sandbox *sandbox, char text[static MECHANISM_TEXT_SIZE])
{
	const struct sandbox_profile *profile = &sandbox->profile;
	struct landlock_ruleset ruleset;

	if ((profile->needs & NEED_COMMANDS) != 0)
		return MECHANISM_IDLE;
	if (!landlock_begin(&ruleset, LANDLOCK_FS_ALL,
	    LANDLOCK_NET_BIND_TCP | (profile->any_port ? 0 : LANDLOCK_NET_CONNECT_TCP), SCOPED) ||
	    !files_allow(&ruleset, profile) || !ports_allow(&ruleset, profile) || !landlock_enter(&ruleset)) {
		rule_count = 0;
		return landlock_failed(&ruleset, text);
	}
	landlock_describe(&ruleset, text);
	return MECHANISM_APPLIED;
}

/* Reading is left to the workers, each of which needs other files; nothing needs more. */
enum mechanism_end
landlock_enter_spawner(const struct check_method *method, char text[static MECHANISM_TEXT_SIZE])
{
	struct landlock_ruleset ruleset;

	if (!landlock_begin(&ruleset, LANDLOCK_FS_ALL & ~READING, LANDLOCK_NET_BIND_TCP, SCOPED) ||
	    (method->remote && !landlock_allow_port(&ruleset, 0, LANDLOCK_NET_BIND_TCP)) || !landlock_enter(&ruleset))
		return landlock_failed(&ruleset, text);
	return MECHANISM_APPLIED;
}

bool
sandbox_stale(void)
{
	struct stat status;

	for (size_t i = 0; i < rule_count; i++) {
		rule_look(&rules[i], &status);
		if (status.st_dev != rules[i].device || status.st_ino != rules[i].inode)
			return true;
	}
	return false;
}
