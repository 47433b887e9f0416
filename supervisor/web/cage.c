/*
 * The sandbox. Touches this process only. Invariant: identity is dropped first, and the filter of system calls comes last,
 * because it forbids the others.
 */
#include "cage.h"

#include <errno.h>
#include <linux/filter.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/time.h>

#include "../../common/landlock.h"
#include "../../common/seccomp_filter.h"
#include "../../workers/sandbox_mechanism.h"

#define MEGABYTE ((rlim_t)1024 * 1024)
#define FAREWELL_S 2 /* without the supervisor, for what is to be written then */
#define FILES \
	(LANDLOCK_FS_READ_FILE | LANDLOCK_FS_READ_DIR | LANDLOCK_FS_WRITE_FILE | LANDLOCK_FS_TRUNCATE | LANDLOCK_FS_MAKE_REG | \
	LANDLOCK_FS_REMOVE_FILE)

#define CALL(NAME) {.name = (NAME)}

static const struct sandbox_call calls_clients[] = {
	CALL("accept4"), CALL("accept"),
	{.name = "setsockopt", .only = "SOL_SOCKET SO_LINGER", .comparisons = 2,
	    .compare = {{1, 0xffffffffu, SOL_SOCKET}, {2, 0xffffffffu, SO_LINGER}}},
	CALL(NULL)};

/* Where, says Landlock. */
static const struct sandbox_call calls_files[] = {
	CALL("open"), CALL("openat"), CALL("rename"), CALL("renameat"), CALL("renameat2"), CALL("unlink"), CALL("unlinkat"),
	CALL("fsync"), CALL("fdatasync"), CALL("ftruncate"), CALL("fchmod"), CALL("getdents64"), CALL("newfstatat"),
	CALL("stat"), CALL("lstat"), CALL("pread64"), CALL("pwrite64"), CALL(NULL)};

struct entry {
	const struct cage *cage;
	struct sandbox sandbox;
	struct sock_fprog program; /* compiled while there are no limits; none: the kernel has no filters */
};

static void
farewell(int number)
{
	const struct itimerval limit = {.it_value = {.tv_sec = FAREWELL_S}};

	(void)number;
	setitimer(ITIMER_REAL, &limit, NULL);
}

/*
 * Unlike a worker this process has something to do when the supervisor is gone, which it sees by the end of what it is
 * told; but not for long.
 */
static enum mechanism_end
parent_enter(const struct entry *entry, char text[static MECHANISM_TEXT_SIZE])
{
	enum mechanism_end end = identity_enter(&entry->sandbox, text);

	signal(SIGTERM, farewell);
	/* from a terminal, to all who have it: the supervisor says when it is the end */
	signal(SIGINT, SIG_IGN);
	signal(SIGQUIT, SIG_IGN);
	signal(SIGHUP, SIG_IGN);
	prctl(PR_SET_PDEATHSIG, SIGTERM);
	return end;
}

static enum mechanism_end
failed(char text[static MECHANISM_TEXT_SIZE])
{
	snprintf(text, MECHANISM_TEXT_SIZE, "%s", strerror(errno));
	return MECHANISM_FAILED;
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
		{RLIMIT_FSIZE, entry->cage->count > 0 ? 256 * MEGABYTE : 0},
		{RLIMIT_NPROC, 0},
		{RLIMIT_NOFILE, 128},
#ifndef SANDBOX_SANITIZED
		{RLIMIT_DATA, 1024 * MEGABYTE},
#endif
	};

	for (size_t i = 0; i < sizeof(limits) / sizeof(limits[0]); i++) {
		struct rlimit limit;

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
landlock_enter_web(const struct entry *entry, char text[static MECHANISM_TEXT_SIZE])
{
	struct landlock_ruleset ruleset;
	bool allowed = landlock_begin(&ruleset, LANDLOCK_FS_ALL, LANDLOCK_NET_BIND_TCP | LANDLOCK_NET_CONNECT_TCP,
	    LANDLOCK_SCOPED_ABSTRACT_UNIX | LANDLOCK_SCOPED_SIGNAL);

	for (size_t i = 0; allowed && i < entry->cage->count; i++)
		allowed = landlock_allow_file(&ruleset, entry->cage->directories[i], FILES);
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

/* Returns false with text. */
static bool
filter_compile(const struct cage *cage, struct sock_fprog *program, char text[static MECHANISM_TEXT_SIZE])
{
	const struct sandbox_call *const more[] = {calls_clients, cage->count > 0 ? calls_files : NULL, NULL};

	return seccomp_profile_compile(0, more, program, text);
}

static enum mechanism_end
seccomp_enter_web(const struct entry *entry, char text[static MECHANISM_TEXT_SIZE])
{
	if (entry->program.filter == NULL) {
		snprintf(text, MECHANISM_TEXT_SIZE, "not in this kernel");
		return MECHANISM_LACKING;
	}
	return seccomp_enter(&entry->program) ? MECHANISM_APPLIED : failed(text);
}

static const struct {
	const char *name;
	enum mechanism_end (*enter)(const struct entry *, char text[static MECHANISM_TEXT_SIZE]);
	bool always; /* at level off as well */
} mechanisms[] = {
	{"identity", parent_enter, true},
	{"no_new_privs", no_privileges_enter, false},
	{"rlimits", rlimits_enter, false},
	{"landlock", landlock_enter_web, false},
	{"seccomp", seccomp_enter_web, false},
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
	const struct setup *setup = cage->setup;
	struct entry entry = {.cage = cage, .sandbox = {.level = setup->sandbox, .drop_identity = setup->drop,
	    .uid = setup->uid, .gid = setup->gid}};
	char text[MECHANISM_TEXT_SIZE];
	bool entered;

	report[0] = '\0';
	if (setup->sandbox != SANDBOX_LEVEL_OFF && seccomp_available() && !filter_compile(cage, &entry.program, text)) {
		snprintf(report, size, "sandbox: seccomp: %s", text);
		return false;
	}
	entered = mechanisms_enter(&entry, report, size);
	free(entry.program.filter);
	return entered;
}
