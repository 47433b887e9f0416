/*
 * Reads a configuration file for the tree. Touches the one file.
 * Invariant: never blocks on what is no regular file, never reads more than FILE_SIZE_MAX.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "tree.h"

#define FILE_SIZE_MAX (16UL * 1024 * 1024)

static void
report(struct diagnostics *diagnostics, const char *what)
{
	diagnostic_add(diagnostics, SEVERITY_ERROR, 0, 0, NULL, "%s: %s", what, strerror(errno));
}

/* Refuse everything but a regular file of a reasonable size. */
static bool
file_check(int fd, struct diagnostics *diagnostics)
{
	struct stat st;

	if (fstat(fd, &st) == -1) {
		report(diagnostics, "cannot look at it");
		return false;
	}
	if (!S_ISREG(st.st_mode)) {
		diagnostic_add(diagnostics, SEVERITY_ERROR, 0, 0, NULL, "is %s: a configuration is a regular file",
		    S_ISDIR(st.st_mode)	     ? "a directory"
			: S_ISFIFO(st.st_mode) ? "a pipe"
					       : "a device");
		return false;
	}
	if ((unsigned long long)st.st_size > FILE_SIZE_MAX) {
		diagnostic_add(diagnostics, SEVERITY_ERROR, 0, 0, NULL, "has %llu bytes: the limit is %lu",
		    (unsigned long long)st.st_size, FILE_SIZE_MAX);
		return false;
	}
	return true;
}

/* The whole file, malloc'd; NULL after reporting an error. A size of 0 is not believed: see proc(5). */
static char *
file_read(int fd, size_t *length, struct diagnostics *diagnostics)
{
	size_t room = 0;
	char *text = NULL, *grown;
	ssize_t got = 1;

	for (*length = 0; got != 0 && *length <= FILE_SIZE_MAX; *length += (size_t)got) {
		if (*length == room) {
			room = room == 0 ? 65536 : room * 2;
			if ((grown = realloc(text, room)) == NULL)
				goto fail;
			text = grown;
		}
		while ((got = read(fd, text + *length, room - *length)) == -1 && errno == EINTR)
			;
		if (got == -1)
			goto fail;
	}
	if (*length <= FILE_SIZE_MAX)
		return text;
	errno = EFBIG;
fail:
	report(diagnostics, "cannot read it");
	free(text);
	return NULL;
}

char *
tree_text(const char *path, size_t *length, struct diagnostics *diagnostics)
{
	/* O_NONBLOCK: opening a pipe that nobody writes to would wait for ever. */
	int fd = open(path, O_RDONLY | O_NONBLOCK | O_CLOEXEC | O_NOCTTY);
	char *text;

	if (fd == -1) {
		report(diagnostics, "cannot open it");
		return NULL;
	}
	text = file_check(fd, diagnostics) ? file_read(fd, length, diagnostics) : NULL;
	close(fd);
	return text;
}

struct tree *
tree_load(const char *path, struct diagnostics *diagnostics)
{
	size_t length;
	char *text = tree_text(path, &length, diagnostics);
	struct tree *tree = text != NULL ? tree_parse(path, text, length, diagnostics) : NULL;

	free(text);
	return tree;
}
