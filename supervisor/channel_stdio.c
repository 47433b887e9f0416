/*
 * Descriptors 0 and 1: ExaBGP, or a terminal or file of somebody who looks at what would be said. Touches these two
 * and their O_NONBLOCK flag, which it restores.
 *
 * A terminal is opened once more, because O_NONBLOCK on descriptor 1 would be set for the shell too; where that
 * is not allowed it is written only when poll(2) says so. A regular file or device is written plainly (epoll
 * refuses it, and it does not block).
 */
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "channel_transport.h"

static enum descriptor_kind
descriptor_kind(int fd)
{
	struct stat st;

	if (fstat(fd, &st) != 0)
		return DESCRIPTOR_PLAIN;
	if (S_ISFIFO(st.st_mode) || S_ISSOCK(st.st_mode))
		return DESCRIPTOR_STREAM;
	return isatty(fd) ? DESCRIPTOR_TERMINAL : DESCRIPTOR_PLAIN;
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

static enum transport_outcome
stdio_open(struct transport *transport)
{
	transport->input = STDIN_FILENO;
	transport->output = STDOUT_FILENO;
	transport->input_kind = descriptor_kind(STDIN_FILENO);
	transport->output_kind = descriptor_kind(STDOUT_FILENO);
	if (transport->output_kind == DESCRIPTOR_TERMINAL)
		transport->output = terminal_reopen(STDOUT_FILENO);
	if (transport->input_kind == DESCRIPTOR_STREAM)
		transport->input_flags = descriptor_set_nonblocking(STDIN_FILENO);
	if (transport->output_kind == DESCRIPTOR_STREAM)
		transport->output_flags = descriptor_set_nonblocking(STDOUT_FILENO);
	return TRANSPORT_OPEN;
}

static void
stdio_close(struct transport *transport, bool last)
{
	(void)last;
	if (transport->input_flags != -1)
		(void)fcntl(STDIN_FILENO, F_SETFL, transport->input_flags);
	if (transport->output_flags != -1)
		(void)fcntl(STDOUT_FILENO, F_SETFL, transport->output_flags);
	transport->input_flags = transport->output_flags = -1;
	if (transport->output != STDOUT_FILENO)
		transport_close_fd(&transport->output);
	transport->input = transport->output = -1;
}

const struct transport_kind transport_stdio = {.lasting = false, .open = stdio_open, .close = stdio_close};
