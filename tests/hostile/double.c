/*
 * A spawner and workers that speak the worker protocol wrongly: put in the place of worker-METHOD, it does for each
 * check what the check's name says after an "@": the words of its worker, see words.h, or those of the spawner, "|",
 * and those of the worker. Invariant: what no word says is done as an honest spawner would.
 */
#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "packet.h"
#include "words.h"

/* The job that waits for the worker; malloc'd. */
static struct message_job *
job_peek(int fd)
{
	struct message_job *job = calloc(1, MESSAGE_MAX);

	if (job == NULL || recv(fd, job, MESSAGE_MAX - 1, MSG_PEEK | MSG_DONTWAIT) < (ssize_t)sizeof(*job))
		_exit(98);
	job->name[sizeof(job->name) - 1] = '\0';
	return job;
}

static void
request_answer(uint32_t id, int fd)
{
	struct message_job *job = job_peek(fd);
	struct actor actor = {.channel = CHANNEL_FD, .other = fd, .id = id, .job = job};
	char words[MESSAGE_NAME_SIZE], *bar, *at = strchr(job->name, '@');

	snprintf(words, sizeof(words), "%s", at != NULL ? at + 1 : "started go");
	actor.worker = words;
	if ((bar = strchr(words, '|')) != NULL) {
		*bar = '\0';
		actor.worker = bar + 1;
	}
	actor.next = (monotime_t){job->first_ns};
	trace("spawner", job->name);
	words_do(&actor, bar != NULL ? words : "fork report");
	close(fd);
	free(job);
}

int
main(int argc, char **argv)
{
	struct pollfd pfd = {.fd = CHANNEL_FD, .events = POLLIN};
	struct actor actor = {.channel = CHANNEL_FD};
	union message message;
	char *slash;
	int fd;

	if (argc < 1 || (slash = strrchr(argv[0], '/')) == NULL)
		return 98;
	*slash = '\0';
	signal(SIGPIPE, SIG_IGN);
	if (chdir(argv[0]) == -1 || !packet_make(&actor, "ready"))
		return 98;
	if (access("never-ready", F_OK) == -1)
		packet_send(&actor);
	for (;;) {
		if (poll(&pfd, 1, -1) == -1 && errno != EINTR)
			return 1;
		switch (message_receive(CHANNEL_FD, &message, 1u << MESSAGE_SPAWN, &fd)) {
		case MESSAGE_OK:
			request_answer(message.spawn.id, fd);
			break;
		case MESSAGE_NONE:
			break;
		case MESSAGE_CLOSED:
		case MESSAGE_BAD:
			return 0;
		}
	}
}
