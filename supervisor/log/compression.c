/*
 * Compression in a child. Touches the file, the one beside it, and the program that does it. Invariant: the file is removed
 * only when the compressed one is complete, on the disk, and has its name.
 */
#include "compression.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <link.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>
#include <zlib.h>

#include "../../common/landlock.h"
#include "ustar.h"

#define LEFT ".tmp" /* while it is being made */
#define PIECE 65536
#define GZIP_MODE "wb6"
#define ARGUMENTS_MAX 6

/* Exit codes beside those that are an errno. */
enum { TOOL_FAILED = 200, TOOL_LACKING };

struct compression_format {
	const char *name; /* and the suffix, behind a dot */
	bool archive;	  /* in a tar archive */
	bool gzip;
	const char *arguments[ARGUMENTS_MAX]; /* the program first; none: no program. PATH: the file's, else it comes on stdin */
};

#define PATH "\1"

static const struct compression_format formats[] = {
	{"gz", false, true, {NULL}},
	{"bz2", false, false, {"bzip2", "-c", NULL}},
	{"xz", false, false, {"xz", "-T1", "-c", NULL}},
	{"lzma", false, false, {"xz", "-T1", "--format=lzma", "-c", NULL}},
	{"tar", true, false, {NULL}},
	{"tar.gz", true, true, {NULL}},
	{"tar.bz2", true, false, {"bzip2", "-c", NULL}},
	{"tar.xz", true, false, {"xz", "-T1", "-c", NULL}},
	{"zip", false, false, {"zip", "-q", "-j", "-", PATH, NULL}},
};
#define FORMATS (sizeof(formats) / sizeof(formats[0]))

/* Where programs and what they load are looked for: nowhere that a user may name. */
static const char *const tool_directories[] = {"/usr/bin", "/bin"};
static const char *const library_places[] = {"/lib", "/lib64", "/usr/lib", "/usr/lib64", "/etc/ld.so.cache"};
#define NOWHERE "/dev/null"

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

/* False: it is nowhere. */
static bool
tool_find(const struct compression_format *format, char path[static PATH_MAX])
{
	for (size_t i = 0; i < sizeof(tool_directories) / sizeof(tool_directories[0]); i++) {
		snprintf(path, PATH_MAX, "%s/%s", tool_directories[i], format->arguments[0]);
		if (access(path, X_OK) == 0)
			return true;
	}
	return false;
}

/* The program's own interpreter (ld.so), from its headers. */
static int
interpreter_find(struct dl_phdr_info *info, size_t size, void *context)
{
	const char **path = context;

	(void)size;
	for (size_t i = 0; i < info->dlpi_phnum; i++)
		if (info->dlpi_phdr[i].p_type == PT_INTERP)
			*path = (const char *)(info->dlpi_addr + info->dlpi_phdr[i].p_vaddr);
	return 1; /* the first object is the program */
}

bool
compression_needs(const struct compression_format *format, struct needs *needs, const char **tool)
{
	const uint64_t reading = LANDLOCK_FS_READ_FILE | LANDLOCK_FS_READ_DIR;
	const char *interpreter = NULL;
	char path[PATH_MAX];

	needs->bits |= LOG_NEED_CHILDREN;
	if ((*tool = format->arguments[0]) == NULL)
		return true;
	if (!tool_find(format, path))
		return false;
	needs->bits |= LOG_NEED_TOOLS;
	dl_iterate_phdr(interpreter_find, &interpreter);
	needs_place(needs, open(path, O_PATH | O_CLOEXEC), LANDLOCK_FS_EXECUTE | LANDLOCK_FS_READ_FILE);
	if (interpreter != NULL)
		needs_place(needs, open(interpreter, O_PATH | O_CLOEXEC), LANDLOCK_FS_EXECUTE | LANDLOCK_FS_READ_FILE);
	for (size_t i = 0; i < sizeof(library_places) / sizeof(library_places[0]); i++)
		needs_place(needs, open(library_places[i], O_PATH | O_CLOEXEC), reading);
	needs_place(needs, open(NOWHERE, O_PATH | O_CLOEXEC), LANDLOCK_FS_READ_FILE | LANDLOCK_FS_WRITE_FILE);
	return true;
}

