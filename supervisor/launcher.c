/*
 * The supervisor's side of the launcher. Invariant: every request that was taken is reported on exactly once
 * unless it is forgotten, and no process that was started for nobody lives on. Never blocks.
 */
#include "launcher.h"

#include <bsd/string.h>
#include <bsd/sys/queue.h>
#include <errno.h>
#include <event2/event.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "../common/log.h"
#include "../common/message.h"
#include "../common/methods/method.h"
#include "child.h"
#include "descriptor.h"
#include "loop.h"

#define READY_WAIT_NS (10 * NS_PER_SECOND)
#define UNANSWERED_MAX 64 /* requests: what fits well into the socket's buffer */
#define ANSWER_WAIT_NS (10 * NS_PER_SECOND) /* for the next answer while there is an unanswered request */

struct launch {
	STAILQ_ENTRY(launch) entry;
	uint32_t id;
	launcher_report *report; /* NULL: forgotten */
	void *context;
};

struct launcher {
	pid_t pid; /* 0: reaped */
	int fd;	   /* -1: it died */
	struct event *event;
	struct event *patience; /* pending while there are unanswered requests */
	monotime_t patience_end;
	STAILQ_HEAD(, launch) requests; /* unanswered, answered in order */
	unsigned unanswered;
	uint32_t last_id;
	bool silent; /* did not answer in time, and has not since */
	bool stopping;
};

/* Whether it says that it is whole: the only moment at which it can still be done without. */
static bool
launcher_ready(int fd)
{
	struct pollfd pfd = {.fd = fd, .events = POLLIN};
	monotime_t deadline = monotime_add(monotime_now(), READY_WAIT_NS);
	enum message_status status = MESSAGE_NONE;
	union message message;
	int64_t left_ns;

	while (status == MESSAGE_NONE && (left_ns = monotime_left(deadline, monotime_now())) > 0) {
		poll(&pfd, 1, (int)(left_ns / NS_PER_MILLISECOND) + 1);
		status = message_receive(fd, &message, 1u << MESSAGE_READY, NULL);
	}
	return status == MESSAGE_OK;
}

struct launcher *
launcher_start(const struct launcher_paths *paths)
{
	struct launcher *launcher = calloc(1, sizeof(*launcher));
	pid_t supervisor = getpid();
	int fds[2];

	if (launcher == NULL || socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, fds) == -1) {
		log_error("cannot start the launcher");
		free(launcher);
		return NULL;
	}
	launcher->pid = fork();
	if (launcher->pid == 0)
		launcher_main(fds[1], supervisor, paths);
	close(fds[1]);
	if (launcher->pid == -1) {
		log_error("cannot start the launcher");
		close(fds[0]);
		free(launcher);
		return NULL;
	}
	launcher->fd = fds[0];
	STAILQ_INIT(&launcher->requests);
	if (launcher_ready(fds[0]))
		return launcher;
	log_errorx("cannot start the launcher: it ended, or does not answer");
	launcher_free(launcher);
	return NULL;
}

/* The oldest request has its outcome. */
static void
launcher_settle(struct launcher *launcher, pid_t pid, int error)
{
	struct launch *launch = STAILQ_FIRST(&launcher->requests), done = *launch;

	STAILQ_REMOVE_HEAD(&launcher->requests, entry);
	launcher->unanswered--;
	free(launch);
	if (done.report != NULL)
		done.report(done.context, pid, error);
	else if (pid > 0)
		kill(pid, SIGKILL);
}

static void
launcher_close(struct launcher *launcher)
{
	if (launcher->event != NULL)
		event_free(launcher->event);
	launcher->event = NULL;
	if (launcher->fd != -1)
		close(launcher->fd);
	launcher->fd = -1;
	if (launcher->patience != NULL)
		event_del(launcher->patience);
	if (launcher->pid > 0)
		kill(launcher->pid, SIGKILL); /* not reaped yet, so the number is still its own */
}

/* Only force ends it. It cannot be started again by a supervisor that is confined. */
static void
launcher_died(struct launcher *launcher)
{
	bool expected = launcher->stopping;

	if (launcher->fd == -1)
		return;
	launcher_close(launcher);
	if (!expected)
		log_fault(LOG_FAULT_CRASH, LOG_LEVEL_ERROR, NULL,
		    "the launcher died: no spawner can be started any more; restart exacheck");
	while (!STAILQ_EMPTY(&launcher->requests))
		launcher_settle(launcher, 0, ESRCH);
}

