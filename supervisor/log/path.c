/*
 * Paths without links. Touches directories that are missing. Invariant: what is opened or made lies where the path says.
 */
#include "path.h"

#include <bsd/string.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <linux/openat2.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#define DIRECTORY_MODE 0755
#define LINKS_MAX 40 /* on the way of one path, as in the kernel */

char *
path_directory(const char *path)
{
	const char *slash = strrchr(path, '/');

	if (slash == NULL)
		return strdup(".");
	return slash == path ? strdup("/") : strndup(path, (size_t)(slash - path));
}

/* The first part of the path that is a symbolic link: the length up to its end, 0: there is none. */
static size_t
link_find(const char *path, struct stat *status)
{
	char part[PATH_MAX];

	for (size_t end = 1; path[end - 1] != '\0'; end++) {
		end += strcspn(path + end, "/");
		if (end >= sizeof(part))
			return 0;
		strlcpy(part, path, end + 1);
		if (lstat(part, status) == -1)
			return 0;
		if (S_ISLNK(status->st_mode))
			return end;
		if (path[end] == '\0')
			return 0;
	}
	return 0;
}

/* The path with what the link says in its place. NULL: it cannot be read, or out of memory. */
static char *
link_follow(const char *path, size_t end)
{
	char part[PATH_MAX], target[PATH_MAX], *followed = NULL;
	ssize_t length;

	strlcpy(part, path, end + 1);
	if ((length = readlink(part, target, sizeof(target) - 1)) <= 0)
		return NULL;
	target[length] = '\0';
	*(strrchr(part, '/') + 1) = '\0';
	if (asprintf(&followed, "%s%s%s", *target == '/' ? "" : part, target, path + end) == -1)
		return NULL;
	return followed;
}

/* Without "." and "..", which lead over no links any more, and slashes that say nothing. */
static void
path_shorten(char *path)
{
	char *to = path;

	for (const char *from = path; *from != '\0';) {
		size_t length;

		from += strspn(from, "/");
		length = strcspn(from, "/");
		if (length == 2 && strncmp(from, "..", 2) == 0) {
			while (to > path && *--to != '/')
				;
		} else if (length > 0 && !(length == 1 && *from == '.')) {
			*to++ = '/';
			memmove(to, from, length);
			to += length;
		}
		from += length;
	}
	if (to == path)
		*to++ = '/';
	*to = '\0';
}

char *
path_resolve(const char *path)
{
	char directory[PATH_MAX] = "/", *now = NULL, *next;
	struct stat status;
	size_t end;

	if (*path != '/' && getcwd(directory, sizeof(directory)) == NULL)
		return NULL;
	if (asprintf(&now, "%s%s%s", *path == '/' ? "" : directory, *path == '/' ? "" : "/", path) == -1)
		return NULL;
	for (int i = 0; i < LINKS_MAX && (end = link_find(now, &status)) > 0; i++) {
		if (status.st_uid != 0 && status.st_uid != geteuid())
			break;
		if ((next = link_follow(now, end)) == NULL)
			break;
		free(now);
		now = next;
	}
	if (link_find(now, &status) == 0)
		path_shorten(now);
	return now;
}

int
path_open(const char *path, int flags, mode_t mode)
{
	const struct open_how how = {.flags = (unsigned)flags, .mode = (flags & O_CREAT) != 0 ? mode : 0,
	    .resolve = RESOLVE_NO_SYMLINKS};
	long fd = syscall(SYS_openat2, AT_FDCWD, path, &how, sizeof(how));

	/* a kernel, or a container, that does not have it */
	if (fd == -1 && (errno == ENOSYS || errno == EPERM))
		return open(path, flags | O_NOFOLLOW, mode);
	return (int)fd;
}

/* False: it is a symbolic link. */
static bool
directory_make_one(const char *path)
{
	struct stat status;

	return mkdir(path, DIRECTORY_MODE) == 0 || lstat(path, &status) == -1 || !S_ISLNK(status.st_mode);
}

void
path_make(const char *directory)
{
	char *path = strdup(directory);
	bool straight = path != NULL;

	for (char *slash = straight ? strchr(path + 1, '/') : NULL; straight && slash != NULL; slash = strchr(slash + 1, '/')) {
		*slash = '\0';
		straight = directory_make_one(path);
		*slash = '/';
	}
	if (straight)
		directory_make_one(path);
	free(path);
}
