/*
 * The launcher's own life: read a request, start the program, say how it went. Invariant: it holds no secret
 * and can execute nothing but the programs of its table.
 */
#include "launcher.h"

#include <bsd/string.h>
#include <bsd/unistd.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/capability.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "../common/clone_sibling.h"
#include "../common/message.h"
#include "../common/methods/method.h"
#include "../common/signals_default.h"
#include "capability.h"
#include "libexec.h"

#define PATH_SIZE 4096
#define ARGUMENT_SIZE 16

/* An entry of the table. */
struct program {
	char path[PATH_SIZE], argument[ARGUMENT_SIZE];
	unsigned capabilities; /* that may reach it */
};

/* What exacheck was given for its workers (systemd's AmbientCapabilities) reaches those that can need it. */
static unsigned
method_capabilities(const struct check_method *method)
{
	return CAPABILITIES_IDENTITY | ((method->needs & NEED_PING) != 0 ? CAPABILITY(CAP_NET_RAW) : 0) |
	    (method->remote ? CAPABILITY(CAP_NET_ADMIN) : 0);
}

const struct launcher_helper launcher_helpers[] = {
	/* it may be to serve a port below 1024 */
	{LAUNCHER_WEB, "exacheck-web", CAPABILITIES_IDENTITY | CAPABILITY(CAP_NET_BIND_SERVICE)},
	{LAUNCHER_LOG, "exacheck-log", CAPABILITY(CAP_DAC_OVERRIDE)}, /* to write where root may */
	{LAUNCHER_NOTIFY, "exacheck-notify", CAPABILITIES_IDENTITY},
	/* that is what putting up addresses takes */
	{LAUNCHER_ADDRESS, "exacheck-address", CAPABILITIES_IDENTITY | CAPABILITY(CAP_NET_ADMIN)},
	{0, NULL, 0},
};

/* NULL: this is none. */
static const struct launcher_helper *
helper_find(const char *name)
{
	const struct launcher_helper *helper = launcher_helpers;

	while (helper->name != NULL && strcmp(name, helper->name) != 0)
		helper++;
	return helper->name != NULL ? helper : NULL;
}

/* Find what is requested; false: it is not in the table, or its path is too long. */
static bool
program_find(const struct message_launch *request, const struct launcher_paths *paths, struct program *program)
{
	const struct check_method *const *method = worker_methods;
	const struct launcher_helper *helper;
	int length;

	if (strcmp(request->program, LAUNCHER_SELF) == 0 && paths->program != NULL) {
		strlcpy(program->argument, "preflight", sizeof(program->argument));
		program->capabilities = 0;
		return strlcpy(program->path, paths->program, sizeof(program->path)) < sizeof(program->path);
	}
	while (*method != NULL && strcmp(request->program, method_program(*method)) != 0)
		method++;
	helper = *method == NULL ? helper_find(request->program) : NULL;
	if ((*method == NULL && helper == NULL) || request->level >= SANDBOX_LEVELS)
		return false;
	strlcpy(program->argument, sandbox_level_names[request->level], sizeof(program->argument));
	program->capabilities = helper != NULL ? helper->capabilities : method_capabilities(*method);
	length = snprintf(program->path, sizeof(program->path), "%s/%s%s", paths->libexec,
	    helper != NULL ? "" : LIBEXEC_WORKER, request->program);
	return length >= 0 && (size_t)length < sizeof(program->path);
}

/*
 * A worker's environment: nothing of the supervisor's but what the resolver and the C library read. Room for
 * a process title lies where the environment does, hence the last entry; it is small because each new title
 * overwrites all of it.
 */
static char **
child_environment(void)
{
	static const char *const inherited[] = {"TZ", "RES_OPTIONS", "LOCALDOMAIN", "ASAN_OPTIONS", "UBSAN_OPTIONS"};
	static char path[] = "PATH=/usr/sbin:/usr/bin:/sbin:/bin", language[] = "LANG=C.UTF-8";
	/* the C library keeps no freed pieces by for speed: a worker that sleeps nearly always gives its pages back */
	static char tunables[] = "GLIBC_TUNABLES=glibc.malloc.tcache_count=0";
	static char room[] = "TITLE=................................................................................"
			     "................................................................................"
			     "................................................................................";
	static char *environment[sizeof(inherited) / sizeof(inherited[0]) + 5];
	size_t count = 0;

	environment[count++] = path;
	environment[count++] = language;
	environment[count++] = tunables;
	for (size_t i = 0; i < sizeof(inherited) / sizeof(inherited[0]); i++) {
		const char *value = getenv(inherited[i]);

		if (value != NULL && asprintf(&environment[count], "%s=%s", inherited[i], value) != -1)
			count++;
	}
	environment[count++] = room;
	environment[count] = NULL;
	return environment;
}