/* The next answer is awaited from now on, if there is one to come. */
static void
launcher_await(struct launcher *launcher)
{
	if (launcher->unanswered == 0)
		event_del(launcher->patience);
	else {
		launcher->patience_end = monotime_add(monotime_now(), ANSWER_WAIT_NS);
		loop_arm(launcher->patience, ANSWER_WAIT_NS);
	}
}

/* It is not killed, since nothing can take its place: it may only be stopped, or waiting for a file system. */
static void
launcher_silent(evutil_socket_t fd, short what, void *context)
{
	struct launcher *launcher = context;
	struct launch *launch;
	int64_t left_ns = monotime_left(launcher->patience_end, monotime_now());

	(void)fd;
	(void)what;
	if (left_ns > 0) {
		loop_arm(launcher->patience, left_ns);
		return;
	}
	log_fault(LOG_FAULT_SILENCE, LOG_LEVEL_ERROR, NULL,
	    "the launcher does not answer: no process can be started until it does");
	launcher->silent = true;
	STAILQ_FOREACH(launch, &launcher->requests, entry) {
		launcher_report *report = launch->report;

		launch->report = NULL;
		if (report != NULL)
			report(launch->context, 0, ETIMEDOUT);
	}
}

static bool
launcher_answered(struct launcher *launcher, const struct message_spawned *spawned)
{
	struct launch *launch = STAILQ_FIRST(&launcher->requests);
	bool lives;

	if (launch == NULL || launch->id != spawned->id || !child_report_valid(spawned->pid, spawned->error))
		return false;
	if (launcher->silent)
		log_warnx("the launcher answers again");
	launcher->silent = false;
	/* it may have ended, and have been reaped, before this was read */
	lives = spawned->pid != launcher->pid && child_exists(spawned->pid);
	launcher_settle(launcher, lives ? spawned->pid : 0, lives || spawned->error != 0 ? spawned->error : ECHILD);
	return true;
}

static void
launcher_read(evutil_socket_t fd, short what, void *context)
{
	struct launcher *launcher = context;
	union message message;
	enum message_status status;

	(void)what;
	while ((status = message_receive(fd, &message, 1u << MESSAGE_SPAWNED, NULL)) == MESSAGE_OK) {
		if (!launcher_answered(launcher, &message.spawned)) {
			status = MESSAGE_BAD;
			break;
		}
		launcher_await(launcher);
	}
	if (status == MESSAGE_BAD || status == MESSAGE_CLOSED)
		launcher_died(launcher);
	else if (launcher->stopping && launcher->unanswered == 0)
		launcher_close(launcher);
}

bool
launcher_attach(struct launcher *launcher, struct event_base *base)
{
	launcher->patience = event_new(base, -1, 0, launcher_silent, launcher);
	if (launcher->fd == -1)
		return launcher->patience != NULL; /* it died before an upgrade */
	launcher->event = event_new(base, launcher->fd, EV_READ | EV_PERSIST, launcher_read, launcher);
	return launcher->event != NULL && launcher->patience != NULL && event_add(launcher->event, NULL) == 0;
}

/* What the launcher calls a program; what is none it refuses. */
static const char *
program_name(size_t program)
{
	size_t count = 0;

	if (program == LAUNCHER_PREFLIGHT)
		return LAUNCHER_SELF;
	for (const struct launcher_helper *helper = launcher_helpers; helper->name != NULL; helper++)
		if (program == helper->program)
			return helper->name;
	while (worker_methods[count] != NULL)
		count++;
	return program < count ? method_program(worker_methods[program]) : "";
}

