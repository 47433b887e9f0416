/*
 * A double of worker-shell for tests of those who use it: it runs commands as that does, or does what no honest worker
 * does. A command that begins with @ names such a deed; a file beside the program, "ends" or "made", has the spawner end
 * once, before or after it made a process. Invariant: touches nothing but that directory and its channel.
 */
#ifndef EXACHECK_TESTS_SHELL_DOUBLE_H
#define EXACHECK_TESTS_SHELL_DOUBLE_H

#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "../../common/clone_sibling.h"
#include "../../common/message.h"
#include "../../common/methods/shell.h"
#include "../../workers/command.h"

static void
say(enum message_type type, void *message, size_t length)
{
	message_send(CHANNEL_FD, type, message, length, -1);
}

static void
say_started(void)
{
	struct message_started started = {.sandbox = "none"};

	say(MESSAGE_STARTED, &started, sizeof(started));
}

static void
say_result(const struct result *result, int64_t duration_ns)
{
	struct message_result message = {.code = result->code, .reason = result->reason, .duration_ns = duration_ns};

	memcpy(message.text, result->text, sizeof(message.text));
	say(MESSAGE_RESULT, &message, sizeof(message));
}

/* What no honest worker does. */
static void
lie(const char *how)
{
	struct result result = {.code = RESULT_PASS, .text = "all is well"};
	struct message_log log = {.level = LOG_LEVEL_DEBUG, .text = "blah"};
	struct message_disabled disabled = {.disabled = 1};

	if (strcmp(how, "@dies") == 0)
		_exit(0);
	if (strcmp(how, "@early") == 0)
		say_result(&result, 0);
	say_started();
	if (strcmp(how, "@again") == 0)
		say_started();
	if (strcmp(how, "@disabled") == 0)
		say(MESSAGE_DISABLED, &disabled, sizeof(disabled));
	for (int i = 0; i < 2000 && strcmp(how, "@flood") == 0; i++)
		say(MESSAGE_LOG, &log, sizeof(log));
	if (strcmp(how, "@garbage") == 0 && write(CHANNEL_FD, "garbage", 7) == -1)
		_exit(1);
	if (strcmp(how, "@wrong") == 0)
		say_result(&result, INT64_C(3600) * NS_PER_SECOND);
	if (strcmp(how, "@other") == 0 && fork() == 0) {
		say_result(&result, 0);
		_exit(0);
	}
	for (;;)
		pause();
}

static char *
environment_entry(const char *key, const char *value)
{
	char *entry;

	return asprintf(&entry, "%s=%s", key, value) == -1 ? NULL : entry;
}

static _Noreturn void
double_main(void)
{
	struct message_job *job = message_receive_job(CHANNEL_FD);
	struct shell_args args = {.command = NULL};
	char error[OPTION_ERROR_SIZE], *environment[8] = {NULL};
	monotime_t begun = monotime_now();
	struct result result = {.text = ""};

	if (job == NULL || !options_decode(method_shell.options, &args, job->args, job->args_length, error))
		_exit(1);
	if (args.command[0] == '@')
		lie(args.command);
	say_started();
	environment[0] = environment_entry("CHECK", job->name);
	environment[1] = environment_entry("PATH", "/usr/bin:/bin");
	for (size_t i = 0; i < args.environment.count && i < 5; i++)
		environment[i + 2] = environment_entry(args.environment.keys[i], args.environment.values[i]);
	if (command_run(args.command, environment, monotime_add(begun, args.common.timeout_ns), CHANNEL_FD, &result) ==
	    COMMAND_STOPPED)
		_exit(0);
	say_result(&result, monotime_sub(monotime_now(), begun));
	for (;;)
		pause();
}

/* End without a report, once. */
static void
perhaps_end(const char *mark)
{
	if (unlink(mark) == 0)
		_exit(1);
}

/* As worker-shell: hands out the double's workers. path: of the program; marks are looked for beside it. */
static int
spawner_main(const char *path)
{
	struct message_ready ready = {.protocol = MESSAGE_PROTOCOL};
	struct pollfd pfd = {.fd = CHANNEL_FD, .events = POLLIN};
	union message message;
	char *place = strdup(path);
	int fd;

	if (place == NULL || strrchr(place, '/') == NULL)
		return 1;
	*strrchr(place, '/') = '\0';
	if (chdir(place) == -1)
		return 1;
	free(place);
	say(MESSAGE_READY, &ready, sizeof(ready));
	while (poll(&pfd, 1, -1) == 1 && message_receive(CHANNEL_FD, &message, 1u << MESSAGE_SPAWN, &fd) == MESSAGE_OK) {
		struct message_spawned spawned = {.id = message.spawn.id};

		perhaps_end("ends");
		spawned.pid = clone_sibling();
		if (spawned.pid == 0) {
			dup2(fd, CHANNEL_FD);
			close(fd);
			double_main();
		}
		close(fd);
		perhaps_end("made");
		say(MESSAGE_SPAWNED, &spawned, sizeof(spawned));
	}
	return 0;
}

#endif
