/*
 * The disable file, by inotify and by looking.
 */
#include "disable.h"

#include <bsd/string.h>
#include <errno.h>
#include <libgen.h>
#include <sys/inotify.h>
#include <sys/stat.h>
#include <unistd.h>

#include "../common/message.h"

int
disable_watch(const char *path)
{
	char copy[MESSAGE_PATH_SIZE];
	int fd;

	strlcpy(copy, path, sizeof(copy));
	if ((fd = inotify_init1(IN_NONBLOCK | IN_CLOEXEC)) == -1)
		return -1;
	if (inotify_add_watch(fd, dirname(copy), IN_CREATE | IN_DELETE | IN_MOVED_FROM | IN_MOVED_TO | IN_ONLYDIR) == -1) {
		close(fd);
		return -1;
	}
	return fd;
}

void
disable_drain(int watch)
{
	char events[4096];

	while (read(watch, events, sizeof(events)) > 0)
		;
}

bool
disable_look(const char *path, bool *exists)
{
	struct stat st;
	bool found = stat(path, &st) == 0;

	if (!found && errno != ENOENT && errno != ENOTDIR)
		return false;
	*exists = found;
	return true;
}