/* In the child, whose standard descriptors are /dev/null and whose others close themselves. Returns errno. */
static int
child_exec(struct program *program, int channel)
{
	char *argv[] = {program->path, program->argument, NULL};

	setsid(); /* ^C in the terminal is the supervisor's to handle */
	signals_default();
	/* until the program says so itself */
	if (prctl(PR_SET_PDEATHSIG, SIGKILL) == -1 || !capabilities_limit(program->capabilities) ||
	    dup2(channel, CHANNEL_FD) == -1)
		return errno;
	execve(program->path, argv, child_environment());
	return errno;
}

/* The child's errno when it could not execute the program: it says so on the pipe that executing closes. */
static int
child_verdict(int pipe_fd)
{
	int error = 0;
	ssize_t length;

	do
		length = read(pipe_fd, &error, sizeof(error));
	while (length == -1 && errno == EINTR);
	return length == (ssize_t)sizeof(error) ? error : 0;
}

/* Start a program with the descriptor as its channel. Returns its pid, or 0 with *error. */
static pid_t
program_start(struct program *program, int channel, int *error)
{
	int pipe_fds[2];
	pid_t pid;

	if (pipe2(pipe_fds, O_CLOEXEC) == -1) {
		*error = errno;
		return 0;
	}
	if ((pid = clone_sibling()) == 0) {
		*error = child_exec(program, channel);
		_exit(write(pipe_fds[1], error, sizeof(*error)) == -1 ? 126 : 127);
	}
	*error = pid == -1 ? errno : 0;
	close(pipe_fds[1]);
	if (pid != -1)
		*error = child_verdict(pipe_fds[0]);
	close(pipe_fds[0]);
	return *error == 0 ? pid : 0;
}

/* The supervisor has gone, or wants it gone: an end in order, with nothing left open. */
static _Noreturn void
launcher_end(void)
{
	close(CHANNEL_FD);
	_exit(0);
}

static void
tell(enum message_type type, void *message, size_t length)
{
	struct pollfd pfd = {.fd = CHANNEL_FD, .events = POLLOUT};

	while (message_send(CHANNEL_FD, type, message, length, -1) == -1) {
		if (errno != EAGAIN && errno != ENOBUFS && errno != ENOMEM)
			launcher_end();
		poll(&pfd, 1, 100);
	}
}

static void
serve(const struct message_launch *request, const struct launcher_paths *paths, int channel)
{
	struct message_spawned spawned = {.id = request->id};
	struct program program;

	if (program_find(request, paths, &program))
		spawned.pid = program_start(&program, channel, &spawned.error);
	else
		spawned.error = EINVAL;
	close(channel);
	tell(MESSAGE_SPAWNED, &spawned, sizeof(spawned));
}

/* What a sanitizer finds in a worker is written to standard error: a build with one keeps it. */
#ifdef EXACHECK_SANITIZED
#define STDERR_KEPT 1
#else
#define STDERR_KEPT 0
#endif

/* Nothing but the channel and /dev/null: ExaBGP's pipe, above all, must not be within reach. */
static bool
descriptors_settle(int fd)
{
	int null = open("/dev/null", O_RDWR | O_CLOEXEC);

	if (null == -1 || dup2(null, STDIN_FILENO) == -1 || dup2(null, STDOUT_FILENO) == -1 ||
	    (!STDERR_KEPT && dup2(null, STDERR_FILENO) == -1))
		return false;
	if (fd != CHANNEL_FD && dup3(fd, CHANNEL_FD, O_CLOEXEC) == -1)
		return false;
	return close_range(CHANNEL_FD + 1, ~0u, 0) == 0;
}

/* It ends with the supervisor, when the channel closes, and not before: signals to a group are not meant for it. */
static void
signals_ignore(void)
{
	static const int ignored[] = {SIGHUP, SIGINT, SIGQUIT, SIGTERM, SIGUSR1, SIGUSR2, SIGPIPE};

	signals_default();
	for (size_t i = 0; i < sizeof(ignored) / sizeof(ignored[0]); i++)
		signal(ignored[i], SIG_IGN);
}

_Noreturn void
launcher_main(int fd, pid_t supervisor, const struct launcher_paths *paths)
{
	struct pollfd pfd = {.fd = CHANNEL_FD, .events = POLLIN};
	struct message_ready ready = {.protocol = MESSAGE_PROTOCOL};
	union message message;
	int channel;

	setsid();
	signals_ignore();
	if (prctl(PR_SET_PDEATHSIG, SIGKILL) == -1 || getppid() != supervisor || !descriptors_settle(fd))
		_exit(1);
	setproctitle("-ExaCheck Launcher");
	tell(MESSAGE_READY, &ready, sizeof(ready));
	for (;;) {
		if (poll(&pfd, 1, -1) == -1 && errno != EINTR && errno != ENOMEM) /* nobody can take its place */
			_exit(1);
		switch (message_receive(CHANNEL_FD, &message, 1u << MESSAGE_LAUNCH, &channel)) {
		case MESSAGE_OK:
			serve(&message.launch, paths, channel);
			break;
		case MESSAGE_NONE:
			break;
		case MESSAGE_CLOSED:
			launcher_end();
		case MESSAGE_BAD:
			_exit(1);
		}
	}
}
