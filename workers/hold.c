/*
 * Held connections. Invariant: a descriptor is in one place only, and closed when it leaves the last one.
 */
#include "hold.h"

#include <errno.h>
#include <sys/socket.h>
#include <unistd.h>

#include "../common/log.h"
#include "lookout.h"

#define CHUNK 4096
#define NOISE_MAX (1024 * 1024) /* bytes thrown away of one connection */

struct connection {
	int fd;
	size_t thrown; /* bytes */
};

static struct connections {
	size_t count;
	struct connection items[LOOKOUT_MAX];
} offered, held;

static void
connections_close(struct connections *connections)
{
	for (size_t i = 0; i < connections->count; i++)
		close(connections->items[i].fd);
	connections->count = 0;
}

void
hold_offer(int fd)
{
	if (offered.count == LOOKOUT_MAX)
		close(fd);
	else
		offered.items[offered.count++] = (struct connection){.fd = fd};
}

/* The former ones are kept when nothing better came: they still tell when the service ends. */
void
hold_settle(bool passed)
{
	if (passed) {
		connections_close(&held);
		held = offered;
		offered.count = 0;
	}
	connections_close(&offered);
}

size_t
hold_descriptors(struct pollfd *fds)
{
	for (size_t i = 0; i < held.count; i++)
		fds[i] = (struct pollfd){.fd = held.items[i].fd, .events = POLLIN};
	return held.count;
}

/* A service that talks all the time would keep us busy: it is as well not to listen until the next execution. */
static void
noise_complain(void)
{
	static bool told;

	if (!told)
		log_warnx("the service sends too much to a connection that is only held (watch): "
		    "it is given up until the next execution");
	told = true;
}

/* What happened to a connection that is ready. One read: there may be more, which the next poll(2) tells. */
enum fate { FATE_HELD, FATE_ENDED, FATE_NOISY };

static enum fate
connection_read(struct connection *connection)
{
	char noise[CHUNK];
	ssize_t length = recv(connection->fd, noise, sizeof(noise), MSG_DONTWAIT);

	if (length == -1)
		return errno == EAGAIN || errno == EWOULDBLOCK || errno == EINTR ? FATE_HELD : FATE_ENDED;
	connection->thrown += (size_t)length;
	if (length == 0)
		return FATE_ENDED;
	return connection->thrown > NOISE_MAX ? FATE_NOISY : FATE_HELD;
}

/* fds: as hold_descriptors filled them, nothing having been settled since. */
bool
hold_changed(const struct pollfd *fds, size_t count)
{
	size_t left = 0;
	bool ended = false;

	for (size_t i = 0; i < count && i < held.count; i++) {
		struct connection connection = held.items[i];
		enum fate fate = fds[i].revents != 0 ? connection_read(&connection) : FATE_HELD;

		if (fate == FATE_HELD)
			held.items[left++] = connection;
		else
			close(connection.fd);
		if (fate == FATE_NOISY)
			noise_complain();
		ended |= fate == FATE_ENDED;
	}
	held.count = left;
	return ended;
}

void
hold_release(void)
{
	connections_close(&held);
}