/* Where the bytes of the file go: into the compressed one by zlib, or as they are into it or to the program. */
struct drain {
	int fd;
	gzFile gzip; /* NULL: as they are */
};

static int
drain_write(const struct drain *drain, const char *data, size_t length)
{
	int number = Z_OK;

	if (drain->gzip != NULL) {
		if (length == 0 || gzwrite(drain->gzip, data, (unsigned)length) == (int)length)
			return 0;
		gzerror(drain->gzip, &number);
		return number == Z_ERRNO && errno != 0 ? errno : EIO;
	}
	while (length > 0) {
		ssize_t written = write(drain->fd, data, length);

		if (written == -1 && errno != EINTR)
			return errno;
		if (written > 0) {
			data += written;
			length -= (size_t)written;
		}
	}
	return 0;
}

/* As much of the file as its status says. */
static int
file_copy(const struct drain *drain, int from, off_t size)
{
	static char piece[PIECE];

	while (size > 0) {
		ssize_t got = read(from, piece, size < PIECE ? (size_t)size : PIECE);
		int error = got == -1 ? errno : got == 0 ? EIO : drain_write(drain, piece, (size_t)got);

		if (error != 0 && error != EINTR)
			return error;
		if (got > 0)
			size -= got;
	}
	return 0;
}

static int
archive_copy(const struct drain *drain, int from, const char *name, const struct stat *status)
{
	static const char zeros[USTAR_BLOCK];
	char header[USTAR_BLOCK];
	int error;

	if (!ustar_header(header, name, status))
		return EFBIG;
	if ((error = drain_write(drain, header, sizeof(header))) != 0 || (error = file_copy(drain, from, status->st_size)) != 0)
		return error;
	for (size_t left = ustar_padding(status->st_size); left > 0 && error == 0;) {
		size_t length = left < sizeof(zeros) ? left : sizeof(zeros);

		error = drain_write(drain, zeros, length);
		left -= length;
	}
	return error;
}

struct work {
	const struct compression_format *format;
	const char *path, *name; /* of the file */
	int from, to;
	struct stat status; /* of the file */
};

static int
content_copy(const struct work *work, const struct drain *drain)
{
	return work->format->archive ? archive_copy(drain, work->from, work->name, &work->status) :
	    file_copy(drain, work->from, work->status.st_size);
}

static int
zlib_run(const struct work *work)
{
	int copy = dup(work->to), error; /* which closing it closes */
	struct drain drain = {-1, copy != -1 ? gzdopen(copy, GZIP_MODE) : NULL};

	if (drain.gzip == NULL)
		return ENOMEM;
	error = content_copy(work, &drain);
	errno = EIO;
	if (gzclose(drain.gzip) != Z_OK && error == 0)
		error = errno;
	return error;
}

static _Noreturn void
tool_exec(const struct work *work, int input)
{
	static char search[] = "PATH=/usr/bin:/bin", language[] = "LC_ALL=C";
	char *const environment[] = {search, language, NULL};
	char tool[PATH_MAX], *arguments[ARGUMENTS_MAX];
	size_t count = 0;
	int nowhere;

	prctl(PR_SET_PDEATHSIG, SIGKILL);
	signal(SIGPIPE, SIG_DFL);
	for (; work->format->arguments[count] != NULL; count++)
		arguments[count] = strdup(strcmp(work->format->arguments[count], PATH) == 0 ? work->path :
		    work->format->arguments[count]);
	arguments[count] = NULL;
	if ((nowhere = open(NOWHERE, O_WRONLY | O_CLOEXEC)) != -1)
		dup2(nowhere, STDERR_FILENO);
	if (tool_find(work->format, tool) && dup2(input, STDIN_FILENO) != -1 && dup2(work->to, STDOUT_FILENO) != -1)
		execve(tool, arguments, environment);
	_exit(TOOL_LACKING);
}

