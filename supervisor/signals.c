/*
 * Signals by signalfd(2). Touches the signal mask and a descriptor of its own. Invariant: every signal that came
 * is handled, several of one kind at least once. (libevent's own way, a handler that writes to a pipe, loses a
 * signal whenever that write fails.)
 */
#include "signals.h"

#include <errno.h>
#include <event2/event.h>
#include <signal.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <sys/signalfd.h>
#include <unistd.h>

struct signals {
	const struct signal_handler *table;
	void *context;
	int fd;
	struct event *event;
};

static void
signals_read(evutil_socket_t fd, short what, void *context)
{
	const struct signals *signals = context;
	struct signalfd_siginfo info;

	(void)what;
	if (read(fd, &info, sizeof(info)) != sizeof(info))
		return;
	for (const struct signal_handler *handler = signals->table; handler->number != 0; handler++)
		if (info.ssi_signo == (uint32_t)handler->number) {
			handler->handle(signals->context, handler->number);
			return;
		}
}

/* Whoever started us may have left SIGCHLD ignored: then the kernel reaps children itself, and says nothing. */
static void
signals_heed(const struct signal_handler *table)
{
	for (const struct signal_handler *handler = table; handler->number != 0; handler++)
		signal(handler->number, SIG_DFL);
}

static bool
signals_open(struct signals *signals, struct event_base *base)
{
	sigset_t set;

	sigemptyset(&set);
	for (const struct signal_handler *handler = signals->table; handler->number != 0; handler++)
		sigaddset(&set, handler->number);
	if ((signals->fd = signalfd(-1, &set, SFD_NONBLOCK | SFD_CLOEXEC)) == -1)
		return false;
	errno = ENOMEM;
	signals->event = event_new(base, signals->fd, EV_READ | EV_PERSIST, signals_read, signals);
	if (signals->event == NULL || event_add(signals->event, NULL) == -1 || sigprocmask(SIG_BLOCK, &set, NULL) == -1)
		return false;
	signals_heed(signals->table);
	return true;
}

struct signals *
signals_new(struct event_base *base, const struct signal_handler *table, void *context)
{
	struct signals *signals = malloc(sizeof(*signals));

	if (signals == NULL)
		return NULL;
	*signals = (struct signals){.table = table, .context = context, .fd = -1};
	if (signals_open(signals, base))
		return signals;
	signals_free(signals);
	return NULL;
}

void
signals_free(struct signals *signals)
{
	int error = errno;

	if (signals == NULL)
		return;
	if (signals->event != NULL)
		event_free(signals->event);
	if (signals->fd != -1)
		close(signals->fd);
	free(signals);
	errno = error;
}
