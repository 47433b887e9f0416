/*
 * The steps of an upgrade. Invariant: whatever goes wrong in a step, what the steps before it changed is as it was, and
 * the log says why. Never blocks but for execve(2).
 */
#include "upgrade.h"

#include <errno.h>
#include <event2/event.h>
#include <fcntl.h>
#include <signal.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include "../common/log.h"
#include "../common/message.h"
#include "../common/monotime.h"
#include "child.h"
#include "descriptor.h"
#include "launcher.h"
#include "loop.h"
#include "program.h"
#include "state.h"

#define PREFLIGHT_LIMIT_NS (5 * NS_PER_SECOND)
#define QUIET_LIMIT_NS (2 * NS_PER_SECOND)
#define QUIET_POLL_NS (5 * NS_PER_MILLISECOND)
#define LINES_MAX 64 /* that the preflight may write into the log */
#define REASON_SIZE 512

enum step {
	STEP_NONE,
	STEP_PREFLIGHT, /* the program looks at the state */
	STEP_QUIET,	/* waiting for what is under way */
};

struct upgrade {
	struct event_base *base;
	struct launcher *launcher;
	const struct upgrade_hooks *hooks;
	void *context;
	int file; /* of the state, -1: none */
	enum step step;
	struct event *timer;
	monotime_t deadline; /* of the step */
	struct stat program; /* as it was when the preflight began */
	/* The preflight */
	uint32_t launch; /* the launcher's id of a start that is under way, 0: none */
	pid_t pid;	 /* 0: none, or not known */
	int fd;		 /* our end of its channel, -1: none */
	struct event *event;
	unsigned lines;
	bool ended; /* there is nobody at its other end */
};

static void
preflight_close(struct upgrade *upgrade)
{
	if (upgrade->event != NULL)
		event_free(upgrade->event);
	upgrade->event = NULL;
	if (upgrade->fd != -1)
		close(upgrade->fd);
	upgrade->fd = -1;
	if (upgrade->launch != 0)
		launcher_forget(upgrade->launcher, upgrade->launch);
	upgrade->launch = 0;
}

/* It holds the secrets of the configuration, and memory. */
static void
state_drop(const struct upgrade *upgrade)
{
	if (upgrade->file != -1 && ftruncate(upgrade->file, 0) == -1)
		log_warn("cannot empty the file of the state");
}

/* Back to where it began. */
static void
upgrade_undo(struct upgrade *upgrade)
{
	enum step step = upgrade->step;

	upgrade->step = STEP_NONE;
	event_del(upgrade->timer);
	preflight_close(upgrade);
	if (upgrade->pid > 0)
		kill(upgrade->pid, SIGKILL); /* not reaped yet, so the number is still its own */
	state_drop(upgrade);
	if (step == STEP_QUIET)
		upgrade->hooks->pause(upgrade->context, false);
}

static void upgrade_refuse(struct upgrade *, const char *, ...) __attribute__((format(printf, 2, 3)));

static void
upgrade_refuse(struct upgrade *upgrade, const char *format, ...)
{
	char why[REASON_SIZE];
	va_list ap;

	va_start(ap, format);
	vsnprintf(why, sizeof(why), format, ap);
	va_end(ap);
	upgrade_undo(upgrade);
	log_errorx("upgrade refused: %s; exacheck %s goes on", why, program_version);
	upgrade->hooks->refused(upgrade->context, why);
}

/* Write the state from the beginning of its file. False with errno. */
static bool
state_fill(struct upgrade *upgrade)
{
	int copy = -1, error;
	FILE *file = NULL;
	bool written;

	if (ftruncate(upgrade->file, 0) == -1 || lseek(upgrade->file, 0, SEEK_SET) == -1 ||
	    (copy = fcntl(upgrade->file, F_DUPFD_CLOEXEC, 0)) == -1 || (file = fdopen(copy, "w")) == NULL) {
		error = errno;
		if (copy != -1)
			close(copy);
		errno = error;
		return false;
	}
	errno = 0;
	written = upgrade->hooks->save(upgrade->context, file);
	error = errno != 0 ? errno : ENOMEM;
	if (fclose(file) == EOF && written) {
		written = false;
		error = errno;
	}
	errno = error;
	return written;
}

/* Whether the program is another file than the one that took the state. What cannot be looked at cannot be executed. */
static bool
program_replaced(const struct upgrade *upgrade)
{
	const struct stat *before = &upgrade->program;
	struct stat now;

	return stat(program_path(), &now) == 0 && (now.st_dev != before->st_dev || now.st_ino != before->st_ino ||
	    now.st_size != before->st_size || now.st_mtim.tv_sec != before->st_mtim.tv_sec ||
	    now.st_mtim.tv_nsec != before->st_mtim.tv_nsec);
}

