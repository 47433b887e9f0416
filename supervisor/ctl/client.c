/*
 * The connection. Touches its socket. Invariant: whatever answers, what is kept of it is bounded, and waiting for it is.
 */
#include "client.h"

#include <errno.h>
#include <grp.h>
#include <poll.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "../../common/monotime.h"
#include "map.h"

#define LINE_MAX_SIZE ((size_t)16 << 20)
#define READ_SIZE ((size_t)64 << 10)
#define ERROR_SIZE 1024

struct client {
	const char *path;
	bool raw;
	double patience_s;
	int fd;
	char *buffer;
	size_t begin, end, size; /* of what was read and is not yet handed out, in the buffer */
	size_t searched;	 /* of that, so much has no newline */
	enum ctl_exit code;
	bool changed;
	char error[ERROR_SIZE];
};

struct client *
client_new(const struct ctl *ctl, double patience_s)
{
	struct client *client = ctl_whole(calloc(1, sizeof(*client)));

	client->path = ctl->socket;
	client->raw = ctl->json;
	client->patience_s = ctl->patience_s > 0 ? ctl->patience_s : patience_s;
	client->fd = -1;
	return client;
}

static void
client_close(struct client *client)
{
	if (client->fd != -1)
		close(client->fd);
	client->fd = -1;
	client->begin = client->end = client->searched = 0;
}

void
client_free(struct client *client)
{
	client_close(client);
	free(client->buffer);
	free(client);
}

/* The connection is of no use any more. */
__attribute__((format(printf, 3, 4))) static bool
client_fail(struct client *client, enum ctl_exit code, const char *format, ...)
{
	va_list arguments;

	va_start(arguments, format);
	vsnprintf(client->error, sizeof(client->error), format, arguments);
	va_end(arguments);
	client->code = code;
	client->changed = false;
	client_close(client);
	return false;
}

static bool
client_refused(struct client *client, int error)
{
	struct stat status;
	struct group *group;

	if (error == ENOENT || error == ECONNREFUSED || error == ENOTDIR)
		return client_fail(client, CTL_NOBODY, "no exacheck listens at %s: is it running, and is exacheck.runtime_dir or "
		    "control.socket this one? (systemctl status exacheck; -s and -r name another)", client->path);
	if (error != EACCES && error != EPERM)
		return client_fail(client, CTL_FAILED, "%s: %s", client->path, strerror(error));
	if (stat(client->path, &status) != 0)
		return client_fail(client, CTL_PERMISSION, "%s: permission denied", client->path);
	group = getgrgid(status.st_gid);
	return client_fail(client, CTL_PERMISSION, "%s: permission denied: its mode is %04o and its group %s; exacheck.control "
	    "in the configuration names them", client->path, (unsigned)status.st_mode & 07777,
	    group != NULL ? group->gr_name : "one without a name");
}

/* Unless it is connected. */
static bool
client_connect(struct client *client)
{
	struct sockaddr_un address = {.sun_family = AF_UNIX};

	if (client->fd != -1)
		return true;
	if (strlen(client->path) >= sizeof(address.sun_path))
		return client_fail(client, CTL_USAGE, "%s: longer than a socket's path can be (%zu bytes)", client->path,
		    sizeof(address.sun_path) - 1);
	memcpy(address.sun_path, client->path, strlen(client->path));
	client->fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (client->fd == -1)
		return client_fail(client, CTL_FAILED, "socket: %s", strerror(errno));
	if (connect(client->fd, (struct sockaddr *)&address, sizeof(address)) == 0)
		return true;
	if (errno == EAGAIN)
		return client_fail(client, CTL_FAILED, "%s: exacheck takes no connection now: too many wait already", client->path);
	return client_refused(client, errno);
}

/* Wait until it can be read or written; false: time is over. */
static bool
client_await(struct client *client, short events, monotime_t deadline)
{
	struct pollfd waited = {.fd = client->fd, .events = events};
	struct timespec left;
	int ready;

	do {
		left = monotime_timespec(monotime_left(deadline, monotime_now()));
		ready = ppoll(&waited, 1, client->patience_s > 0 ? &left : NULL, NULL);
	} while (ready == -1 && errno == EINTR && monotime_before(monotime_now(), deadline));
	if (ready > 0)
		return true;
	return client_fail(client, CTL_FAILED, "exacheck at %s does not answer within %g s: it hangs, or has too much to do",
	    client->path, client->patience_s);
}

static monotime_t
client_deadline(const struct client *client)
{
	return monotime_add(monotime_now(), (int64_t)(client->patience_s * NS_PER_SECOND));
}

static bool
client_send(struct client *client, const char *text, size_t length)
{
	monotime_t deadline = client_deadline(client);
	ssize_t sent;

	while (length > 0) {
		sent = send(client->fd, text, length, MSG_NOSIGNAL);
		if (sent >= 0) {
			text += sent;
			length -= (size_t)sent;
		} else if (errno == EPIPE || errno == ECONNRESET) {
			return true; /* it may have said why: that is to be read */
		} else if (errno == EAGAIN || errno == EINTR) {
			if (!client_await(client, POLLOUT, deadline))
				return false;
		} else {
			return client_fail(client, CTL_FAILED, "%s: %s", client->path, strerror(errno));
		}
	}
	return true;
}

bool
client_request(struct client *client, json_t *request)
{
	char *text;
	size_t length;
	bool sent;

	if (json_object_set_new(request, "protocol", json_integer(CLIENT_PROTOCOL)) != 0)
		ctl_no_memory();
	text = ctl_whole(json_dumps(request, JSON_COMPACT));
	json_decref(request);
	length = strlen(text);
	text[length] = '\n'; /* in place of the NUL */
	sent = client_connect(client) && client_send(client, text, length + 1);
	free(text);
	return sent;
}

