/*
 * The sandbox of helpers. Touches this process only. Invariant: identity is dropped first, and the filter of system
 * calls comes last, because it forbids the others.
 */
#include "cage.h"

#include <cap-ng.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/filter.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/time.h>
#include <unistd.h>

#include "../../common/landlock.h"
#include "../../common/seccomp_filter.h"
#include "../../workers/sandbox_mechanism.h"

#define CAPABILITIES 32 /* that can be named in a mask */

struct entry {
	const struct cage *cage;
	struct sandbox sandbox;
	struct sock_fprog program; /* compiled while there are no limits; none: the kernel has no filters */
};

static unsigned farewell_s;

static void
farewell(int number)
{
	const struct itimerval limit = {.it_value = {.tv_sec = farewell_s}};

	(void)number;
	setitimer(ITIMER_REAL, &limit, NULL);
}

static enum mechanism_end
failed(char text[static MECHANISM_TEXT_SIZE])
{
	snprintf(text, MECHANISM_TEXT_SIZE, "%s", strerror(errno));
	return MECHANISM_FAILED;
}

/* Of its capabilities only those of the mask are left; what it executes has none that it has not. */
static enum mechanism_end
capabilities_keep(uint32_t mask, char text[static MECHANISM_TEXT_SIZE])
{
	bool settable;
	unsigned count = 0;

	if (capng_get_caps_process() != 0) {
		snprintf(text, MECHANISM_TEXT_SIZE, "cannot tell its capabilities: %s", strerror(errno));
		return MECHANISM_FAILED;
	}
	settable = capng_have_capability(CAPNG_EFFECTIVE, CAP_SETPCAP) == 1;
	for (unsigned number = 0; number < CAPABILITIES; number++)
		if ((mask & UINT32_C(1) << number) != 0 && capng_have_capability(CAPNG_PERMITTED, number) == 0)
			mask &= ~(UINT32_C(1) << number);
	capng_clear(CAPNG_SELECT_ALL);
	for (unsigned number = 0; number < CAPABILITIES; number++)
		if ((mask & UINT32_C(1) << number) != 0) {
			capng_update(CAPNG_ADD, CAPNG_EFFECTIVE | CAPNG_PERMITTED | CAPNG_BOUNDING_SET, number);
			count++;
		}
	if (capng_apply(settable ? CAPNG_SELECT_BOTH : CAPNG_SELECT_CAPS) != 0) {
		snprintf(text, MECHANISM_TEXT_SIZE, "cannot drop capabilities: %s", strerror(errno));
		return MECHANISM_FAILED;
	}
	snprintf(text, MECHANISM_TEXT_SIZE, "uid %u gid %u, %u capabilit%s", geteuid(), getegid(), count,
	    count == 1 ? "y" : "ies");
	return MECHANISM_APPLIED;
}

/*
 * Unlike a worker this process has something to do when the supervisor is gone, which it sees by the end of what it is
 * told; but not for long.
 */
static enum mechanism_end
identity_enter_helper(const struct entry *entry, char text[static MECHANISM_TEXT_SIZE])
{
	enum mechanism_end end = entry->cage->keep_identity ? capabilities_keep(entry->cage->capabilities, text) :
	    identity_enter(&entry->sandbox, text);

	farewell_s = entry->cage->farewell_s;
	signal(SIGTERM, farewell);
	/* from a terminal, to all who have it: the supervisor says when it is the end */
	signal(SIGINT, SIG_IGN);
	signal(SIGQUIT, SIG_IGN);
	signal(SIGHUP, SIG_IGN);
	prctl(PR_SET_PDEATHSIG, SIGTERM);
	return end;
}

static enum mechanism_end
no_privileges_enter(const struct entry *entry, char text[static MECHANISM_TEXT_SIZE])
{
	return privileges_enter(&entry->sandbox, text);
}

static enum mechanism_end
rlimits_enter(const struct entry *entry, char text[static MECHANISM_TEXT_SIZE])
{
	const struct {
		int resource;
		rlim_t limit;
	} limits[] = {
		{RLIMIT_CORE, 0},
		{RLIMIT_FSIZE, entry->cage->file_size},
		{RLIMIT_NPROC, entry->cage->processes},
		{RLIMIT_NOFILE, entry->cage->descriptors},
#ifndef SANDBOX_SANITIZED
		{RLIMIT_DATA, entry->cage->memory},
#endif
	};

	for (size_t i = 0; i < sizeof(limits) / sizeof(limits[0]); i++) {
		struct rlimit limit;

		if (limits[i].limit == RLIM_INFINITY)
			continue;
		if (getrlimit((__rlimit_resource_t)limits[i].resource, &limit) == -1)
			return failed(text);
		if (limit.rlim_max > limits[i].limit)
			limit.rlim_max = limits[i].limit;
		limit.rlim_cur = limit.rlim_max;
		if (setrlimit((__rlimit_resource_t)limits[i].resource, &limit) == -1)
			return failed(text);
	}
	return MECHANISM_APPLIED;
}

static enum mechanism_end
landlock_enter_helper(const struct entry *entry, char text[static MECHANISM_TEXT_SIZE])
{
	const struct cage *cage = entry->cage;
	struct landlock_ruleset ruleset;
	bool allowed = landlock_begin(&ruleset, LANDLOCK_FS_ALL,
	    LANDLOCK_NET_BIND_TCP | (cage->connect ? 0 : LANDLOCK_NET_CONNECT_TCP),
	    LANDLOCK_SCOPED_ABSTRACT_UNIX | LANDLOCK_SCOPED_SIGNAL);

	for (size_t i = 0; allowed && i < cage->count; i++)
		allowed = landlock_allow_file(&ruleset, cage->places[i].path, cage->places[i].rights);
	if (allowed && landlock_enter(&ruleset)) {
		snprintf(text, MECHANISM_TEXT_SIZE, "ABI %d", ruleset.abi);
		return MECHANISM_APPLIED;
	}
	if (!allowed)
		landlock_abandon(&ruleset);
	if (ruleset.abi != 0)
		return failed(text);
	snprintf(text, MECHANISM_TEXT_SIZE, "not in this kernel");
	return MECHANISM_LACKING;
}

