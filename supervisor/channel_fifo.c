/*
 * ExaBGP's pair of named pipes, DIRECTORY/exabgp.in to it and DIRECTORY/exabgp.out from it. Touches these two.
 * Invariant: exabgp.out is read by one exacheck at a time, the one that holds its lock.
 *
 * How ExaBGP uses them (4.2 to 5): a relay process of its own opens exabgp.in for reading and writing, and
 * exabgp.out anew for every line of an answer. Therefore
 * - exabgp.out is opened for reading and writing here, so that there is no end-of-file between two answers, and stays
 *   open while ExaBGP is away;
 * - exabgp.in is opened for writing only: ENXIO says that there is no relay, and the death of the last one makes
 *   an error of it at once. The relay ends with ExaBGP, and is started anew when ExaBGP reloads its configuration;
 * - that exabgp.in was opened by somebody tells of a new relay even when it was too quick for us to see the old
 *   one's end: inotify remembers it while we are stopped. exabgpcli opens it too, which cannot be told apart;
 * - the relay keeps an answer that it cannot deliver, and takes no commands while ExaBGP takes none, so nothing is
 *   lost however many commands are in flight, until some 13,000 answers fill both pipes: see exabgp_flights.c.
 * The lock is on exabgp.out, because that one is open for life, and before anybody reads.
 */
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <sys/inotify.h>
#include <sys/stat.h>
#include <unistd.h>

#include "channel_transport.h"

/* What is left of old answers: no more than a pipe holds. */
#define DRAIN_MAX (1024 * 1024)

static void
fifo_path(const struct transport *transport, const char *end, char path[static PATH_MAX])
{
	snprintf(path, PATH_MAX, "%s/exabgp.%s", transport->path, end);
}

/* What a failure to open one of them means. */
static enum transport_outcome
fifo_failed(struct transport *transport, const char *path, int error)
{
	switch (error) {
	case ENXIO:
		return transport_absent(transport, "nobody reads %s", path);
	case ENOENT:
	case ENOTDIR:
		return transport_wrong(transport, "%s is not there: mkfifo -m 660 %s/exabgp.in %s/exabgp.out, owned by "
		    "ExaBGP's user and a group that this user is in, then start ExaBGP with exabgp.api.cli=true",
		    path, transport->path, transport->path);
	case EACCES:
	case EPERM:
		return transport_wrong(transport, "no permission to read and write %s: chmod 660 %s/exabgp.in "
		    "%s/exabgp.out, and chgrp them to a group that this user is in", path, transport->path, transport->path);
	default:
		return transport_wrong(transport, "cannot open %s: %s", path, strerror(error));
	}
}

/* Open one; *fd is -1 after a failure. */
static enum transport_outcome
fifo_open_one(struct transport *transport, const char *path, int flags, int *fd)
{
	struct stat st;
	int error;

	*fd = open(path, flags | O_NONBLOCK | O_CLOEXEC | O_NOCTTY);
	error = errno;
	if (*fd == -1 && !(error == ENXIO && stat(path, &st) == 0 && !S_ISFIFO(st.st_mode)))
		return fifo_failed(transport, path, error);
	if (*fd == -1 || fstat(*fd, &st) == -1 || !S_ISFIFO(st.st_mode)) {
		transport_close_fd(fd);
		return transport_wrong(transport, "%s is no named pipe: remove it, then mkfifo -m 660 %s", path, path);
	}
	return TRANSPORT_OPEN;
}

/* Whether the descriptor is what the path names now. */
static bool
fifo_current(int fd, const char *path)
{
	struct stat here, there;

	return fd != -1 && fstat(fd, &here) == 0 && stat(path, &there) == 0 && here.st_dev == there.st_dev &&
	    here.st_ino == there.st_ino;
}

/* exabgp.out, locked; it stays open. */
static enum transport_outcome
fifo_open_input(struct transport *transport)
{
	enum transport_outcome outcome;
	char path[PATH_MAX];

	fifo_path(transport, "out", path);
	if (fifo_current(transport->input, path))
		return TRANSPORT_OPEN;
	transport_close_fd(&transport->input);
	outcome = fifo_open_one(transport, path, O_RDWR, &transport->input);
	if (outcome != TRANSPORT_OPEN || flock(transport->input, LOCK_EX | LOCK_NB) == 0)
		return outcome;
	outcome = errno == EWOULDBLOCK ?
	    transport_wrong(transport, "another exacheck uses %s: end it, or give each an ExaBGP of its own", path) :
	    transport_wrong(transport, "cannot lock %s: %s", path, strerror(errno));
	transport_close_fd(&transport->input);
	return outcome;
}

/* Read what was meant for somebody before us. */
static void
fifo_drain(int fd)
{
	char data[4096];
	ssize_t length;

	for (size_t drained = 0; drained < DRAIN_MAX; drained += (size_t)length)
		if ((length = read(fd, data, sizeof(data))) <= 0)
			return;
}

/* Without inotify a relay's end is seen all the same, unless we are stopped meanwhile. */
static void
fifo_notice(struct transport *transport, const char *path)
{
	transport->notify = inotify_init1(IN_NONBLOCK | IN_CLOEXEC);
	if (transport->notify != -1 && inotify_add_watch(transport->notify, path, IN_OPEN) == -1)
		transport_close_fd(&transport->notify);
}

static enum transport_outcome
fifo_open(struct transport *transport)
{
	enum transport_outcome outcome = fifo_open_input(transport);
	char path[PATH_MAX];

	if (outcome != TRANSPORT_OPEN)
		return outcome;
	fifo_path(transport, "in", path);
	outcome = fifo_open_one(transport, path, O_WRONLY, &transport->output);
	if (outcome != TRANSPORT_OPEN)
		return outcome;
	fifo_drain(transport->input);
	fifo_notice(transport, path);
	transport->input_kind = transport->output_kind = DESCRIPTOR_STREAM;
	transport->output_tells_end = true;
	return TRANSPORT_OPEN;
}

static void
fifo_close(struct transport *transport, bool last)
{
	transport_close_fd(&transport->output);
	transport_close_fd(&transport->notify);
	if (last)
		transport_close_fd(&transport->input);
}

static bool
fifo_disturbed(struct transport *transport)
{
	char events[4096] __attribute__((aligned(__alignof__(struct inotify_event))));
	bool any = false;

	while (read(transport->notify, events, sizeof(events)) > 0)
		any = true;
	return any;
}

const struct transport_kind transport_fifo = {
	.lasting = true, .open = fifo_open, .close = fifo_close, .disturbed = fifo_disturbed};
