/*
 * Landlock: a process gives up rights to files, TCP ports and, towards processes outside, to signals and abstract
 * sockets, for good and for its children. Constants are our own, up to the newest version (ABI) known; what the running
 * kernel does not have is left out of a ruleset. landlock(7).
 */
#ifndef EXACHECK_LANDLOCK_H
#define EXACHECK_LANDLOCK_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

/* Rights to files. In brackets the ABI that brought it; without: 1. */
#define LANDLOCK_FS_EXECUTE (UINT64_C(1) << 0)
#define LANDLOCK_FS_WRITE_FILE (UINT64_C(1) << 1)
#define LANDLOCK_FS_READ_FILE (UINT64_C(1) << 2)
#define LANDLOCK_FS_READ_DIR (UINT64_C(1) << 3)
#define LANDLOCK_FS_REMOVE_DIR (UINT64_C(1) << 4)
#define LANDLOCK_FS_REMOVE_FILE (UINT64_C(1) << 5)
#define LANDLOCK_FS_MAKE_CHAR (UINT64_C(1) << 6)
#define LANDLOCK_FS_MAKE_DIR (UINT64_C(1) << 7)
#define LANDLOCK_FS_MAKE_REG (UINT64_C(1) << 8)
#define LANDLOCK_FS_MAKE_SOCK (UINT64_C(1) << 9)
#define LANDLOCK_FS_MAKE_FIFO (UINT64_C(1) << 10)
#define LANDLOCK_FS_MAKE_BLOCK (UINT64_C(1) << 11)
#define LANDLOCK_FS_MAKE_SYM (UINT64_C(1) << 12)
#define LANDLOCK_FS_REFER (UINT64_C(1) << 13)	  /* [2] */
#define LANDLOCK_FS_TRUNCATE (UINT64_C(1) << 14)  /* [3] */
#define LANDLOCK_FS_IOCTL_DEV (UINT64_C(1) << 15) /* [5] */
#define LANDLOCK_FS_ALL ((UINT64_C(1) << 16) - 1)
/* Everything that changes a file system or asks a device for more than bytes. */
#define LANDLOCK_FS_WRITING \
	(LANDLOCK_FS_ALL & ~(LANDLOCK_FS_EXECUTE | LANDLOCK_FS_READ_FILE | LANDLOCK_FS_READ_DIR))

#define LANDLOCK_NET_BIND_TCP (UINT64_C(1) << 0)    /* [4] */
#define LANDLOCK_NET_CONNECT_TCP (UINT64_C(1) << 1) /* [4] */

#define LANDLOCK_SCOPED_ABSTRACT_UNIX (UINT64_C(1) << 0) /* [6] */
#define LANDLOCK_SCOPED_SIGNAL (UINT64_C(1) << 1)	 /* [6] */

struct landlock_ruleset {
	int fd;
	int abi;
	uint64_t files, ports, scoped; /* rights that are taken away, but for the rules */
};

/* The running kernel's ABI, 1 and up; 0: no Landlock (not built in, or not enabled at boot). */
int landlock_abi(void);

/*
 * Begin a ruleset that takes these rights away, as far as the kernel knows them. Returns false with errno: ENOSYS or
 * EOPNOTSUPP where there is no Landlock.
 */
bool landlock_begin(struct landlock_ruleset *, uint64_t files, uint64_t ports, uint64_t scoped);

/*
 * Leave rights to a file, or to a directory and all below it; `path` is an open descriptor (O_PATH is enough). Rights that
 * are not taken away, or that a plain file cannot have, are passed over. Returns false with errno.
 */
bool landlock_allow_file(const struct landlock_ruleset *, int path, uint64_t rights);

/* Leave rights to a TCP port; 0: binding to one that the kernel chooses. Nothing to do below ABI 4. Returns false with errno. */
bool landlock_allow_port(const struct landlock_ruleset *, uint16_t port, uint64_t rights);

/* Enter: needs no_new_privs. Ends the ruleset whatever comes of it. Returns false with errno. */
bool landlock_enter(struct landlock_ruleset *);

/* End a ruleset that is not entered; keeps errno. */
void landlock_abandon(struct landlock_ruleset *);

#endif