/* Put the program in our place. Returns only when that failed. */
static void
upgrade_execute(struct upgrade *upgrade)
{
	int error;

	if (program_replaced(upgrade)) {
		upgrade_refuse(upgrade, "%s was replaced meanwhile: try again", program_path());
		return;
	}
	if (!state_fill(upgrade)) {
		upgrade_refuse(upgrade, "cannot write the state: %s", strerror(errno));
		return;
	}
	log_info("executing %s", program_path());
	if (descriptor_keep(upgrade->file, true) && upgrade->hooks->keep(upgrade->context, true))
		program_execute(upgrade->file);
	error = errno;
	upgrade->hooks->keep(upgrade->context, false);
	descriptor_keep(upgrade->file, false);
	upgrade_refuse(upgrade, "cannot execute %s: %s%s", program_path(), strerror(error),
	    error == EACCES ? " (it must be in the directory that it was started from)" : "");
}

static void
quiet_poll(struct upgrade *upgrade)
{
	int64_t left_ns = monotime_left(upgrade->deadline, monotime_now());

	if (!launcher_busy(upgrade->launcher) && upgrade->hooks->quiet(upgrade->context))
		upgrade_execute(upgrade);
	else if (left_ns == 0)
		upgrade_refuse(upgrade, "ExaBGP does not answer, or processes are being started, for %g s: try again later",
		    (double)QUIET_LIMIT_NS / NS_PER_SECOND);
	else
		loop_arm(upgrade->timer, QUIET_POLL_NS);
}

static void
upgrade_timer(evutil_socket_t fd, short what, void *context)
{
	struct upgrade *upgrade = context;
	int64_t left_ns = monotime_left(upgrade->deadline, monotime_now());

	(void)fd;
	(void)what;
	switch (upgrade->step) {
	case STEP_NONE:
		break;
	case STEP_PREFLIGHT:
		if (left_ns == 0)
			upgrade_refuse(upgrade, "%s does not answer within %g s", program_path(),
			    (double)PREFLIGHT_LIMIT_NS / NS_PER_SECOND);
		else
			loop_arm(upgrade->timer, left_ns);
		break;
	case STEP_QUIET:
		quiet_poll(upgrade);
		break;
	}
}

static void
upgrade_step(struct upgrade *upgrade, enum step step, int64_t limit_ns, int64_t wait_ns)
{
	upgrade->step = step;
	upgrade->deadline = monotime_add(monotime_now(), limit_ns);
	loop_arm(upgrade->timer, wait_ns);
}

/* The program takes the state. From here on nothing is said and begun. */
static void
preflight_passed(struct upgrade *upgrade)
{
	preflight_close(upgrade);
	upgrade_step(upgrade, STEP_QUIET, QUIET_LIMIT_NS, 0);
	upgrade->hooks->pause(upgrade->context, true);
}

/* It ended without a good word. */
static void
preflight_failed(struct upgrade *upgrade)
{
	if (upgrade->lines > 0)
		upgrade_refuse(upgrade, "%s does not take the state", program_path());
	else
		upgrade_refuse(upgrade, "%s ended before it answered", program_path());
}

static void
preflight_read(evutil_socket_t fd, short what, void *context)
{
	const unsigned permitted = 1u << MESSAGE_READY | 1u << MESSAGE_LOG;
	struct upgrade *upgrade = context;
	union message message;
	enum message_status status;

	(void)what;
	while ((status = message_receive(fd, &message, permitted, NULL)) == MESSAGE_OK) {
		if (message.header.type == MESSAGE_READY) {
			preflight_passed(upgrade);
			return;
		}
		if (upgrade->lines++ == LINES_MAX) {
			upgrade_refuse(upgrade, "%s does not end its complaints", program_path());
			return;
		}
		text_sanitise(message.log.text);
		log_errorx("upgrade: %s", message.log.text);
	}
	if (status == MESSAGE_NONE)
		return;
	event_del(upgrade->event);
	upgrade->ended = true;
	if (upgrade->launch == 0)
		preflight_failed(upgrade);
}

static void
preflight_launched(void *context, pid_t pid, int error)
{
	struct upgrade *upgrade = context;

	upgrade->launch = 0;
	upgrade->pid = pid;
	/* one that ended before we looked (ECHILD) has left its answer, or none, in the channel */
	if (pid == 0 && error != ECHILD)
		upgrade_refuse(upgrade, "cannot start %s: %s", program_path(), strerror(error));
	else if (upgrade->ended)
		preflight_failed(upgrade);
}

