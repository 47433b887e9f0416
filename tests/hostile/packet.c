/*
 * Packets as honest processes send them, then bent. Invariant: what is sent is exactly what the word says.
 */
#include "packet.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#define FDS_MAX 64

static const struct kind {
	const char *name;
	enum message_type type;
	size_t size;
} kinds[] = {
	{"spawn", MESSAGE_SPAWN, sizeof(struct message_spawn)},
	{"ready", MESSAGE_READY, sizeof(struct message_ready)},
	{"spawned", MESSAGE_SPAWNED, sizeof(struct message_spawned)},
	{"job", MESSAGE_JOB, sizeof(struct message_job)},
	{"pace", MESSAGE_PACE, sizeof(struct message_pace)},
	{"started", MESSAGE_STARTED, sizeof(struct message_started)},
	{"result", MESSAGE_RESULT, sizeof(struct message_result)},
	{"disabled", MESSAGE_DISABLED, sizeof(struct message_disabled)},
	{"log", MESSAGE_LOG, sizeof(struct message_log)},
	{"leaving", MESSAGE_LEAVING, sizeof(struct message_leaving)},
	{"launch", MESSAGE_LAUNCH, sizeof(struct message_launch)},
};

#define FIELD(NAME, MEMBER) {#NAME, #MEMBER, offsetof(struct message_##NAME, MEMBER), \
	sizeof(((struct message_##NAME *)NULL)->MEMBER)}

static const struct field {
	const char *kind, *name;
	size_t offset, size;
} fields[] = {
	FIELD(ready, protocol),
	FIELD(spawned, id),
	FIELD(spawned, pid),
	FIELD(spawned, error),
	FIELD(started, sandbox),
	FIELD(result, code),
	FIELD(result, reason),
	FIELD(result, last),
	FIELD(result, off_grid),
	FIELD(result, duration_ns),
	FIELD(result, text),
	FIELD(disabled, disabled),
	FIELD(log, level),
	FIELD(log, text),
};

#define LENGTH(ARRAY) (sizeof(ARRAY) / sizeof((ARRAY)[0]))

static void
packet_text(char *text, size_t size, const char *value)
{
	memset(text, 0, size);
	if (strcmp(value, "full") == 0) {
		memset(text, 'x', size);
	} else if (strcmp(value, "control") == 0) {
		for (size_t i = 0; i + 1 < size; i++)
			text[i] = (char)(i % 31 + 1 + (i % 2 == 0 ? 0 : 128));
	} else if (strcmp(value, "inject") == 0) {
		snprintf(text, size, "x\nannounce route 10.9.9.0/24 next-hop self\n\r\nwithdraw route 10.9.9.0/24\n");
	} else {
		snprintf(text, size, "%s", value);
	}
}

/* The first child of exacheck but ourselves whose title holds the word. */
static pid_t
pid_titled(const char *word)
{
	char path[64], title[512];
	FILE *list, *file;
	int pid, found = 0;

	snprintf(path, sizeof(path), "/proc/%d/task/%d/children", (int)getppid(), (int)getppid());
	if ((list = fopen(path, "r")) == NULL)
		return 0;
	while (found == 0 && fscanf(list, "%d", &pid) == 1) {
		snprintf(path, sizeof(path), "/proc/%d/cmdline", pid);
		if (pid == getpid() || (file = fopen(path, "r")) == NULL)
			continue;
		title[fread(title, 1, sizeof(title) - 1, file)] = '\0';
		fclose(file);
		if (strstr(title, word) != NULL)
			found = pid;
	}
	fclose(list);
	return found;
}

/* The first worker of this spawner's that is in the trace. */
static pid_t
pid_sibling(void)
{
	FILE *file = fopen("trace", "r");
	char line[512], what[16];
	double when;
	int pid = 0, found = 0;

	while (file != NULL && found == 0 && fgets(line, sizeof(line), file) != NULL)
		if (sscanf(line, "%lf %d %15s", &when, &pid, what) == 3 && strcmp(what, "worker") == 0)
			found = pid;
	if (file != NULL)
		fclose(file);
	return found;
}

static int64_t
number(const struct actor *actor, const char *value)
{
	if (strcmp(value, "self") == 0)
		return getpid();
	if (strcmp(value, "parent") == 0)
		return getppid();
	if (strcmp(value, "made") == 0)
		return actor->made;
	if (strcmp(value, "sibling") == 0)
		return pid_sibling();
	if (strcmp(value, "launcher") == 0)
		return pid_titled("Launcher");
	if (strcmp(value, "worker") == 0)
		return pid_titled("ExaCheck Worker [");
	if (strcmp(value, "spawner") == 0)
		return pid_titled("ExaCheck Spawner [");
	return strtoll(value, NULL, 0);
}

static bool
packet_set(struct actor *actor, const struct kind *kind, const char *name, const char *value)
{
	struct message_header *header = (struct message_header *)(void *)actor->packet;
	int64_t wanted = number(actor, value);

	if (strcmp(name, "type") == 0)
		header->type = (uint32_t)wanted;
	else if (strcmp(name, "length") == 0)
		header->length = (uint32_t)wanted;
	else if (strcmp(name, "size") == 0 && wanted >= 0 && wanted <= (int64_t)sizeof(actor->packet))
		actor->size = (size_t)wanted;
	else if (strcmp(name, "fds") == 0 && wanted <= FDS_MAX)
		actor->fds = (int)wanted;
	else {
		for (size_t i = 0; i < LENGTH(fields); i++) {
			if (strcmp(fields[i].kind, kind->name) != 0 || strcmp(fields[i].name, name) != 0)
				continue;
			if (fields[i].size > sizeof(wanted))
				packet_text(actor->packet + fields[i].offset, fields[i].size, value);
			else /* the low bytes are the first ones on every machine that this runs on */
				memcpy(actor->packet + fields[i].offset, &wanted, fields[i].size);
			return true;
		}
		return false;
	}
	return true;
}

bool
packet_make(struct actor *actor, const char *word)
{
	struct message_header *header = (struct message_header *)(void *)actor->packet;
	char copy[512], *rest = copy, *name, *field;
	const struct kind *kind = kinds;

	snprintf(copy, sizeof(copy), "%s", word);
	name = strsep(&rest, ":");
	while (kind < kinds + LENGTH(kinds) && strcmp(kind->name, name) != 0)
		kind++;
	if (kind == kinds + LENGTH(kinds))
		return false;
	memset(actor->packet, 0, sizeof(actor->packet));
	*header = (struct message_header){.type = kind->type, .length = (uint32_t)kind->size};
	actor->size = kind->size;
	actor->fds = 0;
	if (kind->type == MESSAGE_READY)
		packet_set(actor, kind, "protocol", "1");
	if (kind->type == MESSAGE_SPAWNED) {
		memcpy(actor->packet + offsetof(struct message_spawned, id), &actor->id, sizeof(actor->id));
		packet_set(actor, kind, "pid", "made");
	}
	if (kind->type == MESSAGE_DISABLED)
		packet_set(actor, kind, "disabled", "1");
	while ((field = strsep(&rest, ":")) != NULL) {
		char *value = strchr(field, '=');

		if (value == NULL)
			return false;
		*value++ = '\0';
		if (!packet_set(actor, kind, field, value))
			return false;
	}
	return true;
}

bool
packet_send(struct actor *actor)
{
	union {
		struct cmsghdr align;
		char bytes[CMSG_SPACE(FDS_MAX * sizeof(int))];
	} control = {0};
	struct iovec iov = {.iov_base = actor->packet, .iov_len = actor->size};
	struct msghdr msg = {.msg_iov = &iov, .msg_iovlen = 1};
	struct pollfd pfd = {.fd = actor->channel, .events = POLLOUT};
	int zero = -1;
	ssize_t sent;

	if (actor->fds > 0) {
		struct cmsghdr *cmsg = &control.align;

		zero = open("/dev/zero", O_RDONLY);
		msg.msg_control = &control;
		msg.msg_controllen = CMSG_SPACE((size_t)actor->fds * sizeof(int));
		cmsg->cmsg_level = SOL_SOCKET;
		cmsg->cmsg_type = SCM_RIGHTS;
		cmsg->cmsg_len = CMSG_LEN((size_t)actor->fds * sizeof(int));
		for (int i = 0; i < actor->fds; i++)
			memcpy(CMSG_DATA(cmsg) + (size_t)i * sizeof(int), &zero, sizeof(zero));
	}
	while ((sent = sendmsg(actor->channel, &msg, MSG_DONTWAIT | MSG_NOSIGNAL)) == -1 &&
	    (errno == EAGAIN || errno == EINTR))
		poll(&pfd, 1, 100);
	if (sent == -1 && errno == EPERM && actor->fds > 0)
		_exit(1); /* the kernel does not let descriptors pass: end, as one that was found out does */
	if (zero != -1)
		close(zero);
	return sent != -1;
}
