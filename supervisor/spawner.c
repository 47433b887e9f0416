/*
 * Starting worker-METHOD, passing it descriptors, reading its reports. Invariant: every request that was
 * taken is reported on exactly once. Trusts nothing but the size of what it reads.
 */
#include "spawner.h"

#include <bsd/sys/queue.h>
#include <errno.h>
#include <event2/event.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "../common/log.h"
#include "../common/message.h"
#include "backoff.h"

#define UNANSWERED_MAX 64 /* requests: what fits well into the socket's buffer */
#define ANSWER_WAIT_S 10  /* for the next answer while there is an unanswered request; libraries load meanwhile */
#define MESSAGES_A_TURN 128
#define MESSAGES_MAX 64 /* without an answer to a request: more is a flood, which would starve the others */

struct request {
	STAILQ_ENTRY(request) entry;
	uint32_t id;
};

struct spawner {
	struct event_base *base;
	const struct check_method *method;
	enum sandbox_level level;
	const char *libexec;
	spawner_report *report;
	void *context;
	pid_t pid; /* 0: not running */
	int fd;
	struct event *event;
	struct event *patience; /* pending while there are unanswered requests */
	struct backoff backoff;
	monotime_t retry;
	STAILQ_HEAD(, request) requests; /* unanswered */
	unsigned unanswered;
	unsigned messages; /* since its start or its last answer */
};

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

/* In the child: the channel becomes CHANNEL_FD, the rest of the world is closed, then exec. */
static _Noreturn void
child_exec(const char *path, const char *level, int channel)
{
	char *argv[] = {strdup(path), strdup(level), NULL};
	int null = open("/dev/null", O_RDWR | O_CLOEXEC);
	sigset_t none;

	setsid(); /* ^C in the terminal is the supervisor's to handle */
	sigemptyset(&none);
	sigprocmask(SIG_SETMASK, &none, NULL);
	if (null == -1 || argv[0] == NULL || argv[1] == NULL || dup2(null, STDIN_FILENO) == -1 || dup2(null, STDOUT_FILENO) == -1 ||
	    dup2(null, STDERR_FILENO) == -1)
		_exit(126);
	if (channel == CHANNEL_FD ? fcntl(channel, F_SETFD, 0) == -1 : dup2(channel, CHANNEL_FD) == -1)
		_exit(126);
	if (close_range(CHANNEL_FD + 1, ~0u, 0) == -1)
		_exit(126);
	execve(path, argv, child_environment());
	_exit(127);
}

static void spawner_read(evutil_socket_t, short, void *);

static bool
spawner_launch(struct spawner *spawner, monotime_t now)
{
	char path[4096];
	int fds[2];

	snprintf(path, sizeof(path), "%s/worker-%s", spawner->libexec, spawner->method->name);
	if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, fds) == -1)
		return false;
	if ((spawner->event = event_new(spawner->base, fds[0], EV_READ | EV_PERSIST, spawner_read, spawner)) == NULL ||
	    event_add(spawner->event, NULL) == -1 || (spawner->pid = fork()) == -1) {
		spawner->pid = 0;
		if (spawner->event != NULL)
			event_free(spawner->event);
		spawner->event = NULL;
		close(fds[0]);
		close(fds[1]);
		return false;
	}
	if (spawner->pid == 0)
		child_exec(path, sandbox_level_names[spawner->level], fds[1]);
	close(fds[1]);
	spawner->fd = fds[0];
	spawner->messages = 0;
	backoff_started(&spawner->backoff, now);
	log_debug("started %s, pid %d", path, (int)spawner->pid);
	return true;
}

/* Answer what the process will not answer any more, and end it. */
static void
spawner_stop(struct spawner *spawner)
{
	struct request *request;

	if (spawner->fd != -1) {
		event_free(spawner->event);
		spawner->event = NULL;
		close(spawner->fd);
		spawner->fd = -1;
	}
	event_del(spawner->patience);
	if (spawner->pid > 0)
		kill(spawner->pid, SIGKILL); /* not reaped yet, so the number is still its own */
	while ((request = STAILQ_FIRST(&spawner->requests)) != NULL) {
		uint32_t id = request->id;

		STAILQ_REMOVE_HEAD(&spawner->requests, entry);
		free(request);
		spawner->unanswered--;
		spawner->report(spawner->context, id, 0, ESRCH);
	}
}

/* The next answer is awaited from now on, if there is one to come. */
static void
spawner_await(struct spawner *spawner)
{
	const struct timeval wait = {ANSWER_WAIT_S, 0};

	if (spawner->unanswered == 0)
		event_del(spawner->patience);
	else if (event_add(spawner->patience, &wait) == -1)
		log_errorx("spawner of method %s: no timer for its answer", spawner->method->name);
}

static void
spawner_silent(evutil_socket_t fd, short what, void *context)
{
	struct spawner *spawner = context;

	(void)fd;
	(void)what;
	log_errorx("spawner of method %s does not answer: restarting it", spawner->method->name);
	spawner_stop(spawner);
}

