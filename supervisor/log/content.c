/*
 * The content of a file, compressed. Touches its descriptors, and a program that it starts. Invariant: what it is told of
 * the file's size is what it copies.
 */
#include "content.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>
#include <zlib.h>

#include "ustar.h"

#define PIECE 65536
#define GZIP_MODE "wb6"

bool
content_tool(const struct content_form *form, char path[static TOOL_PATH_SIZE])
{
	return tool_find(tool_directories_system, form->arguments[0], path);
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
	if ((error = drain_write(drain, header, sizeof(header))) == 0)
		error = file_copy(drain, from, status->st_size);
	for (size_t left = ustar_padding(status->st_size); left > 0 && error == 0;) {
		size_t length = left < sizeof(zeros) ? left : sizeof(zeros);

		error = drain_write(drain, zeros, length);
		left -= length;
	}
	return error;
}

static int
content_copy(const struct content *content, const struct drain *drain)
{
	return content->form->archive ? archive_copy(drain, content->from, content->name, &content->status) :
	    file_copy(drain, content->from, content->status.st_size);
}

static int
zlib_run(const struct content *content)
{
	int copy = dup(content->to), error; /* which closing it closes */
	struct drain drain = {-1, copy != -1 ? gzdopen(copy, GZIP_MODE) : NULL};

	if (drain.gzip == NULL)
		return ENOMEM;
	error = content_copy(content, &drain);
	errno = EIO;
	if (gzclose(drain.gzip) != Z_OK && error == 0)
		error = errno;
	return error;
}

static _Noreturn void
tool_exec(const struct content *content, int input)
{
	static char search[] = "PATH=/usr/bin:/bin", language[] = "LC_ALL=C";
	char *const environment[] = {search, language, NULL};
	char tool[TOOL_PATH_SIZE], *arguments[CONTENT_ARGUMENTS_MAX];
	size_t count = 0;
	int nowhere;

	prctl(PR_SET_PDEATHSIG, SIGKILL);
	signal(SIGPIPE, SIG_DFL);
	for (; content->form->arguments[count] != NULL; count++)
		arguments[count] = strdup(strcmp(content->form->arguments[count], CONTENT_PATH) == 0 ? content->path :
		    content->form->arguments[count]);
	arguments[count] = NULL;
	if ((nowhere = open(CONTENT_NOWHERE, O_WRONLY | O_CLOEXEC)) != -1)
		dup2(nowhere, STDERR_FILENO);
	if (content_tool(content->form, tool) && dup2(input, STDIN_FILENO) != -1 && dup2(content->to, STDOUT_FILENO) != -1)
		execve(tool, arguments, environment);
	_exit(CONTENT_TOOL_LACKING);
}

static int
tool_wait(pid_t pid)
{
	int status;

	while (waitpid(pid, &status, 0) == -1)
		if (errno != EINTR)
			return errno;
	return !WIFEXITED(status) ? CONTENT_TOOL_FAILED : WEXITSTATUS(status) == 0 ? 0 :
	    WEXITSTATUS(status) == CONTENT_TOOL_LACKING ? CONTENT_TOOL_LACKING : CONTENT_TOOL_FAILED;
}

/* A program that reads the file itself has nothing on its standard input. */
static bool
tool_reads(const struct content_form *form)
{
	for (size_t i = 0; form->arguments[i] != NULL; i++)
		if (strcmp(form->arguments[i], CONTENT_PATH) == 0)
			return true;
	return false;
}

static int
tool_run(const struct content *content)
{
	struct drain drain = {-1, NULL};
	int ends[2], error = 0, ended;
	pid_t pid;

	if (pipe2(ends, O_CLOEXEC) == -1)
		return errno;
	if ((pid = fork()) == 0)
		tool_exec(content, ends[0]);
	error = pid == -1 ? errno : 0;
	close(ends[0]);
	drain.fd = ends[1];
	if (error == 0 && !tool_reads(content->form))
		error = content_copy(content, &drain);
	close(ends[1]);
	/* one that has gone has a reason of its own */
	if (pid != -1 && (ended = tool_wait(pid)) != 0 && (error == 0 || error == EPIPE))
		error = ended;
	return error;
}

static int
bytes_copy(const struct content *content)
{
	const struct drain drain = {content->to, NULL};

	return content_copy(content, &drain);
}

int
content_compress(const struct content *content)
{
	if (content->form->arguments[0] != NULL)
		return tool_run(content);
	return content->form->gzip ? zlib_run(content) : bytes_copy(content);
}
