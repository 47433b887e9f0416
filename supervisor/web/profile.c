/*
 * exacheck-web's sandbox. Invariant: where nothing is written, no call that could write a file is allowed either.
 */
#include "profile.h"

#include <sys/socket.h>

#include "../../common/landlock.h"

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

bool
profile_enter(const struct cage_identity *identity, const int *directories, size_t count, char *report, size_t size)
{
	const struct sandbox_call *const calls[] = {calls_clients, count > 0 ? calls_files : NULL, NULL};
	struct cage cage = {.identity = *identity, .calls = calls, .file_size = count > 0 ? 256 * MEGABYTE : 0,
	    .processes = 0, .descriptors = 128, .memory = 1024 * MEGABYTE, .farewell_s = FAREWELL_S};

	for (size_t i = 0; i < count; i++)
		if (!cage_allow(&cage, directories[i], FILES))
			return false;
	return cage_enter(&cage, report, size);
}
