/*
 * The way up, for spawners and workers: messages and log lines on CHANNEL_FD, nothing on stdout or stderr.
 */
#include "channel.h"

#include <bsd/string.h>
#include <errno.h>
#include <poll.h>
#include <unistd.h>

static void
channel_log(enum log_level level, const char *subject, const char *text)
{
	struct message_log message = {.level = (uint32_t)level};

	(void)subject; /* the supervisor knows whose channel it is */
	strlcpy(message.text, text, sizeof(message.text));
	message_send(CHANNEL_FD, MESSAGE_LOG, &message, sizeof(message), -1); /* a full buffer loses the line */
}

void
channel_open(void)
{
	log_set_sink(channel_log);
	log_set_level(LOG_LEVEL_TRACE); /* the supervisor filters */
}

void
channel_send(enum message_type type, void *message, size_t length)
{
	struct pollfd pfd = {.fd = CHANNEL_FD, .events = POLLOUT};

	while (message_send(CHANNEL_FD, type, message, length, -1) == -1) {
		if (errno != EAGAIN && errno != EWOULDBLOCK && errno != ENOBUFS && errno != ENOMEM)
			_exit(0);
		poll(&pfd, 1, 100);
	}
}
