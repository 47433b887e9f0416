/*
 * What is said to a control client. Touches what waits to be written to it. Invariant: an answer is whole lines, and
 * ends with "end" or with "error" - or with the connection, when there is no memory even for that.
 */
#include <event2/buffer.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "../common/utf8.h"
#include "control_internal.h"

#define MEMORY_SHORT_TEXT "exacheck is short of memory: try again later"
#define LINE_USUAL 2048 /* bytes that are enough for most lines */

static const char *const codes[CONTROL_ERRORS] = {
	[CONTROL_PROTOCOL_UNKNOWN] = "protocol",
	[CONTROL_REQUEST_BAD] = "request",
	[CONTROL_COMMAND_UNKNOWN] = "command",
	[CONTROL_PERMISSION_LACKING] = "permission",
	[CONTROL_NAME_UNKNOWN] = "name",
	[CONTROL_STATE_WRONG] = "state",
	[CONTROL_CHANGED] = "changed",
	[CONTROL_MEMORY_SHORT] = "memory",
	[CONTROL_REFUSED] = "refused",
	[CONTROL_BUSY] = "busy",
};

/* Straight into what waits to be written. False: out of memory, and nothing of it is there. */
static bool
line_add(struct evbuffer *out, const char *type, const json_t *map)
{
	struct evbuffer_iovec space;
	size_t length = LINE_USUAL, room;

	do {
		room = length;
		if (evbuffer_reserve_space(out, (ev_ssize_t)room, &space, 1) < 1 || space.iov_len < room)
			return false;
		length = view_line_format(space.iov_base, room, type, map);
	} while (length > room);
	space.iov_len = length;
	return length > 0 && evbuffer_commit_space(out, &space, 1) == 0;
}

bool
answer_say(struct control_answer *answer, const char *type, json_t *map)
{
	bool said = map != NULL && line_add(answer->client->out, type, map);

	json_decref(map);
	return said;
}

enum control_step
answer_more(struct control_answer *answer, const char *type, json_t *map)
{
	return answer_say(answer, type, map) ? STEP_MORE : STEP_MEMORY;
}

enum control_step
answer_error(struct control_answer *answer, enum control_error error, const char *format, ...)
{
	char text[1024];
	va_list ap;
	json_t *map;

	va_start(ap, format);
	vsnprintf(text, sizeof(text), format, ap);
	va_end(ap);
	utf8_sanitise(text); /* it may quote the client, cut inside of a character */
	map = json_pack("{ss ss}", "code", codes[error], "message", text);
	if (map != NULL && error == CONTROL_PROTOCOL_UNKNOWN)
		json_object_set_new(map, "protocol", json_integer(CONTROL_PROTOCOL));
	if (!answer_say(answer, "error", map))
		answer->client->closing = true;
	return STEP_FAILED;
}

static void
answer_end(struct control_answer *answer)
{
	if (!answer_say(answer, "end", json_object()))
		answer->client->closing = true;
}

void
answer_clear(struct control_answer *answer)
{
	if (answer->own != NULL && answer->own_free != NULL)
		answer->own_free(answer->own);
	free(answer->selected);
	control_request_clear(&answer->request);
	*answer = (struct control_answer){.client = answer->client, .control = answer->control, .request = {.level = -1}};
	answer->client->asleep = answer->client->woken = false;
}

void
answer_wake(struct control_answer *answer)
{
	struct client *client = answer->client;

	client->woken = !client->asleep;
	if (!client->asleep)
		return;
	client->asleep = false;
	control_ready(client);
}

void
answers_wake(struct control *control, enum control_step (*step)(struct control_answer *))
{
	struct client *client;

	TAILQ_FOREACH(client, &control->clients, entry)
		if (client->answer.command != NULL && client->answer.command->step == step)
			answer_wake(&client->answer);
}

/* Whether the client may have it, and has asked for it in the right way; if not, that is said. */
static bool
command_permit(struct control_answer *answer, const struct control_command *command)
{
	char problem[CONTROL_PROBLEM_SIZE];

	if (!control_request_permit(&answer->request, command->fields, problem)) {
		(void)answer_error(answer, CONTROL_REQUEST_BAD, "%s", problem);
		return false;
	}
	if (command->writes && !answer->client->writer) {
		(void)answer_error(answer, CONTROL_PERMISSION_LACKING,
		    "%s is for root and the user that exacheck runs as, not for uid %u", command->name, answer->client->uid);
		return false;
	}
	if (command->writes && (command->fields & FIELD_NAMES) != 0 && json_array_size(answer->request.names) == 0) {
		(void)answer_error(answer, CONTROL_REQUEST_BAD, "%s needs \"names\": what is to be changed, [\"*\"] for all",
		    command->name);
		return false;
	}
	return true;
}

void
answer_begin(struct client *client, const char *line, size_t length)
{
	struct control_answer *answer = &client->answer;
	char problem[CONTROL_PROBLEM_SIZE];
	enum control_parse parsed = control_request_parse(&answer->request, line, length, problem);
	const struct control_command *command = NULL;
	const char *near;

	if (parsed == PARSE_MEMORY) {
		(void)answer_error(answer, CONTROL_MEMORY_SHORT, MEMORY_SHORT_TEXT);
	} else if (parsed != PARSE_OK) {
		(void)answer_error(answer, parsed == PARSE_PROTOCOL ? CONTROL_PROTOCOL_UNKNOWN : CONTROL_REQUEST_BAD, "%s",
		    problem);
	} else if ((command = control_command_find(answer->request.command)) == NULL) {
		near = control_command_suggest(answer->request.command);
		(void)answer_error(answer, CONTROL_COMMAND_UNKNOWN, "unknown command \"%.60s\"%s%s%s",
		    answer->request.command, near != NULL ? ": did you mean \"" : "", near != NULL ? near : "",
		    near != NULL ? "\"?" : "");
	} else if (command_permit(answer, command)) {
		answer->command = command;
		answer->generation = client->control->generation;
		return;
	}
	answer_clear(answer);
}

/* The nodes that are asked for first, then the command itself. */
static enum control_step
step_next(struct control_answer *answer)
{
	const struct control_command *command = answer->command;
	enum control_step step;

	if (!command->lasting && answer->generation != answer->control->generation)
		return answer_error(answer, CONTROL_CHANGED, "the set of checks has changed meanwhile: ask again");
	if ((command->fields & FIELD_NAMES) != 0 && (step = select_step(answer)) != STEP_DONE)
		return step;
	return command->step(answer);
}

bool
answer_step(struct control_answer *answer)
{
	answer->client->woken = false;
	switch (step_next(answer)) {
	case STEP_MORE:
		return true;
	case STEP_WAIT:
		answer->client->asleep = !answer->client->woken;
		return answer->client->woken;
	case STEP_DONE:
		answer_end(answer);
		break;
	case STEP_FAILED:
		break;
	case STEP_MEMORY:
		if (!answer->client->closing)
			(void)answer_error(answer, CONTROL_MEMORY_SHORT, MEMORY_SHORT_TEXT);
		break;
	}
	answer_clear(answer);
	return true;
}