static enum mechanism_end
seccomp_enter_helper(const struct entry *entry, char text[static MECHANISM_TEXT_SIZE])
{
	if (entry->cage->unfiltered)
		return MECHANISM_IDLE;
	if (entry->program.filter == NULL) {
		snprintf(text, MECHANISM_TEXT_SIZE, "not in this kernel");
		return MECHANISM_LACKING;
	}
	return seccomp_enter(&entry->program) ? MECHANISM_APPLIED : failed(text);
}

/* What it lacks it cannot take along. */
static bool
net_admin_held(void)
{
	return capng_get_caps_process() == 0 && capng_have_capability(CAPNG_PERMITTED, CAP_NET_ADMIN) == 1;
}

static const struct {
	const char *name;
	enum mechanism_end (*enter)(const struct entry *, char text[static MECHANISM_TEXT_SIZE]);
	bool always; /* at level off as well */
} mechanisms[] = {
	{"identity", identity_enter_helper, true},
	{"no_new_privs", no_privileges_enter, false},
	{"rlimits", rlimits_enter, false},
	{"landlock", landlock_enter_helper, false},
	{"seccomp", seccomp_enter_helper, false},
};

/* Returns false with why in report. */
static bool
mechanisms_enter(const struct entry *entry, char *report, size_t size)
{
	enum sandbox_level level = entry->sandbox.level;
	size_t length = 0;

	for (size_t i = 0; i < sizeof(mechanisms) / sizeof(mechanisms[0]); i++) {
		char text[MECHANISM_TEXT_SIZE] = "";
		enum mechanism_end end;

		if (level == SANDBOX_LEVEL_OFF && !mechanisms[i].always)
			continue;
		end = mechanisms[i].enter(entry, text);
		if (end == MECHANISM_FAILED || (end == MECHANISM_LACKING && level == SANDBOX_LEVEL_STRICT)) {
			snprintf(report, size, "sandbox: %s: %s%s", mechanisms[i].name, text, end == MECHANISM_LACKING ?
			    ", which strict demands" : "");
			return false;
		}
		if (end != MECHANISM_IDLE && length < size)
			length += (size_t)snprintf(report + length, size - length, "%s%s%s%s%s", length > 0 ? " " : "",
			    mechanisms[i].name, text[0] != '\0' ? "(" : "", text, text[0] != '\0' ? ")" : "");
	}
	if (level == SANDBOX_LEVEL_OFF && length < size)
		snprintf(report + length, size - length, "%soff", length > 0 ? " " : "");
	return true;
}

bool
cage_enter(const struct cage *cage, char *report, size_t size)
{
	const struct cage_identity *identity = &cage->identity;
	struct entry entry = {.cage = cage, .sandbox = {.level = identity->sandbox, .drop_identity = identity->drop,
	    .uid = identity->uid, .gid = identity->gid}};
	char text[MECHANISM_TEXT_SIZE];
	bool entered;

	entry.sandbox.profile.mark = (cage->capabilities & UINT32_C(1) << CAP_NET_ADMIN) != 0 && net_admin_held();
	report[0] = '\0';
	if (identity->sandbox != SANDBOX_LEVEL_OFF && !cage->unfiltered && seccomp_available() &&
	    !seccomp_profile_compile(cage->needs, cage->calls, &entry.program, text)) {
		snprintf(report, size, "sandbox: seccomp: %s", text);
		return false;
	}
	entered = mechanisms_enter(&entry, report, size);
	free(entry.program.filter);
	return entered;
}

bool
cage_allow(struct cage *cage, int path, uint64_t rights)
{
	if (cage->count == CAGE_PLACES_MAX)
		return false;
	cage->places[cage->count++] = (struct cage_place){path, rights};
	return true;
}

bool
cage_allow_path(struct cage *cage, const char *path, uint64_t rights)
{
	int fd = open(path, O_PATH | O_CLOEXEC);

	if (fd == -1)
		return true;
	if (cage_allow(cage, fd, rights))
		return true;
	close(fd);
	return false;
}

static bool
level_read(enum sandbox_level *level, const char *name)
{
	for (unsigned i = 0; name != NULL && i < SANDBOX_LEVELS; i++) {
		*level = (enum sandbox_level)i;
		if (strcmp(name, sandbox_level_names[i]) == 0)
			return true;
	}
	return false;
}

bool
cage_identity_read(struct cage_identity *identity, const json_t *setup)
{
	const json_t *drop = json_object_get(setup, "drop"), *uid = json_object_get(setup, "uid");
	const json_t *gid = json_object_get(setup, "gid");
	const char *type = json_string_value(json_object_get(setup, "type"));

	if (type == NULL || strcmp(type, "setup") != 0 || !json_is_boolean(drop) || !json_is_integer(uid) ||
	    !json_is_integer(gid))
		return false;
	identity->drop = json_is_true(drop);
	identity->uid = (uid_t)json_integer_value(uid);
	identity->gid = (gid_t)json_integer_value(gid);
	return level_read(&identity->sandbox, json_string_value(json_object_get(setup, "sandbox")));
}
