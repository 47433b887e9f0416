/*
 * The conversation with ExaBGP on libevent, over a transport that it opens, again and again where ExaBGP comes and
 * goes. Touches the transport's descriptors. Invariant: what goes out is whole lines. A non-blocking write of at most
 * PIPE_BUF bytes to a pipe is taken whole or not at all; elsewhere the rest of a short write goes out before anything
 * else.
 */
#include "channel.h"

#include <errno.h>
#include <event2/event.h>
#include <limits.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "../common/log.h"
#include "channel_internal.h"
#include "exabgp.h"
#include "loop.h"

#define INPUT_SIZE 16384
/* Reads in one turn of the loop, so that a flood of input cannot keep everything else from running. */
#define INPUT_TURNS 8
#define RETRY_NS (250 * NS_PER_MILLISECOND) /* between attempts to open */
/*
 * After somebody opened the way to ExaBGP, input that we do not wait for is left alone for a while: the answers to
 * exabgpcli come out of the same pipe.
 */
#define SHY_NS (500 * NS_PER_MILLISECOND)

_Static_assert(EXABGP_LINE_MAX <= PIPE_BUF, "a line must fit in one atomic write");

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

/* stdout will never be written again. */
static void
channel_broken(struct channel *channel, enum channel_end end)
{
	channel->broken = true;
	channel->length = channel->written = 0;
	event_del(channel->writable);
	event_del(channel->timer);
	channel_end(channel, end);
}

/* ExaBGP went, and comes back: what it had was its own. */
static void
channel_lost(struct channel *channel)
{
	struct event *const watches[] = {channel->readable, channel->writable, channel->gone, channel->disturbed};

	for (size_t i = 0; i < sizeof(watches) / sizeof(watches[0]); i++)
		event_del(watches[i]);
	channel->transport.kind->close(&channel->transport, false);
	channel->open = false;
	channel->length = channel->written = 0;
	exabgp_leave(channel->exabgp, monotime_now());
	if (channel->there) {
		log_warnx("ExaBGP is gone or begins anew: everything is said again when it is there");
		channel->waiting = true;
	}
	channel->there = false;
	loop_arm(channel->retry, RETRY_NS);
}

static void
channel_failed(struct channel *channel, bool gone)
{
	if (!gone)
		log_error("cannot write to %s", channel->transport.kind->lasting ? channel->target : "standard output");
	if (channel->transport.kind->lasting)
		channel_lost(channel);
	else
		channel_broken(channel, gone ? CHANNEL_BROKEN : CHANNEL_FAILED);
}

/* Take what ExaBGP says. */
static void
channel_listen(struct channel *channel)
{
	if (!channel->eof && channel->transport.input_kind == DESCRIPTOR_STREAM &&
	    !event_pending(channel->readable, EV_READ, NULL))
		loop_watch(channel->readable);
}

/* How many of the waiting bytes one write may have: a terminal gets a line at a time. */
static size_t
chunk_length(const struct channel *channel)
{
	const char *start = channel->output + channel->written;
	size_t rest = channel->length - channel->written;
	const char *newline;

	if (channel->transport.output_kind != DESCRIPTOR_TERMINAL)
		return rest;
	newline = memchr(start, '\n', rest);
	return newline != NULL ? (size_t)(newline - start) + 1 : rest;
}

/* Write some of what waits; false: not now, or never again. */
static bool
channel_write(struct channel *channel)
{
	struct pollfd poll_terminal = {.fd = channel->transport.output, .events = POLLOUT};
	ssize_t written;

	if (channel->transport.output_kind == DESCRIPTOR_TERMINAL && poll(&poll_terminal, 1, 0) == 0) {
		loop_watch(channel->writable);
		return false;
	}
	written = write(channel->transport.output, channel->output + channel->written, chunk_length(channel));
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
	channel_failed(channel, errno == EPIPE || errno == ECONNRESET);
	return false;
}

