/*
 * What exacheck-log may still do. Touches this process only. Invariant: it stays who it is, since the logs are
 * files of exacheck's own user, but has no more of root's rights than to pass by the permissions of directories.
 */
#include "confinement.h"

#include <linux/capability.h>
#include <linux/sockios.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sched.h>
#include <stdio.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/socket.h>

#include "../../common/landlock.h"

#define DESCRIPTORS 1024
#define MEGABYTE ((rlim_t)1024 * 1024)
#define FAREWELL_S 5 /* without the supervisor */
#define LISTS_MAX 8
#define INT_MASK 0xffffffffu
#define TYPE_MASK 0xfu /* without SOCK_NONBLOCK and SOCK_CLOEXEC */

#define CALL(NAME) {.name = (NAME)}
#define CALL_END CALL(NULL)
#define SOCKET(FAMILY, TYPE) \
	{.name = "socket", .comparisons = 2, .compare = {{0, INT_MASK, (FAMILY)}, {1, TYPE_MASK, (TYPE)}}}
#define SETSOCKOPT(LEVEL, OPTION) \
	{.name = "setsockopt", .comparisons = 2, .compare = {{1, INT_MASK, (LEVEL)}, {2, INT_MASK, (OPTION)}}}

/* Where, says Landlock. */
static const struct sandbox_call calls_files[] = {
	CALL("open"), CALL("openat"), CALL("openat2"), CALL("rename"), CALL("renameat"), CALL("renameat2"), CALL("unlink"),
	CALL("unlinkat"), CALL("mkdir"), CALL("mkdirat"), CALL("fsync"), CALL("ftruncate"), CALL("fchmod"), CALL("flock"),
	CALL("getdents64"), CALL("newfstatat"), CALL("stat"), CALL("lstat"), CALL("access"), CALL("faccessat"), CALL("pread64"),
	CALL("readlink"), CALL("readlinkat"), CALL_END};

static const struct sandbox_call calls_children[] = {
	/* not into other namespaces */
	{.name = "clone", .comparisons = 1, .compare = {{0, CLONE_NEWUSER | CLONE_NEWNS | CLONE_NEWNET | CLONE_NEWPID |
	    CLONE_NEWUTS | CLONE_NEWIPC | CLONE_NEWCGROUP, 0}}},
	CALL("fork"), CALL("wait4"), CALL("waitid"), CALL("kill"), CALL("setpgid"), CALL("setpriority"),
	{.name = "prctl", .comparisons = 1, .compare = {{0, INT_MASK, PR_SET_PDEATHSIG}}}, CALL_END};

/* What starting a program takes, and what those that compress do then; the last ones confine themselves further. */
static const struct sandbox_call calls_tools[] = {
	CALL("execve"), CALL("arch_prctl"), CALL("set_tid_address"), CALL("dup2"), CALL("dup3"),
	{.name = "mmap", .comparisons = 1, .compare = {{3, MAP_SHARED, 0}}}, CALL("mprotect"), CALL("fadvise64"),
	CALL("getcwd"), CALL("umask"), CALL("statfs"), CALL("fstatfs"), CALL("getrlimit"),
	{.name = "prlimit64", .comparisons = 1, .compare = {{2, UINT64_MAX, 0}}},
	{.name = "prctl", .comparisons = 1, .compare = {{0, INT_MASK, PR_SET_NO_NEW_PRIVS}}},
	CALL("landlock_create_ruleset"), CALL("landlock_add_rule"), CALL("landlock_restrict_self"), CALL_END};

static const struct sandbox_call calls_unix[] = {
	SOCKET(AF_UNIX, SOCK_DGRAM), SOCKET(AF_UNIX, SOCK_STREAM), CALL("connect"), CALL_END};

static const struct sandbox_call calls_tcp[] = {
	SETSOCKOPT(IPPROTO_TCP, TCP_USER_TIMEOUT), SETSOCKOPT(IPPROTO_TCP, TCP_KEEPCNT),
	{.name = "ioctl", .comparisons = 1, .compare = {{1, INT_MASK, SIOCOUTQ}}}, CALL_END};

/* What a need of a logger brings: needs of common/sandbox.h, further calls. */
static const struct {
	unsigned need, needs;
	const struct sandbox_call *calls;
} grants[] = {
	{LOG_NEED_FILES, 0, calls_files},
	{LOG_NEED_CHILDREN, 0, calls_children},
	{LOG_NEED_TOOLS, 0, calls_tools},
	{LOG_NEED_UNIX, 0, calls_unix},
	{LOG_NEED_UDP, NEED_UDP, NULL},
	{LOG_NEED_TCP, NEED_TCP, calls_tcp},
	{LOG_NEED_RESOLVER, NEED_RESOLVER, calls_children},
};

bool
confinement_holds(const struct cage_identity *identity)
{
	return identity->sandbox != SANDBOX_LEVEL_OFF && landlock_abi() > 0;
}

/* False with a text: too many. */
static bool
places_allow(struct cage *cage, const struct needs *needs)
{
	bool allowed = true;

	for (size_t i = 0; i < needs->count; i++)
		allowed = cage_allow(cage, needs->places[i].fd, needs->places[i].rights) && allowed;
	if ((needs->bits & LOG_NEED_RESOLVER) == 0)
		return allowed;
	for (const char *const *path = sandbox_resolver_paths; *path != NULL; path++)
		allowed = cage_allow_path(cage, *path, LANDLOCK_FS_READ_FILE | LANDLOCK_FS_READ_DIR) && allowed;
	return allowed;
}

bool
confinement_enter(const struct cage_identity *identity, const struct needs *needs, char *report, size_t size)
{
	const struct sandbox_call *lists[LISTS_MAX] = {NULL};
	struct cage cage = {.identity = *identity, .keep_identity = true, .capabilities = UINT32_C(1) << CAP_DAC_OVERRIDE,
	    .calls = lists,
	    .connect = (needs->bits & (LOG_NEED_TCP | LOG_NEED_RESOLVER)) != 0, .file_size = RLIM_INFINITY,
	    .processes = (needs->bits & LOG_NEED_CHILDREN) != 0 ? RLIM_INFINITY : 0, .descriptors = DESCRIPTORS,
	    .memory = 1024 * MEGABYTE, .farewell_s = FAREWELL_S};
	size_t count = 0;

	for (size_t i = 0; i < sizeof(grants) / sizeof(grants[0]); i++) {
		if ((needs->bits & grants[i].need) == 0)
			continue;
		cage.needs |= grants[i].needs;
		if (grants[i].calls != NULL)
			lists[count++] = grants[i].calls;
	}
	if (!places_allow(&cage, needs)) {
		snprintf(report, size, "sandbox: logs lie in too many directories; use fewer");
		return false;
	}
	return cage_enter(&cage, report, size);
}
