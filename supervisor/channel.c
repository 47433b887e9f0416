/*
 * Input and output with ExaBGP on descriptors 0 and 1, on libevent. Touches these two descriptors and their
 * O_NONBLOCK flag only. Invariant: what goes out is whole lines. A non-blocking write of at most PIPE_BUF bytes
 * to a pipe is taken whole or not at all; elsewhere the rest of a short write goes out before anything else.
 *
 * A terminal is opened once more, because O_NONBLOCK on descriptor 1 would be set for the shell too; where that
 * is not allowed it is written only when poll(2) says so. A regular file or device is written plainly (epoll
 * refuses it, and it does not block).
 */
#include "channel.h"

#include <errno.h>
#include <event2/event.h>
#include <fcntl.h>
#include <limits.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "../common/log.h"
#include "exabgp.h"
#include "loop.h"

#define INPUT_SIZE 16384
/* Reads in one turn of the loop, so that a flood on stdin cannot keep everything else from running. */
#define INPUT_TURNS 8

_Static_assert(EXABGP_LINE_MAX <= PIPE_BUF, "a line must fit in one atomic write");

enum kind { KIND_STREAM /* pipe or socket */, KIND_TERMINAL, KIND_PLAIN };

struct channel {
	struct exabgp *exabgp;
	struct ledger *ledger;
	enum kind input_kind, output_kind;
	int input_flags, output_flags; /* to be restored, -1: not changed */
	int output_fd;		       /* STDOUT_FILENO, or the terminal opened once more */
	struct event *readable, *writable, *flush, *timer, *end_event;
	monotime_t armed; /* when the timer fires */
	void (*ended)(void *, enum channel_end);
	void *context;
	enum channel_end end; /* what was told */
	bool broken, eof;
	size_t length, written; /* of output, of it already written */
	char output[EXABGP_LINE_MAX];
};

static enum kind
descriptor_kind(int fd)
{
	struct stat st;

	if (fstat(fd, &st) != 0)
		return KIND_PLAIN;
	if (S_ISFIFO(st.st_mode) || S_ISSOCK(st.st_mode))
		return KIND_STREAM;
	return isatty(fd) ? KIND_TERMINAL : KIND_PLAIN;
}

/* Returns the flags to restore later, -1: nothing was changed. */
static int
descriptor_set_nonblocking(int fd)
{
	int flags = fcntl(fd, F_GETFL);

	if (flags == -1 || (flags & O_NONBLOCK) != 0)
		return -1;
	return fcntl(fd, F_SETFL, flags | O_NONBLOCK) == 0 ? flags : -1;
}

