/*
 * Couriers, seen from exacheck-notify: a process each, its time, and what it reports. Invariant: what was forked is
 * killed, with all that it started, and reaped, whatever becomes of the courier.
 */
#include "courier.h"

#include <errno.h>
#include <event2/event.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "../../common/monotime.h"
#include "../../common/result.h"
#include "courier_process.h"
#include "target_internal.h"

#define REAP_FIRST_NS (5 * NS_PER_MILLISECOND)
#define REAP_LAST_NS NS_PER_SECOND

/* A process that was killed, until it is reaped. */
struct corpse {
	pid_t pid;
	struct event *timer;
	int64_t pause_ns;
};

struct courier {
	int64_t limit_ns;
	pid_t pid;
	int report; /* what it says comes here */
	struct event *heard, *timer;
	courier_done *done;
	void *context;
	struct corpse *corpse; /* that it will be */
	size_t length;
	struct outcome outcome;
	char more; /* than an outcome is too much */
};

static struct timeval
duration(int64_t ns)
{
	return (struct timeval){.tv_sec = ns / NS_PER_SECOND, .tv_usec = ns % NS_PER_SECOND / 1000};
}

static void
corpse_free(struct corpse *corpse)
{
	if (corpse != NULL && corpse->timer != NULL)
		event_free(corpse->timer);
	free(corpse);
}

/* It does not take long: it was killed. */
static void
corpse_reap(evutil_socket_t fd, short what, void *context)
{
	struct corpse *corpse = context;
	struct timeval pause = duration(corpse->pause_ns);

	(void)fd;
	(void)what;
	if (waitpid(corpse->pid, NULL, WNOHANG) != 0) {
		corpse_free(corpse);
		return;
	}
	if (corpse->pause_ns < REAP_LAST_NS)
		corpse->pause_ns *= 2;
	event_add(corpse->timer, &pause);
}

static struct corpse *
corpse_new(struct event_base *base)
{
	struct corpse *corpse = calloc(1, sizeof(*corpse));

	if (corpse == NULL)
		return NULL;
	corpse->pause_ns = REAP_FIRST_NS;
	if ((corpse->timer = evtimer_new(base, corpse_reap, corpse)) != NULL)
		return corpse;
	free(corpse);
	return NULL;
}

void
courier_free(struct courier *courier)
{
	if (courier == NULL)
		return;
	if (courier->pid > 0) {
		/* both: it may not have made its group yet */
		kill(-courier->pid, SIGKILL);
		kill(courier->pid, SIGKILL);
		courier->corpse->pid = courier->pid;
		corpse_reap(-1, 0, courier->corpse);
	} else {
		corpse_free(courier->corpse);
	}
	if (courier->heard != NULL)
		event_free(courier->heard);
	if (courier->timer != NULL)
		event_free(courier->timer);
	if (courier->report != -1)
		close(courier->report);
	free(courier);
}

static void
courier_end(struct courier *courier, const struct outcome *outcome)
{
	struct outcome copy = *outcome;
	courier_done *done = courier->done;
	void *context = courier->context;

	courier_free(courier);
	done(context, copy.end, copy.text);
}

/* It says no more: what it said is an outcome, or it ended by itself. */
static void
courier_ended(struct courier *courier)
{
	struct outcome *outcome = &courier->outcome;

	if (courier->length != sizeof(*outcome) || outcome->end > COURIER_NEVER ||
	    memchr(outcome->text, '\0', sizeof(outcome->text)) == NULL)
		outcome_set(outcome, COURIER_LATER, "its process ended without a word");
	text_sanitise(outcome->text);
	courier_end(courier, outcome);
}

static void
courier_heard(evutil_socket_t fd, short what, void *context)
{
	struct courier *courier = context;
	size_t room = sizeof(courier->outcome) - courier->length;
	ssize_t length = room > 0 ? read(fd, (char *)&courier->outcome + courier->length, room) : read(fd, &courier->more, 1);

	(void)what;
	if (length == -1 && (errno == EAGAIN || errno == EINTR))
		return;
	if (length > 0)
		courier->length += (size_t)length;
	if (length <= 0 || courier->length > sizeof(courier->outcome))
		courier_ended(courier);
}

static void
courier_expired(evutil_socket_t fd, short what, void *context)
{
	struct courier *courier = context;
	struct outcome outcome = {0};

	(void)fd;
	(void)what;
	outcome_set(&outcome, COURIER_LATER, "not done within %g s", (double)courier->limit_ns / NS_PER_SECOND);
	courier_end(courier, &outcome);
}

/* Returns false with errno. */
static bool
courier_fork(struct courier *courier, const struct errand *errand)
{
	int ends[2], error;

	if (pipe2(ends, O_CLOEXEC | O_NONBLOCK) == -1)
		return false;
	courier->pid = fork();
	if (courier->pid == 0)
		courier_process(errand, ends[1]);
	error = errno;
	close(ends[1]);
	courier->report = ends[0];
	errno = error;
	return courier->pid != -1;
}

static bool
courier_listen(struct courier *courier, struct event_base *base)
{
	const struct timeval limit = duration(courier->limit_ns);

	courier->heard = event_new(base, courier->report, EV_READ | EV_PERSIST, courier_heard, courier);
	courier->timer = evtimer_new(base, courier_expired, courier);
	return courier->heard != NULL && courier->timer != NULL && event_add(courier->heard, NULL) == 0 &&
	    event_add(courier->timer, &limit) == 0;
}

struct courier *
courier_send(struct event_base *base, const struct target *target, const struct letter *letter, int64_t timeout_ns,
    courier_done *done, void *context)
{
	const struct errand errand = {.target = target, .url = target->url, .tls = &target->tls, .letter = letter,
	    .limit_ns = timeout_ns};
	struct courier *courier = calloc(1, sizeof(*courier));
	int error = ENOMEM;

	if (courier == NULL)
		return NULL;
	courier->limit_ns = timeout_ns;
	courier->report = -1;
	courier->done = done;
	courier->context = context;
	if ((courier->corpse = corpse_new(base)) != NULL) {
		if (courier_fork(courier, &errand)) {
			if (courier_listen(courier, base))
				return courier;
		} else {
			error = errno;
		}
	}
	courier_free(courier);
	errno = error;
	return NULL;
}
