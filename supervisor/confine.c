/*
 * no_new_privs, Landlock and seccomp for the supervisor. Invariant: nothing here stands in the way of reading and
 * writing files, of signals to children, or of executing the program anew under the same pid.
 *
 * Two kinds of refusal. A call that no library makes by itself ends the process: only foreign code makes it, and
 * ExaBGP starts another exacheck. What a library may try harmlessly fails with an error that it can handle, because
 * every death of the supervisor costs ExaBGP's patience.
 */
#include "confine.h"

#include <bsd/string.h>
#include <elf.h>
#include <errno.h>
#include <fcntl.h>
#include <libgen.h>
#include <limits.h>
#include <linux/sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <unistd.h>

#include "../common/aside.h"
#include "../common/interpreter.h"
#include "../common/landlock.h"
#include "../common/log.h"
#include "../common/seccomp_filter.h"
#include "program.h"

#define TEXT_SIZE 160
#define COMPILE_LIMIT_S 3
#define LACKING_TEXT "not in this kernel"

enum outcome { APPLIED, LACKING /* not in this kernel */, FAILED };

/* A socket of another family than AF_UNIX, whose number is 1: bit 0 clear, or a higher one set. */
#define FAMILY(MASK, VALUE) {.name = "socket", .comparisons = 1, .compare = {{0, (MASK), (VALUE)}}}

/* The kernel knows no family from 64 on. */
static const struct sandbox_call foreign_families[] = {
	FAMILY(1, 0), FAMILY(2, 2), FAMILY(4, 4), FAMILY(8, 8), FAMILY(16, 16), FAMILY(32, 32), {.name = NULL}};

#ifndef SANDBOX_SANITIZED
/* Processes; threads are none. Their flags are in the first argument. */
static const struct sandbox_call new_processes[] = {
	{.name = "fork"},
	{.name = "vfork"},
	{.name = "clone", .comparisons = 1, .compare = {{0, CLONE_THREAD, 0}}},
	{.name = NULL},
};

/* Its flags lie in memory, where no filter can look: the C library then uses clone. */
static const char *const absent[] = {"clone3", NULL};
#endif

/*
 * What Landlock does not see: a file without a name is executed whatever its rules say, and a ring makes calls that no
 * filter sees.
 */
static const char *const refused[] = {"execveat", "memfd_create", "memfd_secret", "io_uring_setup", "io_uring_enter",
	"io_uring_register", "mount_setattr", "fsconfig", "fspick", "sethostname", "setdomainname", "syslog",
	"vhangup", NULL};

/* Of the calls that end a worker, those that do not end the supervisor. */
static const char *const spared[] = {
	"execve", /* at an upgrade; Landlock refuses what lies elsewhere */
#ifdef SANDBOX_SANITIZED
	"ptrace", /* the search for leaks, at the end */
#endif
	NULL};

static bool
name_listed(const char *const *list, const char *name)
{
	for (; *list != NULL; list++)
		if (strcmp(*list, name) == 0)
			return true;
	return false;
}

static void
filter_fill(struct seccomp_filter *filter)
{
	seccomp_filter_refuse(filter, foreign_families, EAFNOSUPPORT);
#ifndef SANDBOX_SANITIZED
	seccomp_filter_refuse(filter, new_processes, EPERM);
	seccomp_filter_errno(filter, absent, ENOSYS);
#endif
	seccomp_filter_errno(filter, refused, EPERM);
	for (const char *const *name = sandbox_calls_killing; *name != NULL; name++) {
		const char *const one[] = {*name, NULL};

		if (!name_listed(spared, *name))
			seccomp_filter_kill(filter, one);
	}
}

/* Shared with the child that makes the filter: without memory libseccomp crashes or loops. */
struct compiled {
	unsigned short length;
	char error[SECCOMP_ERROR_SIZE];
	struct sock_filter instructions[BPF_MAXINSNS];
};

static bool
filter_make(void *context)
{
	struct compiled *compiled = context;
	struct seccomp_filter *filter = seccomp_filter_new(true);
	struct sock_fprog program;

	if (filter == NULL) {
		snprintf(compiled->error, sizeof(compiled->error),
		    "cannot make a filter: out of memory, or an unknown architecture");
		return false;
	}
	filter_fill(filter);
	if (!seccomp_filter_compile(filter, &program, compiled->error))
		return false;
	memcpy(compiled->instructions, program.filter, program.len * sizeof(*program.filter));
	compiled->length = program.len;
	return true;
}

static enum outcome
filter_enter(struct compiled *compiled, char text[static TEXT_SIZE])
{
	const struct sock_fprog program = {compiled->length, compiled->instructions};
	enum outcome outcome;

	if (seccomp_enter(&program))
		return APPLIED;
	outcome = errno == ENOSYS || errno == EINVAL ? LACKING : FAILED;
	snprintf(text, TEXT_SIZE, "%s", outcome == LACKING ? LACKING_TEXT : strerror(errno));
	return outcome;
}