uint32_t
launcher_request(struct launcher *launcher, size_t program, enum sandbox_level level, int fd, launcher_report *report,
    void *context)
{
	struct message_launch message = {.level = level, .id = launcher->last_id + 1};
	struct launch *launch;

	strlcpy(message.program, program_name(program), sizeof(message.program));

	if (launcher->fd == -1 || launcher->stopping) {
		errno = ESRCH;
		return 0;
	}
	if (launcher->silent || launcher->unanswered >= UNANSWERED_MAX) {
		errno = EAGAIN;
		return 0;
	}
	if (message.id == 0)
		message.id = 1;
	if ((launch = malloc(sizeof(*launch))) == NULL)
		return 0;
	if (message_send(launcher->fd, MESSAGE_LAUNCH, &message, sizeof(message), fd) == -1) {
		free(launch);
		return 0;
	}
	*launch = (struct launch){.id = message.id, .report = report, .context = context};
	STAILQ_INSERT_TAIL(&launcher->requests, launch, entry);
	launcher->last_id = message.id;
	if (launcher->unanswered++ == 0)
		launcher_await(launcher);
	return message.id;
}

void
launcher_forget(struct launcher *launcher, uint32_t id)
{
	struct launch *launch;

	STAILQ_FOREACH(launch, &launcher->requests, entry) {
		if (launch->id == id)
			launch->report = NULL;
	}
}

bool
launcher_busy(const struct launcher *launcher)
{
	return launcher->unanswered > 0;
}

bool
launcher_alive(const struct launcher *launcher)
{
	return launcher->fd != -1;
}

bool
launcher_keep(struct launcher *launcher, bool keep)
{
	return descriptor_keep(launcher->fd, keep);
}

static const struct state_field fields[] = {
	STATE_FIELD(struct launcher, pid),
	STATE_FIELD(struct launcher, fd),
	STATE_FIELD(struct launcher, last_id),
	STATE_END,
};

json_t *
launcher_save(const struct launcher *launcher)
{
	json_t *map = state_save(fields, launcher);

	if (map == NULL || state_put(map, "protocol", json_integer(LAUNCHER_PROTOCOL)))
		return map;
	json_decref(map);
	return NULL;
}

bool
launcher_state_valid(const json_t *map, char error[static STATE_ERROR_SIZE])
{
	json_int_t protocol = json_integer_value(json_object_get(map, "protocol"));
	struct launcher launcher;

	if (protocol == LAUNCHER_PROTOCOL)
		return state_load(fields, &launcher, map, error);
	snprintf(error, STATE_ERROR_SIZE, "the running one takes requests of version %d, this program makes them of "
	    "version %d: restart exacheck instead", (int)protocol, LAUNCHER_PROTOCOL);
	return false;
}

struct launcher *
launcher_load(const json_t *map)
{
	struct launcher *launcher = calloc(1, sizeof(*launcher));
	char error[STATE_ERROR_SIZE];

	if (launcher == NULL)
		return NULL;
	launcher->fd = -1;
	STAILQ_INIT(&launcher->requests);
	if (!state_load(fields, launcher, map, error) || !child_exists(launcher->pid))
		launcher->pid = 0;
	if (launcher->pid == 0 || !descriptor_take_socket(launcher->fd, SOCK_SEQPACKET)) {
		log_errorx("the launcher is lost: no spawner can be started any more; restart exacheck");
		launcher->fd = -1;
	}
	return launcher;
}

bool
launcher_reaped(struct launcher *launcher, pid_t pid, int status)
{
	if (pid != launcher->pid)
		return false;
	child_log_end("launcher", pid, status);
	launcher->pid = 0; /* from now on it may be another process's */
	launcher_died(launcher);
	return true;
}

pid_t
launcher_pid(const struct launcher *launcher)
{
	return launcher->pid;
}

void
launcher_stop(struct launcher *launcher)
{
	launcher->stopping = true;
	if (launcher->unanswered == 0 || launcher->silent)
		launcher_close(launcher);
}

void
launcher_free(struct launcher *launcher)
{
	struct launch *launch;

	if (launcher == NULL)
		return;
	launcher_close(launcher);
	/* one that is idle ends at once; one in the midst of a system call may not */
	if (launcher->pid > 0)
		waitpid(launcher->pid, NULL, launcher->unanswered == 0 ? 0 : WNOHANG);
	while ((launch = STAILQ_FIRST(&launcher->requests)) != NULL) {
		STAILQ_REMOVE_HEAD(&launcher->requests, entry);
		free(launch);
	}
	if (launcher->patience != NULL)
		event_free(launcher->patience);
	free(launcher);
}
