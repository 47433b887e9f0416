/*
 * One shell command. Touches only children of the process: it kills and reaps them all. An execution ends with
 * no process left that it started: the group is killed, and what left the group comes back as a child, the
 * process being a subreaper.
 */
#include "command.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "../common/signals_default.h"

#define SWEEP_NS (200 * NS_PER_MILLISECOND) /* how long killed processes may take to be gone */
#define SWEEP_PAUSE_NS (2 * NS_PER_MILLISECOND)

struct command {
	pid_t pid;
	int pidfd; /* readable once the command has ended */
	int output; /* read end of the pipe that is its stdout and stderr; -1 after its end */
	size_t length;
	char text[COMMAND_OUTPUT_SIZE + 1];
};

/* In the child of vfork(2), which shares our memory: system calls only. Returns the errno that kept the shell out. */
static int
command_exec(const char *command, char *const *environment, int output, pid_t parent)
{
	char shell[] = "sh", option[] = "-c";
	char *const argv[] = {shell, option, (char *)(uintptr_t)command, NULL};
	int null;

	/* the shell ends with us, however that comes; when we ended before the request, nothing would tell it */
	if (setpgid(0, 0) == -1 || prctl(PR_SET_PDEATHSIG, SIGKILL) == -1)
		return errno;
	if (getppid() != parent)
		return ESRCH;
	if ((null = open("/dev/null", O_RDONLY)) == -1 || dup2(null, STDIN_FILENO) == -1 ||
	    dup2(output, STDOUT_FILENO) == -1 || dup2(output, STDERR_FILENO) == -1)
		return errno;
	/* every descriptor of ours is close-on-exec; the channel in a command's hands would be worth this second lock */
	if (close_range(STDERR_FILENO + 1, ~0U, 0) == -1)
		return errno;
	/* ignored signals would stay so across exec */
	signals_default();
	execve("/bin/sh", argv, environment);
	return errno;
}

/*
 * Start the command with its stdout and stderr on `output`. vfork, since posix_spawn cannot ask for a signal at
 * our death. Signals wait meanwhile: a handler must not run in the child on our memory. Returns 0 or an errno.
 */
static int
command_start(struct command *command, const char *text, char *const *environment, int output)
{
	volatile int error = 0;
	pid_t parent = getpid();
	sigset_t every, before;

	sigfillset(&every);
	sigprocmask(SIG_SETMASK, &every, &before);
	if ((command->pid = vfork()) == 0) {
		error = command_exec(text, environment, output, parent);
		_exit(127);
	}
	if (command->pid == -1)
		error = errno;
	sigprocmask(SIG_SETMASK, &before, NULL);
	if (command->pid != -1 && error != 0)
		waitpid(command->pid, NULL, 0);
	return error;
}

static bool
command_open(struct command *command, const char *text, char *const *environment, struct result *result)
{
	int ends[2], error;

	if (pipe2(ends, O_CLOEXEC) == -1) {
		result_errno(result, errno, "pipe");
		return false;
	}
	/* the command's end stays blocking: programs do not expect otherwise */
	fcntl(ends[0], F_SETFL, O_NONBLOCK);
	error = command_start(command, text, environment, ends[1]);
	close(ends[1]);
	if (error == 0 && (command->pidfd = (int)syscall(SYS_pidfd_open, command->pid, 0)) == -1) {
		error = errno;
		kill(-command->pid, SIGKILL);
		waitpid(command->pid, NULL, 0);
	}
	if (error != 0) {
		close(ends[0]);
		result_error(result, REASON_LOCAL, "cannot run /bin/sh: %s", strerror(error));
		return false;
	}
	command->output = ends[0];
	return true;
}

/* Read what is there once: keep the beginning, drop the rest. */
static void
output_read(struct command *command)
{
	char dropped[16384];
	size_t room = COMMAND_OUTPUT_SIZE - command->length;
	bool keep = room > 0;
	ssize_t got = read(command->output, keep ? command->text + command->length : dropped, keep ? room : sizeof(dropped));

	if (got > 0) {
		command->length += keep ? (size_t)got : 0;
	} else if (got == 0 || (errno != EAGAIN && errno != EINTR)) {
		close(command->output);
		command->output = -1;
	}
}

enum wait_end { WAIT_ENDED, WAIT_DEADLINE, WAIT_STOPPED };

/* Until the command has ended, the deadline has come or we are told to stop. */
static enum wait_end
command_wait(struct command *command, monotime_t deadline, int stop)
{
	for (;;) {
		struct pollfd fds[] = {
			{.fd = command->pidfd, .events = POLLIN},
			{.fd = stop, .events = POLLIN},
			{.fd = command->output, .events = POLLIN},
		};
		int64_t left_ns = monotime_left(deadline, monotime_now());
		struct timespec left = monotime_timespec(left_ns);

		/* on an error, such as a signal, nothing is ready */
		if (ppoll(fds, sizeof(fds) / sizeof(fds[0]), &left, NULL) == -1)
			fds[0].revents = fds[1].revents = fds[2].revents = 0;
		if (fds[0].revents != 0)
			return WAIT_ENDED;
		if (fds[1].revents != 0)
			return WAIT_STOPPED;
		if (fds[2].revents != 0)
			output_read(command);
		if (left_ns == 0)
			return WAIT_DEADLINE;
	}
}

