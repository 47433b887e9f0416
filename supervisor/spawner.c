/*
 * Having worker-METHOD launched, passing it descriptors, reading its reports. Invariant: every request that was
 * taken is reported on exactly once. Trusts nothing but the size of what it reads.
 */
#include "spawner.h"

#include <bsd/sys/queue.h>
#include <errno.h>
#include <event2/event.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "../common/log.h"
#include "../common/message.h"
#include "../common/backoff.h"
#include "child.h"
#include "launcher.h"
#include "log_limit.h"
#include "loop.h"

#define UNANSWERED_MAX 64 /* requests: what fits well into the socket's buffer */
/* For the next answer while there is an unanswered request; libraries load meanwhile. */
#define ANSWER_WAIT_NS (10 * NS_PER_SECOND)
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
	size_t program; /* its index in worker_methods, which is the launcher's */
	struct launcher *launcher;
	spawner_report *report;
	spawner_change *changed;
	void *context;
	uint32_t launch; /* the launcher's id of a start that is under way, 0: none */
	pid_t pid;	 /* 0: not running, or not known yet */
	pid_t session;	 /* of its last process, the number that this had */
	int fd;		 /* -1: none, or not wanted any more */
	struct event *event;
	struct event *patience; /* pending while there are unanswered requests */
	monotime_t patience_end;
	struct backoff backoff;
	monotime_t retry;
	STAILQ_HEAD(, request) requests; /* unanswered */
	unsigned unanswered;
	bool proven;	   /* this process said that it is ready */
	unsigned messages; /* since its start or its last answer */
	struct log_limit log;
};

static void spawner_read(evutil_socket_t, short, void *);

/* The next answer is awaited from now on, if there is one to come. */
static void
spawner_await(struct spawner *spawner)
{
	if (spawner->unanswered == 0 || spawner->launch != 0)
		event_del(spawner->patience);
	else {
		spawner->patience_end = monotime_add(monotime_now(), ANSWER_WAIT_NS);
		loop_arm(spawner->patience, ANSWER_WAIT_NS);
	}
}

static void
spawner_close(struct spawner *spawner)
{
	if (spawner->event != NULL)
		event_free(spawner->event);
	spawner->event = NULL;
	if (spawner->fd != -1)
		close(spawner->fd);
	spawner->fd = -1;
}

/* Answer what the process will not answer any more, and end it. */
static void
spawner_stop(struct spawner *spawner, int error)
{
	struct request *request;

	spawner_close(spawner);
	event_del(spawner->patience);
	if (spawner->pid > 0)
		kill(spawner->pid, SIGKILL); /* not reaped yet, so the number is still its own */
	while ((request = STAILQ_FIRST(&spawner->requests)) != NULL) {
		uint32_t id = request->id;

		STAILQ_REMOVE_HEAD(&spawner->requests, entry);
		free(request);
		spawner->unanswered--;
		spawner->report(spawner->context, id, 0, error);
	}
}

/* There is no process any more: after a pause there may be a new one. */
static void
spawner_ended(struct spawner *spawner, int error)
{
	spawner_stop(spawner, error);
	log_limit_tell(&spawner->log, method_program(spawner->method), monotime_now());
	spawner->retry = backoff_ended(&spawner->backoff, monotime_now());
	spawner->changed(spawner->context);
}

/* What to do about a program that cannot be executed. */
static const char *
launch_remedy(const struct check_method *method, int error)
{
	if (error == ENOENT)
		return ": is exacheck installed whole?";
	if (error == EINVAL)
		return ": what starts programs is of a former version, and does not know it: restart exacheck";
	/* what execve(2) says of a file's capability that is outside the bounding set */
	if (error == EPERM && (method->needs & NEED_PING) != 0)
		return ": what started exacheck must leave it the capability CAP_NET_RAW (systemd: CapabilityBoundingSet=)";
	return "";
}

static void
spawner_launched(void *context, pid_t pid, int error)
{
	struct spawner *spawner = context;

	spawner->launch = 0;
	if (pid > 0) {
		spawner->pid = spawner->session = pid;
		log_debug("started spawner of method %s, pid %d", method_program(spawner->method), (int)pid);
		/* not before: its reports are judged by its number */
		if (event_add(spawner->event, NULL) == 0)
			spawner_await(spawner);
		else
			spawner_stop(spawner, ENOMEM);
		return;
	}
	if (error == ECHILD)
		log_fault(LOG_FAULT_CRASH, LOG_LEVEL_WARNING, NULL, "spawner of method %s ended as soon as it was started",
		    method_program(spawner->method));
	else
		log_errorx("cannot start worker-%s: %s%s", method_program(spawner->method), strerror(error),
		    launch_remedy(spawner->method, error));
	spawner_ended(spawner, error);
}

/* Its channel can be written to at once; whether there is a process behind it is reported later. */
static bool
spawner_launch(struct spawner *spawner, monotime_t now)
{
	int fds[2];

	if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, fds) == -1)
		return false;
	spawner->fd = fds[0];
	message_refuse_descriptors(fds[0]);
	spawner->event = event_new(spawner->base, fds[0], EV_READ | EV_PERSIST, spawner_read, spawner);
	if (spawner->event != NULL)
		spawner->launch = launcher_request(spawner->launcher, spawner->program, spawner->level, fds[1],
		    spawner_launched, spawner);
	close(fds[1]);
	if (spawner->launch == 0) {
		int error = errno;

		spawner_close(spawner);
		errno = error;
		return false;
	}
	spawner->messages = 0;
	spawner->proven = false;
	backoff_started(&spawner->backoff, now);
	return true;
}