static int
tool_wait(pid_t pid)
{
	int status;

	while (waitpid(pid, &status, 0) == -1)
		if (errno != EINTR)
			return errno;
	return !WIFEXITED(status) ? TOOL_FAILED : WEXITSTATUS(status) == 0 ? 0 :
	    WEXITSTATUS(status) == TOOL_LACKING ? TOOL_LACKING : TOOL_FAILED;
}

/* A program that reads the file itself has nothing on its standard input. */
static bool
tool_reads(const struct compression_format *format)
{
	for (size_t i = 0; format->arguments[i] != NULL; i++)
		if (strcmp(format->arguments[i], PATH) == 0)
			return true;
	return false;
}

static int
tool_run(const struct work *work)
{
	struct drain drain = {-1, NULL};
	int ends[2], error = 0, ended;
	pid_t pid;

	if (pipe2(ends, O_CLOEXEC) == -1)
		return errno;
	if ((pid = fork()) == 0)
		tool_exec(work, ends[0]);
	error = pid == -1 ? errno : 0;
	close(ends[0]);
	drain.fd = ends[1];
	if (error == 0 && !tool_reads(work->format))
		error = content_copy(work, &drain);
	close(ends[1]);
	/* one that has gone has a reason of its own */
	if (pid != -1 && (ended = tool_wait(pid)) != 0 && (error == 0 || error == EPIPE))
		error = ended;
	return error;
}

static int
bytes_copy(const struct work *work)
{
	const struct drain drain = {work->to, NULL};

	return content_copy(work, &drain);
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
changed(const struct work *work)
{
	struct stat now;

	return fstat(work->from, &now) == -1 || now.st_size != work->status.st_size ||
	    now.st_mtim.tv_sec != work->status.st_mtim.tv_sec || now.st_mtim.tv_nsec != work->status.st_mtim.tv_nsec;
}

static int
content_compress(const struct work *work)
{
	int error = work->format->arguments[0] != NULL ? tool_run(work) : work->format->gzip ? zlib_run(work) : bytes_copy(work);

	if (error != 0)
		return error;
	if (changed(work))
		return EAGAIN;
	return fchmod(work->to, work->status.st_mode & 0777) == -1 || fsync(work->to) == -1 ? errno : 0;
}

/* What has been renamed is to be so after a crash of the machine too, before the file goes. */
static int
name_settle(const struct work *work, const char *beside, const char *compressed)
{
	char *directory = strndup(work->path, (size_t)(work->name - work->path));
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
	return error != 0 ? error : unlink(work->path) == -1 ? errno : 0;
}

int
compression_run(const struct compression_format *format, const char *path)
{
	char compressed[PATH_MAX], beside[PATH_MAX];
	struct work work = {.format = format, .path = path, .name = strrchr(path, '/') + 1, .to = -1};
	int error;

	if (snprintf(compressed, sizeof(compressed), "%s.%s", path, format->name) >= (int)sizeof(compressed) ||
	    snprintf(beside, sizeof(beside), "%s" LEFT, compressed) >= (int)sizeof(beside))
		return ENAMETOOLONG;
	if ((work.from = open(path, O_RDONLY | O_NOFOLLOW | O_CLOEXEC)) == -1)
		return errno;
	if (fstat(work.from, &work.status) == -1 || (work.to = beside_open(beside, 0600)) == -1)
		error = errno;
	else if ((error = content_compress(&work)) == 0)
		error = name_settle(&work, beside, compressed);
	if (work.to != -1) {
		if (error != 0)
			unlink(beside);
		close(work.to);
	}
	close(work.from);
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
	case TOOL_FAILED:
		return "the program that compresses failed";
	case TOOL_LACKING:
		return "the program that compresses is not there";
	default:
		return strerror(WEXITSTATUS(status));
	}
}