/* The same terminal on a descriptor whose flags are ours alone; fd itself when it cannot be opened. */
static int
terminal_reopen(int fd)
{
	char path[64];
	int reopened;

	if (ttyname_r(fd, path, sizeof(path)) != 0)
		return fd;
	reopened = open(path, O_WRONLY | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
	return reopened != -1 ? reopened : fd;
}

/* Told from the loop, not from within a call: the listener may free the channel. */
static void
channel_end(struct channel *channel, enum channel_end end)
{
	if (channel->end != CHANNEL_OPEN)
		return;
	channel->end = end;
	event_active(channel->end_event, EV_TIMEOUT, 0);
}

static void
on_end(evutil_socket_t fd, short what, void *argument)
{
	struct channel *channel = argument;

	(void)fd;
	(void)what;
	channel->ended(channel->context, channel->end);
}

/* The timer is only ever moved to earlier: when it fires too early, it is armed again. */
static void
channel_arm(struct channel *channel)
{
	monotime_t deadline = exabgp_deadline(channel->exabgp);

	if (channel->broken || !monotime_before(deadline, channel->armed))
		return;
	loop_arm(channel->timer, monotime_left(deadline, monotime_now()));
	channel->armed = deadline;
}

static void
channel_broken(struct channel *channel, enum channel_end end)
{
	channel->broken = true;
	channel->length = channel->written = 0;
	event_del(channel->writable);
	event_del(channel->timer);
	channel_end(channel, end);
}

/* How many of the waiting bytes one write may have: a terminal gets a line at a time. */
static size_t
chunk_length(const struct channel *channel)
{
	const char *start = channel->output + channel->written;
	size_t rest = channel->length - channel->written;
	const char *newline;

	if (channel->output_kind != KIND_TERMINAL)
		return rest;
	newline = memchr(start, '\n', rest);
	return newline != NULL ? (size_t)(newline - start) + 1 : rest;
}

/* Write some of what waits; false: not now, or never again. */
static bool
channel_write(struct channel *channel)
{
	struct pollfd poll_terminal = {.fd = channel->output_fd, .events = POLLOUT};
	ssize_t written;
	bool gone;

	if (channel->output_kind == KIND_TERMINAL && poll(&poll_terminal, 1, 0) == 0) {
		loop_watch(channel->writable);
		return false;
	}
	written = write(channel->output_fd, channel->output + channel->written, chunk_length(channel));
	if (written >= 0) {
		channel->written += (size_t)written;
		return true;
	}
	if (errno == EINTR)
		return true;
	if (errno == EAGAIN || errno == ENOMEM || errno == ENOBUFS) { /* full, or no memory for it now */
		loop_watch(channel->writable);
		return false;
	}
	gone = errno == EPIPE || errno == ECONNRESET;
	if (!gone)
		log_error("cannot write to standard output");
	channel_broken(channel, gone ? CHANNEL_BROKEN : CHANNEL_FAILED);
	return false;
}

/* Say all that may be said now and that the descriptor takes. */
static void
channel_flush(struct channel *channel)
{
	while (!channel->broken) {
		if (channel->written == channel->length) {
			channel->written = 0;
			channel->length =
			    exabgp_output(channel->exabgp, channel->output, sizeof(channel->output), monotime_now());
			if (channel->length == 0)
				break;
		}
		if (!channel_write(channel))
			break;
	}
	channel_arm(channel);
}

static void
on_flush(evutil_socket_t fd, short what, void *argument)
{
	(void)fd;
	(void)what;
	channel_flush(argument);
}

static void
on_timer(evutil_socket_t fd, short what, void *argument)
{
	struct channel *channel = argument;

	(void)fd;
	(void)what;
	channel->armed = MONOTIME_NEVER;
	exabgp_tick(channel->exabgp, monotime_now());
	channel_flush(channel);
}

/* One read; false: nothing more now. */
static bool
channel_read(struct channel *channel)
{
	char data[INPUT_SIZE];
	ssize_t length = read(STDIN_FILENO, data, sizeof(data));

	if (length > 0) {
		exabgp_input(channel->exabgp, data, (size_t)length, monotime_now());
		return (size_t)length == sizeof(data);
	}
	if (length < 0 && (errno == EAGAIN || errno == EINTR || errno == ENOMEM || errno == ENOBUFS))
		return false;
	if (length < 0)
		log_warn("cannot read from standard input");
	channel->eof = true;
	event_del(channel->readable);
	channel_end(channel, CHANNEL_EOF);
	return false;
}

static void
on_readable(evutil_socket_t fd, short what, void *argument)
{
	struct channel *channel = argument;

	(void)fd;
	(void)what;
	for (int turn = 0; turn < INPUT_TURNS && channel_read(channel); turn++)
		continue;
	if (exabgp_shutdown_asked(channel->exabgp))
		channel_end(channel, CHANNEL_SHUTDOWN);
	/* Answers make room, and other results of this turn may have something to say. */
	event_active(channel->flush, EV_TIMEOUT, 0);
}

/* The ledger has something to say: at the end of this turn of the loop, so that commands share a write. */
static void
on_pending(void *argument)
{
	struct channel *channel = argument;

	event_active(channel->flush, EV_TIMEOUT, 0);
}

static bool
channel_make_events(struct channel *channel, struct event_base *base)
{
	int lowest = event_base_get_npriorities(base) - 1;

	channel->readable = event_new(base, STDIN_FILENO, EV_READ | EV_PERSIST, on_readable, channel);
	channel->writable = event_new(base, channel->output_fd, EV_WRITE, on_flush, channel);
	channel->flush = event_new(base, -1, 0, on_flush, channel);
	channel->timer = event_new(base, -1, 0, on_timer, channel);
	channel->end_event = event_new(base, -1, 0, on_end, channel);
	if (channel->readable == NULL || channel->writable == NULL || channel->flush == NULL || channel->timer == NULL ||
	    channel->end_event == NULL)
		return false;
	event_priority_set(channel->flush, lowest);
	return channel->input_kind != KIND_STREAM || event_add(channel->readable, NULL) == 0;
}

struct channel *
channel_new(struct event_base *base, const struct config *config, struct ledger *ledger,
    void (*ended)(void *context, enum channel_end), void *context)
{
	struct channel *channel = calloc(1, sizeof(*channel));
	bool detect;

	if (channel == NULL)
		return NULL;
	channel->ledger = ledger;
	channel->ended = ended;
	channel->context = context;
	channel->armed = MONOTIME_NEVER;
	channel->input_flags = channel->output_flags = -1;
	channel->input_kind = descriptor_kind(STDIN_FILENO);
	channel->output_kind = descriptor_kind(STDOUT_FILENO);
	channel->output_fd = STDOUT_FILENO;
	if (channel->output_kind == KIND_TERMINAL)
		channel->output_fd = terminal_reopen(STDOUT_FILENO);
	detect = channel->input_kind == KIND_STREAM && channel->output_kind == KIND_STREAM;
	channel->exabgp =
	    exabgp_new(&config->global.exabgp, config->global.resync_ns, ledger, detect, monotime_now());
	if (channel->exabgp == NULL || !channel_make_events(channel, base)) {
		channel_free(channel);
		return NULL;
	}
	if (channel->input_kind == KIND_STREAM)
		channel->input_flags = descriptor_set_nonblocking(STDIN_FILENO);
	if (channel->output_kind == KIND_STREAM)
		channel->output_flags = descriptor_set_nonblocking(STDOUT_FILENO);
	/* A reader that is gone is told by EPIPE. */
	signal(SIGPIPE, SIG_IGN);
	ledger_on_pending(ledger, on_pending, channel);
	event_active(channel->flush, EV_TIMEOUT, 0);
	return channel;
}

static void
event_free_if(struct event *event)
{
	if (event != NULL)
		event_free(event);
}

void
channel_free(struct channel *channel)
{
	if (channel == NULL)
		return;
	ledger_on_pending(channel->ledger, NULL, NULL);
	event_free_if(channel->readable);
	event_free_if(channel->writable);
	event_free_if(channel->flush);
	event_free_if(channel->timer);
	event_free_if(channel->end_event);
	if (channel->input_flags != -1)
		(void)fcntl(STDIN_FILENO, F_SETFL, channel->input_flags);
	if (channel->output_flags != -1)
		(void)fcntl(STDOUT_FILENO, F_SETFL, channel->output_flags);
	if (channel->output_fd != STDOUT_FILENO)
		close(channel->output_fd);
	exabgp_free(channel->exabgp);
	free(channel);
}

void
channel_hurry(struct channel *channel)
{
	exabgp_hurry(channel->exabgp, monotime_now());
	event_active(channel->flush, EV_TIMEOUT, 0);
}

bool
channel_idle(const struct channel *channel)
{
	if (channel->broken)
		return true;
	if (channel->written != channel->length)
		return false;
	/* After end-of-file no answer comes any more. */
	if (channel->eof)
		return ledger_next(channel->ledger, (monotime_t){INT64_MIN}) == NULL;
	return exabgp_idle(channel->exabgp);
}