static void
spawner_silent(evutil_socket_t fd, short what, void *context)
{
	struct spawner *spawner = context;
	int64_t left_ns = monotime_left(spawner->patience_end, monotime_now());

	(void)fd;
	(void)what;
	if (left_ns > 0) {
		loop_arm(spawner->patience, left_ns);
		return;
	}
	log_fault(LOG_FAULT_SILENCE, LOG_LEVEL_ERROR, NULL, "spawner of method %s does not answer: restarting it",
	    method_program(spawner->method));
	spawner_stop(spawner, ESRCH);
}

/* Requests are answered in order: another id is a lie. */
static bool
spawner_answered(struct spawner *spawner, const struct message_spawned *spawned)
{
	struct request *request = STAILQ_FIRST(&spawner->requests);

	if (request == NULL || request->id != spawned->id || !child_report_valid(spawned->pid, spawned->error))
		return false;
	STAILQ_REMOVE_HEAD(&spawner->requests, entry);
	free(request);
	spawner->unanswered--;
	spawner->messages = 0;
	spawner_await(spawner);
	log_limit_tell(&spawner->log, method_program(spawner->method), monotime_now());
	spawner->report(spawner->context, spawned->id, spawned->pid, spawned->error);
	return true;
}

static bool
spawner_logs(struct spawner *spawner, const struct message_log *log)
{
	if (log->level >= LOG_LEVELS)
		return false;
	log_limit_line(&spawner->log, (enum log_level)log->level, method_program(spawner->method), log->text, monotime_now());
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
		if (message.header.type != MESSAGE_SPAWNED && ++spawner->messages > MESSAGES_MAX)
			status = MESSAGE_BAD;
		if (message.header.type == MESSAGE_LOG && !spawner_logs(spawner, &message.log))
			status = MESSAGE_BAD;
		if (message.header.type == MESSAGE_READY) {
			spawner->proven = message.ready.protocol == MESSAGE_PROTOCOL;
			if (!spawner->proven)
				status = MESSAGE_BAD;
		}
		if (message.header.type == MESSAGE_SPAWNED && !spawner_answered(spawner, &message.spawned))
			status = MESSAGE_BAD;
		if (status == MESSAGE_BAD)
			break;
	}
	if (status == MESSAGE_BAD)
		log_fault(LOG_FAULT_PROTOCOL, LOG_LEVEL_ERROR, NULL, "spawner of method %s broke the protocol: restarting it",
		    method_program(spawner->method));
	if (status == MESSAGE_BAD || status == MESSAGE_CLOSED)
		spawner_stop(spawner, ESRCH);
}

struct spawner *
spawner_new(struct event_base *base, struct launcher *launcher, const struct check_method *method,
    enum sandbox_level level, spawner_report *report, spawner_change *changed, void *context)
{
	struct spawner *spawner = calloc(1, sizeof(*spawner));

	if (spawner == NULL)
		return NULL;
	spawner->base = base;
	spawner->launcher = launcher;
	while (worker_methods[spawner->program] != method)
		spawner->program++;
	spawner->method = method;
	spawner->level = level;
	spawner->report = report;
	spawner->changed = changed;
	spawner->context = context;
	spawner->fd = -1;
	log_limit_init(&spawner->log);
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
	if (spawner->launch != 0)
		launcher_forget(spawner->launcher, spawner->launch);
	spawner_stop(spawner, ESRCH);
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
	if (spawner->fd == -1 && spawner->pid == 0 && spawner->launch == 0 && !monotime_before(now, spawner->retry) &&
	    !spawner_launch(spawner, now)) {
		log_warn("cannot start worker-%s", method_program(spawner->method));
		spawner->retry = backoff_ended(&spawner->backoff, now);
	}
	return spawner->fd != -1 && spawner->unanswered < UNANSWERED_MAX;
}

bool
spawner_proven(const struct spawner *spawner)
{
	return spawner->fd != -1 && spawner->proven;
}

monotime_t
spawner_retry(const struct spawner *spawner)
{
	return spawner->retry;
}

bool
spawner_made(const struct spawner *spawner, pid_t pid)
{
	return spawner->session > 0 && pid != spawner->session && child_exists(pid) && getsid(pid) == spawner->session;
}

bool
spawner_reaped(struct spawner *spawner, pid_t pid, int status)
{
	if (spawner->pid != pid)
		return false;
	child_log_end(NULL, pid, status);
	spawner->pid = 0; /* from now on it may be another process's */
	if (spawner->fd != -1)
		spawner_read(spawner->fd, EV_READ, spawner); /* its last words: workers that it made */
	log_fault(LOG_FAULT_CRASH, LOG_LEVEL_WARNING, NULL,
	    "spawner of method %s ended (%s %d): it is restarted, its workers go on", method_program(spawner->method),
	    WIFSIGNALED(status) ? "signal" : "status", WIFSIGNALED(status) ? WTERMSIG(status) : WEXITSTATUS(status));
	spawner_ended(spawner, ESRCH);
	return true;
}
