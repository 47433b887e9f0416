/*
 * The system calls of Landlock, without the C library's or the header's knowledge of them: those of older systems lack
 * the newer rights, and a kernel refuses rights that it does not know.
 */
#include "landlock.h"

#include <errno.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

/* The same numbers on every architecture. */
#define CALL_CREATE_RULESET 444
#define CALL_ADD_RULE 445
#define CALL_RESTRICT_SELF 446

#define CREATE_VERSION 1u
#define RULE_PATH_BENEATH 1
#define RULE_NET_PORT 2

#define FS_OF_FILES \
	(LANDLOCK_FS_EXECUTE | LANDLOCK_FS_WRITE_FILE | LANDLOCK_FS_READ_FILE | LANDLOCK_FS_TRUNCATE | LANDLOCK_FS_IOCTL_DEV)

/* The kernel's structures. */
struct ruleset_attr {
	uint64_t handled_access_fs, handled_access_net, scoped;
};

struct path_beneath_attr {
	uint64_t allowed_access;
	int32_t parent_fd;
} __attribute__((packed));

struct net_port_attr {
	uint64_t allowed_access, port;
};

/* Which rights came with which ABI. */
static const struct {
	int abi;
	uint64_t files, ports, scoped;
	size_t size; /* of ruleset_attr, which grew */
} versions[] = {
	{1, (UINT64_C(1) << 13) - 1, 0, 0, sizeof(uint64_t)},
	{2, LANDLOCK_FS_REFER, 0, 0, sizeof(uint64_t)},
	{3, LANDLOCK_FS_TRUNCATE, 0, 0, sizeof(uint64_t)},
	{4, 0, LANDLOCK_NET_BIND_TCP | LANDLOCK_NET_CONNECT_TCP, 0, 2 * sizeof(uint64_t)},
	{5, LANDLOCK_FS_IOCTL_DEV, 0, 0, 2 * sizeof(uint64_t)},
	{6, 0, 0, LANDLOCK_SCOPED_ABSTRACT_UNIX | LANDLOCK_SCOPED_SIGNAL, 3 * sizeof(uint64_t)},
};

int
landlock_abi(void)
{
	long abi = syscall(CALL_CREATE_RULESET, NULL, 0, CREATE_VERSION);

	return abi < 1 ? 0 : (int)abi;
}

bool
landlock_begin(struct landlock_ruleset *ruleset, uint64_t files, uint64_t ports, uint64_t scoped)
{
	uint64_t known_files = 0, known_ports = 0, known_scoped = 0;
	struct ruleset_attr attr;
	size_t size = 0;

	*ruleset = (struct landlock_ruleset){.fd = -1, .abi = landlock_abi()};
	if (ruleset->abi == 0)
		return false;
	for (size_t i = 0; i < sizeof(versions) / sizeof(versions[0]) && versions[i].abi <= ruleset->abi; i++) {
		known_files |= versions[i].files;
		known_ports |= versions[i].ports;
		known_scoped |= versions[i].scoped;
		size = versions[i].size;
	}
	ruleset->files = files & known_files;
	ruleset->ports = ports & known_ports;
	ruleset->scoped = scoped & known_scoped;
	attr = (struct ruleset_attr){ruleset->files, ruleset->ports, ruleset->scoped};
	ruleset->fd = (int)syscall(CALL_CREATE_RULESET, &attr, size, 0);
	return ruleset->fd != -1;
}

bool
landlock_allow_file(const struct landlock_ruleset *ruleset, int path, uint64_t rights)
{
	struct path_beneath_attr attr = {.allowed_access = rights & ruleset->files, .parent_fd = path};
	struct stat status;

	if (fstat(path, &status) == -1)
		return false;
	if (!S_ISDIR(status.st_mode))
		attr.allowed_access &= FS_OF_FILES;
	/* a rule without a right is an error to the kernel */
	return attr.allowed_access == 0 || syscall(CALL_ADD_RULE, ruleset->fd, RULE_PATH_BENEATH, &attr, 0) == 0;
}

bool
landlock_allow_port(const struct landlock_ruleset *ruleset, uint16_t port, uint64_t rights)
{
	const struct net_port_attr attr = {.allowed_access = rights & ruleset->ports, .port = port};

	return attr.allowed_access == 0 || syscall(CALL_ADD_RULE, ruleset->fd, RULE_NET_PORT, &attr, 0) == 0;
}

void
landlock_abandon(struct landlock_ruleset *ruleset)
{
	int error = errno;

	if (ruleset->fd != -1)
		close(ruleset->fd);
	ruleset->fd = -1;
	errno = error;
}

bool
landlock_enter(struct landlock_ruleset *ruleset)
{
	bool entered = syscall(CALL_RESTRICT_SELF, ruleset->fd, 0) == 0;

	landlock_abandon(ruleset);
	return entered;
}