/* Kill every child we have, as the kernel lists them; bounded by the buffer, what is left over comes next time. */
static void
children_kill(void)
{
	char path[64], list[4096], *next = list, *end;
	ssize_t length;
	long pid;
	int fd;

	snprintf(path, sizeof(path), "/proc/self/task/%d/children", (int)gettid());
	if ((fd = open(path, O_RDONLY | O_CLOEXEC)) == -1)
		return; /* no /proc: what left the group stays, and is reaped when it ends */
	length = read(fd, list, sizeof(list) - 1);
	close(fd);
	if (length <= 0)
		return;
	list[length] = '\0';
	/* a number that the buffer's end may have cut is no pid to kill: the kernel puts a blank behind each */
	while ((pid = strtol(next, &end, 10)) > 0 && *end == ' ') {
		kill((pid_t)pid, SIGKILL);
		next = end;
	}
}

/* Reap everything that has ended. Returns whether children are left. */
static bool
children_reap(void)
{
	pid_t pid;

	while ((pid = waitpid(-1, NULL, WNOHANG)) > 0)
		;
	return pid == 0;
}

/*
 * End what the command left behind. Killing a process makes its children ours, so again until none is left;
 * one that cannot die (it sleeps in the kernel) is given up until the next execution.
 */
static void
children_sweep(void)
{
	const struct timespec pause = monotime_timespec(SWEEP_PAUSE_NS);
	monotime_t give_up = monotime_add(monotime_now(), SWEEP_NS);

	while (children_reap() && monotime_before(monotime_now(), give_up)) {
		children_kill();
		if (children_reap())
			nanosleep(&pause, NULL);
	}
}

/* The first line of the output that says something, cut off where it ends. */
static const char *
output_line(struct command *command)
{
	char *line;

	command->text[command->length] = '\0';
	line = command->text + strspn(command->text, " \t\r\n");
	line[strcspn(line, "\r\n")] = '\0';
	return line;
}

static void
command_verdict(struct command *command, const siginfo_t *info, struct result *result)
{
	const char *line = output_line(command), *colon = line[0] == '\0' ? "" : ": ";

	if (info->si_code != CLD_EXITED)
		result_fail(result, REASON_SIGNAL, "command ended by signal %d (%s)%s%s", info->si_status,
		    strsignal(info->si_status), colon, line);
	else if (info->si_status != 0)
		result_fail(result, REASON_EXIT, "exit status %d%s%s", info->si_status, colon, line);
	else
		result_pass(result, "exit status 0%s%s", colon, line);
}

/* What it wrote last may still be in the pipe; the pipe's end, which a child of it may hold, is not waited for. */
static void
output_finish(struct command *command)
{
	size_t before;

	do {
		before = command->length;
		if (command->output != -1 && command->length < COMMAND_OUTPUT_SIZE)
			output_read(command);
	} while (command->length > before);
}

static void
command_collect(struct command *command, struct result *result)
{
	siginfo_t info = {0};

	if (waitid(P_PIDFD, (id_t)command->pidfd, &info, WEXITED | WNOHANG) == -1 || info.si_pid == 0) {
		result_error(result, REASON_LOCAL, "cannot learn how the command ended");
		return;
	}
	output_finish(command);
	command_verdict(command, &info, result);
}

enum command_end
command_run(const char *text, char *const *environment, monotime_t deadline, int stop, struct result *result)
{
	struct command command = {.pid = -1, .pidfd = -1, .output = -1};
	monotime_t started = monotime_now();
	int64_t limit_ms = (monotime_left(deadline, started) + NS_PER_MILLISECOND / 2) / NS_PER_MILLISECOND;
	enum wait_end end;

	if (prctl(PR_SET_CHILD_SUBREAPER, 1) == -1) {
		result_errno(result, errno, "prctl");
		return COMMAND_ENDED;
	}
	children_reap();
	if (!command_open(&command, text, environment, result))
		return COMMAND_ENDED;
	end = command_wait(&command, deadline, stop);
	/* before the command is reaped: as long as it is a zombie no one else can get its number */
	kill(-command.pid, SIGKILL);
	if (end == WAIT_ENDED)
		command_collect(&command, result);
	else if (end == WAIT_DEADLINE)
		result_fail(result, REASON_TIMEOUT, "command did not end within %g s", (double)limit_ms / 1000);
	children_sweep();
	close(command.pidfd);
	if (command.output != -1)
		close(command.output);
	return end == WAIT_STOPPED ? COMMAND_STOPPED : COMMAND_ENDED;
}