/* Requests are answered in order: another id is a lie. */
static bool
spawner_answered(struct spawner *spawner, const struct message_spawned *spawned)
{
	struct request *request = STAILQ_FIRST(&spawner->requests);

	if (request == NULL || request->id != spawned->id || spawned->pid < 0 || (spawned->pid == 0) == (spawned->error == 0))
		return false;
	STAILQ_REMOVE_HEAD(&spawner->requests, entry);
	free(request);
	spawner->unanswered--;
	spawner->messages = 0;
	spawner_await(spawner);
	spawner->report(spawner->context, spawned->id, spawned->pid, spawned->error);
	return true;
}

static void
spawner_read(evutil_socket_t fd, short what, void *context)
{
	const unsigned permitted = 1u << MESSAGE_READY | 1u << MESSAGE_SPAWNED | 1u << MESSAGE_LOG;
	struct spawner *spawner = context;
	union message message;
	enum message_status status = MESSAGE_NONE;

	(void)what;
	for (int i = 0; i < MESSAGES_A_TURN; i++) {
		status = message_receive(fd, &message, permitted, NULL);
		if (status != MESSAGE_OK)
			break;
		if (++spawner->messages > MESSAGES_MAX)
			status = MESSAGE_BAD;
		if (message.header.type == MESSAGE_LOG && message.log.level < LOG_LEVELS)
			log_line((enum log_level)message.log.level, spawner->method->name, "%s", message.log.text);
		if (message.header.type == MESSAGE_READY && message.ready.protocol != MESSAGE_PROTOCOL)
			status = MESSAGE_BAD;
		if (message.header.type == MESSAGE_SPAWNED && !spawner_answered(spawner, &message.spawned))
			status = MESSAGE_BAD;
		if (status == MESSAGE_BAD)
			break;
	}
	if (status == MESSAGE_BAD)
		log_errorx("spawner of method %s broke the protocol: restarting it", spawner->method->name);
	if (status == MESSAGE_BAD || status == MESSAGE_CLOSED)
		spawner_stop(spawner);
}

struct spawner *
spawner_new(struct event_base *base, const struct check_method *method, enum sandbox_level level, const char *libexec,
    spawner_report *report, void *context)
{
	struct spawner *spawner = calloc(1, sizeof(*spawner));

	if (spawner == NULL)
		return NULL;
	spawner->base = base;
	spawner->method = method;
	spawner->level = level;
	spawner->libexec = libexec;
	spawner->report = report;
	spawner->context = context;
	spawner->fd = -1;
	STAILQ_INIT(&spawner->requests);
	if ((spawner->patience = event_new(base, -1, 0, spawner_silent, spawner)) == NULL) {
		free(spawner);
		return NULL;
	}
	return spawner;
}

void
spawner_free(struct spawner *spawner)
{
	if (spawner == NULL)
		return;
	spawner_stop(spawner);
	event_free(spawner->patience);
	free(spawner);
}

bool
spawner_request(struct spawner *spawner, uint32_t id, int fd)
{
	struct message_spawn spawn = {.id = id};
	struct request *request;

	if (spawner->fd == -1 || spawner->unanswered >= UNANSWERED_MAX || (request = malloc(sizeof(*request))) == NULL)
		return false;
	if (message_send(spawner->fd, MESSAGE_SPAWN, &spawn, sizeof(spawn), fd) == -1) {
		free(request);
		return false;
	}
	request->id = id;
	STAILQ_INSERT_TAIL(&spawner->requests, request, entry);
	if (spawner->unanswered++ == 0)
		spawner_await(spawner);
	return true;
}

bool
spawner_ready(struct spawner *spawner, monotime_t now)
{
	if (spawner->fd == -1 && spawner->pid == 0 && !monotime_before(now, spawner->retry) &&
	    !spawner_launch(spawner, now)) {
		log_warn("cannot start worker-%s", spawner->method->name);
		spawner->retry = backoff_ended(&spawner->backoff, now);
	}
	return spawner->fd != -1 && spawner->unanswered < UNANSWERED_MAX;
}

monotime_t
spawner_retry(const struct spawner *spawner)
{
	return spawner->retry;
}

bool
spawner_reaped(struct spawner *spawner, pid_t pid, int status)
{
	if (spawner->pid != pid)
		return false;
	spawner->pid = 0;
	spawner_stop(spawner);
	spawner->retry = backoff_ended(&spawner->backoff, monotime_now());
	if (WIFEXITED(status) && WEXITSTATUS(status) == 127)
		log_errorx("cannot execute %s/worker-%s: is exacheck installed whole?", spawner->libexec,
		    spawner->method->name);
	else
		log_warnx("spawner of method %s ended (%s %d): it is restarted, its workers go on", spawner->method->name,
		    WIFSIGNALED(status) ? "signal" : "status", WIFSIGNALED(status) ? WTERMSIG(status) : WEXITSTATUS(status));
	return true;
}
