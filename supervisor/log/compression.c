/*
 * Compression in a child. Touches the file, the one beside it, and the program that does it. Invariant: the file is
 * removed only when the compressed one is complete, on the disk, and has its name.
 */
#include "compression.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "../../common/interpreter.h"
#include "../../common/landlock.h"
#include "content.h"

#define LEFT ".tmp" /* while it is being made */

struct compression_format {
	const char *name; /* and the suffix, behind a dot */
	struct content_form form;
};

static const struct compression_format formats[] = {
	{"gz", {false, true, {NULL}}},
	{"bz2", {false, false, {"bzip2", "-c", NULL}}},
	{"xz", {false, false, {"xz", "-T1", "-c", NULL}}},
	{"lzma", {false, false, {"xz", "-T1", "--format=lzma", "-c", NULL}}},
	{"tar", {true, false, {NULL}}},
	{"tar.gz", {true, true, {NULL}}},
	{"tar.bz2", {true, false, {"bzip2", "-c", NULL}}},
	{"tar.xz", {true, false, {"xz", "-T1", "-c", NULL}}},
	{"zip", {false, false, {"zip", "-q", "-j", "-", CONTENT_PATH, NULL}}},
};
#define FORMATS (sizeof(formats) / sizeof(formats[0]))

/* What programs load. */
static const char *const library_places[] = {"/lib", "/lib64", "/usr/lib", "/usr/lib64", "/etc/ld.so.cache"};

const struct compression_format *
compression_find(const char *name)
{
	for (size_t i = 0; i < FORMATS; i++)
		if (strcmp(formats[i].name, name) == 0)
			return &formats[i];
	return NULL;
}

bool
compression_suffix(const char *suffix, enum rotated_state *state)
{
	for (size_t i = 0; i < FORMATS; i++) {
		size_t length = strlen(formats[i].name);

		if (suffix[0] != '.' || strncmp(suffix + 1, formats[i].name, length) != 0)
			continue;
		*state = suffix[1 + length] == '\0' ? ROTATED_COMPRESSED : ROTATED_LEFT;
		if (suffix[1 + length] == '\0' || strcmp(suffix + 1 + length, LEFT) == 0)
			return true;
	}
	return false;
}

bool
compression_needs(const struct compression_format *format, struct needs *needs, const char **tool)
{
	const uint64_t reading = LANDLOCK_FS_READ_FILE | LANDLOCK_FS_READ_DIR;
	const char *interpreter = interpreter_path();
	char path[TOOL_PATH_SIZE];

	needs->bits |= LOG_NEED_CHILDREN;
	if ((*tool = format->form.arguments[0]) == NULL)
		return true;
	if (!content_tool(&format->form, path))
		return false;
	needs->bits |= LOG_NEED_TOOLS;
	needs_place(needs, open(path, O_PATH | O_CLOEXEC), LANDLOCK_FS_EXECUTE | LANDLOCK_FS_READ_FILE);
	if (interpreter != NULL)
		needs_place(needs, open(interpreter, O_PATH | O_CLOEXEC), LANDLOCK_FS_EXECUTE | LANDLOCK_FS_READ_FILE);
	for (size_t i = 0; i < sizeof(library_places) / sizeof(library_places[0]); i++)
		needs_place(needs, open(library_places[i], O_PATH | O_CLOEXEC), reading);
	needs_place(needs, open(CONTENT_NOWHERE, O_PATH | O_CLOEXEC), LANDLOCK_FS_READ_FILE | LANDLOCK_FS_WRITE_FILE);
	return true;
}

/* The compressed one, under its passing name; what another one has left of it goes. -1 with errno. */
static int
beside_open(const char *beside, mode_t mode)
{
	const int flags = O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC;
	int fd = open(beside, flags, mode);

	if (fd == -1 && errno == EEXIST && unlink(beside) == 0)
		fd = open(beside, flags, mode);
	return fd;
}

/* Whether somebody has written to it in the meantime, who had it open before it was rotated. */
static bool
changed(const struct content *content)
{
	struct stat now;

	return fstat(content->from, &now) == -1 || now.st_size != content->status.st_size ||
	    now.st_mtim.tv_sec != content->status.st_mtim.tv_sec || now.st_mtim.tv_nsec != content->status.st_mtim.tv_nsec;
}

static int
content_settle(const struct content *content)
{
	int error = content_compress(content);

	if (error != 0)
		return error;
	if (changed(content))
		return EAGAIN;
	return fchmod(content->to, content->status.st_mode & 0777) == -1 || fsync(content->to) == -1 ? errno : 0;
}

/* What has been renamed is to be so after a crash of the machine too, before the file goes. */
static int
name_settle(const struct content *content, const char *beside, const char *compressed)
{
	char *directory = strndup(content->path, (size_t)(content->name - content->path));
	int fd, error = 0;

	if (directory == NULL)
		return ENOMEM;
	if (rename(beside, compressed) == -1 || (fd = open(directory, O_RDONLY | O_DIRECTORY | O_CLOEXEC)) == -1)
		error = errno;
	else {
		if (fsync(fd) == -1 && errno != EINVAL)
			error = errno;
		close(fd);
	}
	free(directory);
	return error != 0 ? error : unlink(content->path) == -1 ? errno : 0;
}

int
compression_run(const struct compression_format *format, const char *path)
{
	char compressed[PATH_MAX], beside[PATH_MAX];
	struct content content = {.form = &format->form, .path = path, .name = strrchr(path, '/') + 1, .to = -1};
	int error;

	if (snprintf(compressed, sizeof(compressed), "%s.%s", path, format->name) >= (int)sizeof(compressed) ||
	    snprintf(beside, sizeof(beside), "%s" LEFT, compressed) >= (int)sizeof(beside))
		return ENAMETOOLONG;
	if ((content.from = open(path, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC)) == -1)
		return errno;
	if (fstat(content.from, &content.status) == -1 || (content.to = beside_open(beside, 0600)) == -1)
		error = errno;
	else if ((error = content_settle(&content)) == 0)
		error = name_settle(&content, beside, compressed);
	if (content.to != -1) {
		if (error != 0)
			unlink(beside);
		close(content.to);
	}
	close(content.from);
	return error;
}

const char *
compression_problem(int status)
{
	if (!WIFEXITED(status))
		return WTERMSIG(status) == SIGKILL ? "it took too long, or was killed" : strsignal(WTERMSIG(status));
	switch (WEXITSTATUS(status)) {
	case 0:
	case ENOENT: /* it was removed, being the oldest by then */
		return NULL;
	case CONTENT_TOOL_FAILED:
		return "the program that compresses failed";
	case CONTENT_TOOL_LACKING:
		return "the program that compresses is not there";
	default:
		return strerror(WEXITSTATUS(status));
	}
}
