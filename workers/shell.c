/*
 * The shell method. The worker runs no command itself: a guard does, one process forked at the first execution
 * (so after the worker has given up its privileges), which ends and takes the command with it when the worker
 * ends, however that comes. Touches the guard and, through it, what the command is. The guard holds no
 * descriptor but its socket: the worker's end is seen by the supervisor at once.
 */
#include <bsd/unistd.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "../common/methods/shell.h"
#include "../common/signals_default.h"
#include "command.h"
#include "method.h"

#define GUARD_FD 3 /* of the guard's socket, in the guard */
#define GUARD_GRACE_NS (500 * NS_PER_MILLISECOND) /* past the deadline, until the guard is given up */
#define DEFAULT_PATH "PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"

static char **environment; /* NULL-terminated, made by prepare */
static char *check; /* its name */

static struct {
	pid_t pid; /* 0: not running */
	int fd;
} guard = {.fd = -1};

/* Set KEY=VALUE, in place of an entry of the same key. Takes ownership of entry, which may be NULL. */
static bool
environment_set(char *entry)
{
	size_t i, key;

	if (entry == NULL)
		return false;
	key = strcspn(entry, "=") + 1;
	for (i = 0; environment[i] != NULL && strncmp(environment[i], entry, key) != 0; i++)
		;
	free(environment[i]);
	environment[i] = entry;
	return true;
}

static char *
environment_entry(const char *key, const char *value)
{
	char *entry;

	return asprintf(&entry, "%s=%s", key, value) == -1 ? NULL : entry;
}

static bool
shell_prepare(const void *args, const char *name, char *error)
{
	const struct string_map *map = &((const struct shell_args *)args)->environment;
	bool made;

	made = (check = strdup(name)) != NULL && (environment = calloc(map->count + 4, sizeof(*environment))) != NULL &&
	    environment_set(strdup(DEFAULT_PATH)) && environment_set(strdup("LANG=C.UTF-8")) &&
	    environment_set(environment_entry("CHECK", name));
	for (size_t i = 0; i < map->count && made; i++)
		made = environment_set(environment_entry(map->keys[i], map->values[i]));
	if (!made)
		snprintf(error, OPTION_ERROR_SIZE, "out of memory");
	return made;
}

/* The guard's life: a deadline comes in, a result goes out, until the worker is gone. */
static _Noreturn void
guard_main(const char *command, int fd)
{
	struct result result;
	monotime_t deadline;

	/* the worker's handlers are about the worker; its channel must not stay open behind its back */
	signals_default();
	if ((fd != GUARD_FD && dup3(fd, GUARD_FD, O_CLOEXEC) == -1) || close_range(GUARD_FD + 1, ~0U, 0) == -1)
		_exit(1);
	setproctitle("-ExaCheck Command [%s]", check);
	while (recv(GUARD_FD, &deadline, sizeof(deadline), 0) == (ssize_t)sizeof(deadline)) {
		memset(&result, 0, sizeof(result));
		if (command_run(command, environment, deadline, GUARD_FD, &result) == COMMAND_STOPPED ||
		    send(GUARD_FD, &result, sizeof(result), MSG_NOSIGNAL) == -1)
			break;
	}
	_exit(0);
}

static void
guard_end(void)
{
	close(guard.fd); /* tells it to kill the command and go */
	guard.fd = -1;
	guard.pid = 0;
}

/* Returns false with errno. */
static bool
guard_start(const char *command)
{
	int ends[2];

	if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends) == -1)
		return false;
	if ((guard.pid = fork()) == 0)
		guard_main(command, ends[1]);
	close(ends[1]);
	guard.fd = ends[0];
	if (guard.pid != -1)
		return true;
	guard_end();
	return false;
}

/* Returns false when no result came: the guard is gone or stuck. */
static bool
guard_receive(monotime_t deadline, struct result *result)
{
	monotime_t give_up = monotime_add(deadline, GUARD_GRACE_NS);
	struct pollfd fd = {.fd = guard.fd, .events = POLLIN};
	int ready;

	do {
		struct timespec left = monotime_timespec(monotime_left(give_up, monotime_now()));

		ready = ppoll(&fd, 1, &left, NULL);
	} while (ready == -1 && errno == EINTR);
	return ready == 1 && recv(guard.fd, result, sizeof(*result), MSG_DONTWAIT) == (ssize_t)sizeof(*result);
}

static void
shell_execute(const void *args, monotime_t deadline, struct result *result)
{
	const struct shell_args *shell = args;

	while (waitpid(-1, NULL, WNOHANG) > 0) /* guards that were given up */
		;
	if (guard.fd == -1 && !guard_start(shell->command)) {
		result_errno(result, errno, "cannot fork");
		return;
	}
	if (send(guard.fd, &deadline, sizeof(deadline), MSG_NOSIGNAL) == (ssize_t)sizeof(deadline) &&
	    guard_receive(deadline, result))
		return;
	guard_end();
	if (monotime_left(deadline, monotime_now()) == 0)
		result_fail(result, REASON_TIMEOUT, "command did not end in time and cannot be killed");
	else
		result_error(result, REASON_LOCAL, "the process that runs the command has died");
}

const struct worker_method worker_method = {
	.method = &method_shell,
	.prepare = shell_prepare,
	.execute = shell_execute,
};