/* Say all that may be said now and that the descriptor takes. */
static void
channel_flush(struct channel *channel)
{
	while (channel->open && !channel->broken) {
		if (channel->written == channel->length) {
			channel->written = 0;
			channel->length =
			    exabgp_output(channel->exabgp, channel->output, sizeof(channel->output), monotime_now());
			if (channel->length == 0)
				break;
			channel_listen(channel);
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

/* Nothing more can be read. */
static void
channel_silent(struct channel *channel, int error)
{
	if (error != 0)
		log_warn("cannot read from %s", channel->transport.kind->lasting ? channel->target : "standard input");
	if (channel->transport.kind->lasting) {
		channel_lost(channel);
		return;
	}
	channel->eof = true;
	event_del(channel->readable);
	channel_end(channel, CHANNEL_EOF);
}

/* One read; false: nothing more now. */
static bool
channel_read(struct channel *channel)
{
	char data[INPUT_SIZE];
	ssize_t length = read(channel->transport.input, data, sizeof(data));

	if (length > 0) {
		exabgp_input(channel->exabgp, data, (size_t)length, monotime_now());
		return (size_t)length == sizeof(data);
	}
	if (length < 0 && (errno == EAGAIN || errno == EINTR || errno == ENOMEM || errno == ENOBUFS))
		return false;
	channel_silent(channel, length < 0 ? errno : 0);
	return false;
}

/* With a service it is news when it is there. */
static void
channel_heard(struct channel *channel)
{
	struct exabgp_status status;

	if (!channel->transport.kind->lasting || !channel->open || channel->there)
		return;
	exabgp_status(channel->exabgp, &status);
	channel->there = status.answered;
	if (!channel->there)
		return;
	channel->waiting = false;
	channel->problem[0] = '\0';
	log_info("ExaBGP is there: %s", channel->target);
}

static void
on_readable(evutil_socket_t fd, short what, void *argument)
{
	struct channel *channel = argument;

	(void)fd;
	(void)what;
	for (int turn = 0; turn < INPUT_TURNS && channel_read(channel); turn++)
		continue;
	channel_heard(channel);
	/* The end of a service is not ours. */
	if (exabgp_shutdown_asked(channel->exabgp) && !channel->transport.kind->lasting)
		channel_end(channel, CHANNEL_SHUTDOWN);
	/* Answers make room, and other results of this turn may have something to say. */
	event_active(channel->flush, EV_TIMEOUT, 0);
}

/* Nobody reads our output any more; or no memory was left to watch it, and it is to be looked at. */
static void
on_gone(evutil_socket_t fd, short what, void *argument)
{
	struct channel *channel = argument;
	struct pollfd end = {.fd = fd};

	(void)what;
	if (poll(&end, 1, 0) == 1 && (end.revents & (POLLERR | POLLHUP | POLLNVAL)) != 0)
		channel_lost(channel);
	else
		loop_watch(channel->gone);
}

static void
on_disturbed(evutil_socket_t fd, short what, void *argument)
{
	struct channel *channel = argument;

	(void)fd;
	(void)what;
	if (!channel->transport.kind->disturbed(&channel->transport))
		return;
	log_debug("somebody opened the way to ExaBGP: a new ExaBGP, one that was reloaded, or exabgpcli");
	exabgp_suspect(channel->exabgp, true, monotime_now());
	if (exabgp_idle(channel->exabgp)) {
		event_del(channel->readable);
		loop_arm(channel->retry, SHY_NS);
	}
	channel_arm(channel);
}

/* The ledger has something to say: at the end of this turn of the loop, so that commands share a write. */
static void
on_pending(void *argument)
{
	struct channel *channel = argument;

	event_active(channel->flush, EV_TIMEOUT, 0);
}

/* Why ExaBGP cannot be reached: once, and again when it is something else. */
static void
channel_tell_problem(struct channel *channel, enum transport_outcome outcome)
{
	const char *problem = channel->transport.problem;

	if (outcome == TRANSPORT_ABSENT && !channel->waiting)
		log_info("waiting for ExaBGP: %s", problem);
	if (outcome == TRANSPORT_WRONG && strcmp(problem, channel->problem) != 0)
		log_warnx("%s", problem);
	channel->waiting = outcome == TRANSPORT_ABSENT;
	snprintf(channel->problem, sizeof(channel->problem), "%s", outcome == TRANSPORT_WRONG ? problem : "");
}

void
channel_watch(struct channel *channel)
{
	const struct transport *transport = &channel->transport;

	event_assign(channel->readable, channel->base, transport->input, EV_READ | EV_PERSIST, on_readable, channel);
	event_assign(channel->writable, channel->base, transport->output, EV_WRITE, on_flush, channel);
	event_assign(channel->gone, channel->base, transport->output, EV_READ, on_gone, channel);
	event_assign(channel->disturbed, channel->base, transport->notify, EV_READ | EV_PERSIST, on_disturbed, channel);
	channel_listen(channel);
	if (transport->output_tells_end)
		loop_watch(channel->gone);
	if (transport->notify != -1)
		loop_watch(channel->disturbed);
}

static void
channel_open(struct channel *channel)
{
	enum transport_outcome outcome = channel->transport.kind->open(&channel->transport);

	if (outcome != TRANSPORT_OPEN) {
		channel_tell_problem(channel, outcome);
		loop_arm(channel->retry, RETRY_NS);
		return;
	}
	channel->open = true;
	channel_watch(channel);
	if (channel->transport.kind->lasting)
		exabgp_arrive(channel->exabgp, monotime_now());
	event_active(channel->flush, EV_TIMEOUT, 0);
}

static void
on_retry(evutil_socket_t fd, short what, void *argument)
{
	struct channel *channel = argument;

	(void)fd;
	(void)what;
	if (channel->open)
		channel_listen(channel);
	else
		channel_open(channel);
}

static bool
channel_make_events(struct channel *channel)
{
	struct event_base *base = channel->base;

	/* those of descriptors are assigned when there are some */
	channel->readable = event_new(base, -1, 0, on_readable, channel);
	channel->writable = event_new(base, -1, 0, on_flush, channel);
	channel->gone = event_new(base, -1, 0, on_gone, channel);
	channel->disturbed = event_new(base, -1, 0, on_disturbed, channel);
	channel->flush = event_new(base, -1, 0, on_flush, channel);
	channel->timer = event_new(base, -1, 0, on_timer, channel);
	channel->retry = event_new(base, -1, 0, on_retry, channel);
	channel->end_event = event_new(base, -1, 0, on_end, channel);
	if (channel->readable == NULL || channel->writable == NULL || channel->gone == NULL ||
	    channel->disturbed == NULL || channel->flush == NULL || channel->timer == NULL || channel->retry == NULL ||
	    channel->end_event == NULL)
		return false;
	event_priority_set(channel->flush, event_base_get_npriorities(base) - 1);
	return true;
}

/* Who is at the other end; stdin and stdout are open already. */
static enum exabgp_peer
channel_peer(const struct channel *channel)
{
	if (channel->transport.kind->lasting)
		return EXABGP_SERVICE;
	return channel->transport.input_kind == DESCRIPTOR_STREAM &&
	    channel->transport.output_kind == DESCRIPTOR_STREAM ? EXABGP_PARENT : EXABGP_NOBODY;
}

/* Everything but the transport and the ledger's wake-up. */
static bool
channel_start(struct channel *channel, const struct config *config, bool adopt)
{
	const struct global_options *global = &config->global;

	if (!channel_make_events(channel))
		return false;
	if (!channel->transport.kind->lasting)
		channel_open(channel);
	channel->exabgp =
	    exabgp_new(&global->exabgp, global->resync_ns, channel->ledger, channel_peer(channel), monotime_now());
	if (channel->exabgp == NULL)
		return false;
	if (channel->transport.kind->lasting && !adopt)
		channel_open(channel);
	else if (channel->transport.kind->lasting)
		event_active(channel->retry, EV_TIMEOUT, 0); /* unless channel_load has opened it by then */
	return true;
}

static struct channel *
channel_make(struct event_base *base, const struct config *config, struct ledger *ledger,
    void (*ended)(void *context, enum channel_end), void *context, bool adopt)
{
	const char *output = config->global.exabgp.output != NULL ? config->global.exabgp.output : "stdout";
	struct channel *channel = calloc(1, sizeof(*channel));

	if (channel == NULL)
		return NULL;
	channel->base = base;
	channel->ledger = ledger;
	channel->ended = ended;
	channel->context = context;
	channel->armed = MONOTIME_NEVER;
	/* A reader that is gone is told by EPIPE. */
	signal(SIGPIPE, SIG_IGN);
	if (!transport_init(&channel->transport, output) || (channel->target = strdup(output)) == NULL ||
	    !channel_start(channel, config, adopt)) {
		channel_free(channel);
		return NULL;
	}
	ledger_on_pending(ledger, on_pending, channel);
	return channel;
}

struct channel *
channel_new(struct event_base *base, const struct config *config, struct ledger *ledger,
    void (*ended)(void *context, enum channel_end), void *context)
{
	return channel_make(base, config, ledger, ended, context, false);
}

struct channel *
channel_adopt(struct event_base *base, const struct config *config, struct ledger *ledger,
    void (*ended)(void *context, enum channel_end), void *context)
{
	return channel_make(base, config, ledger, ended, context, true);
}

void
channel_free(struct channel *channel)
{
	if (channel == NULL)
		return;
	struct event *const events[] = {channel->readable, channel->writable, channel->gone, channel->disturbed,
	    channel->flush, channel->timer, channel->retry, channel->end_event};

	ledger_on_pending(channel->ledger, NULL, NULL);
	for (size_t i = 0; i < sizeof(events) / sizeof(events[0]); i++)
		if (events[i] != NULL)
			event_free(events[i]);
	transport_free(&channel->transport);
	exabgp_free(channel->exabgp);
	free(channel->target);
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
	if (channel->broken || !channel->open)
		return true;
	if (channel->written != channel->length)
		return false;
	/* After end-of-file no answer comes any more. */
	if (channel->eof)
		return ledger_next(channel->ledger, (monotime_t){INT64_MIN}) == NULL;
	return exabgp_idle(channel->exabgp);
}

bool
channel_connected(const struct channel *channel)
{
	if (channel->transport.kind->lasting)
		return channel->there;
	return !channel->broken && !channel->eof;
}

void
channel_pause(struct channel *channel)
{
	exabgp_pause(channel->exabgp, true);
}

void
channel_resume(struct channel *channel)
{
	exabgp_pause(channel->exabgp, false);
	event_active(channel->flush, EV_TIMEOUT, 0);
}

void
channel_change(struct channel *channel, const struct config *config)
{
	const struct global_options *global = &config->global;

	if (!exabgp_change(channel->exabgp, &global->exabgp, global->resync_ns, monotime_now()))
		log_warnx("exabgp.max_in_flight stays as it was: out of memory");
	event_active(channel->flush, EV_TIMEOUT, 0);
}

void
channel_status(const struct channel *channel, struct exabgp_status *status)
{
	exabgp_status(channel->exabgp, status);
}