static enum outcome
seccomp_confine(char text[static TEXT_SIZE])
{
	struct compiled *compiled;
	enum outcome outcome = FAILED;

	if (!seccomp_available()) {
		snprintf(text, TEXT_SIZE, LACKING_TEXT);
		return LACKING;
	}
	compiled = mmap(NULL, sizeof(*compiled), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	if (compiled == MAP_FAILED) {
		snprintf(text, TEXT_SIZE, "memory for the filter: %s", strerror(errno));
		return FAILED;
	}
	snprintf(compiled->error, sizeof(compiled->error), "compiling the filter failed");
	if (aside_run(filter_make, compiled, COMPILE_LIMIT_S))
		outcome = filter_enter(compiled, text);
	else if (errno != 0)
		snprintf(text, TEXT_SIZE, "fork: %s", strerror(errno));
	else
		snprintf(text, TEXT_SIZE, "%s", compiled->error);
	munmap(compiled, sizeof(*compiled));
	return outcome;
}

/* Returns false with errno. */
static bool
path_allow(const struct landlock_ruleset *ruleset, const char *path, uint64_t rights)
{
	int fd = open(path, O_PATH | O_CLOEXEC), error;
	bool allowed;

	if (fd == -1)
		return false;
	allowed = landlock_allow_file(ruleset, fd, rights);
	error = errno;
	close(fd);
	errno = error;
	return allowed;
}

/*
 * Allow to execute what lies in the directory of a program, not only the program: a package upgrade puts another file
 * in its place, and that must be executable then. Returns false with errno.
 */
static bool
directory_allow(const struct landlock_ruleset *ruleset, const char *program)
{
	char path[PATH_MAX];

	if (realpath(program, path) == NULL && strlcpy(path, program, sizeof(path)) >= sizeof(path))
		return false;
	return path_allow(ruleset, dirname(path), LANDLOCK_FS_EXECUTE);
}

/*
 * Of the rights to files only executing is taken away. Moving a file to another directory would be too, as a side
 * effect, unless it is left explicitly. Of the network TCP alone can be named; seccomp refuses all of it.
 */
static enum outcome
landlock_confine(char text[static TEXT_SIZE])
{
	struct landlock_ruleset ruleset;
	const char *interpreter = interpreter_path();

	if (landlock_begin(&ruleset, LANDLOCK_FS_EXECUTE | LANDLOCK_FS_REFER,
	    LANDLOCK_NET_BIND_TCP | LANDLOCK_NET_CONNECT_TCP, 0) &&
	    path_allow(&ruleset, "/", LANDLOCK_FS_REFER) &&
	    directory_allow(&ruleset, program_path()) && (interpreter == NULL || directory_allow(&ruleset, interpreter)) &&
	    landlock_enter(&ruleset)) {
		snprintf(text, TEXT_SIZE, "ABI %d", ruleset.abi);
		return APPLIED;
	}
	landlock_abandon(&ruleset);
	snprintf(text, TEXT_SIZE, "%s", ruleset.abi == 0 ? LACKING_TEXT : strerror(errno));
	return ruleset.abi == 0 ? LACKING : FAILED;
}

static enum outcome
privileges_confine(char text[static TEXT_SIZE])
{
	if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0)
		return APPLIED;
	snprintf(text, TEXT_SIZE, "%s", strerror(errno));
	return FAILED;
}

/* Every kernel has no_new_privs. */
static bool
privileges_there(void)
{
	return true;
}

static bool
landlock_there(void)
{
	return landlock_abi() > 0;
}

/* the filter last: it needs the first, and forbids what the second does */
static const struct mechanism {
	const char *name;
	bool (*there)(void);
	enum outcome (*confine)(char *);
} mechanisms[] = {
	{"no_new_privs", privileges_there, privileges_confine},
	{"landlock", landlock_there, landlock_confine},
	{"seccomp", seccomp_available, seccomp_confine},
};

#define MECHANISMS (sizeof(mechanisms) / sizeof(mechanisms[0]))

static void
failure_tell(const struct mechanism *mechanism, const char *text, enum sandbox_level level)
{
	log_line(level == SANDBOX_LEVEL_STRICT ? LOG_LEVEL_ERROR : LOG_LEVEL_WARNING, NULL,
	    "the supervisor is not confined by %s: %s%s", mechanism->name, text, level == SANDBOX_LEVEL_STRICT ?
	    ", which strict demands: enable it there, or set exacheck.sandbox to best_effort" : "");
}

bool
supervisor_confinable(enum sandbox_level level)
{
	bool there = true;

	for (size_t i = 0; level == SANDBOX_LEVEL_STRICT && i < MECHANISMS; i++) {
		if (mechanisms[i].there())
			continue;
		failure_tell(&mechanisms[i], LACKING_TEXT, level);
		there = false;
	}
	return there;
}

bool
supervisor_confine(enum sandbox_level level)
{
	char report[TEXT_SIZE] = "";
	size_t length = 0;

	if (level == SANDBOX_LEVEL_OFF)
		return true;
	for (size_t i = 0; i < MECHANISMS; i++) {
		char text[TEXT_SIZE] = "";

		if (mechanisms[i].confine(text) == APPLIED) {
			length += (size_t)snprintf(report + length, sizeof(report) - length, " %s%s%s%s",
			    mechanisms[i].name, text[0] != '\0' ? "(" : "", text, text[0] != '\0' ? ")" : "");
			continue;
		}
		failure_tell(&mechanisms[i], text, level);
		if (level == SANDBOX_LEVEL_STRICT)
			return false;
	}
	log_info("supervisor confined:%s", length > 0 ? report : " by nothing");
	return true;
}
