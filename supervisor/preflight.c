/*
 * One look at a state. Invariant: nothing outside this process is touched but the channel; what is wrong is said there.
 */
#include "preflight.h"

#include <bsd/string.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <unistd.h>

#include "../common/log.h"
#include "../common/message.h"
#include "handover.h"
#include "program.h"

#define STATE_WAIT_MS 3000

static bool
channel_present(void)
{
	int type;
	socklen_t length = sizeof(type);

	return getsockopt(CHANNEL_FD, SOL_SOCKET, SO_TYPE, &type, &length) == 0 && type == SOCK_SEQPACKET;
}

static void
log_to_channel(enum log_level level, const char *subject, const char *text)
{
	struct message_log message = {.level = level};

	(void)subject;
	if (level > LOG_LEVEL_WARNING)
		return;
	strlcpy(message.text, text, sizeof(message.text));
	message_send(CHANNEL_FD, MESSAGE_LOG, &message, sizeof(message), -1);
}

int
preflight_run(void)
{
	struct pollfd pfd = {.fd = CHANNEL_FD, .events = POLLIN};
	struct message_ready ready = {.protocol = MESSAGE_PROTOCOL};
	char error[STATE_ERROR_SIZE] = "";
	union message message;
	int file;

	if (!channel_present()) {
		fprintf(stderr, "exacheck preflight: started by exacheck itself, not by hand\n");
		return 2;
	}
	prctl(PR_SET_DUMPABLE, 0); /* the state holds the secrets of the configuration */
	log_set_sink(log_to_channel);
	if (poll(&pfd, 1, STATE_WAIT_MS) != 1 ||
	    message_receive(CHANNEL_FD, &message, 1u << MESSAGE_STATE, &file) != MESSAGE_OK)
		return 1;
	if (!handover_check(file, error)) {
		log_errorx("exacheck %s: %s", program_version, error);
		return 1;
	}
	return message_send(CHANNEL_FD, MESSAGE_READY, &ready, sizeof(ready), -1) == 0 ? 0 : 1;
}