/* Give it the state to read, not to write. */
static bool
preflight_tell(const struct upgrade *upgrade)
{
	struct message_state message = {0};
	char path[64];
	int copy;
	bool told;

	snprintf(path, sizeof(path), "/proc/self/fd/%d", upgrade->file);
	if ((copy = open(path, O_RDONLY | O_CLOEXEC)) == -1)
		return false;
	told = message_send(upgrade->fd, MESSAGE_STATE, &message, sizeof(message), copy) == 0;
	close(copy);
	return told;
}

/* False with errno. */
static bool
preflight_start(struct upgrade *upgrade)
{
	int fds[2];

	if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, fds) == -1)
		return false;
	upgrade->fd = fds[0];
	upgrade->lines = 0;
	upgrade->ended = false;
	message_refuse_descriptors(fds[0]);
	errno = ENOMEM;
	upgrade->event = event_new(upgrade->base, fds[0], EV_READ | EV_PERSIST, preflight_read, upgrade);
	if (upgrade->event != NULL && event_add(upgrade->event, NULL) == 0 && preflight_tell(upgrade))
		upgrade->launch = launcher_request(upgrade->launcher, LAUNCHER_PREFLIGHT, SANDBOX_LEVEL_OFF, fds[1],
		    preflight_launched, upgrade);
	close(fds[1]);
	return upgrade->launch != 0;
}

void
upgrade_begin(struct upgrade *upgrade)
{
	if (upgrade->step != STEP_NONE) {
		log_info("an upgrade is under way");
		return;
	}
	if (upgrade->file == -1 || *program_path() == '\0') {
		upgrade_refuse(upgrade, "%s: restart exacheck", upgrade->file == -1 ?
		    "this system has no place for the state (memfd_create, /dev/shm)" : "it is not known where the program is");
		return;
	}
	log_info("upgrade: looking at %s", program_path());
	upgrade_step(upgrade, STEP_PREFLIGHT, PREFLIGHT_LIMIT_NS, PREFLIGHT_LIMIT_NS);
	if (stat(program_path(), &upgrade->program) == -1)
		upgrade_refuse(upgrade, "cannot look at %s: %s", program_path(), strerror(errno));
	else if (!state_fill(upgrade))
		upgrade_refuse(upgrade, "cannot write the state: %s", strerror(errno));
	else if (!preflight_start(upgrade))
		upgrade_refuse(upgrade, "cannot start %s: %s", program_path(),
		    errno == ESRCH ? "the launcher is gone" : strerror(errno));
}

bool
upgrade_active(const struct upgrade *upgrade)
{
	return upgrade->step != STEP_NONE;
}

void
upgrade_cancel(struct upgrade *upgrade)
{
	if (upgrade->step != STEP_NONE)
		upgrade_refuse(upgrade, "exacheck is ending");
}

bool
upgrade_reaped(struct upgrade *upgrade, pid_t pid, int status)
{
	if (pid != upgrade->pid)
		return false;
	upgrade->pid = 0; /* from now on it may be another process's */
	child_log_end("preflight", pid, status);
	return true;
}

struct upgrade *
upgrade_adopt(struct event_base *base, struct launcher *launcher, const struct upgrade_hooks *hooks, void *context,
    int file)
{
	struct upgrade *upgrade = calloc(1, sizeof(*upgrade));

	if (upgrade == NULL)
		return NULL;
	*upgrade = (struct upgrade){.base = base, .launcher = launcher, .hooks = hooks, .context = context, .file = file,
	    .fd = -1};
	if ((upgrade->timer = event_new(base, -1, 0, upgrade_timer, upgrade)) == NULL) {
		free(upgrade);
		errno = ENOMEM;
		return NULL;
	}
	return upgrade;
}

struct upgrade *
upgrade_new(struct event_base *base, struct launcher *launcher, const struct upgrade_hooks *hooks, void *context)
{
	return upgrade_adopt(base, launcher, hooks, context, state_file_new());
}

void
upgrade_adopted(struct upgrade *upgrade)
{
	state_drop(upgrade);
}

void
upgrade_free(struct upgrade *upgrade)
{
	if (upgrade == NULL)
		return;
	preflight_close(upgrade);
	event_free(upgrade->timer);
	if (upgrade->file != -1)
		close(upgrade->file);
	free(upgrade);
}
