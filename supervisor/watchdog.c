/*
 * A timer that the loop sets anew, over and over; its signal means that the loop did not. The signal alone proves
 * nothing: a process that was stopped or frozen finds it waiting when it goes on. So the first one only asks for a
 * turn of the loop within a grace, and one that comes later than it was due does not count. Invariant: the handler
 * calls async-signal-safe functions only, and cannot block.
 */
#include "watchdog.h"

#include <errno.h>
#include <event2/event.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "../common/monotime.h"

#define WORDS_NS NS_PER_SECOND /* for the last words */

static struct {
	timer_t timer;
	bool started;
	struct event *turn;
	int64_t grace_ns; /* a quarter of the limit: the loop has three to set the timer anew, the last one is grace */
	char words[96];
} watchdog;

static _Atomic int64_t due_ns; /* when the signal is */
static volatile sig_atomic_t suspected;

static void
timer_arm(int64_t duration_ns)
{
	const struct itimerspec timer = {.it_value = monotime_timespec(duration_ns)};

	atomic_store(&due_ns, monotime_add(monotime_now(), duration_ns).ns);
	timer_settime(watchdog.timer, 0, &timer, NULL);
}

static void
loop_turned(evutil_socket_t fd, short what, void *context)
{
	(void)fd;
	(void)what;
	(void)context;
	timer_arm(3 * watchdog.grace_ns);
	suspected = 0; /* last: an expiry up to now is of the past */
}

/* Whether a debugger holds us: then who knows how long it did. */
static bool
traced(void)
{
	static const char key[] = "TracerPid:\t";
	char status[2048];
	const char *found;
	ssize_t length;
	int fd = open("/proc/self/status", O_RDONLY | O_CLOEXEC);

	if (fd == -1)
		return false;
	length = read(fd, status, sizeof(status) - 1);
	close(fd);
	if (length <= 0)
		return false;
	status[length] = '\0';
	found = strstr(status, key);
	return found != NULL && found[sizeof(key) - 1] != '0';
}

/* stderr may be a pipe that nobody reads and that fills up between the look and the write: then the timer ends it. */
static void
words_write(void)
{
	struct pollfd pfd = {.fd = STDERR_FILENO, .events = POLLOUT};
	sigset_t alarm_set;

	sigemptyset(&alarm_set);
	sigaddset(&alarm_set, SIGALRM);
	signal(SIGALRM, SIG_DFL);
	sigprocmask(SIG_UNBLOCK, &alarm_set, NULL);
	timer_arm(WORDS_NS);
	if (poll(&pfd, 1, 0) == 1 && (pfd.revents & POLLOUT) != 0 &&
	    write(STDERR_FILENO, watchdog.words, strlen(watchdog.words)) == -1)
		return; /* it was worth a try */
}

static void
timer_expired(int number)
{
	int saved_errno = errno;
	bool on_time = monotime_now().ns - atomic_load(&due_ns) <= watchdog.grace_ns;

	(void)number;
	if (suspected && on_time && !traced()) {
		words_write();
		abort();
	}
	suspected = 1;
	timer_arm(watchdog.grace_ns);
	errno = saved_errno;
}

bool
watchdog_start(struct event_base *base, int64_t limit_ns)
{
	struct sigaction action = {.sa_handler = timer_expired, .sa_flags = SA_RESTART};
	struct sigevent event = {.sigev_notify = SIGEV_SIGNAL, .sigev_signo = SIGALRM};
	struct timeval step;
	sigset_t alarm_set;

	sigemptyset(&alarm_set);
	sigaddset(&alarm_set, SIGALRM);
	watchdog.grace_ns = limit_ns / 4;
	step = monotime_timeval(watchdog.grace_ns);
	snprintf(watchdog.words, sizeof(watchdog.words), "exacheck: watchdog: the event loop has not turned for %g s\n",
	    (double)limit_ns / NS_PER_SECOND);
	sigemptyset(&action.sa_mask);
	/* whoever started us may have left it blocked */
	if (sigaction(SIGALRM, &action, NULL) == -1 || sigprocmask(SIG_UNBLOCK, &alarm_set, NULL) == -1 ||
	    timer_create(CLOCK_MONOTONIC, &event, &watchdog.timer) == -1)
		return false;
	watchdog.started = true;
	if ((watchdog.turn = event_new(base, -1, EV_PERSIST, loop_turned, NULL)) == NULL ||
	    event_add(watchdog.turn, &step) == -1) {
		watchdog_stop();
		errno = ENOMEM;
		return false;
	}
	loop_turned(-1, 0, NULL);
	return true;
}

void
watchdog_stop(void)
{
	if (!watchdog.started)
		return;
	timer_delete(watchdog.timer);
	signal(SIGALRM, SIG_IGN); /* one may be on its way */
	if (watchdog.turn != NULL)
		event_free(watchdog.turn);
	watchdog.turn = NULL;
	watchdog.started = false;
}
