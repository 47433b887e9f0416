/*
 * The sandbox of couriers. Touches the process that enters it. Invariant: filters are compiled before exacheck-notify
 * is confined; a courier without one, where the kernel has them, does not run.
 */
#include "courier_cage.h"

#include <fcntl.h>
#include <glob.h>
#include <linux/filter.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "../../common/address.h"
#include "../../common/landlock.h"
#include "../../common/seccomp_filter.h"
#include "../../workers/sandbox_mechanism.h"

#define MEGABYTE ((rlim_t)1024 * 1024)
#define DESCRIPTORS 128
#define READING (LANDLOCK_FS_READ_FILE | LANDLOCK_FS_READ_DIR)

#define CALL(NAME) {.name = (NAME)}

/* Flags of clone(2) that fork(2) does not have. */
#define NOT_FORK (CLONE_VM | CLONE_VFORK | CLONE_PARENT | CLONE_NEWUSER | CLONE_NEWNS | CLONE_NEWNET | CLONE_NEWPID)

/* Making couriers, ending them, and what these do until they are confined. */
static const struct sandbox_call calls_parent[] = {
	{.name = "clone", .only = "as fork(2)", .comparisons = 1, .compare = {{0, NOT_FORK, 0}}},
	CALL("fork"), CALL("wait4"), CALL("kill"), CALL("setpgid"), CALL("prctl"), CALL("setrlimit"), CALL("getrlimit"),
	CALL("prlimit64"), CALL("landlock_create_ruleset"), CALL("landlock_add_rule"), CALL("landlock_restrict_self"),
	CALL("seccomp"), CALL(NULL)};
static const struct sandbox_call *const calls[] = {calls_parent, NULL};

/* What a transfer needs; with a name to look up more. */
#define NEEDS_ADDRESS (NEED_TCP | NEED_HTTP)
#define NEEDS_NAME (NEEDS_ADDRESS | NEED_RESOLVER | NEED_LOOK)

/*
 * What the apprise command, a program in Python, reads and executes, beside what resolving names takes. Not all of /etc: there
 * are configurations with secrets.
 */
static const struct {
	const char *path;
	uint64_t rights;
} places[] = {
	{"/usr", READING | LANDLOCK_FS_EXECUTE},
	{"/bin", READING | LANDLOCK_FS_EXECUTE},
	{"/lib", READING | LANDLOCK_FS_EXECUTE},
	{"/lib64", READING | LANDLOCK_FS_EXECUTE},
	{"/etc/ssl", READING},
	{"/etc/pki", READING},
	{"/etc/ca-certificates", READING},
	{"/etc/crypto-policies", READING},
	{"/etc/localtime", LANDLOCK_FS_READ_FILE},
	{"/etc/passwd", LANDLOCK_FS_READ_FILE},
	{"/etc/mime.types", LANDLOCK_FS_READ_FILE},
	{"/etc/services", LANDLOCK_FS_READ_FILE},
	{"/dev/null", LANDLOCK_FS_READ_FILE | LANDLOCK_FS_WRITE_FILE},
	{"/dev/urandom", LANDLOCK_FS_READ_FILE},
	{"/dev/random", LANDLOCK_FS_READ_FILE},
};

static enum sandbox_level level;
static struct sock_fprog filter_address, filter_name; /* of couriers; none: the kernel has no filters */

static bool
filters_compile(char error[static COURIER_CAGE_ERROR_SIZE])
{
	char text[MECHANISM_TEXT_SIZE];

	if (level == SANDBOX_LEVEL_OFF || !seccomp_available())
		return true;
	if (seccomp_profile_compile(NEEDS_ADDRESS, NULL, &filter_address, text) &&
	    seccomp_profile_compile(NEEDS_NAME, NULL, &filter_name, text))
		return true;
	snprintf(error, COURIER_CAGE_ERROR_SIZE, "sandbox: seccomp: %s", text);
	return false;
}

/* Directories whose names hold a version: those of Python's own settings. */
static bool
versions_allow(struct cage *cage)
{
	glob_t found;
	bool allowed = true;

	if (glob("/etc/python3*", 0, NULL, &found) != 0)
		return true;
	for (size_t i = 0; allowed && i < found.gl_pathc; i++)
		allowed = cage_allow_path(cage, found.gl_pathv[i], READING);
	globfree(&found);
	return allowed;
}

bool
courier_cage_prepare(struct cage *cage, bool execute, char error[static COURIER_CAGE_ERROR_SIZE])
{
	bool allowed = true;

	level = cage->identity.sandbox;
	cage->needs |= NEEDS_NAME;
	cage->calls = calls;
	cage->connect = true;
	cage->unfiltered |= execute;
	cage->processes = RLIM_INFINITY; /* counted are all of the user's, workers too */
	cage->descriptors = DESCRIPTORS;
	cage->memory = 1024 * MEGABYTE;
	for (const char *const *path = sandbox_resolver_paths; *path != NULL && allowed; path++)
		allowed = cage_allow_path(cage, *path, READING);
	for (size_t i = 0; execute && allowed && i < sizeof(places) / sizeof(places[0]); i++)
		allowed = cage_allow_path(cage, places[i].path, places[i].rights);
	if (execute && allowed)
		allowed = versions_allow(cage);
	if (!allowed)
		snprintf(error, COURIER_CAGE_ERROR_SIZE, "sandbox: landlock: too many places");
	return allowed && filters_compile(error);
}

/* What is not in this kernel has been told, and refused if that was asked for, when exacheck-notify was confined. */
static bool
entered(enum mechanism_end end)
{
	return end != MECHANISM_FAILED;
}

bool
courier_cage_enter(const struct kind *kind, const struct reach *reach)
{
	struct sandbox sandbox = {.level = level, .profile = {.needs = NEEDS_ADDRESS}};
	const struct sock_fprog *filter;
	char text[MECHANISM_TEXT_SIZE];

	if (level == SANDBOX_LEVEL_OFF || kind->execute)
		return true;
	sandbox_need_port(&sandbox.profile, reach->port);
	sandbox_need_host(&sandbox.profile, reach->host);
	filter = (sandbox.profile.needs & NEED_RESOLVER) != 0 ? &filter_name : &filter_address;
	return entered(limits_enter(&sandbox, text)) && entered(landlock_profile_enter(&sandbox, text)) &&
	    (filter->filter == NULL || seccomp_enter(filter));
}
