/*
 * The program of every worker-METHOD: loads the method's libraries once, then forks a worker whenever the
 * supervisor hands it one end of a socket pair. The worker is made with CLONE_PARENT, so it is the
 * supervisor's own child. Invariant: the spawner holds no check's arguments and reads nothing but spawn
 * messages.
 */
#include <bsd/unistd.h>
#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <unistd.h>

#include "../common/clone_sibling.h"
#include "../common/message.h"
#include "channel.h"
#include "method.h"
#include "sandbox.h"
#include "worker.h"

/* The sandbox's level on the command line: `worker-METHOD LEVEL`. */
static bool
level_parse(const char *text, enum sandbox_level *level)
{
	for (size_t i = 0; i < SANDBOX_LEVELS; i++) {
		if (strcmp(sandbox_level_names[i], text) == 0) {
			*level = (enum sandbox_level)i;
			return true;
		}
	}
	return false;
}

/* When memory runs out, the kernel is to end one check rather than the supervisor or ExaBGP: choom(1). */
static void
sacrifice(void)
{
	FILE *file = fopen("/proc/self/oom_score_adj", "w");

	if (file == NULL)
		return;
	fputs("300", file);
	fclose(file);
}

/* Whether descriptor 3 is a socket that keeps message boundaries, as the supervisor's is. */
static bool
channel_present(void)
{
	int type;
	socklen_t length = sizeof(type);

	return getsockopt(CHANNEL_FD, SOL_SOCKET, SO_TYPE, &type, &length) == 0 && type == SOCK_SEQPACKET;
}

static void
spawn(uint32_t id, int fd)
{
	struct message_spawned spawned = {.id = id};
	pid_t pid = clone_sibling();

	if (pid == 0) {
		if (dup2(fd, CHANNEL_FD) == -1)
			_exit(1);
		if (fd != CHANNEL_FD)
			close(fd);
		worker_main();
	}
	if (pid == -1)
		spawned.error = errno;
	else
		spawned.pid = pid;
	close(fd);
	channel_send(MESSAGE_SPAWNED, &spawned, sizeof(spawned));
}

int
main(int argc, char **argv, char **envp)
{
	struct message_ready ready = {.protocol = MESSAGE_PROTOCOL};
	struct pollfd pfd = {.fd = CHANNEL_FD, .events = POLLIN};
	union message message;
	enum sandbox_level level;
	char error[256];
	int fd;

	if (argc != 2 || !level_parse(argv[1], &level) || !channel_present()) {
		fprintf(stderr, "worker-%s %s: started by exacheck, not by hand\n", method_program(worker_method.method),
		    EXACHECK_VERSION);
		return 2;
	}
	setproctitle_init(argc, argv, envp);
	setproctitle("-ExaCheck Spawner [%s]", method_program(worker_method.method));
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	channel_open();
	if (worker_method.preload != NULL)
		worker_method.preload();
	sacrifice();
	if (!sandbox_enter_spawner(worker_method.method, level, error, sizeof(error))) {
		log_errorx("cannot confine the spawner: %s", error);
		return 1; /* and is started again, with growing delays */
	}
	channel_send(MESSAGE_READY, &ready, sizeof(ready));
	/* ends by _exit, as its workers do: what libraries would do last is of no use, and the filter may forbid it */
	for (;;) {
		if (poll(&pfd, 1, -1) == -1 && errno != EINTR)
			_exit(1);
		switch (message_receive(CHANNEL_FD, &message, 1u << MESSAGE_SPAWN, &fd)) {
		case MESSAGE_OK:
			spawn(message.spawn.id, fd);
			break;
		case MESSAGE_NONE:
			break;
		case MESSAGE_CLOSED:
			_exit(0);
		case MESSAGE_BAD:
			_exit(1);
		}
	}
}
