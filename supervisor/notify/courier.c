/*
 * Couriers, seen from exacheck-notify: a process each, its time, and what it reports. Invariant: what was forked is
 * reaped, and killed, with all that it started, unless it ends by itself soon after its report.
 */
#include "courier.h"

#include <errno.h>
#include <event2/event.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
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
#define PARTING_NS NS_PER_SECOND /* what is delivered stays that, though the mail server does not answer QUIT */

/* A process that has nothing more to say, until it is reaped. */
struct corpse {
	pid_t pid;
	monotime_t killed; /* when it is, with its group, if it has not ended */
	struct event *timer;
	int64_t pause_ns;
};

struct courier {
	int64_t limit_ns;
	bool executes; /* it has started another process */
	pid_t pid;
	int report; /* what it says comes here */
	struct event *heard, *timer;
	courier_done *done;
	void *context;
	struct corpse *corpse; /* that it will be */
	size_t length;
	struct outcome outcome;
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

static void
corpse_reap(evutil_socket_t fd, short what, void *context)
{
	struct corpse *corpse = context;
	struct timeval pause = duration(corpse->pause_ns);

	(void)fd;
	(void)what;
	if (!monotime_before(monotime_now(), corpse->killed)) {
		/* both: it may not have made its group yet */
		kill(-corpse->pid, SIGKILL);
		kill(corpse->pid, SIGKILL);
	}
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

/* The process is killed, but not before this time. */
static void
courier_bury(struct courier *courier, monotime_t killed)
{
	if (courier->pid > 0) {
		courier->corpse->pid = courier->pid;
		courier->corpse->killed = killed;
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

void
courier_free(struct courier *courier)
{
	if (courier != NULL)
		courier_bury(courier, monotime_now());
}

static void
courier_end(struct courier *courier, const struct outcome *outcome, int64_t parting_ns)
{
	struct outcome copy = *outcome;
	courier_done *done = courier->done;
	void *context = courier->context;

	courier_bury(courier, monotime_add(monotime_now(), parting_ns));
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
	courier_end(courier, outcome, courier->executes ? 0 : PARTING_NS);
}

static void
courier_heard(evutil_socket_t fd, short what, void *context)
{
	struct courier *courier = context;
	ssize_t length = read(fd, (char *)&courier->outcome + courier->length, sizeof(courier->outcome) - courier->length);

	(void)what;
	if (length == -1 && (errno == EAGAIN || errno == EINTR))
		return;
	if (length > 0)
		courier->length += (size_t)length;
	if (length <= 0 || courier->length == sizeof(courier->outcome))
		courier_ended(courier);
}

static void
courier_expired(evutil_socket_t fd, short what, void *context)
{
	struct courier *courier = context;
	struct pollfd pfd = {.fd = courier->report, .events = POLLIN};
	struct outcome outcome = {0};

	(void)fd;
	if (poll(&pfd, 1, 0) == 1) { /* it is done after all: what was delivered is not delivered again */
		courier_heard(courier->report, what, courier);
		return;
	}
	outcome_set(&outcome, COURIER_LATER, "not done within %g s", (double)courier->limit_ns / NS_PER_SECOND);
	courier_end(courier, &outcome, 0);
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

const char *
courier_refusal(int error, char text[static COURIER_REFUSAL_SIZE])
{
	snprintf(text, COURIER_REFUSAL_SIZE, "cannot start a process for it: %s", strerror(error));
	return text;
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
	courier->executes = target->kind->execute;
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
