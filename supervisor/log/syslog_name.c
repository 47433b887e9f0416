/*
 * Names of syslog servers. Touches a child at a time for each look-up, and a pipe from it. Invariant: what it says is
 * looked at as something that read the network: its size, its count and its families.
 */
#include "syslog_name.h"

#include <errno.h>
#include <fcntl.h>
#include <netdb.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "../../common/monotime.h"
#include "offspring.h"

#define LIMIT_NS (10 * NS_PER_SECOND)
#define PORT_SIZE sizeof("65535")

/* What the child says; it fits into a pipe whole. */
struct found {
	int error; /* EAI_ */
	size_t count;
	struct sockaddr_storage addresses[SYSLOG_ADDRESSES_MAX];
};

struct syslog_name {
	const char *name;
	uint16_t port;
	int type;
	int pipe[2];
	struct offspring *child;
	syslog_name_done *done;
	void *context;
};

static void
addresses_collect(struct found *found, const struct addrinfo *info)
{
	for (; info != NULL && found->count < SYSLOG_ADDRESSES_MAX; info = info->ai_next)
		if (info->ai_addrlen <= sizeof(found->addresses[0]))
			memcpy(&found->addresses[found->count++], info->ai_addr, info->ai_addrlen);
}

/* In the child. */
static int
name_resolve(void *context)
{
	const struct syslog_name *look_up = context;
	const struct addrinfo hints = {.ai_socktype = look_up->type, .ai_flags = AI_NUMERICSERV};
	struct found found = {0};
	struct addrinfo *info = NULL;
	char port[PORT_SIZE];

	snprintf(port, sizeof(port), "%u", look_up->port);
	found.error = getaddrinfo(look_up->name, port, &hints, &info);
	if (found.error == 0) {
		addresses_collect(&found, info);
		freeaddrinfo(info);
	}
	return write(look_up->pipe[1], &found, sizeof(found)) == sizeof(found) ? EXIT_SUCCESS : EXIT_FAILURE;
}

static bool
found_valid(const struct found *found)
{
	if (found->count == 0 || found->count > SYSLOG_ADDRESSES_MAX)
		return false;
	for (size_t i = 0; i < found->count; i++)
		if (found->addresses[i].ss_family != AF_INET && found->addresses[i].ss_family != AF_INET6)
			return false;
	return true;
}

static void
child_ended(void *context, int status)
{
	struct syslog_name *look_up = context;
	struct found found = {0};
	ssize_t size = read(look_up->pipe[0], &found, sizeof(found));
	syslog_name_done *done = look_up->done;
	void *whose = look_up->context;

	look_up->child = NULL;
	syslog_name_free(look_up);
	if (size == sizeof(found) && found.error == 0 && found_valid(&found))
		done(whose, found.addresses, found.count, "");
	else if (size == sizeof(found) && found.error != 0)
		done(whose, NULL, 0, gai_strerror(found.error));
	else
		done(whose, NULL, 0, status == 0 ? "its name has no address" :
		    "looking up its name took too long, or failed");
}

struct syslog_name *
syslog_name_look_up(const char *name, uint16_t port, int type, syslog_name_done *done, void *context)
{
	struct syslog_name *look_up = malloc(sizeof(*look_up));
	int error;

	if (look_up == NULL)
		return NULL;
	*look_up = (struct syslog_name){.name = name, .port = port, .type = type, .done = done, .context = context};
	if (pipe2(look_up->pipe, O_CLOEXEC | O_NONBLOCK) == -1) {
		free(look_up);
		return NULL;
	}
	if ((look_up->child = offspring_start(name_resolve, child_ended, look_up, LIMIT_NS)) != NULL)
		return look_up;
	error = errno;
	syslog_name_free(look_up);
	errno = error;
	return NULL;
}

void
syslog_name_free(struct syslog_name *look_up)
{
	if (look_up == NULL)
		return;
	if (look_up->child != NULL)
		offspring_kill(look_up->child);
	close(look_up->pipe[0]);
	close(look_up->pipe[1]);
	free(look_up);
}