/* Room for more behind what there is. */
static bool
buffer_make_room(struct client *client)
{
	if (client->begin > 0) {
		memmove(client->buffer, client->buffer + client->begin, client->end - client->begin);
		client->end -= client->begin;
		client->begin = 0;
	}
	if (client->size - client->end >= READ_SIZE)
		return true;
	if (client->size >= LINE_MAX_SIZE)
		return client_fail(client, CTL_PROTOCOL, "%s: a line without an end: that is no exacheck", client->path);
	client->size = client->size * 2 + READ_SIZE;
	client->buffer = ctl_whole(realloc(client->buffer, client->size));
	return true;
}

/* Read more. */
static enum client_line
client_read(struct client *client, monotime_t deadline)
{
	ssize_t got;

	if (!buffer_make_room(client))
		return CLIENT_ERROR;
	for (;;) {
		got = read(client->fd, client->buffer + client->end, client->size - client->end);
		if (got > 0) {
			client->end += (size_t)got;
			return CLIENT_LINE;
		}
		if (got == 0 || errno == ECONNRESET) {
			client_fail(client, CTL_FAILED, "exacheck at %s closed the connection before it had answered", client->path);
			return CLIENT_CLOSED;
		}
		if (errno != EAGAIN && errno != EINTR) {
			client_fail(client, CTL_FAILED, "%s: %s", client->path, strerror(errno));
			return CLIENT_ERROR;
		}
		if (!client_await(client, POLLIN, deadline))
			return CLIENT_ERROR;
	}
}

/* What an error of exacheck's means to the program. */
static enum client_line
error_take(struct client *client, const json_t *line)
{
	static const struct {
		const char *code;
		enum ctl_exit exit;
	} codes[] = {{"protocol", CTL_PROTOCOL}, {"permission", CTL_PERMISSION}, {"name", CTL_NAME}};
	enum ctl_exit code = CTL_FAILED;

	for (size_t i = 0; i < sizeof(codes) / sizeof(codes[0]); i++)
		if (map_is(line, "code", codes[i].code))
			code = codes[i].exit;
	client_fail(client, code, "%s", map_text(line, "message") != NULL ? map_text(line, "message") : "exacheck refused, and "
	    "does not say why");
	client->changed = map_is(line, "code", "changed");
	return CLIENT_ERROR;
}

/* Of a whole line. */
static enum client_line
line_take(struct client *client, const char *text, size_t length, json_t **line)
{
	json_error_t error;
	enum client_line kind = CLIENT_LINE;

	*line = json_loadb(text, length, JSON_REJECT_DUPLICATES, &error);
	if (*line == NULL || map_text(*line, "type") == NULL) {
		json_decref(*line);
		client_fail(client, CTL_PROTOCOL, "%s: what answers is no exacheck: its line is no map of JSON with a type",
		    client->path);
		return CLIENT_ERROR;
	}
	if (!client->raw || map_is(*line, "type", "error"))
		map_clean(*line);
	if (map_is(*line, "type", "error"))
		kind = error_take(client, *line);
	else if (map_is(*line, "type", "end"))
		kind = CLIENT_END;
	if (kind != CLIENT_LINE)
		json_decref(*line);
	return kind;
}

enum client_line
client_next(struct client *client, json_t **line)
{
	monotime_t deadline = client_deadline(client);
	enum client_line read;
	const char *begin, *newline;
	size_t length;

	while (client->fd != -1) {
		length = client->end - client->begin;
		begin = length == 0 ? NULL : client->buffer + client->begin; /* there is no buffer before there is anything in it */
		newline = length == 0 ? NULL : memchr(begin + client->searched, '\n', length - client->searched);
		if (newline != NULL) {
			client->begin += (size_t)(newline - begin) + 1;
			client->searched = 0;
			return line_take(client, begin, (size_t)(newline - begin), line);
		}
		client->searched = length;
		read = client_read(client, deadline);
		if (read != CLIENT_LINE)
			return read;
	}
	return CLIENT_ERROR;
}

enum ctl_exit
client_error(const struct client *client, const char **text)
{
	*text = client->error;
	return client->code;
}

bool
client_changed(const struct client *client)
{
	return client->changed;
}

enum ctl_exit
client_complain(const struct client *client)
{
	ctl_warn("%s", client->error);
	return client->code;
}

json_t *
request_new(const char *command, char *const *names, size_t count)
{
	json_t *request = ctl_whole(json_pack("{ss}", "command", command)), *list;

	if (count == 0)
		return request;
	list = ctl_whole(json_array());
	for (size_t i = 0; i < count; i++)
		if (json_array_append_new(list, json_string(names[i])) != 0) {
			ctl_warn("\"%s\" is not UTF-8, as every name is", names[i]);
			exit(CTL_USAGE);
		}
	if (json_object_set_new(request, "names", list) != 0)
		ctl_no_memory();
	return request;
}

enum ctl_exit
client_ask(struct client *client, json_t *request, client_visit *visit, void *context)
{
	enum client_line kind;
	json_t *line;
	bool more;

	if (!client_request(client, request))
		return client_complain(client);
	while ((kind = client_next(client, &line)) == CLIENT_LINE) {
		more = visit(context, line);
		json_decref(line);
		if (!more) {
			client_close(client);
			return CTL_DONE;
		}
	}
	return kind == CLIENT_END ? CTL_DONE : client_complain(client);
}
