/*
 * sd_notify(3) by hand. Touches the environment and one datagram socket. Invariant: never waits. What the socket
 * does not take now is said a second later, in order; what it never takes is nobody's loss.
 *
 * The socket is not connected: a service manager that executes itself anew may bind another to the same name.
 */
#include "service.h"

#include <errno.h>
#include <event2/event.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "../common/log.h"
#include "../common/monotime.h"

#define STATUS_SIZE 160
#define STATUS_PERIOD_NS NS_PER_SECOND
#define WATCHDOG_MIN_NS (10 * NS_PER_MILLISECOND) /* a shorter one would be a mistake, and a busy loop */

/* States that are still to be told, bits of service.owed; told in this order. */
enum state { STATE_RELOADING = 1, STATE_READY = 2, STATE_STOPPING = 4 };

static struct {
	int fd;
	struct sockaddr_un address;
	socklen_t address_length; /* 0: nobody to tell */
	int64_t watchdog_ns;	  /* 0: none */
	struct event *turn, *watchdog;
	void (*describe)(void *, char *, size_t);
	void *context;
	unsigned owed; /* enum state */
	int64_t reloading_us, stopping_us;
	char status[STATUS_SIZE]; /* as last told */
} service = {.fd = -1};

/* A path, or a name in the abstract namespace after an @. */
static bool
address_set(const char *name)
{
	size_t length = strlen(name);

	if ((name[0] != '/' && name[0] != '@') || length < 2 || length >= sizeof(service.address.sun_path)) {
		log_debug("NOTIFY_SOCKET is no path and no abstract name: nothing is told to a service manager");
		return false;
	}
	service.address.sun_family = AF_UNIX;
	memcpy(service.address.sun_path, name, length + 1);
	service.address_length = (socklen_t)(offsetof(struct sockaddr_un, sun_path) + length + (name[0] == '/' ? 1 : 0));
	if (name[0] == '@')
		service.address.sun_path[0] = '\0';
	return true;
}

static bool
number_read(const char *text, int64_t most, int64_t *value)
{
	char *end;

	if (text == NULL || *text < '0' || *text > '9')
		return false;
	errno = 0;
	*value = strtoll(text, &end, 10);
	return errno == 0 && *end == '\0' && *value <= most;
}

/* WATCHDOG_PID names who is meant, should a parent of ours have been. */
static void
watchdog_set(const char *microseconds, const char *pid)
{
	int64_t value;

	if (pid != NULL && (!number_read(pid, INT64_MAX, &value) || value != getpid()))
		return;
	if (!number_read(microseconds, INT64_MAX / NS_PER_MICROSECOND, &value) || value == 0)
		return;
	service.watchdog_ns = value * NS_PER_MICROSECOND;
	if (service.watchdog_ns < WATCHDOG_MIN_NS)
		service.watchdog_ns = WATCHDOG_MIN_NS;
}

void
service_init(void)
{
	static const char *const variables[] = {"NOTIFY_SOCKET", "WATCHDOG_USEC", "WATCHDOG_PID"};
	const char *name = getenv("NOTIFY_SOCKET");

	if (name != NULL && address_set(name))
		watchdog_set(getenv("WATCHDOG_USEC"), getenv("WATCHDOG_PID"));
	for (size_t i = 0; i < sizeof(variables) / sizeof(variables[0]); i++)
		unsetenv(variables[i]);
}

/* False: it has to be said again. */
static bool
service_send(const char *message)
{
	ssize_t sent = sendto(service.fd, message, strlen(message), MSG_DONTWAIT | MSG_NOSIGNAL,
	    (const struct sockaddr *)&service.address, service.address_length);

	if (sent >= 0)
		return true;
	log_debug("service manager: %s", strerror(errno));
	return errno != EAGAIN && errno != ENOBUFS && errno != ENOMEM && errno != EINTR;
}

static bool
state_send(unsigned state)
{
	char message[96];

	if (state == STATE_RELOADING)
		snprintf(message, sizeof(message), "RELOADING=1\nMONOTONIC_USEC=%" PRId64, service.reloading_us);
	else if (state == STATE_READY)
		snprintf(message, sizeof(message), "READY=1");
	else
		snprintf(message, sizeof(message), "STOPPING=1\nEXTEND_TIMEOUT_USEC=%" PRId64, service.stopping_us);
	return service_send(message);
}

static bool
states_send(void)
{
	for (unsigned state = STATE_RELOADING; state <= STATE_STOPPING; state <<= 1) {
		if ((service.owed & state) == 0)
			continue;
		if (!state_send(state))
			return false;
		service.owed &= ~state;
	}
	return true;
}

static void
status_send(void)
{
	char message[sizeof("STATUS=") + STATUS_SIZE] = "STATUS=", *text = message + strlen(message);

	service.describe(service.context, text, STATUS_SIZE);
	if (strcmp(text, service.status) != 0 && service_send(message))
		memcpy(service.status, text, STATUS_SIZE);
}

static void
service_turn(evutil_socket_t fd, short what, void *context)
{
	(void)fd;
	(void)what;
	(void)context;
	if (states_send())
		status_send();
}

static void
watchdog_turn(evutil_socket_t fd, short what, void *context)
{
	(void)fd;
	(void)what;
	(void)context;
	(void)service_send("WATCHDOG=1"); /* there is another in half the time */
}

static struct event *
periodic(struct event_base *base, int64_t period_ns, event_callback_fn handle)
{
	const struct timeval period = monotime_timeval(period_ns);
	struct event *event = event_new(base, -1, EV_PERSIST, handle, NULL);

	if (event == NULL || event_add(event, &period) == 0)
		return event;
	event_free(event);
	return NULL;
}

bool
service_start(struct event_base *base, void (*describe)(void *, char *, size_t), void *context)
{
	if (service.address_length == 0)
		return true;
	if ((service.fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0)) == -1)
		return false;
	service.describe = describe;
	service.context = context;
	service.owed = STATE_READY;
	if ((service.turn = periodic(base, STATUS_PERIOD_NS, service_turn)) == NULL ||
	    (service.watchdog_ns > 0 &&
	    (service.watchdog = periodic(base, service.watchdog_ns / 2, watchdog_turn)) == NULL)) {
		service_stop();
		return false;
	}
	event_active(service.turn, EV_TIMEOUT, 0);
	/* at once, too: after an upgrade in place who watches goes on counting from what the predecessor said last */
	if (service.watchdog != NULL)
		watchdog_turn(-1, 0, NULL);
	return true;
}

void
service_stop(void)
{
	if (service.fd == -1)
		return;
	if (service.turn != NULL)
		event_free(service.turn);
	if (service.watchdog != NULL)
		event_free(service.watchdog);
	service.turn = service.watchdog = NULL;
	close(service.fd);
	service.fd = -1;
	service.owed = 0;
	service.status[0] = '\0';
}

static void
service_tell(enum state state)
{
	if (service.fd == -1)
		return;
	service.owed |= state;
	service_turn(-1, 0, NULL);
}

void
service_reloading(void)
{
	service.reloading_us = monotime_now().ns / NS_PER_MICROSECOND;
	service_tell(STATE_RELOADING);
}

void
service_ready(void)
{
	service_tell(STATE_READY);
}

void
service_stopping(int64_t limit_ns)
{
	service.stopping_us = limit_ns / NS_PER_MICROSECOND;
	service_tell(STATE_STOPPING);
}
