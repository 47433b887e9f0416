/*
 * The service that the benchmark's tcp checks look at: accepts, notes which target was reached and when,
 * closes. Touches one loopback listener. Prints its port at once and its notes when stdin ends; keeps
 * the clock reading as close to accept(2) as it can, since that reading is what lateness is made of.
 */
#include <err.h>
#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <sys/socket.h>
#include <unistd.h>

#include "../../common/monotime.h"
#include "helper.h"

static void
accept_all(int listener, struct visits *visits)
{
	struct sockaddr_in local;
	socklen_t length;
	monotime_t now;
	int fd;

	while ((fd = accept4(listener, NULL, NULL, SOCK_CLOEXEC)) != -1) {
		now = monotime_now();
		length = sizeof(local);
		if (getsockname(fd, (struct sockaddr *)&local, &length) == 0)
			visits_add(visits, target_index(&local), now.ns);
		close(fd);
	}
	if (errno != EAGAIN && errno != EINTR && errno != ECONNABORTED)
		err(1, "accept");
}

int
main(void)
{
	struct visits visits = {0};
	struct pollfd fds[2];
	uint16_t port;
	char byte;

	fds[0] = (struct pollfd){.fd = loopback_listen(&port), .events = POLLIN};
	fds[1] = (struct pollfd){.fd = STDIN_FILENO, .events = POLLIN};
	printf("%u\n", port);
	fflush(stdout);
	for (;;) {
		if (poll(fds, 2, -1) == -1 && errno != EINTR)
			err(1, "poll");
		accept_all(fds[0].fd, &visits);
		if (fds[1].revents != 0 && read(STDIN_FILENO, &byte, 1) <= 0)
			break;
	}
	visits_print(&visits);
	return 0;
}
